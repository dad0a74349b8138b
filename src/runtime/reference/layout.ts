/** Operators that rearrange elements without computing: reshaping, transposing, joining, cutting, repeating, padding. */
import { numberAttribute, numbersAttribute, type Operator } from '../../network/network.ts'
import { elementCount } from '../../tensor/tensor.ts'
import { broadcastShape, spread } from './broadcast.ts'
import {
  around,
  axisOf,
  type Kernel,
  type KernelTable,
  like,
  misfit,
  required,
  stridesOf,
  textAttribute,
  type Value,
} from './value.ts'

/** Reads `data` along `shape` with the given steps from `start`. */
function walk(data: Float64Array, shape: readonly number[], steps: readonly number[], start = 0): Float64Array {
  const result = new Float64Array(elementCount(shape))
  const index = new Int32Array(shape.length)
  let from = start
  for (let to = 0; to < result.length; to++) {
    result[to] = data[from]
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += steps[axis]
      if (++index[axis] < shape[axis]) break
      from -= steps[axis] * shape[axis]
      index[axis] = 0
    }
  }
  return result
}

function reshaped(operator: Operator, x: Value, shape: readonly number[]): Value {
  if (elementCount(shape) !== x.data.length)
    misfit(operator, `cannot give the shape [${shape}] to [${x.shape}], which has another number of elements`)
  return like(x, shape, x.data)
}

const reshape: Kernel = (operator, inputs) => {
  const x = required(operator, inputs, 0)
  const keepsZero = numberAttribute(operator, 'allowzero', 0) !== 0
  const wanted = Array.from(required(operator, inputs, 1).data)
  const shape = wanted.map((size, axis) => (size === 0 && !keepsZero ? x.shape[axis] : size))
  const rest = -elementCount(shape)
  return [
    reshaped(
      operator,
      x,
      shape.map(size => (size === -1 ? x.data.length / rest : size)),
    ),
  ]
}

const flatten: Kernel = (operator, inputs) => {
  const x = required(operator, inputs, 0)
  const axis = numberAttribute(operator, 'axis', 1)
  const at = axis < 0 ? axis + x.shape.length : axis
  return [like(x, [elementCount(x.shape.slice(0, at)), elementCount(x.shape.slice(at))], x.data)]
}

const transpose: Kernel = (operator, inputs) => {
  const x = required(operator, inputs, 0)
  const order = numbersAttribute(operator, 'perm') ?? x.shape.map((_, axis) => x.shape.length - 1 - axis)
  if (order.length !== x.shape.length) misfit(operator, `permutes ${order.length} axes of the shape [${x.shape}]`)
  const strides = stridesOf(x.shape)
  const shape = order.map(axis => x.shape[axis])
  return [
    like(
      x,
      shape,
      walk(
        x.data,
        shape,
        order.map(axis => strides[axis]),
      ),
    ),
  ]
}

const concat: Kernel = (operator, inputs) => {
  const parts = inputs.map((_, at) => required(operator, inputs, at))
  const [first] = parts
  const axis = axisOf(operator, numberAttribute(operator, 'axis', 0), first.shape.length)
  const fits = ({ shape }: Value) => String(shape.with(axis, 0)) === String(first.shape.with(axis, 0))
  if (!parts.every(part => part.shape.length === first.shape.length && fits(part)))
    misfit(operator, `joins shapes that differ: ${parts.map(({ shape }) => `[${shape}]`).join(', ')}`)
  const total = parts.reduce((sum, { shape }) => sum + shape[axis], 0)
  const { outer, inner } = around(first.shape, axis)
  const data = new Float64Array(outer * total * inner)
  let start = 0
  for (const part of parts) {
    const length = part.shape[axis] * inner
    for (let row = 0; row < outer; row++)
      data.set(part.data.subarray(row * length, (row + 1) * length), row * total * inner + start)
    start += length
  }
  return [like(first, first.shape.with(axis, total), data)]
}

const split: Kernel = (operator, inputs) => {
  const x = required(operator, inputs, 0)
  const axis = axisOf(operator, numberAttribute(operator, 'axis', 0), x.shape.length)
  const { outer, size, inner } = around(x.shape, axis)
  const count = numberAttribute(operator, 'num_outputs', operator.outputs.length)
  const chunk = Math.ceil(size / count)
  const sizes = inputs[1]
    ? Array.from(inputs[1].data)
    : Array.from({ length: count }, (_, part) => Math.min(chunk, size - part * chunk))
  if (sizes.reduce((sum, part) => sum + part, 0) !== size)
    misfit(operator, `splits an axis of ${size} into parts of ${sizes}`)
  let start = 0
  return sizes.map(part => {
    const data = new Float64Array(outer * part * inner)
    for (let row = 0; row < outer; row++) {
      const from = (row * size + start) * inner
      data.set(x.data.subarray(from, from + part * inner), row * part * inner)
    }
    start += part
    return like(x, x.shape.with(axis, part), data)
  })
}

