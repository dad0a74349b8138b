/**
 * A network whose large tensors are known by shape alone: reading one gives a tensor without values. What depends on
 * shapes only, such as the layers of the unit graph, is worked out on it in no time, whatever the size of the file.
 */
import { elementCount, type Tensor } from '../tensor/tensor.ts'
import type { Network } from './network.ts'

/** Vectors, and small matrices, are read: permutations, windows and factors are told by their values. */
const LARGE = 2 ** 12

export function withoutValues(network: Network): Network {
  const weights = Array.from(network.weights, ([name, weight]) => {
    const { dtype, shape } = weight
    const isLarge = shape.length > 1 && elementCount(shape) > LARGE
    const read = async (): Promise<Tensor> => ({ dtype, shape, data: new Float32Array(0) })
    return [name, isLarge ? { ...weight, read } : weight] as const
  })
  return { ...network, weights: new Map(weights) }
}

/** Whether a tensor's values are not there. */
export function hasNoValues({ shape, data }: Tensor): boolean {
  return data.length === 0 && elementCount(shape) > 0
}
