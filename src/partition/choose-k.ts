/**
 * The number of modules. For each k of a range: the n-cut, 1 − n-cut/(k − 1) (0 for a random partition of a dense
 * graph, 1 for separate modules) and the eigengap λ_{k+1} − λ_k of the normalised Laplacian (eigenvalues counted from
 * λ_1 = 0).
 *
 * Neither can choose alone. A chain of layers has small eigenvalues of its own, modules or not (its ends are far
 * apart), so its largest eigengap is mostly after k = 2; and n-cut/(k − 1) of a network without modules varies with k.
 * So each k is compared with what shuffled networks reach at the same k, the baseline, and the k where the network
 * stands out most is chosen: the gap statistic (Tibshirani, Walther and Hastie 2001, J. R. Stat. Soc. B 63:411) with
 * n-cut/(k − 1) for the within-cluster dispersion. Whether it stands out more than shuffled networks at their own best
 * k is for the significance test to say.
 */
import { UsageError } from '../errors.ts'
import type { UnitGraph } from '../graph/unit-graph.ts'
import type { Kernels } from '../kernels/kernels.ts'
import { partitionOf, withEmbedding } from './cluster.ts'
import type { Partition } from './partition.ts'

export interface KSearchOptions {
  /** Smallest and largest k to try, 2 ≤ from ≤ to. Default 2 … 16, or fewer where the graph has fewer units. */
  readonly from?: number
  readonly to?: number
  /** Mean n-cut / (k − 1) of shuffled networks for each k from `from` on. Default: 1, a random partition. */
  readonly baseline?: readonly number[]
  readonly seed: number
  readonly restarts?: number
}

export interface KSearch {
  /** The k tried, ascending. */
  readonly ks: readonly number[]
  /** One partition for each. */
  readonly partitions: readonly Partition[]
  /** 1 − n-cut / (k − 1) for each. */
  readonly clusterability: readonly number[]
  /** λ_{k+1} − λ_k for each. */
  readonly eigengaps: readonly number[]
  /** The baseline minus n-cut / (k − 1), for each. */
  readonly excess: readonly number[]
  /** The k of the largest excess, the smallest such k in a tie. */
  readonly chosen: number
}

export const DEFAULT_K_RANGE = { from: 2, to: 16 } as const

/** Clusters for every k of the range on one embedding. */
export function searchK(kernels: Kernels, graph: UnitGraph, options: KSearchOptions): KSearch {
  const { from, to, seed, restarts, baseline } = { ...DEFAULT_K_RANGE, ...options }
  if (!(Number.isSafeInteger(from) && Number.isSafeInteger(to) && from >= 2 && to >= from))
    throw new UsageError(
      'usage.k-range',
      `The range of k must be whole numbers with 2 ≤ from ≤ to, not ${from} … ${to}.`,
    )
  return withEmbedding(kernels, graph, to + 1, seed, embedding => {
    const last = Math.min(to, embedding.unitOf.length - 1)
    if (last < from)
      throw new UsageError(
        'usage.k-range',
        `The graph has ${embedding.unitOf.length} connected units, too few to try k = ${from}.`,
      )
    const ks = Array.from({ length: last - from + 1 }, (_, i) => from + i)
    const partitions = ks.map(k => partitionOf(kernels, graph, embedding, { k, seed, restarts }))
    // Where the spectrum has ended, the rest of it is at 1.
    const eigenvalue = (i: number) => embedding.eigenvalues[i] ?? 1
    const eigengaps = ks.map(k => eigenvalue(k) - eigenvalue(k - 1))
    const excess = partitions.map(({ ncut, k }, i) => (baseline?.[i] ?? 1) - ncut / (k - 1))
    return {
      ks,
      partitions,
      clusterability: partitions.map(({ ncut, k }) => 1 - ncut / (k - 1)),
      eigengaps,
      excess,
      chosen: ks[excess.indexOf(Math.max(...excess))],
    }
  })
}

/** The partition of the k that was chosen. */
export function chosenPartition({ ks, partitions, chosen }: KSearch): Partition {
  return partitions[ks.indexOf(chosen)]
}
