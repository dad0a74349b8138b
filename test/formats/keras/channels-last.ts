/** Keras's layers as its documentation defines them, channels last, one example at a time: slow, plain, and independent. */
import { elementCount, type Tensor, tensor } from '../../../src/tensor/tensor.ts'

/** One example, without the batch. */
export interface Grid {
  readonly shape: readonly number[]
  readonly data: Float64Array
}

export const grid = (shape: readonly number[], fill: (place: readonly number[]) => number): Grid => ({
  shape,
  data: Float64Array.from(places(shape), fill),
})

/** All indices, row-major. */
function places(shape: readonly number[]): number[][] {
  return Array.from({ length: elementCount(shape) }, (_, at) => {
    const place = new Array<number>(shape.length)
    for (let axis = shape.length - 1, rest = at; axis >= 0; axis--) {
      place[axis] = rest % shape[axis]
      rest = Math.floor(rest / shape[axis])
    }
    return place
  })
}

export function at(
  { shape, data }: { shape: readonly number[]; data: ArrayLike<unknown> },
  place: readonly number[],
): number {
  return Number(data[place.reduce((offset, index, axis) => offset * shape[axis] + index, 0)])
}

export interface Windows {
  readonly kernel: readonly number[]
  readonly strides?: readonly number[]
  readonly dilations?: readonly number[]
  readonly padding?: 'valid' | 'same' | 'causal'
}

/** Sizes of the result, and where each position of a window reads; undefined outside. */
function sliding(extent: readonly number[], { kernel, strides, dilations, padding = 'valid' }: Windows) {
  const step = (axis: number) => strides?.[axis] ?? 1
  const apart = (axis: number) => dilations?.[axis] ?? 1
  const reach = kernel.map((size, axis) => (size - 1) * apart(axis) + 1)
  const sizes = extent.map((size, axis) =>
    Math.ceil((padding === 'valid' ? size - reach[axis] + 1 : size) / step(axis)),
  )
  const before = extent.map((size, axis) => {
    if (padding === 'causal') return reach[axis] - 1
    return padding === 'same' ? Math.floor(Math.max(0, (sizes[axis] - 1) * step(axis) + reach[axis] - size) / 2) : 0
  })
  const source = (to: readonly number[], offset: readonly number[]) => {
    const place = to.map((index, axis) => index * step(axis) + offset[axis] * apart(axis) - before[axis])
    return place.every((index, axis) => index >= 0 && index < extent[axis]) ? place : undefined
  }
  return { sizes, source }
}

/** `kernel` [spatial …, in / groups, out]. */
export function convolution(
  x: Grid,
  kernel: Tensor,
  bias: Tensor | undefined,
  options: Omit<Windows, 'kernel'> & { groups?: number } = {},
): Grid {
  const [perGroup, filters] = kernel.shape.slice(-2)
  const windows = { ...options, kernel: kernel.shape.slice(0, -2) }
  const { sizes, source } = sliding(x.shape.slice(0, -1), windows)
  return grid([...sizes, filters], place => {
    const filter = place[place.length - 1]
    const first = Math.floor(filter / (filters / (options.groups ?? 1))) * perGroup
    let sum = Number(bias?.data[filter] ?? 0)
    for (const offset of places(windows.kernel)) {
      const from = source(place.slice(0, -1), offset)
      for (let c = 0; from && c < perGroup; c++) sum += at(x, [...from, first + c]) * at(kernel, [...offset, c, filter])
    }
    return sum
  })
}

/** `kernel` [spatial …, in, multiplier]: channel c gives the channels c · multiplier and on. */
export function depthwise(
  x: Grid,
  kernel: Tensor,
  bias: Tensor | undefined,
  options: Omit<Windows, 'kernel'> = {},
): Grid {
  const [channels, multiplier] = kernel.shape.slice(-2)
  const windows = { ...options, kernel: kernel.shape.slice(0, -2) }
  const { sizes, source } = sliding(x.shape.slice(0, -1), windows)
  return grid([...sizes, channels * multiplier], place => {
    const channel = place[place.length - 1]
    const own = [Math.floor(channel / multiplier), channel % multiplier]
    return places(windows.kernel).reduce(
      (sum, offset) => {
        const from = source(place.slice(0, -1), offset)
        return from ? sum + at(x, [...from, own[0]]) * at(kernel, [...offset, ...own]) : sum
      },
      Number(bias?.data[channel] ?? 0),
    )
  })
}

