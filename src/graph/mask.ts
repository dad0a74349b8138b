/** Masks: weights × mask before all else (nn-clustering-pytorch's pruning masks). */
import { UsageError } from '../errors.ts'
import type { Network, WeightTensor } from '../network/network.ts'
import { type Tensor, tensor } from '../tensor/tensor.ts'

/**
 * The network with masked weights; the weights are still read only when asked for.
 * @param masks by weight name, each of the weight's own shape; usually zeros and ones
 * @throws UsageError `usage.mask` when a name is not a weight or a shape differs
 */
export function maskWeights(network: Network, masks: ReadonlyMap<string, Tensor>): Network {
  const weights = new Map(network.weights)
  for (const [name, mask] of masks) {
    const weight = network.weights.get(name)
    if (!weight) {
      const names = [...network.weights.keys()].filter(
        key => (network.weights.get(key) as WeightTensor).shape.length > 1,
      )
      throw new UsageError(
        'usage.mask',
        `The mask "${name}" names no weight. The network's weights are ${names.join(', ')}.`,
      )
    }
    if (weight.shape.join() !== mask.shape.join())
      throw new UsageError(
        'usage.mask',
        `The mask "${name}" has shape [${mask.shape}], its weight [${weight.shape}]; they must be equal.`,
      )
    weights.set(name, { ...weight, read: async () => masked(await weight.read(), mask) })
  }
  return { ...network, weights }
}

function masked(weight: Tensor, mask: Tensor): Tensor {
  const data = Float64Array.from(weight.data as ArrayLike<number>, (value, i) => Number(value) * Number(mask.data[i]))
  return weight.data instanceof Float32Array
    ? tensor(Float32Array.from(data), weight.shape)
    : { dtype: 'float64', shape: weight.shape, data }
}
