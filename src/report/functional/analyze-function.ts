/**
 * From an analysis and examples to its functional part: lesions of every sub-module beside random unit sets, lesions of
 * the costliest two by two, the modules that the units' activations form, and what drives each sub-module.
 */
import { chanceWarning } from '../../data/chance.ts'
import type { EvaluationData } from '../../data/evaluation-data.ts'
import { UsageError } from '../../errors.ts'
import { type PrepareOptions, prepareGraph } from '../../graph/prepare.ts'
import { type UnitGraph, unitCount } from '../../graph/unit-graph.ts'
import type { ActivationOptions } from '../../modules/activations.ts'
import type { Ablation } from '../../modules/lesions/ablations.ts'
import { type LesionStudy, lesionStudy } from '../../modules/lesions/lesion-study.ts'
import type { Network } from '../../network/network.ts'
import { throwIfAborted, type WatchOptions } from '../../progress.ts'
import { chooseRuntime } from '../../runtime/choose.ts'
import type { Runtime, RuntimeUsed } from '../../runtime/runtime.ts'
import { resultHash } from '../../stats/result-hash.ts'
import type { Analysis } from '../analysis.ts'
import { activationModules } from './activation-modules.ts'
import { classNames } from './class-names.ts'
import { coherentModules } from './coherent-modules.ts'
import { costliestInPairs } from './costliest-in-pairs.ts'
import type { FunctionalAnalysis, Lesions } from './functional-analysis.ts'

/** Parts beside the lesions of single sub-modules, in the order they are done. */
export const FUNCTION_PARTS = ['pairs', 'activations', 'coherence'] as const
type FunctionPart = (typeof FUNCTION_PARTS)[number]

export interface FunctionOptions extends WatchOptions, PrepareOptions {
  /** Default: the analysis' own. */
  readonly seed?: number
  /** Random unit sets for each sub-module. Default: 99. */
  readonly controls?: number
  /** What lesioned units give. Default: 'zero'. */
  readonly ablation?: Ablation
  /** Sub-modules lesioned in pairs. Default: 8. */
  readonly paired?: number
  /** Parts to do beside the lesions. Default: all. */
  readonly parts?: readonly FunctionPart[]
  /** Default: the fastest there is. */
  readonly runtime?: Runtime
  /** Called with what is known so far, after each part. */
  readonly onFinished?: (found: FunctionalAnalysis) => void
}

/** Accuracies of controls are kept class by class up to so many classes. */
const MOST_CLASSES = 100

/**
 * @param analysis of this network, made with the same options for its graph
 * @throws UsageError when examples, network and analysis do not fit; `usage.sub-modules` where there is nothing to
 *   lesion; LobesError `interrupted`
 */
export async function analyzeFunction(
  network: Network,
  analysis: Pick<Analysis, 'partition' | 'parameters'>,
  data: EvaluationData,
  options: FunctionOptions = {},
): Promise<FunctionalAnalysis> {
  const { graph } = await prepareGraph(network, options)
  const labels = Int32Array.from(analysis.partition.labels)
  if (labels.length !== unitCount(graph))
    throw new UsageError(
      'usage.labels',
      `The analysis is of ${labels.length} units, but with these options the graph has ${unitCount(graph)}; give those it was made with.`,
    )
  const seed = options.seed ?? Number(analysis.parameters.seed)
  const runtime = options.runtime ?? (await chooseRuntime())
  const { controls, ablation, paired, signal, onProgress } = options
  const shared = { seed, runtime, controls, ablation, paired, signal, onProgress }
  const study = await lesionStudy(network, graph, labels, data, shared)
  const notes: string[] = []
  let found: FunctionalAnalysis = {
    ...{ schemaVersion: 1, runtime: study.parameters.runtime as RuntimeUsed, hash: '' },
    data: examined(data, study),
    chanceWarning: warningOf(study, data),
    lesions: withoutBulk(study),
    ...{ doubles: null, activations: null, coherence: null, notes },
  }
  const add = (more: Partial<FunctionalAnalysis>) => {
    found = { ...found, ...more }
    found = { ...found, hash: hashOf(found) }
    options.onFinished?.(found)
    throwIfAborted(options.signal)
  }
  const { parts = FUNCTION_PARTS } = options
  add({})
  if (parts.includes('pairs')) add({ doubles: await costliestInPairs(network, graph, labels, data, study, shared) })
  if (parts.includes('activations'))
    add({ activations: await modulesByActivation(network, graph, labels, data, shared, notes) })
  if (parts.includes('coherence')) {
    const asked = { seed, runtime, signal, onProgress, data }
    add({ coherence: await coherentModules(network, graph, labels, asked, notes) })
  }
  return found
}

async function modulesByActivation(
  network: Network,
  graph: UnitGraph,
  labels: Int32Array,
  data: EvaluationData,
  options: ActivationOptions & { readonly seed: number },
  notes: string[],
) {
  return activationModules(network, graph, labels, data.inputs, options).catch(error => {
    if (!(error instanceof UsageError)) throw error
    notes.push(`Modules by activations were not found: ${error.message}`)
    return null
  })
}

function examined(data: EvaluationData, study: LesionStudy): FunctionalAnalysis['data'] {
  return {
    name: data.name,
    examples: data.indices.length,
    answers: data.labels ? 'labels' : data.targets ? 'targets' : 'own',
    classes: classNames(data, study.intact.classes.length),
    preprocessing: { ...data.preprocessing },
    provenance: data.provenance,
    notes: data.notes,
  }
}

function warningOf({ intact }: LesionStudy, { labels }: EvaluationData): string | null {
  return (intact.accuracy !== null && labels && chanceWarning(intact.accuracy, labels)) || null
}

/** Answers of random lesions are shown nowhere, and with a thousand classes their accuracies would fill gigabytes. */
function withoutBulk(study: LesionStudy): Lesions {
  const many = study.intact.classes.length > MOST_CLASSES
  return {
    ...study,
    subModules: study.subModules.map(one => ({
      ...one,
      controls: one.controls.map(({ answers: _, ...rest }) => (many ? { ...rest, classes: [] } : rest)),
    })),
  }
}

/** Neither what ran them nor how pictures are packed is part of the numbers. */
const NO_NUMBERS = new Set(['runtime', 'png'])

/** Of the numbers as JSON holds them: what is no number is null there. */
function hashOf({ lesions, doubles, activations, coherence, data }: FunctionalAnalysis): string {
  const all = { lesions, doubles, activations, coherence, examples: data.examples }
  return resultHash(JSON.parse(JSON.stringify(all, (key, value) => (NO_NUMBERS.has(key) ? undefined : value))))
}
