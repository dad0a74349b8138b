/**
 * What each sub-module does: its lesion against lesions of random unit sets of the same layer and size, by overall
 * importance (macro accuracy), by unevenness over classes (range), by loss or divergence; sub-module by sub-module and all together
 * (Quantifying Local Specialization, arXiv 2110.08058 §3 and §5). Protocols say how many controls and how ties count.
 */

import { UsageError } from '../../errors.ts'
import { type UnitGraph, unitCount } from '../../graph/unit-graph.ts'
import type { Network } from '../../network/network.ts'
import { checkSeed } from '../../random.ts'
import { randomControl } from '../controls.ts'
import { type MeanEffect, meanEffect, type PooledTest, pooledTest } from '../pooled.ts'
import { type SubModule, subModules } from '../sub-module.ts'
import { type UnitSite, unitSites } from '../unit-sites.ts'
import type { Ablation } from './ablations.ts'
import {
  type LesionRecord,
  lesionRecord,
  type SubModuleRecord,
  scoredClasses,
  subModuleRecord,
} from './lesion-record.ts'
import { type Lesion, measureLesions } from './measure.ts'
import type { EvaluationSet } from './outcome.ts'
import { type LesionProtocol, lesionProtocol, type ProtocolName } from './protocols.ts'
import { othersThan } from './runners.ts'
import type { MeasureOptions } from './study.ts'

export interface LesionStudyOptions extends Omit<MeasureOptions, 'seed'> {
  /** Of controls, resampling and bootstrap. */
  readonly seed: number
  /** Default: 'default'. */
  readonly protocol?: ProtocolName
  /** Default: the protocol's. */
  readonly controls?: number
  /** `necessity`: the sub-module is lesioned; `sufficiency`: all other units of its layer are. Default: 'necessity'. */
  readonly tests?: 'necessity' | 'sufficiency'
  /** Strata of the units of each layer, by layer index, that controls are matched on (`strataOf`). Default: size alone. */
  readonly strata?: ReadonlyMap<number, Int32Array>
}

export interface LesionStudy {
  readonly schemaVersion: 1
  readonly kind: 'lesions'
  readonly intact: LesionRecord
  readonly subModules: readonly SubModuleRecord[]
  readonly pooled: {
    readonly macro: PooledTest | null
    readonly range: PooledTest | null
    readonly loss: PooledTest | null
    readonly macroEffect: MeanEffect | null
    readonly rangeEffect: MeanEffect | null
  }
  /** Sub-modules too small or too large for the protocol. */
  readonly leftOut: number
  readonly parameters: Readonly<Record<string, unknown>>
  readonly seed: number
}

/**
 * @param labels module of each unit of `graph` (the whole graph, see `wholeLabels`), −1 for units in none
 * @throws UsageError when labels, data and network do not fit
 */
export async function lesionStudy(
  network: Network,
  graph: UnitGraph,
  labels: Int32Array,
  data: EvaluationSet,
  options: LesionStudyOptions,
): Promise<LesionStudy> {
  const seed = checkSeed(options.seed)
  const base = lesionProtocol(options.protocol ?? 'default')
  const protocol: LesionProtocol = { ...base, controls: checkedControls(options.controls ?? base.controls) }
  const ablation: Ablation = options.ablation ?? (protocol.name === 'default' ? 'zero' : 'weights')
  if (labels.length !== unitCount(graph))
    throw new UsageError(
      'usage.labels',
      `The graph has ${unitCount(graph)} units, but there are ${labels.length} labels; give one for each, −1 for units in no module.`,
    )
  const { chosen, leftOut, live } = candidates(graph, labels, protocol)
  const sites = sitesOf(network, graph, chosen)
  const tests = options.tests ?? 'necessity'
  const lesionOf = (layer: number, units: Int32Array): Lesion => {
    const { size } = sites.find(site => site.layer === layer)!
    return [{ layer, units: tests === 'necessity' ? units : othersThan(units, size) }]
  }
  const lesions = chosen.flatMap(one => [
    lesionOf(one.layer, one.units),
    ...Array.from({ length: protocol.controls }, (_, index) =>
      lesionOf(one.layer, randomControl(one, live[one.layer], index, seed, options.strata?.get(one.layer))),
    ),
  ])
  const { intact, lesioned, runtime } = await measureLesions(network, sites, data, lesions, {
    ...options,
    ...{ ablation, seed },
  })
  const before = scoredClasses(intact)
  const records = chosen.map((one, at): SubModuleRecord => {
    const [lesion, ...controls] = lesioned.slice(at * (protocol.controls + 1), (at + 1) * (protocol.controls + 1))
    return subModuleRecord(one, {
      intact,
      before,
      lesion,
      controls,
      protocol,
      live: live[one.layer].length,
      graph,
      tests,
    })
  })
  const pooled = (name: 'macro' | 'range' | 'loss') =>
    pooledTest(
      records.flatMap(record => record[name] ?? []),
      protocol.controls,
    )
  const effectOf = (name: 'macro' | 'range') =>
    meanEffect(
      records.map(({ effect }) => effect[name]),
      seed,
    )
  return {
    ...{ schemaVersion: 1, kind: 'lesions', seed, leftOut },
    intact: lesionRecord(intact, before),
    subModules: records,
    pooled: {
      ...{ macro: pooled('macro'), range: pooled('range'), loss: pooled('loss') },
      ...{ macroEffect: effectOf('macro'), rangeEffect: effectOf('range') },
    },
    parameters: {
      ...{
        protocol: protocol.name,
        controls: protocol.controls,
        ablation,
        tests,
        ties: protocol.ties,
        effect: protocol.effect,
      },
      ...{
        fewest: protocol.fewest,
        largestShare: protocol.largestShare,
        matched: options.strata ? 'size, strata' : 'size',
      },
      runtime,
    },
  }
}

function checkedControls(controls: number): number {
  if (Number.isInteger(controls) && controls >= 1 && controls <= 100_000) return controls
  throw new UsageError('usage.controls', `The number of random controls must be from 1 to 100000, not ${controls}.`)
}

/** Sub-modules of hidden layers, those that the protocol's sizes admit. */
function candidates(graph: UnitGraph, labels: Int32Array, protocol: LesionProtocol) {
  const live: Int32Array[] = graph.layers.map(() => new Int32Array(0))
  const all = subModules(graph, labels).filter(({ layer }) => graph.layers[layer].role === 'hidden')
  for (const { layer, units } of all) live[layer] = Int32Array.from([...live[layer], ...units]).sort()
  const chosen = all.filter(
    ({ layer, units }) => units.length >= protocol.fewest && units.length <= protocol.largestShare * live[layer].length,
  )
  if (chosen.length === 0)
    throw new UsageError(
      'usage.sub-modules',
      `There is nothing to lesion: of ${all.length} sub-modules in hidden layers none has ${protocol.fewest} units or more and at most ${protocol.largestShare * 100} % of its layer. Choose another k.`,
    )
  return { chosen, live, leftOut: all.length - chosen.length }
}

/** Sites of the layers that are lesioned; others need none. */
function sitesOf(network: Network, graph: UnitGraph, chosen: readonly SubModule[]): UnitSite[] {
  const layers = [...new Set(chosen.map(({ layer }) => layer))].sort((a, b) => a - b)
  return unitSites(network, { layers: layers.map(layer => graph.layers[layer]) }).map((site, at) => ({
    ...site,
    layer: layers[at],
  }))
}
