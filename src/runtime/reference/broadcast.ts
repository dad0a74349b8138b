/** Operators on several inputs that are broadcast against each other: arithmetic, comparison, logic, choice. */
import { numberAttribute, type Operator } from '../../network/network.ts'
import { elementCount } from '../../tensor/tensor.ts'
import {
  type Kernel,
  type KernelTable,
  like,
  misfit,
  required,
  stridesOf,
  type Value,
  value,
  wrapped,
} from './value.ts'

/** NumPy's common shape. */
export function broadcastShape(operator: Operator, shapes: readonly (readonly number[])[]): number[] {
  const rank = Math.max(0, ...shapes.map(({ length }) => length))
  return Array.from({ length: rank }, (_, axis) => {
    const sizes = shapes.map(shape => shape[axis - rank + shape.length] ?? 1).filter(size => size !== 1)
    if (new Set(sizes).size > 1)
      misfit(operator, `gets shapes that do not go together: ${shapes.map(shape => `[${shape}]`).join(', ')}`)
    return sizes[0] ?? 1
  })
}

/** The input repeated to a larger shape. */
export function spread(input: Value, shape: readonly number[]): Float64Array {
  const { data } = input
  const count = elementCount(shape)
  if (data.length === count) return data
  if (data.length === 1) return new Float64Array(count).fill(data[0])
  const missing = shape.length - input.shape.length
  const own = stridesOf(input.shape)
  const strides = shape.map((_, axis) =>
    axis < missing || input.shape[axis - missing] === 1 ? 0 : own[axis - missing],
  )
  const result = new Float64Array(count)
  const index = new Int32Array(shape.length)
  let from = 0
  for (let to = 0; to < count; to++) {
    result[to] = data[from]
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += strides[axis]
      if (++index[axis] < shape[axis]) break
      from -= strides[axis] * shape[axis]
      index[axis] = 0
    }
  }
  return result
}

function combine(
  operator: Operator,
  a: Value,
  b: Value,
  f: (x: number, y: number) => number,
): [number[], Float64Array] {
  const shape = broadcastShape(operator, [a.shape, b.shape])
  const [x, y] = [spread(a, shape), spread(b, shape)]
  const result = new Float64Array(x.length)
  for (let i = 0; i < result.length; i++) result[i] = f(x[i], y[i])
  return [shape, result]
}

function binary(f: (x: number, y: number) => number, onIntegers = f): Kernel {
  return (operator, inputs) => {
    const [a, b] = [required(operator, inputs, 0), required(operator, inputs, 1)]
    const [shape, data] = combine(operator, a, b, a.dtype === 'float64' ? f : onIntegers)
    return [wrapped(like(a, shape, data))]
  }
}

function compare(f: (x: number, y: number) => boolean): Kernel {
  return (operator, inputs) => {
    const [a, b] = [required(operator, inputs, 0), required(operator, inputs, 1)]
    const [shape, data] = combine(operator, a, b, (x, y) => (f(x, y) ? 1 : 0))
    return [value(shape, data, 'bool')]
  }
}

/** Any number of inputs, combined from left to right. */
function variadic(f: (x: number, y: number) => number, finish?: (total: number, count: number) => number): Kernel {
  return (operator, inputs) => {
    let total = required(operator, inputs, 0)
    for (let at = 1; at < inputs.length; at++)
      total = wrapped(like(total, ...combine(operator, total, required(operator, inputs, at), f)))
    return [
      finish
        ? like(
            total,
            total.shape,
            total.data.map(item => finish(item, inputs.length)),
          )
        : total,
    ]
  }
}

const where: Kernel = (operator, inputs) => {
  const [condition, yes, no] = [0, 1, 2].map(at => required(operator, inputs, at))
  const shape = broadcastShape(operator, [condition.shape, yes.shape, no.shape])
  const [c, x, y] = [spread(condition, shape), spread(yes, shape), spread(no, shape)]
  return [
    like(
      yes,
      shape,
      c.map((chosen, i) => (chosen ? x[i] : y[i])),
    ),
  ]
}

/** The remainder with the sign of the divisor, or of the dividend with `fmod`. */
const mod: Kernel = (operator, inputs, scope) => {
  const isDividend = numberAttribute(operator, 'fmod', 0) !== 0
  const remainder = isDividend ? (x: number, y: number) => x % y : (x: number, y: number) => x - Math.floor(x / y) * y
  return binary(remainder)(operator, inputs, scope)
}

export const BROADCAST: KernelTable = {
  Add: binary((x, y) => x + y),
  Sub: binary((x, y) => x - y),
  Mul: binary((x, y) => x * y),
  Div: binary(
    (x, y) => x / y,
    (x, y) => Math.trunc(x / y),
  ),
  Pow: binary(Math.pow),
  Mod: mod,
  PRelu: binary((x, slope) => (x < 0 ? slope * x : x)),
  Max: variadic(Math.max),
  Min: variadic(Math.min),
  Sum: variadic((x, y) => x + y),
  Mean: variadic(
    (x, y) => x + y,
    (total, count) => total / count,
  ),
  Equal: compare((x, y) => x === y),
  Greater: compare((x, y) => x > y),
  GreaterOrEqual: compare((x, y) => x >= y),
  Less: compare((x, y) => x < y),
  LessOrEqual: compare((x, y) => x <= y),
  And: compare((x, y) => x !== 0 && y !== 0),
  Or: compare((x, y) => x !== 0 || y !== 0),
  Xor: compare((x, y) => (x !== 0) !== (y !== 0)),
  Where: where,
}
