/**
 * The statistic of the modularity test: n-cut/(k − 1), small for modular networks, about 1 for a random partition. With
 * k fixed it orders networks exactly as the n-cut does. With a range of k every network, shuffled or not, chooses its own
 * k in the same way (see partition/choose-k.ts).
 */
import { UsageError } from '../errors.ts'
import type { UnitGraph } from '../graph/unit-graph.ts'
import type { Kernels } from '../kernels/kernels.ts'
import { searchK } from '../partition/choose-k.ts'
import { clusterWith } from '../partition/cluster.ts'
import type { Partition } from '../partition/partition.ts'

export interface StatisticOptions {
  /** A fixed k ≥ 2, or the inclusive range each network chooses from. */
  readonly k: number | { readonly from: number; readonly to: number }
  /** Seed of the clustering, the same for every network: the statistic is one function of the graph. */
  readonly seed: number
  /** k-means restarts, see `ClusterOptions`. */
  readonly restarts?: number
}

/** n-cut/(k − 1). */
export function scoreOf({ ncut, k }: { readonly ncut: number; readonly k: number }): number {
  return ncut / (k - 1)
}

/** Clusters the graph from scratch, with the k given or chosen. */
export function partitionFor(kernels: Kernels, graph: UnitGraph, { k, seed, restarts }: StatisticOptions): Partition {
  if (typeof k === 'number') {
    if (!(k >= 2)) throw new UsageError('usage.k', `A test needs at least two modules, not k = ${k}: use k ≥ 2.`)
    return clusterWith(kernels, graph, { k, seed, restarts })
  }
  const search = searchK(kernels, graph, { ...k, seed, restarts })
  return search.partitions[search.ks.indexOf(search.chosen)]
}
