/**
 * Hides the order and scale of a dense ReLU network's units without changing what it computes: hidden units are
 * permuted, each one's incoming weights and bias are multiplied by a positive s and its outgoing weights divided by s
 * (ReLU is positively homogeneous). Inputs are permuted too, so the function reads its inputs in another order;
 * outputs stay in place.
 */
import { UsageError } from '../errors.ts'
import { type Random, shuffle } from '../random.ts'
import { type Tensor, tensor } from '../tensor/tensor.ts'
import type { DenseLayer, Layer } from './build.ts'

export interface Disguised {
  readonly layers: readonly DenseLayer[]
  /** For each unit layer, inputs first: unit i was unit `order[layer][i]` before. */
  readonly order: readonly Int32Array[]
}

/** Scales are drawn evenly from here to here. */
const LEAST_SCALE = 0.25
const GREATEST_SCALE = 4

/** Permutes and rescales the units of dense layers with ReLU between them. Throws a UsageError for other layers. */
export function disguise(layers: readonly Layer[], random: Random): Disguised {
  const dense = layers.map(onlyDense)
  const sizes = [dense[0].weight.shape[1], ...dense.map(layer => layer.weight.shape[0])]
  const last = sizes.length - 1
  const order = sizes.map((size, l) => {
    const identity = Int32Array.from({ length: size }, (_, i) => i)
    return l === last ? identity : shuffle(identity, random)
  })
  const scale = sizes.map((size, l) => {
    const scales = new Float64Array(size).fill(1)
    if (l === 0 || l === last) return scales
    return scales.map(() => LEAST_SCALE + (GREATEST_SCALE - LEAST_SCALE) * random.uniform())
  })
  return {
    order,
    layers: dense.map((layer, l) => ({
      ...layer,
      weight: disguiseWeight(layer.weight, order[l + 1], order[l], scale[l + 1], scale[l]),
      ...(layer.bias && { bias: disguiseBias(layer.bias, order[l + 1], scale[l + 1]) }),
    })),
  }
}

function onlyDense(layer: Layer, at: number, all: readonly Layer[]): DenseLayer {
  if (layer.kind !== 'dense' || (at < all.length - 1 && layer.activation !== 'Relu'))
    throw new UsageError(
      'usage.disguise',
      `Only dense layers with ReLU between them can be rescaled freely; layer ${at + 1} is ${layer.kind}${'activation' in layer ? ` with ${layer.activation}` : ''}.`,
    )
  return layer
}

function disguiseWeight(
  weight: Tensor,
  outOrder: Int32Array,
  inOrder: Int32Array,
  outScale: Float64Array,
  inScale: Float64Array,
): Tensor {
  const [rows, columns] = weight.shape
  const data = new Float32Array(rows * columns)
  for (let r = 0, at = 0; r < rows; r++)
    for (let c = 0; c < columns; c++, at++)
      data[at] = (Number(weight.data[outOrder[r] * columns + inOrder[c]]) * outScale[r]) / inScale[c]
  return tensor(data, weight.shape)
}

function disguiseBias(bias: Tensor, order: Int32Array, scale: Float64Array): Tensor {
  return tensor(
    Float32Array.from(order, (from, i) => Number(bias.data[from]) * scale[i]),
    bias.shape,
  )
}
