/** The coherence of the sub-modules, for the analysis; where a network cannot be optimised, why. */
import { UnsupportedError, UsageError } from '../../errors.ts'
import type { UnitGraph } from '../../graph/unit-graph.ts'
import type { CoherenceStudy, CoherenceStudyOptions } from '../../modules/coherence/coherence-study.ts'
import type { Network } from '../../network/network.ts'

/** Null, with a note, where the network has no image to optimise, an operator without a gradient, or too few examples. */
export async function coherentModules(
  network: Network,
  graph: UnitGraph,
  labels: Int32Array,
  options: CoherenceStudyOptions,
  notes: string[],
): Promise<CoherenceStudy | null> {
  const { coherenceStudy } = await import('../../modules/coherence/coherence-study.ts')
  return coherenceStudy(network, graph, labels, options).catch(error => {
    if (!(error instanceof UsageError || error instanceof UnsupportedError)) throw error
    notes.push(`Coherence was not measured: ${error.message}`)
    return null
  })
}
