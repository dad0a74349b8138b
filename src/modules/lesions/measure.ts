/**
 * Measures a network under many lesions. All lesions that begin in one layer are done together: batch by batch, the
 * values of that layer and of the operator that reads it are computed once, and each lesion runs only what lies behind
 * (lesion-graph.ts). Memory holds one batch at a time.
 */
import { UsageError } from '../../errors.ts'
import type { Network } from '../../network/network.ts'
import { throwIfAborted } from '../../progress.ts'
import type { RuntimeUsed } from '../../runtime/runtime.ts'
import type { UnitSite } from '../unit-sites.ts'
import { lesionFills } from './fill.ts'
import { fillOf, maskOf } from './lesion-graph.ts'
import { linearReader } from './linear-reader.ts'
import type { EvaluationSet, Judge, Outcome } from './outcome.ts'
import { changeRunner, maskRunner, maskTensor } from './runners.ts'
import { beginStudy, type MeasureOptions, openedNetwork, type Study } from './study.ts'

/** Units that are lesioned together. */
interface LesionPart {
  /** Index of the layer in the unit graph, as in {@link UnitSite.layer}. */
  readonly layer: number
  /** Numbers of the units within the layer: Int32Array, in any order. */
  readonly units: Int32Array
}

/** One part for a single lesion, two for a double one. Parts in one layer are united. */
export type Lesion = readonly LesionPart[]

export interface Measured {
  readonly intact: Outcome
  /** One for each lesion, in the order given. */
  readonly lesioned: readonly Outcome[]
  readonly runtime: RuntimeUsed
}

/**
 * @param network with one input and one output that is judged, the first of each
 * @param sites where the layers named by the lesions live (unitSites)
 * @throws UsageError when data and network do not fit, or a lesion names a layer or unit that is not there
 */
export async function measureLesions(
  given: Network,
  sites: readonly UnitSite[],
  data: EvaluationSet,
  lesions: readonly Lesion[],
  options: MeasureOptions,
): Promise<Measured> {
  const network = await openedNetwork(given)
  const study = await beginStudy(network, sites, data, options)
  const plans = lesions.map(lesion => checkedPlan(lesion, study.siteOf))
  const judges = plans.map(study.judge)
  const intact = study.judge()
  await intactOutcome(study, intact)
  const firstLayers = [...new Set(plans.map(({ layer }) => layer))].sort((a, b) => a - b)
  let done = 0
  for (const layer of firstLayers) {
    const members = plans.flatMap((plan, at) => (plan.layer === layer ? [{ plan, judge: judges[at] }] : []))
    const groups = Map.groupBy(members, ({ plan }) => plan.later.map(part => part.layer).join())
    for (const group of groups.values()) {
      await measureGroup(study, group, finished => {
        const total = lesions.length
        options.onProgress?.({ stage: 'lesions', done: Math.floor(done + finished * group.length), total })
      })
      done += group.length
    }
  }
  return { intact: intact.result(), lesioned: judges.map(one => one.result()), runtime: study.used.runtime! }
}

async function intactOutcome(study: Study, intact: Judge): Promise<void> {
  const session = await study.load(study.network)
  const [{ name }] = study.network.outputs
  for (let from = 0; from < study.examples; from += study.batch) {
    throwIfAborted(study.options.signal)
    const to = Math.min(from + study.batch, study.examples)
    const results = await session.run(study.feed(from, to))
    const values = results[name].data as Float32Array
    study.outputs.set(values, (from * study.outputs.length) / study.examples)
    intact.add(values, from, values)
  }
  await session.release()
}

interface Plan {
  /** The first layer in the network's order. */
  readonly layer: number
  readonly units: Int32Array
  readonly later: readonly LesionPart[]
}

function checkedPlan(lesion: Lesion, siteOf: Study['siteOf']): Plan {
  const byLayer = Map.groupBy(lesion, ({ layer }) => layer)
  const parts = [...byLayer].map(([layer, members]) => {
    const units = Int32Array.from(new Set(members.flatMap(part => [...part.units]))).sort()
    const { size, name } = siteOf(layer)
    const stranger = units.find(unit => !(unit >= 0 && unit < size))
    if (stranger !== undefined)
      throw new UsageError('usage.units', `The layer "${name}" has ${size} units; there is no unit ${stranger}.`)
    return { layer, units }
  })
  parts.sort((a, b) => a.layer - b.layer)
  if (parts.length === 0)
    throw new UsageError('usage.lesion', 'A lesion needs at least one part: a layer and its units.')
  const [{ layer, units }, ...later] = parts
  return { layer, units, later }
}

interface Member {
  readonly plan: Plan
  readonly judge: Judge
}

/** Lesions that begin in one layer and go on in the same later ones. */
async function measureGroup(study: Study, members: readonly Member[], onBatch: (share: number) => void): Promise<void> {
  const { network, examples, batch } = study
  const site = study.siteOf(members[0].plan.layer)
  const later = members[0].plan.later.map(({ layer }) => study.siteOf(layer))
  const fills = await lesionFills(study, [site, ...later])
  const reader = await linearReader(network, site)
  const runner = reader ? await changeRunner(study, site, reader, later) : await maskRunner(study, site, later)
  const [{ name: output }] = network.outputs
  const width = study.outputs.length / examples
  for (let from = 0; from < examples; from += batch) {
    const to = Math.min(from + batch, examples)
    const filled = await fills.of(from, to)
    const run = await runner.begin(from, to, filled[0])
    const intact = study.outputs.subarray(from * width, to * width)
    for (const { plan, judge: one } of members) {
      throwIfAborted(study.options.signal)
      const feeds = Object.fromEntries(
        later.flatMap((place, at) => [
          [maskOf(place), maskTensor(study.network, place, plan.later[at].units)],
          [fillOf(place), filled[at + 1]],
        ]),
      )
      const results = await run(plan.units, feeds)
      one.add(results[output].data as Float32Array, from, intact)
    }
    onBatch(to / examples)
  }
  await runner.release()
  await fills.release()
}
