/**
 * Lesions of two sub-modules at once (arXiv 2110.08058's code, exploratory). For sub-modules X and Y the conditional
 * score is s(X | Y) = acc(X and Y lesioned) − acc(Y lesioned): what X still costs when Y is gone. It is compared with
 * controls in which Y stays the true one and X is random; small is extreme.
 *
 * For X in an earlier layer than Y, whether X | Y and Y | X are significant gives the type of the pair:
 *   I (no, no), II (yes, no), III (no, yes), IV (yes, yes). In types I to III one of them costs nothing without the
 * other: information flows from X to Y. Type IV says nothing. The joint test makes both random.
 */
import type { UnitGraph } from '../../graph/unit-graph.ts'
import type { Network } from '../../network/network.ts'
import { checkSeed } from '../../random.ts'
import { randomControl } from '../controls.ts'
import { type RankTest, rankTest } from '../rank-test.ts'
import type { SubModule } from '../sub-module.ts'
import { unitSites } from '../unit-sites.ts'
import { type Lesion, measureLesions } from './measure.ts'
import { type EvaluationSet, type Outcome, overallAccuracy } from './outcome.ts'
import type { MeasureOptions } from './study.ts'

type DependencyType = 'I' | 'II' | 'III' | 'IV'

export interface DoubleLesion {
  /** Indices in the list of sub-modules; `first` lies in an earlier layer, or is the lower of two in one layer. */
  readonly first: number
  readonly second: number
  /** Overall accuracy with both lesioned. */
  readonly accuracy: number
  /** s(first | second) and s(second | first). */
  readonly conditionalScores: readonly [number, number]
  readonly joint: RankTest
  readonly conditional: readonly [RankTest, RankTest]
  /** Null for two sub-modules of one layer. */
  readonly type: DependencyType | null
  /** Whether the pair is an edge of the dependency graph, from first to second. */
  readonly dependent: boolean
}

export interface DoubleLesionOptions extends Omit<MeasureOptions, 'seed'> {
  readonly seed: number
  /** Random sets for each test. Default: 19. */
  readonly controls?: number
  /** A test is significant at this p or below (ties counted). Default: the smallest p there can be, 1/(controls + 1). */
  readonly threshold?: number
}

/**
 * All pairs of the given sub-modules (the important ones, say).
 * @param live units of each layer of the graph that controls are drawn from
 */
export async function doubleLesions(
  network: Network,
  graph: Pick<UnitGraph, 'layers'>,
  members: readonly SubModule[],
  live: readonly Int32Array[],
  data: EvaluationSet,
  options: DoubleLesionOptions,
): Promise<DoubleLesion[]> {
  const seed = checkSeed(options.seed)
  const { controls = 19, threshold = 1 / (controls + 1) } = options
  const layers = [...new Set(members.map(({ layer }) => layer))].sort((a, b) => a - b)
  const sites = unitSites(network, { layers: layers.map(layer => graph.layers[layer]) }).map((site, at) => ({
    ...site,
    layer: layers[at],
  }))
  const order = members.map((_, at) => at).sort((a, b) => members[a].layer - members[b].layer || a - b)
  const pairs = order.flatMap((first, at) => order.slice(at + 1).map(second => ({ first, second })))
  const part = ({ layer, units }: Pick<SubModule, 'layer' | 'units'>) => ({ layer, units })
  const control = (member: number, index: number) => {
    const one = members[member]
    return { layer: one.layer, units: randomControl(one, live[one.layer], index, seed) }
  }
  const times = <T>(make: (index: number) => T) => Array.from({ length: controls }, (_, index) => make(index))
  const lesions: Lesion[] = [
    ...members.map(member => [part(member)]),
    ...pairs.flatMap(({ first, second }) => [
      [part(members[first]), part(members[second])],
      ...times(index => [control(first, index), part(members[second])]),
      ...times(index => [part(members[first]), control(second, index)]),
      ...times(index => [control(first, index), control(second, controls + index)]),
    ]),
  ]
  const { lesioned } = await measureLesions(network, sites, data, lesions, { loss: false, ...options, seed })
  const score = (outcome: Outcome) => (outcome.errors ? -outcome.loss! : overallAccuracy(outcome))
  const alone = lesioned.slice(0, members.length).map(score)
  return pairs.map(({ first, second }, at): DoubleLesion => {
    const start = members.length + at * (3 * controls + 1)
    const accuracy = score(lesioned[start])
    const test = (group: number) => {
      const from = start + 1 + group * controls
      return rankTest(accuracy, Float64Array.from(lesioned.slice(from, from + controls), score), 'left')
    }
    const conditional = [test(0), test(1)] as const
    const [isFirst, isSecond] = conditional.map(({ conservative }) => conservative! <= threshold * (1 + 1e-12))
    const ordered = members[first].layer !== members[second].layer
    const type = !ordered ? null : isFirst ? (isSecond ? 'IV' : 'II') : isSecond ? 'III' : 'I'
    return {
      ...{ first, second, accuracy, conditional, type, joint: test(2) },
      conditionalScores: [accuracy - alone[second], accuracy - alone[first]],
      dependent: type !== null && type !== 'IV',
    }
  })
}