const slice: Kernel = (operator, inputs) => {
  const x = required(operator, inputs, 0)
  const starts = required(operator, inputs, 1).data
  const ends = required(operator, inputs, 2).data
  const shape = [...x.shape]
  const steps = stridesOf(x.shape)
  let first = 0
  starts.forEach((start, at) => {
    const axis = axisOf(operator, inputs[3]?.data[at] ?? at, x.shape.length)
    const step = inputs[4]?.data[at] ?? 1
    const size = x.shape[axis]
    if (step === 0) misfit(operator, 'has a step of 0')
    const within = (place: number, low: number, high: number) =>
      Math.min(Math.max(place < 0 ? place + size : place, low), high)
    const from = step > 0 ? within(start, 0, size) : within(start, 0, size - 1)
    const to = step > 0 ? within(ends[at], 0, size) : within(ends[at], -1, size - 1)
    first += from * steps[axis]
    shape[axis] = Math.max(0, Math.ceil((to - from) / step))
    steps[axis] *= step
  })
  return [like(x, shape, walk(x.data, shape, steps, first))]
}

const expand: Kernel = (operator, inputs) => {
  const x = required(operator, inputs, 0)
  const shape = broadcastShape(operator, [x.shape, Array.from(required(operator, inputs, 1).data)])
  return [like(x, shape, spread(x, shape).slice())]
}

const tile: Kernel = (operator, inputs) => {
  const x = required(operator, inputs, 0)
  const repeats = required(operator, inputs, 1).data
  // Every axis becomes two, repeats × size, of which the first does not move.
  const strides = stridesOf(x.shape)
  const shape = x.shape.flatMap((size, axis) => [repeats[axis], size])
  const steps = strides.flatMap(stride => [0, stride])
  return [
    like(
      x,
      x.shape.map((size, axis) => size * repeats[axis]),
      walk(x.data, shape, steps),
    ),
  ]
}

const squeeze: Kernel = (operator, inputs) => {
  const x = required(operator, inputs, 0)
  const named = inputs[1] && Array.from(inputs[1].data, axis => axisOf(operator, axis, x.shape.length))
  const shape = x.shape.filter((size, axis) => (named ? !named.includes(axis) : size !== 1))
  return [reshaped(operator, x, shape)]
}

const unsqueeze: Kernel = (operator, inputs) => {
  const x = required(operator, inputs, 0)
  const axes = required(operator, inputs, 1).data
  const rank = x.shape.length + axes.length
  const added = new Set(Array.from(axes, axis => axisOf(operator, axis, rank)))
  let next = 0
  return [
    reshaped(
      operator,
      x,
      Array.from({ length: rank }, (_, axis) => (added.has(axis) ? 1 : x.shape[next++])),
    ),
  ]
}

/** Where along an axis of `size` the place `at` beyond its ends reads from; −1 for the constant. */
const BEYOND: Readonly<Record<string, (at: number, size: number) => number>> = {
  constant: (at, size) => (at < 0 || at >= size ? -1 : at),
  edge: (at, size) => Math.min(Math.max(at, 0), size - 1),
  wrap: (at, size) => ((at % size) + size) % size,
  reflect: (at, size) => {
    if (size === 1) return 0
    const period = 2 * (size - 1)
    const place = ((at % period) + period) % period
    return Math.min(place, period - place)
  },
}

const pad: Kernel = (operator, inputs) => {
  const x = required(operator, inputs, 0)
  const pads = required(operator, inputs, 1).data
  const mode = textAttribute(operator, 'mode', 'constant')
  const source = BEYOND[mode] ?? misfit(operator, `has the unknown mode "${mode}"`)
  const axes = inputs[3]
    ? Array.from(inputs[3].data, axis => axisOf(operator, axis, x.shape.length))
    : x.shape.map((_, axis) => axis)
  const shape = [...x.shape]
  const before = x.shape.map(() => 0)
  axes.forEach((axis, at) => {
    before[axis] = pads[at]
    shape[axis] += pads[at] + pads[at + axes.length]
  })
  const strides = stridesOf(x.shape)
  const own = stridesOf(shape)
  const fill = inputs[2]?.data[0] ?? 0
  const result = new Float64Array(elementCount(shape))
  for (let to = 0; to < result.length; to++) {
    let from = 0
    for (let axis = 0; axis < shape.length && from >= 0; axis++) {
      const place = source((Math.floor(to / own[axis]) % shape[axis]) - before[axis], x.shape[axis])
      from = place < 0 ? -1 : from + place * strides[axis]
    }
    result[to] = from < 0 ? fill : x.data[from]
  }
  return [like(x, shape, result)]
}

export const LAYOUT: KernelTable = {
  Reshape: reshape,
  Flatten: flatten,
  Transpose: transpose,
  Concat: concat,
  Split: split,
  Slice: slice,
  Expand: expand,
  Tile: tile,
  Squeeze: squeeze,
  Unsqueeze: unsqueeze,
  Pad: pad,
  Identity: (operator, inputs) => [required(operator, inputs, 0)],
}
