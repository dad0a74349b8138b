/** The sub-modules that cost most, lesioned two by two: few enough that all pairs can be tested and looked at. */
import { layerOffsets, type UnitGraph } from '../../graph/unit-graph.ts'
import { doubleLesions } from '../../modules/lesions/double-lesions.ts'
import type { SubModuleRecord } from '../../modules/lesions/lesion-record.ts'
import type { LesionStudy, LesionStudyOptions } from '../../modules/lesions/lesion-study.ts'
import type { EvaluationSet } from '../../modules/lesions/outcome.ts'
import type { Network } from '../../network/network.ts'
import type { DoubleLesions } from './functional-analysis.ts'

const LIMIT = 8
const CONTROLS = 19

export interface PairOptions extends LesionStudyOptions {
  /** Sub-modules lesioned in pairs. Default: 8. */
  readonly paired?: number
}

/** Important ones first, then by what their lesion costs; null where fewer than two cost anything. */
export async function costliestInPairs(
  network: Network,
  graph: UnitGraph,
  labels: Int32Array,
  data: EvaluationSet,
  { subModules, intact }: Pick<LesionStudy, 'subModules' | 'intact'>,
  options: PairOptions,
): Promise<DoubleLesions | null> {
  const { paired: limit = LIMIT, onProgress } = options
  const cost = ({ lesion }: SubModuleRecord) => (intact.accuracy ?? intact.macro) - (lesion.accuracy ?? lesion.macro)
  const rank = (one: SubModuleRecord) => (one.kind === 'important' ? 1 : 0)
  const members = [...subModules.keys()]
    .filter(at => cost(subModules[at]) > 0)
    .sort((a, b) => rank(subModules[b]) - rank(subModules[a]) || cost(subModules[b]) - cost(subModules[a]) || a - b)
    .slice(0, limit)
    .sort((a, b) => a - b)
  if (members.length < 2) return null
  const chosen = members.map(at => {
    const { layer, module, units } = subModules[at]
    return { layer, module, units: Int32Array.from(units) }
  })
  const pairs = await doubleLesions(network, graph, chosen, liveUnits(graph, labels), data, {
    ...options,
    controls: CONTROLS,
    onProgress: onProgress && (progress => onProgress({ ...progress, stage: 'lesions two by two' })),
  })
  return { members, pairs, limit, controls: CONTROLS, threshold: 1 / (CONTROLS + 1) }
}

/** Units of each layer that are in some module. */
function liveUnits(graph: UnitGraph, labels: Int32Array): Int32Array[] {
  const offsets = layerOffsets(graph)
  return graph.layers.map(({ size }, layer) =>
    Int32Array.from({ length: size }, (_, unit) => unit).filter(unit => labels[offsets[layer] + unit] >= 0),
  )
}
