/**
 * The statistic of the modularity test: n-cut/(k − 1), small for modular networks, about 1 for a random partition. With
 * k fixed it orders networks exactly as the n-cut does. With a range of k every network, shuffled or not, chooses the k
 * where it stands out most from the range's baseline (see partition/choose-k.ts), and what it stands out by is the
 * statistic: n-cut/(k − 1) minus the baseline at that k.
 */
import { UsageError } from '../errors.ts'
import { type IsolatedRule, keepUnits } from '../graph/isolated.ts'
import { subgraph } from '../graph/subgraph.ts'
import type { UnitGraph } from '../graph/unit-graph.ts'
import type { Kernels } from '../kernels/kernels.ts'
import { chosenPartition, searchK } from '../partition/choose-k.ts'
import { clusterWith } from '../partition/cluster.ts'
import type { Partition } from '../partition/partition.ts'
import type { KRange } from './baseline.ts'

export interface StatisticOptions {
  /** A fixed k ≥ 2, or the inclusive range each network chooses from. */
  readonly k: number | KRange
  /** Seed of the clustering, the same for every network: the statistic is one function of the graph. */
  readonly seed: number
  /** k-means restarts, see `ClusterOptions`. */
  readonly restarts?: number
  /**
   * Leave units out by this rule once more, after every shuffle: nn-clustering-pytorch's order is the unfiltered graph
   * with `component` here. Default: only units without edges drop out after a shuffle, as in the papers' main code.
   */
  readonly isolatedAfter?: IsolatedRule
}

/** n-cut/(k − 1), minus the baseline where there is one. */
export function scoreOf({ ncut, k }: { readonly ncut: number; readonly k: number }, range: number | KRange): number {
  return ncut / (k - 1) - (typeof range === 'number' ? 0 : (range.baseline?.[k - range.from] ?? 0))
}

/** Clusters the graph from scratch, with the k given or chosen. Labels are those of the units not left out. */
export function partitionFor(kernels: Kernels, whole: UnitGraph, options: StatisticOptions): Partition {
  const { k, seed, restarts, isolatedAfter } = options
  const graph = isolatedAfter ? subgraph(whole, keepUnits(whole, isolatedAfter).keep).graph : whole
  if (typeof k === 'number') {
    if (!(k >= 2)) throw new UsageError('usage.k', `A test needs at least two modules, not k = ${k}: use k ≥ 2.`)
    return clusterWith(kernels, graph, { k, seed, restarts })
  }
  return chosenPartition(searchK(kernels, graph, { ...k, seed, restarts }))
}
