/**
 * Module detection in a pruned network (Patil, Michael and Dovrolis, Neural Sculpting, NeurIPS 2023, arXiv 2305.18402):
 * dead units leave, each layer is clustered by what its units reach, and clusters that feed each other almost alone
 * become one module. Only the mask counts; weights, signs and activations play no part. Each output is a cluster of its
 * own to begin with.
 */
import { UsageError } from '../errors.ts'
import { condense } from './condense.ts'
import { clusterLayer, type LayerClusters } from './layer-clusters.ts'
import type { MaskedNetwork } from './masked-network.ts'
import { mergeClusters } from './merge-clusters.ts'
import { reachability } from './reachability.ts'

export interface DetectOptions {
  /** How many layers ahead a unit is known by. Default: all. */
  readonly step?: number
  /** δ: the share of their edges that clusters must have in common to be one module, default .9. */
  readonly mergeThreshold?: number
  /** The overlap tests decide over distance modularities above minus this, default .2. */
  readonly modularityThreshold?: number
}

export interface DetectedLayer extends LayerClusters {
  /** The units that are not dead, by number, ascending. What follows is about these, in this order. */
  readonly alive: Int32Array
  /** Module of each. Ids count through the whole network. */
  readonly modules: Int32Array
  /** How many later units its units are told apart by; 0 for outputs. */
  readonly features: number
}

export interface DetectedModules {
  readonly layers: readonly DetectedLayer[]
  /** How many modules there are. */
  readonly count: number
}

/**
 * @returns layers as in the network, inputs first.
 * @throws UsageError for a threshold outside 0 to 1, or a step that is no whole number above 0.
 */
export function detectModules(network: MaskedNetwork, options: DetectOptions = {}): DetectedModules {
  const { step = network.arch.length - 1, mergeThreshold = 0.9, modularityThreshold = 0.2 } = options
  if (!(Number.isSafeInteger(step) && step > 0))
    throw new UsageError('usage.step', `The step must be a whole number above 0, not ${step}.`)
  for (const threshold of [mergeThreshold, modularityThreshold])
    if (!(threshold >= 0 && threshold <= 1))
      throw new UsageError('usage.threshold', `A threshold of detection must lie between 0 and 1, not at ${threshold}.`)

  const condensed = condense(network)
  const layers = condensed.alive.map((alive, layer) => {
    if (layer === network.arch.length - 1)
      return { labels: Int32Array.from(alive.keys()), modularities: new Float64Array(0), alive, features: 0 }
    const features = reachability(condensed, layer, step)
    return { ...clusterLayer(features, modularityThreshold), alive, features: features.columns }
  })
  const modules = mergeClusters(
    condensed,
    layers.map(({ labels }) => labels),
    mergeThreshold,
  )
  return {
    layers: layers.map((layer, l) => ({ ...layer, modules: modules[l] })),
    count: new Set(modules.flatMap(ids => [...ids])).size,
  }
}