/** `kernel` [spatial …, out, in]: every input position adds its kernel to the result. */
export function transposed(
  x: Grid,
  kernel: Tensor,
  bias: Tensor | undefined,
  strides: readonly number[],
  padding: 'valid' | 'same',
): Grid {
  const extent = kernel.shape.slice(0, -2)
  const [filters, channels] = kernel.shape.slice(-2)
  const spare = extent.map((size, axis) => Math.max(0, size - strides[axis]))
  const sizes = extent.map((_, axis) => x.shape[axis] * strides[axis] + (padding === 'same' ? 0 : spare[axis]))
  const before = spare.map(size => (padding === 'same' ? Math.floor(size / 2) : 0))
  return grid([...sizes, filters], place => {
    const filter = place[place.length - 1]
    let sum = Number(bias?.data[filter] ?? 0)
    for (const offset of places(extent)) {
      const from = offset.map((index, axis) => (place[axis] + before[axis] - index) / strides[axis])
      if (!from.every((index, axis) => Number.isInteger(index) && index >= 0 && index < x.shape[axis])) continue
      for (let c = 0; c < channels; c++) sum += at(x, [...from, c]) * at(kernel, [...offset, filter, c])
    }
    return sum
  })
}

/** Padding counts neither for the maximum nor for the mean. */
export function pooled(x: Grid, kind: 'max' | 'mean', windows: Windows): Grid {
  const { sizes, source } = sliding(x.shape.slice(0, -1), windows)
  return grid([...sizes, x.shape[x.shape.length - 1]], place => {
    const sources = places(windows.kernel).flatMap(offset => [source(place.slice(0, -1), offset) ?? []])
    const values = sources.filter(from => from.length > 0).map(from => at(x, [...from, place[place.length - 1]]))
    return kind === 'max' ? Math.max(...values) : values.reduce((sum, value) => sum + value, 0) / values.length
  })
}

/** `kernel` [in, out], on the last axis. */
export function dense(x: Grid, kernel: Tensor, bias?: Tensor): Grid {
  const [fanIn, units] = kernel.shape
  return grid([...x.shape.slice(0, -1), units], place => {
    const unit = place[place.length - 1]
    let sum = Number(bias?.data[unit] ?? 0)
    for (let i = 0; i < fanIn; i++) sum += at(x, [...place.slice(0, -1), i]) * at(kernel, [i, unit])
    return sum
  })
}

/** γ (x − mean) / √(variance + ε) + β, by the last axis. */
export function normalised(
  x: Grid,
  { gamma, beta, mean, variance }: Readonly<Record<string, Tensor | undefined>>,
  epsilon: number,
): Grid {
  return grid(x.shape, place => {
    const channel = place[place.length - 1]
    const of = (part: Tensor | undefined, fallback: number) => Number(part?.data[channel] ?? fallback)
    const standard = (at(x, place) - of(mean, 0)) / Math.sqrt(of(variance, 1) + epsilon)
    return standard * of(gamma, 1) + of(beta, 0)
  })
}

export const mapped = (x: Grid, change: (value: number, place: readonly number[]) => number): Grid =>
  grid(x.shape, place => change(at(x, place), place))

export const flat = (x: Grid): Grid => ({ shape: [x.data.length], data: x.data })

/** An example as Keras takes it, and as one of a batch in the network, with the last axis in front where it is said so. */
export function fed(examples: readonly Grid[], isTurned: boolean): Tensor {
  const [{ shape }] = examples
  const values = examples.flatMap(example => {
    if (!isTurned) return Array.from(example.data)
    const turned = [shape[shape.length - 1], ...shape.slice(0, -1)]
    return places(turned).map(([channel, ...place]) => at(example, [...place, channel]))
  })
  const sizes = isTurned ? [shape[shape.length - 1], ...shape.slice(0, -1)] : shape
  return tensor(Float32Array.from(values), [examples.length, ...sizes])
}
