/**
 * Module detection in a pruned network (Patil, Michael and Dovrolis, Neural Sculpting, NeurIPS 2023, arXiv 2305.18402):
 * dead units leave, each layer is clustered by what its units reach, and clusters that feed each other almost alone
 * become one module. Only the mask counts; weights, signs and activations play no part. Each output is a cluster of its
 * own to begin with.
 */
import { UsageError } from '../errors.ts'
import { CRITERIA, type Criterion } from './cluster-criteria.ts'
import { condense } from './condense.ts'
import { DISTANCES, type Distance } from './distances.ts'
import { clusterLayer, type LayerClusters } from './layer-clusters.ts'
import { LINKAGES, type Linkage } from './linkage.ts'
import type { MaskedNetwork } from './masked-network.ts'
import { mergeClusters } from './merge-clusters.ts'
import { DIRECTIONS, type Direction, unitFeatures } from './unit-features.ts'

export interface DetectOptions {
  /** How many layers ahead a unit is known by. Default: all. */
  readonly step?: number
  /** δ: the share of their edges that clusters must have in common to be one module, default .9. */
  readonly mergeThreshold?: number
  /** The overlap tests decide over distance modularities above minus this, default .2. */
  readonly modularityThreshold?: number
  /** Default `average`. `ward` needs Euclidean distances. */
  readonly linkage?: Linkage
  /** Default `cosine`. */
  readonly distance?: Distance
  /** What chooses the number of clusters; default `modularity`. */
  readonly criterion?: Criterion
  /** Whether hidden units are known by what they reach, what reaches them, or both; default `outgoing`. */
  readonly direction?: Direction
  /** Features are sums over paths of products of |w|, not 0 or 1; for Euclidean distances. Default false. */
  readonly weighted?: boolean
}

export interface DetectedLayer extends LayerClusters {
  /** The units that are not dead, by number, ascending. What follows is about these, in this order. */
  readonly alive: Int32Array
  /** Module of each. Ids count through the whole network. */
  readonly modules: Int32Array
  /** How many other units its units are told apart by; 0 for outputs. */
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
  const { linkage = 'average', distance = 'cosine', criterion = 'modularity' } = options
  const { direction = 'outgoing', weighted = false } = options
  checkOptions({ step, mergeThreshold, modularityThreshold, linkage, distance, criterion, direction, weighted })
  const condensed = condense(network)
  const layers = condensed.alive.map((alive, layer) => {
    if (layer === network.arch.length - 1)
      return { labels: Int32Array.from(alive.keys()), modularities: new Float64Array(0), alive, features: 0 }
    const features = unitFeatures(condensed, layer, { step, direction, weighted })
    const clusters = clusterLayer(features, { linkage, distance, criterion, gate: modularityThreshold })
    return { ...clusters, alive, features: features.columns }
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

function checkOptions(options: Required<DetectOptions>): void {
  const { step, mergeThreshold, modularityThreshold, linkage, distance, weighted } = options
  if (!(Number.isSafeInteger(step) && step > 0))
    throw new UsageError('usage.step', `The step must be a whole number above 0, not ${step}.`)
  for (const threshold of [mergeThreshold, modularityThreshold])
    if (!(threshold >= 0 && threshold <= 1))
      throw new UsageError('usage.threshold', `A threshold of detection must lie between 0 and 1, not at ${threshold}.`)
  const known = { linkage: LINKAGES, distance: DISTANCES, criterion: CRITERIA, direction: DIRECTIONS }
  for (const [name, values] of Object.entries(known)) {
    const value = options[name as keyof typeof known]
    if (!(values as readonly string[]).includes(value))
      throw new UsageError('usage.detection', `"${name}" cannot be "${value}"; it takes ${values.join(', ')}.`)
  }
  if (linkage === 'ward' && distance !== 'euclidean')
    throw new UsageError(
      'usage.detection',
      `Ward's linkage needs Euclidean distances, not ${distance}; choose distance euclidean.`,
    )
  if (weighted && distance !== 'euclidean')
    throw new UsageError(
      'usage.detection',
      `Weighted features need Euclidean distances; ${distance} sees only which units are reached.`,
    )
}
