/** How far modules of activations agree with those of the weights. */
import { toAllUnits } from '../graph/subgraph.ts'
import { unitCount } from '../graph/unit-graph.ts'
import { loadKernels } from '../kernels/kernels.ts'
import { comparePartitions, type PartitionComparison } from '../modules/compare-partitions.ts'
import { clusterWith } from '../partition/cluster.ts'
import type { Structure } from './structure.ts'
import { shown, type Terminal } from './terminal.ts'

/** The weight graph is clustered with the same k and seed; undefined where there is none. `first` is of the weights. */
export async function weightAgreement(structure: Structure): Promise<PartitionComparison | undefined> {
  const { weights, prepared, whole, seed } = structure
  if (!weights) return undefined
  const { labels } = clusterWith(await loadKernels(), weights.part.graph, { k: whole.k, seed })
  const first = { graph: weights.graph, labels: toAllUnits(weights.part, labels, unitCount(weights.graph)) }
  return comparePartitions(first, { graph: prepared.graph, labels: whole.labels }, { seed })
}

export function printAgreement(comparison: PartitionComparison, terminal: Terminal): void {
  const { agreement, nmiNull, ncut, transfer, means } = comparison
  const { within, between } = means.secondUnderFirst
  const mean = (value: number | null) => (value === null ? '–' : shown(value, 3))
  terminal.print()
  terminal.print(terminal.bold("Beside the weights' own modules"))
  terminal.print(
    `NMI ${shown(agreement.nmi, 3)} (shuffled labels ${shown(nmiNull.mean, 3)} ± ${shown(nmiNull.sd, 3)}, p ${shown(nmiNull.p)}), ARI ${shown(agreement.ari, 3)}, AMI ${shown(agreement.ami, 3)}, over ${shown(agreement.count)} units`,
  )
  terminal.print(
    `n-cut of the activations ${shown(ncut.second)}, under the weights' modules ${shown(transfer.secondUnderFirst)}; of the weights ${shown(ncut.first)}, under these ${shown(transfer.firstUnderSecond)}`,
  )
  terminal.print(`mean r² within the weights' modules ${mean(within)}, between them ${mean(between)}`)
}
