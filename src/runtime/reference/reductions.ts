/** Operators that reduce axes: Reduce*, ArgMax and ArgMin. */
import { numberAttribute } from '../../network/network.ts'
import { around, axisOf, type Kernel, type KernelTable, like, required, stridesOf, value } from './value.ts'

interface Reduction {
  readonly start: number
  readonly add: (total: number, x: number) => number
  readonly finish?: (total: number, count: number) => number
}

function reduce({ start, add, finish }: Reduction): Kernel {
  return (operator, inputs) => {
    const x = required(operator, inputs, 0)
    const named = Array.from(inputs[1]?.data ?? [], axis => axisOf(operator, axis, x.shape.length))
    const reducesNone = named.length === 0 && numberAttribute(operator, 'noop_with_empty_axes', 0) !== 0
    if (reducesNone) return [x]
    const isGone = x.shape.map((_, axis) => named.length === 0 || named.includes(axis))
    const kept = x.shape.map((size, axis) => (isGone[axis] ? 1 : size))
    const strides = stridesOf(kept).map((stride, axis) => (isGone[axis] ? 0 : stride))
    const result = like(x, kept)
    result.data.fill(start)
    const index = new Int32Array(x.shape.length)
    let to = 0
    for (let from = 0; from < x.data.length; from++) {
      result.data[to] = add(result.data[to], x.data[from])
      for (let axis = x.shape.length - 1; axis >= 0; axis--) {
        to += strides[axis]
        if (++index[axis] < x.shape[axis]) break
        to -= strides[axis] * x.shape[axis]
        index[axis] = 0
      }
    }
    const count = x.data.length / Math.max(1, result.data.length)
    const data = finish ? result.data.map(total => finish(total, count)) : result.data
    const keeps = numberAttribute(operator, 'keepdims', 1) !== 0
    return [like(x, keeps ? kept : x.shape.filter((_, axis) => !isGone[axis]), data)]
  }
}

const sum = (total: number, x: number) => total + x

/** log(eᵃ + eᵇ) without overflow. */
function logAddExp(a: number, b: number): number {
  const larger = Math.max(a, b)
  return Number.isFinite(larger) ? larger + Math.log1p(Math.exp(-Math.abs(a - b))) : larger
}

/** The place of the best element; of several equal ones the first, or the last with `select_last_index`. */
function argument(isBetter: (x: number, best: number) => boolean): Kernel {
  return (operator, inputs) => {
    const x = required(operator, inputs, 0)
    const axis = axisOf(operator, numberAttribute(operator, 'axis', 0), x.shape.length)
    const takesLast = numberAttribute(operator, 'select_last_index', 0) !== 0
    const { outer, size, inner } = around(x.shape, axis)
    const keeps = numberAttribute(operator, 'keepdims', 1) !== 0
    const result = value(keeps ? x.shape.with(axis, 1) : x.shape.toSpliced(axis, 1), undefined, 'int64')
    for (let row = 0; row < outer; row++)
      for (let column = 0; column < inner; column++) {
        const at = (place: number) => x.data[(row * size + place) * inner + column]
        let best = 0
        for (let place = 1; place < size; place++)
          if (isBetter(at(place), at(best)) || (takesLast && at(place) === at(best))) best = place
        result.data[row * inner + column] = best
      }
    return [result]
  }
}

export const REDUCTIONS: KernelTable = {
  ReduceSum: reduce({ start: 0, add: sum }),
  ReduceMean: reduce({ start: 0, add: sum, finish: (total, count) => total / count }),
  ReduceMax: reduce({ start: Number.NEGATIVE_INFINITY, add: Math.max }),
  ReduceMin: reduce({ start: Number.POSITIVE_INFINITY, add: Math.min }),
  ReduceProd: reduce({ start: 1, add: (total, x) => total * x }),
  ReduceL1: reduce({ start: 0, add: (total, x) => total + Math.abs(x) }),
  ReduceL2: reduce({ start: 0, add: (total, x) => total + x * x, finish: Math.sqrt }),
  ReduceSumSquare: reduce({ start: 0, add: (total, x) => total + x * x }),
  ReduceLogSum: reduce({ start: 0, add: sum, finish: Math.log }),
  ReduceLogSumExp: reduce({ start: Number.NEGATIVE_INFINITY, add: logAddExp }),
  ArgMax: argument((x, best) => x > best),
  ArgMin: argument((x, best) => x < best),
}
