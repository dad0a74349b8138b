/**
 * How much of a partition is the graph's and how much the seed's: the same embedding is clustered again with other
 * k-means seeds. Modules of each run are matched to those of the run with the lowest n-cut (linear assignment by
 * shared units); the consensus label of a unit is its most frequent one, its confidence the share of runs that agree.
 * Partitions within 1 % of the best n-cut that differ (ARI below .999) are listed: where there are several, none of
 * them is *the* partition.
 */
import type { UnitGraph } from '../graph/unit-graph.ts'
import type { Kernels } from '../kernels/kernels.ts'
import { adjustedRandIndex } from '../stats/agreement.ts'
import { bestAssignment } from '../stats/assignment.ts'
import { partitionOf, withEmbedding } from './cluster.ts'
import type { ClusterOptions, Partition } from './partition.ts'

export interface StabilityOptions extends ClusterOptions {
  /** Clusterings to compare, the first with the seed itself. Default 20. */
  readonly runs?: number
}

interface NearBestPartition {
  readonly partition: Partition
  /** Number of runs that gave it. */
  readonly runs: number
  /** Adjusted Rand index with the best partition. */
  readonly ari: number
}

export interface PartitionStability {
  readonly runs: number
  /** Consensus module of each unit, numbered as in the best run; −1 = isolated. Int32Array [units]. */
  readonly consensus: Int32Array
  /** Share of runs that agree with the consensus: Float64Array [units], −1 for isolated units. */
  readonly confidence: Float64Array
  /** Mean adjusted Rand index over all pairs of runs; 1 for a single run. */
  readonly meanAri: number
  /** Best first. */
  readonly nearBest: readonly NearBestPartition[]
}

export const DEFAULT_STABILITY_RUNS = 20

/** Clusters `runs` times on one embedding; run r uses the seed + r. */
export function partitionStability(kernels: Kernels, graph: UnitGraph, options: StabilityOptions): PartitionStability {
  const runs = options.runs ?? DEFAULT_STABILITY_RUNS
  const partitions = withEmbedding(kernels, graph, options.k, options.seed, embedding =>
    Array.from({ length: runs }, (_, r) =>
      partitionOf(kernels, graph, embedding, { ...options, seed: (options.seed + r) % Number.MAX_SAFE_INTEGER }),
    ),
  )
  const best = partitions.reduce((a, b) => (b.ncut < a.ncut ? b : a))
  const { consensus, confidence } = vote(partitions, best)
  return { runs, consensus, confidence, meanAri: meanPairwiseAri(partitions), nearBest: nearBestOf(partitions, best) }
}

function vote(partitions: readonly Partition[], best: Partition) {
  const { k } = best
  const units = best.labels.length
  const votes = new Int32Array(units * k)
  for (const { labels } of partitions) {
    const shared = new Float64Array(k * k)
    for (let i = 0; i < units; i++) if (labels[i] >= 0) shared[labels[i] * k + best.labels[i]]++
    const match = bestAssignment(shared, k)
    for (let i = 0; i < units; i++) if (labels[i] >= 0) votes[i * k + match[labels[i]]]++
  }
  const consensus = new Int32Array(units).fill(-1)
  const confidence = new Float64Array(units).fill(-1)
  for (let i = 0; i < units; i++) {
    if (best.labels[i] < 0) continue
    let label = best.labels[i]
    for (let c = 0; c < k; c++) if (votes[i * k + c] > votes[i * k + label]) label = c
    consensus[i] = label
    confidence[i] = votes[i * k + label] / partitions.length
  }
  return { consensus, confidence }
}

function meanPairwiseAri(partitions: readonly Partition[]): number {
  let total = 0
  let pairs = 0
  for (let a = 0; a < partitions.length; a++) {
    for (let b = a + 1; b < partitions.length; b++, pairs++)
      total += adjustedRandIndex(partitions[a].labels, partitions[b].labels)
  }
  return pairs ? total / pairs : 1
}

function nearBestOf(partitions: readonly Partition[], best: Partition): NearBestPartition[] {
  const distinct: { partition: Partition; runs: number; ari: number }[] = []
  for (const partition of partitions.toSorted((a, b) => a.ncut - b.ncut)) {
    if (partition.ncut > best.ncut * 1.01 + 1e-12) break
    const known = distinct.find(other => adjustedRandIndex(other.partition.labels, partition.labels) >= 0.999)
    if (known) known.runs++
    else distinct.push({ partition, runs: 1, ari: adjustedRandIndex(best.labels, partition.labels) })
  }
  return distinct
}
