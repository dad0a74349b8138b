/**
 * The results of clustering and of testing as plain JSON, with a hash of their numbers: equal for the same network,
 * options and seed in Node, in a browser, and on any number of threads.
 */
import { layerOffsets, type UnitGraph } from '../graph/unit-graph.ts'
import type { KSearch } from '../partition/choose-k.ts'
import { withinPerCut } from '../partition/ncut.ts'
import type { Partition } from '../partition/partition.ts'
import type { Verdict } from '../significance/verdict.ts'
import { resultHash } from '../stats/result-hash.ts'
import type { KChoice, LayerSummary } from './analysis.ts'
import { layerModuleSizes } from './flows.ts'

/** A partition, as JSON. Lists per unit run layer after layer. */
export interface PartitionNumbers {
  readonly k: number
  readonly ncut: number
  readonly ncutTerms: readonly number[]
  readonly aveInOut: number | null
  readonly labels: readonly number[]
  readonly eigenvalues: readonly number[]
}

export function partitionNumbers({ k, ncut, ncutTerms, labels, eigenvalues }: Partition): PartitionNumbers {
  return {
    k,
    ncut,
    ncutTerms: [...ncutTerms],
    aveInOut: withinPerCut(ncut, k),
    labels: [...labels],
    eigenvalues: [...eigenvalues],
  }
}

/** How k was chosen, as JSON. */
export function kChoiceNumbers({ partitions, ...rest }: KSearch): KChoice {
  return { ...rest, ncuts: partitions.map(({ ncut }) => ncut) }
}

/** Hex SHA-256 over the partition's numbers. */
export function partitionHash(partition: Partition): string {
  return resultHash(partitionNumbers(partition))
}

/** Hex SHA-256 over the partition's and the verdict's numbers, every shuffled n-cut among them. */
export function verdictHash(partition: Partition, verdict: Verdict): string {
  return resultHash({ partition: partitionNumbers(partition), verdict })
}

/** How each layer is spread over the modules. */
export function layerSummaries(graph: UnitGraph, labels: ArrayLike<number>, k: number): LayerSummary[] {
  const sizes = layerModuleSizes(graph, labels, k)
  const offsets = layerOffsets(graph)
  return graph.layers.map(({ name, role, kind, size }, l) => {
    let removed = 0
    for (let unit = offsets[l]; unit < offsets[l + 1]; unit++) if (labels[unit] < 0) removed++
    return { name, role, kind, size, removed, perModule: [...sizes.subarray(l * k, (l + 1) * k)] }
  })
}
