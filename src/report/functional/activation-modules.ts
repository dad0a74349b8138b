/** The modules of the activation graph, with as many of them as the weights have, beside those of the weights. */
import { prepareActivationGraph } from '../../graph/prepare-activations.ts'
import { toAllUnits } from '../../graph/subgraph.ts'
import { type UnitGraph, unitCount } from '../../graph/unit-graph.ts'
import { loadKernels } from '../../kernels/kernels.ts'
import type { ActivationOptions } from '../../modules/activations.ts'
import { comparePartitions } from '../../modules/compare-partitions.ts'
import { activationsFor } from '../../modules/partitioning.ts'
import type { Network } from '../../network/network.ts'
import { clusterWith } from '../../partition/cluster.ts'
import type { ActivationModules } from './functional-analysis.ts'

/**
 * @param labels module of each unit by the weights
 * @param inputs [examples × values], as the network sees them
 * @throws UsageError where too few units vary, or none is in a module of both
 */
export async function activationModules(
  network: Network,
  graph: UnitGraph,
  labels: Int32Array,
  inputs: Float32Array,
  options: ActivationOptions & { readonly seed: number },
): Promise<ActivationModules> {
  const { seed, runtime, signal, onProgress } = options
  const layers = await activationsFor(network, graph, inputs, { runtime, signal, onProgress })
  const correlation = 'spearman'
  const prepared = await prepareActivationGraph(graph.layers, layers, { correlation })
  const k = new Set(labels.filter(label => label >= 0)).size
  const found = clusterWith(await loadKernels(), prepared.part.graph, { k, seed })
  const own = toAllUnits(prepared.part, found.labels, unitCount(prepared.graph))
  const comparison = await comparePartitions({ graph, labels }, { graph: prepared.graph, labels: own }, { seed })
  return { k, ncut: found.ncut, labels: [...own], correlation, comparison }
}
