/**
 * Fixes the scales of hidden units while training: before each step every hidden unit's incoming weights and bias are
 * brought to length √2,
 *   s = ‖(W_in, b)‖₂ / √2,   W_in, b ← W_in / s, b / s,   W_out ← s · W_out,
 * which leaves the function of a positively homogeneous network as it is (Clusterability in Neural Networks, arXiv
 * 2103.03386, §4: without it the clusterability penalty could be met by rescaling alone). Layers in order, each on what
 * those before have left; units with s = 0 are left alone. Kernels count whole, flattened.
 *
 * While pruning, the papers' code means to measure W_in ∘ mask but reads the variable beside it, tfmot's scalar
 * threshold (the smallest magnitude that was kept), so that s = ‖(threshold · W_in, b)‖₂ / √2 is far too small and
 * hidden weights grow instead: pass the pruning hook's `thresholds` to repeat that. A tensor without a threshold yet
 * has the threshold 0, and weights that leave a unit with s = 0 become 0. Masked weights are zero, so without the option W_in ∘ mask is what is measured.
 *
 * Departure: for chains of dense layers and convolutions without batch norm, refused elsewhere; the papers' PyTorch
 * code scales layers before a batch norm too, which does not keep the function.
 */
import { UnsupportedError } from '../errors.ts'
import { FIXED } from '../graph/gauge.ts'
import { trace } from '../graph/trace.ts'
import type { Network } from '../network/network.ts'
import type { Tensor } from '../tensor/tensor.ts'
import type { HookState, TrainingHook } from './hooks.ts'

export interface NormaliserOptions {
  /** The papers' slip while pruning: smallest magnitude kept by weight name, see above. Default: none. */
  readonly thresholds?: ReadonlyMap<string, number>
}

/** One hidden layer: which unit each element belongs to. */
interface ScaledLayer {
  readonly units: number
  readonly weight: string
  readonly bias: string | undefined
  /** Unit of each element of the weight: Int32Array. */
  readonly own: Int32Array
  /** The weights that read the layer, and the unit each of their elements reads: Int32Array. */
  readonly readers: readonly { readonly weight: string; readonly unit: Int32Array }[]
}

/**
 * The normaliser as a training hook, called before every step.
 * @throws UnsupportedError `unsupported.normaliser` naming the first layer whose scale is not free
 */
export async function fanInNormaliser(network: Network, options: NormaliserOptions = {}): Promise<TrainingHook> {
  const layers = await scaledLayers(network)
  return {
    name: 'fan-in-normaliser',
    every: 1,
    apply(state) {
      const weights = new Map<string, Float32Array>()
      const values = (name: string) => {
        const held = weights.get(name) ?? trainedCopy(state, name)
        weights.set(name, held)
        return held
      }
      for (const layer of layers)
        rescale(layer, values, options.thresholds && (options.thresholds.get(layer.weight) ?? 0))
      return { weights }
    },
  }
}

/** `threshold` — the factor of the papers' slip; undefined: none. */
function rescale(layer: ScaledLayer, values: (name: string) => Float32Array, threshold: number | undefined): void {
  const weight = values(layer.weight)
  const bias = layer.bias === undefined ? undefined : values(layer.bias)
  const squares = new Float64Array(layer.units)
  const factor = threshold ?? 1
  for (let e = 0; e < weight.length; e++) squares[layer.own[e]] += (factor * weight[e]) ** 2
  if (bias) for (let u = 0; u < layer.units; u++) squares[u] += bias[u] * bias[u]
  const scales = squares.map(square => (square > 0 ? Math.sqrt(square / 2) : 1))
  // The papers' code multiplies what leaves a unit of length 0 by that 0.
  const leaving = threshold === undefined ? scales : squares.map(square => Math.sqrt(square / 2))
  for (let e = 0; e < weight.length; e++) weight[e] /= scales[layer.own[e]]
  if (bias) for (let u = 0; u < layer.units; u++) bias[u] /= scales[u]
  for (const { weight: name, unit } of layer.readers) {
    const read = values(name)
    for (let e = 0; e < read.length; e++) read[e] *= leaving[unit[e]]
  }
}

function trainedCopy({ parameters }: HookState, name: string): Float32Array {
  return Float32Array.from((parameters.get(name) as Tensor).data as Float32Array)
}

/** Hidden layers in order, from the walk. */
async function scaledLayers(network: Network): Promise<ScaledLayer[]> {
  const normed = network.operators.find(({ type }) => type.endsWith('Normalization'))
  if (normed) refuse(normed.name, 'a normalisation takes up the scales of the layer before it')
  const state = await trace(network, { norm: 'l1', batchNorm: true })
  const readersOf = (layer: number) =>
    state.readings.filter(({ sources }) => sources.some(source => source.layer === layer))
  const seen = new Set<number>()
  return state.readings.flatMap(({ layer, weight, matrix }): ScaledLayer[] => {
    const { name, size, gauge } = state.layers[layer]
    const readers = readersOf(layer)
    if (readers.length === 0) return []
    const variables = gauge.map(state.gauge.find)
    if (variables.includes(FIXED)) refuse(name, 'what follows it is not positively homogeneous, or leaves the network')
    if (variables.some(variable => seen.has(variable)) || new Set(variables).size < size)
      refuse(name, 'its units share their scale with others, as in a residual sum')
    for (const variable of variables) seen.add(variable)
    const operator = network.operators.find(candidate => candidate.name === name)
    const indices = matrix.length / size
    return [
      {
        units: size,
        weight: weight.name,
        bias: operator?.inputs[2] || biasAfter(network, operator?.outputs[0]),
        own: weight.cells().map(cell => Math.floor(cell / indices)),
        readers: readers.map(reader => {
          const source = reader.sources.find(candidate => candidate.layer === layer)
          const units = source?.units as Int32Array
          if (reader.sources.length > 1 || source?.gains.some(gain => gain !== 1))
            refuse(name, 'a sum or a factor stands between it and what reads it')
          return { weight: reader.weight.name, unit: reader.weight.cells().map(cell => units[cell % units.length]) }
        }),
      },
    ]
  })
}

/** The weight that is added to an operator's result, where the bias is an operator of its own. */
function biasAfter(network: Network, value: string | undefined): string | undefined {
  const add = network.operators.find(({ type, inputs }) => type === 'Add' && inputs.includes(value ?? ''))
  return add?.inputs.find(name => network.weights.has(name))
}

function refuse(layer: string, reason: string): never {
  throw new UnsupportedError(
    'unsupported.normaliser',
    `The fan-in normaliser cannot fix the scales of "${layer}": ${reason}. Train without it.`,
  )
}
