/**
 * Magnitude masks: which weights are kept when the smallest are removed (unstructured magnitude pruning; Han et al.
 * 2015; clusterability papers, arXiv 2103.03386, by `prune_low_magnitude`).
 *
 * Of a tensor of `size` weights, keep = max(round(size · (1 − sparsity)), 1), halves upwards; the threshold is the
 * keep-th largest |w|, and every weight above it is kept. Weights of exactly that size are kept from the first on until
 * `keep` is reached, so that the number of zeros is exact (departure: TensorFlow's mask keeps all of them). Masks for a
 * higher sparsity are therefore subsets of those for a lower one. Magnitudes are compared as float32.
 *
 * `layer` prunes each tensor by its own threshold; `global` has one threshold for all of them together (tensors in the
 * order given) and may empty a tensor: the least that is kept counts for the whole.
 */
import { UsageError } from '../errors.ts'
import { heldWeight } from '../network/build.ts'
import type { Network } from '../network/network.ts'
import { writeNpz } from '../tensor/npz.ts'
import { type Tensor, tensor } from '../tensor/tensor.ts'

export interface MagnitudeMask {
  /** 0 and 1, in the weights' order. */
  readonly mask: Float32Array
  /** The smallest |w| that is kept. */
  readonly threshold: number
}

/** Number of weights kept of `size` at a sparsity from 0 to 1. */
export function keptCount(size: number, sparsity: number): number {
  return Math.min(size, Math.max(Math.round(size - size * sparsity), 1))
}

// |w| as an integer: the bits of a float32 without its sign are ordered like its size.
const SIZE_BITS = 0x7fffffff
const LOW_BITS = 15

/** Keeps the `keep` weights of largest magnitude, 1 ≤ keep ≤ values.length. */
export function magnitudeMask(values: Float32Array, keep: number): MagnitudeMask {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length)
  const high = new Uint32Array(1 << (31 - LOW_BITS))
  for (const word of bits) high[(word & SIZE_BITS) >>> LOW_BITS]++
  let above = 0
  let bin = high.length - 1
  while (above + high[bin] < keep) above += high[bin--]
  const low = new Uint32Array(1 << LOW_BITS)
  for (const word of bits) {
    const size = word & SIZE_BITS
    if (size >>> LOW_BITS === bin) low[size & (low.length - 1)]++
  }
  let rest = low.length - 1
  while (above + low[rest] < keep) above += low[rest--]
  const limit = ((bin << LOW_BITS) | rest) >>> 0
  let ties = keep - above
  const mask = new Float32Array(values.length)
  for (let i = 0; i < bits.length; i++) {
    const size = bits[i] & SIZE_BITS
    if (size > limit || (size === limit && ties-- > 0)) mask[i] = 1
  }
  return { mask, threshold: new Float32Array(Uint32Array.of(limit).buffer)[0] }
}

export type PruningScope = 'layer' | 'global'

/**
 * One-shot masks of several tensors, by their names; each of its tensor's shape, zeros and ones.
 * @param sparsity share of the weights that become zero, 0 ≤ sparsity < 1
 */
export function magnitudeMasks(
  tensors: ReadonlyMap<string, Tensor>,
  sparsity: number,
  scope: PruningScope = 'layer',
): Map<string, Tensor> {
  checkSparsity(sparsity)
  const entries = Array.from(tensors, ([name, weight]) => ({ name, weight, values: asFloat32(weight) }))
  if (scope === 'layer')
    return new Map(
      entries.map(({ name, weight, values }) => {
        const { mask } = magnitudeMask(values, keptCount(values.length, sparsity))
        return [name, tensor(mask, weight.shape)]
      }),
    )
  const size = entries.reduce((sum, { values }) => sum + values.length, 0)
  if (size === 0) return new Map()
  const all = new Float32Array(size)
  const starts = entries.map((_, e) => entries.slice(0, e).reduce((sum, { values }) => sum + values.length, 0))
  entries.forEach(({ values }, e) => {
    all.set(values, starts[e])
  })
  const { mask } = magnitudeMask(all, keptCount(size, sparsity))
  return new Map(
    entries.map(({ name, weight, values }, e) => [
      name,
      tensor(mask.slice(starts[e], starts[e] + values.length), weight.shape),
    ]),
  )
}

/** Refuses what is no sparsity, with a UsageError `usage.sparsity`. */
export function checkSparsity(sparsity: number): void {
  if (!(sparsity >= 0 && sparsity < 1))
    throw new UsageError(
      'usage.sparsity',
      `The sparsity must lie from 0 to below 1 (0.9 makes nine of ten weights zero), not ${sparsity}.`,
    )
}

/** Magnitudes in float32: what float64 tells apart beyond that counts as equal. */
function asFloat32({ data }: Tensor): Float32Array {
  return data instanceof Float32Array ? data : Float32Array.from(data as ArrayLike<number>, Number)
}

const WEIGHT_OPERATORS = new Set(['Conv', 'ConvTranspose', 'Gemm', 'MatMul'])

/** Names of the weights that are pruned: matrices and kernels of Gemm, MatMul and Conv; biases and norms never. */
export function prunableWeights(network: Network): string[] {
  const names = network.operators
    .filter(({ type, domain }) => domain === '' && WEIGHT_OPERATORS.has(type))
    .flatMap(({ inputs }) => inputs.slice(0, 2))
    .filter(name => (network.weights.get(name)?.shape.length ?? 0) >= 2)
  return [...new Set(names)]
}

export interface PrunedNetwork {
  /** The network with exact zeros in its weights. */
  readonly network: Network
  /** By weight name, each of its weight's shape. */
  readonly masks: ReadonlyMap<string, Tensor>
}

/**
 * Prunes a network once, by magnitude.
 * @throws UsageError `usage.sparsity`; `usage.prune` when it has no weights to prune
 */
export async function pruneNetwork(
  network: Network,
  options: { readonly sparsity: number; readonly scope?: PruningScope },
): Promise<PrunedNetwork> {
  checkSparsity(options.sparsity)
  const names = prunableWeights(network)
  if (names.length === 0)
    throw new UsageError('usage.prune', 'This network has no matrices or kernels of Gemm, MatMul or Conv to prune.')
  const tensors = new Map<string, Tensor>()
  for (const name of names) tensors.set(name, (await network.weights.get(name)?.read()) as Tensor)
  const masks = magnitudeMasks(tensors, options.sparsity, options.scope)
  const weights = new Map(network.weights)
  for (const [name, weight] of tensors) weights.set(name, heldWeight(name, masked(weight, masks.get(name) as Tensor)))
  return { network: { ...network, weights }, masks }
}

/** The weight where its mask is 1, +0 elsewhere. */
function masked(weight: Tensor, mask: Tensor): Tensor {
  const data = weight.data.slice() as Float32Array
  for (let i = 0; i < data.length; i++) if (mask.data[i] === 0) data[i] = 0
  return { ...weight, data }
}

/** Masks as one `.npz` file, an array for each weight by its name: what `--mask` reads. */
export function masksAsNpz(masks: ReadonlyMap<string, Tensor>): Uint8Array<ArrayBuffer> {
  const arrays = Array.from(masks, ([name, { shape, data }]): [string, Tensor] => [
    name,
    tensor(Uint8Array.from(data as Float32Array), shape),
  ])
  return writeNpz(Object.fromEntries(arrays), { compress: true })
}
