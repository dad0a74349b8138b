/**
 * Which tensors parameters are held in while training. An operator costs some microseconds however small its tensors
 * are, and an optimiser is ten of them: so small parameters lie together in one vector, which the graph cuts up, while
 * large ones, whose copying would cost more than that, are tensors of their own. (Measured: bench/training.ts.)
 */
import type { Parameter } from '../autodiff/parameters.ts'
import { elementCount, type Tensor, tensor } from '../tensor/tensor.ts'

/** A tensor of the step's graph. */
export interface HeldTensor {
  readonly name: string
  readonly shape: readonly number[]
  /** What it holds: one parameter in its own shape, or several, flat, one behind the other. */
  readonly members: readonly Parameter[]
}

export type Layout = readonly HeldTensor[]

/** Name of the vector of small parameters. */
const PACKED = 'parameters'

/** Parameters of up to this many values are packed. */
const SMALL = 2 ** 14

/** @param small parameters of up to this many values are packed; default: what is fastest */
export function layoutOf(parameters: readonly Parameter[], small = SMALL): Layout {
  const isSmall = ({ shape }: Parameter) => elementCount(shape) <= small
  const packed = parameters.filter(isSmall)
  const alone = (packed.length > 1 ? parameters.filter(parameter => !isSmall(parameter)) : parameters).map(
    parameter => ({
      ...{ name: parameter.name, shape: parameter.shape, members: [parameter] },
    }),
  )
  if (packed.length < 2) return alone
  const size = packed.reduce((sum, { shape }) => sum + elementCount(shape), 0)
  return [...alone, { name: PACKED, shape: [size], members: packed }]
}

/** Where each parameter lies: its tensor's name and its first element there. */
export function placesIn(
  layout: Layout,
): Map<string, { readonly held: string; readonly start: number; readonly shape: readonly number[] }> {
  const places = new Map<string, { held: string; start: number; shape: readonly number[] }>()
  for (const { name: held, members } of layout) {
    let start = 0
    for (const { name, shape } of members) {
      places.set(name, { held, start, shape })
      start += elementCount(shape)
    }
  }
  return places
}

/** The parameters by name, as views into the tensors that hold them. */
export function parametersIn(tensors: ReadonlyMap<string, Tensor>, layout: Layout): Map<string, Tensor> {
  return new Map(
    Array.from(placesIn(layout), ([name, { held, start, shape }]) => {
      const { data } = tensors.get(held)!
      return [name, tensor((data as Float32Array).subarray(start, start + elementCount(shape)), shape)]
    }),
  )
}

/** Values given by parameter, as new tensors of the layout; `fallback` where a parameter is given none. */
export function arrange(
  layout: Layout,
  values: ReadonlyMap<string, Float32Array>,
  fallback: number,
): Map<string, Tensor> {
  const tensors = new Map(
    layout.map(({ name, shape }) => [name, tensor(new Float32Array(elementCount(shape)).fill(fallback), shape)]),
  )
  for (const [name, { data }] of parametersIn(tensors, layout)) {
    const given = values.get(name)
    if (given) (data as Float32Array).set(given)
  }
  return tensors
}
