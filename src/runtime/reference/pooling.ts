/** Pools over windows and over whole planes, and MaxUnpool. Of several largest elements the first one wins. */
import { numberAttribute, numbersAttribute, type Operator } from '../../network/network.ts'
import { elementCount } from '../../tensor/tensor.ts'
import { type Kernel, type KernelTable, like, misfit, required, type Value, value } from './value.ts'
import { extentOf, PADDING, planWindow, tapTable, type WindowPlan, windowAttributes } from './window.ts'

function pooled(operator: Operator, x: Value): { plan: WindowPlan; table: Int32Array; planes: number; area: number } {
  const space = x.shape.slice(2)
  const kernel = numbersAttribute(operator, 'kernel_shape') ?? misfit(operator, 'has no kernel_shape')
  const plan = planWindow(operator, space, kernel)
  return { plan, table: tapTable(plan, space), planes: x.shape[0] * x.shape[1], area: elementCount(space) }
}

/** The second output holds places in the whole flattened input, or column by column with `storage_order`. */
const maxPool: Kernel = (operator, inputs) => {
  const x = required(operator, inputs, 0)
  const { plan, table, planes, area } = pooled(operator, x)
  if (numberAttribute(operator, 'storage_order', 0) !== 0) misfit(operator, 'asks for indices in column order')
  const positions = elementCount(plan.shape)
  const shape = [...x.shape.slice(0, 2), ...plan.shape]
  const [y, indices] = [like(x, shape), value(shape, undefined, 'int64')]
  for (let plane = 0; plane < planes; plane++)
    for (let position = 0; position < positions; position++) {
      let best = Number.NEGATIVE_INFINITY
      let from = -1
      for (let at = position; at < table.length; at += positions) {
        if (table[at] < 0) continue
        const item = x.data[plane * area + table[at]]
        if (from >= 0 && !(item > best)) continue
        best = item
        from = plane * area + table[at]
      }
      y.data[plane * positions + position] = best
      indices.data[plane * positions + position] = from
    }
  return [y, indices]
}

const averagePool: Kernel = (operator, inputs) => {
  const x = required(operator, inputs, 0)
  const { plan, table, planes, area } = pooled(operator, x)
  const countsPadding = numberAttribute(operator, 'count_include_pad', 0) !== 0
  const positions = elementCount(plan.shape)
  const y = like(x, [...x.shape.slice(0, 2), ...plan.shape])
  for (let plane = 0; plane < planes; plane++)
    for (let position = 0; position < positions; position++) {
      let [sum, count] = [0, 0]
      for (let at = position; at < table.length; at += positions) {
        if (table[at] >= 0) sum += x.data[plane * area + table[at]]
        if (table[at] >= 0 || (countsPadding && table[at] === PADDING)) count++
      }
      y.data[plane * positions + position] = sum / count
    }
  return [y]
}

function globalPool(add: (total: number, x: number) => number, start: number, isMean: boolean): Kernel {
  return (operator, inputs) => {
    const x = required(operator, inputs, 0)
    const y = like(
      x,
      x.shape.map((size, axis) => (axis < 2 ? size : 1)),
    )
    const area = x.data.length / y.data.length
    for (let plane = 0; plane < y.data.length; plane++) {
      const total = x.data.subarray(plane * area, (plane + 1) * area).reduce(add, start)
      y.data[plane] = isMean ? total / area : total
    }
    return [y]
  }
}

/** Puts each element where its index says, zeros elsewhere. */
const maxUnpool: Kernel = (operator, inputs) => {
  const [x, indices] = [required(operator, inputs, 0), required(operator, inputs, 1)]
  const kernel = numbersAttribute(operator, 'kernel_shape') ?? misfit(operator, 'has no kernel_shape')
  const window = windowAttributes(operator, kernel)
  const space = x.shape.slice(2).map((size, axis) => {
    const pads = window.padBegin[axis] + window.padEnd[axis]
    return (size - 1) * window.strides[axis] + extentOf(window, axis) - pads
  })
  const natural = [...x.shape.slice(0, 2), ...space]
  const y = like(x, inputs[2] ? Array.from(inputs[2].data) : natural)
  indices.data.forEach((place, at) => {
    y.data[place] = x.data[at]
  })
  return [y]
}

export const POOLING: KernelTable = {
  MaxPool: maxPool,
  AveragePool: averagePool,
  GlobalMaxPool: globalPool((most, x) => Math.max(most, x), Number.NEGATIVE_INFINITY, false),
  GlobalAveragePool: globalPool((total, x) => total + x, 0, true),
  MaxUnpool: maxUnpool,
}
