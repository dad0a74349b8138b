/**
 * How coherent each sub-module is: an image that drives its units as far as gradient ascent takes it, beside images of
 * random unit sets of the same layer and size (Quantifying Local Specialization, arXiv 2110.08058 §4). Coherent units
 * are driven further by one image (score), and what they ask for looks like fewer classes (entropy of the answer). With
 * data also the inputs that drive it most and the entropy of their labels, what its units correlate with in the input,
 * and the classes they stand for.
 */
import type { ImageShape } from '../../data/evaluation-data.ts'
import { UsageError } from '../../errors.ts'
import { layerOffsets, type UnitGraph, unitCount } from '../../graph/unit-graph.ts'
import type { Network } from '../../network/network.ts'
import { checkSeed } from '../../random.ts'
import type { RuntimeUsed } from '../../runtime/runtime.ts'
import { randomControl } from '../controls.ts'
import { type MeanEffect, meanEffect, type PooledTest, pooledTest } from '../pooled.ts'
import type { RankTest } from '../rank-test.ts'
import { subModules } from '../sub-module.ts'
import { unitSites } from '../unit-sites.ts'
import type { CoherenceRecord } from './coherence-record.ts'
import { coherenceRecord } from './compare-pictures.ts'
import {
  type CoherenceData,
  correlationPictures,
  dataRange,
  type LayerEvidence,
  layerEvidence,
  topInputsOf,
} from './data-evidence.ts'
import { fedInput } from './input-image.ts'
import { type CoherenceProtocol, type CoherenceProtocolName, coherenceProtocol } from './protocols.ts'
import { type Selectivity, selectivity } from './selectivity.ts'
import { pictureNetwork, type VisualiseOptions, visualise } from './visualise.ts'

export interface CoherenceStudyOptions extends VisualiseOptions {
  /** Default: 'default'. Steps, rate and objective are its own unless given. */
  readonly protocol?: CoherenceProtocolName
  /** Random sets for each sub-module. Default: the protocol's. */
  readonly controls?: number
  /** Examples; without them there are pictures alone. */
  readonly data?: CoherenceData
  /** The image a flat input is, where it is no square. Default: the data's, else what the input's shape tells. */
  readonly image?: ImageShape
}

/** Plain JSON. */
export interface CoherenceStudy {
  readonly schemaVersion: 1
  readonly kind: 'coherence'
  readonly subModules: readonly CoherenceRecord[]
  readonly pooled: {
    readonly score: PooledTest | null
    readonly entropy: PooledTest | null
    readonly dispersion: PooledTest | null
    readonly labelEntropy: PooledTest | null
    readonly scoreEffect: MeanEffect | null
    readonly entropyEffect: MeanEffect | null
    readonly labelEntropyEffect: MeanEffect | null
  }
  /** Classes of units, and whether modules gather them; null without labels. */
  readonly selectivity: Selectivity | null
  /** Sub-modules too small or too large for the protocol. */
  readonly leftOut: number
  readonly parameters: Readonly<Record<string, unknown>>
  readonly seed: number
}

/** Random sets whose pictures stand in the result. */
const SHOWN_PICTURES = 9
const SHOWN_CORRELATIONS = 4

/**
 * @param labels module of each unit of `graph` (the whole graph), −1 for units in none
 * @throws UsageError when labels, image and network do not fit; UnsupportedError naming an operator without a gradient
 */
export async function coherenceStudy(
  given: Network,
  graph: UnitGraph,
  labels: Int32Array,
  options: CoherenceStudyOptions,
): Promise<CoherenceStudy> {
  const seed = checkSeed(options.seed)
  const { data, threads = 1 } = options
  const base = coherenceProtocol(options.protocol ?? 'default')
  const protocol: CoherenceProtocol = {
    ...base,
    controls: checkedControls(options.controls ?? base.controls),
    steps: options.steps ?? base.steps,
    rate: options.rate ?? base.rate,
    damping: options.damping ?? base.damping,
    noise: options.noise ?? base.noise,
    objective: options.objective ?? base.objective,
  }
  if (labels.length !== unitCount(graph))
    throw new UsageError(
      'usage.labels',
      `The graph has ${unitCount(graph)} units, but there are ${labels.length} labels; give one for each, −1 for units in no module.`,
    )
  const { chosen, leftOut, live } = candidates(graph, labels, protocol)
  const input = fedInput(given, options.image ?? data?.image)
  const normalisation = {
    ...data?.preprocessing,
    ...(data && { range: dataRange(data) }),
    ...options.normalisation,
  }
  const network = await pictureNetwork(given, input)
  const layers = [...new Set(chosen.map(({ layer }) => layer))].sort((a, b) => a - b)
  const sites = unitSites(network, { layers: layers.map(layer => graph.layers[layer]) })
  const outputs = network.shapes.get(network.outputs[0].name)?.at(-1) ?? 1
  const evidence = data && (await evidenceOf(given, graph, layers, data, outputs, options))
  const records: CoherenceRecord[] = []
  let used: RuntimeUsed | undefined
  for (const [at, layer] of layers.entries()) {
    const members = chosen.filter(one => one.layer === layer)
    const site = { ...sites[at], layer }
    const from = protocol.from === 'live' ? live[layer] : Int32Array.from({ length: site.size }, (_, unit) => unit)
    const sets = members.map(one => [
      one.units,
      ...Array.from({ length: protocol.controls }, (_, index) => randomControl(one, from, index, seed)),
    ])
    const { steps, rate, damping, noise, objective } = protocol
    const made = await visualise(network, input, site, sets.flat(), {
      ...{ ...options, steps, rate, damping, noise, objective, seed, threads, normalisation },
    })
    used = made.runtime
    const own = evidence?.[at]
    members.forEach((one, member) => {
      const count = protocol.controls + 1
      records.push({
        ...coherenceRecord(one, {
          ...{ network, input, site, protocol },
          found: made.found.slice(member * count, (member + 1) * count),
          shown: SHOWN_PICTURES,
          hasClasses: !data || (!data.targets && (data.heads ?? 1) === 1),
        }),
        share: one.units.length / live[layer].length,
        top: data && own ? topInputsOf(own, data, input, normalisation, sets[member], protocol) : null,
        correlation: own ? correlationPictures(own, input, sets[member].slice(0, SHOWN_CORRELATIONS + 1), seed) : null,
        classes: own?.selectivity ? classCounts(own.selectivity.best, one.units, outputs) : null,
      })
    })
  }
  return {
    ...{ schemaVersion: 1, kind: 'coherence', seed, leftOut },
    subModules: records,
    pooled: pooledOf(records, protocol, seed),
    selectivity: selectivityOf(graph, labels, layers, evidence, seed),
    parameters: {
      ...{ ...protocol, protocol: protocol.name, name: undefined, k: undefined },
      starts: options.starts ?? 1,
      parametrisation: options.parametrisation ?? (input.image ? 'fourier' : 'pixel'),
      transform: options.transform ?? null,
      normalisation,
      image: input.image ?? null,
      runtime: used,
    },
  }
}

function checkedControls(controls: number): number {
  if (Number.isInteger(controls) && controls >= 1 && controls <= 100_000) return controls
  throw new UsageError('usage.controls', `The number of random controls must be from 1 to 100000, not ${controls}.`)
}

/** Sub-modules of hidden layers, those that the protocol's sizes admit. */
function candidates(graph: UnitGraph, labels: Int32Array, protocol: CoherenceProtocol) {
  const live: Int32Array[] = graph.layers.map(() => new Int32Array(0))
  const all = subModules(graph, labels).filter(({ layer }) => graph.layers[layer].role === 'hidden')
  for (const { layer, units } of all) live[layer] = Int32Array.from([...live[layer], ...units]).sort()
  const sizeOf = (layer: number) => (protocol.from === 'live' ? live[layer].length : graph.layers[layer].size)
  const chosen = all.filter(
    ({ layer, units }) => units.length >= protocol.fewest && units.length < protocol.share * sizeOf(layer),
  )
  if (chosen.length === 0)
    throw new UsageError(
      'usage.sub-modules',
      `There is nothing to draw: of ${all.length} sub-modules in hidden layers none has ${protocol.fewest} units or more and less than ${protocol.share * 100} % of its layer. Choose another k.`,
    )
  return { chosen, live, leftOut: all.length - chosen.length }
}

async function evidenceOf(
  network: Network,
  graph: UnitGraph,
  layers: readonly number[],
  data: CoherenceData,
  outputs: number,
  { runtime, threads = 1, signal, onProgress }: CoherenceStudyOptions,
): Promise<LayerEvidence[]> {
  const chosen = layers.map(layer => graph.layers[layer])
  return layerEvidence(network, chosen, data, outputs, { runtime, threads, signal, onProgress })
}

function classCounts(best: readonly number[], units: Int32Array, classes: number): number[] {
  const counts = new Array<number>(classes).fill(0)
  for (const unit of units) if (best[unit] >= 0) counts[best[unit]]++
  return counts
}

function pooledOf(records: readonly CoherenceRecord[], { controls }: CoherenceProtocol, seed: number) {
  const pick = {
    score: (record: CoherenceRecord) => record.score,
    entropy: (record: CoherenceRecord) => record.entropy,
    dispersion: (record: CoherenceRecord) => record.dispersion,
    labelEntropy: (record: CoherenceRecord) => record.top?.labelEntropy,
  }
  const test = (name: keyof typeof pick) =>
    pooledTest(
      records.flatMap((record): RankTest[] => {
        const found = pick[name](record)
        return found ? [found.test] : []
      }),
      controls,
    )
  const effect = (name: keyof typeof pick) =>
    meanEffect(
      records.map(record => pick[name](record)?.effect ?? null),
      seed,
    )
  return {
    ...{ score: test('score'), entropy: test('entropy'), dispersion: test('dispersion') },
    labelEntropy: test('labelEntropy'),
    ...{ scoreEffect: effect('score'), entropyEffect: effect('entropy'), labelEntropyEffect: effect('labelEntropy') },
  }
}

function selectivityOf(
  graph: UnitGraph,
  labels: Int32Array,
  layers: readonly number[],
  evidence: readonly LayerEvidence[] | undefined,
  seed: number,
): Selectivity | null {
  const offsets = layerOffsets(graph)
  const known = layers.flatMap((layer, at) => {
    const found = evidence?.[at].selectivity
    return found ? [{ layer, ...found }] : []
  })
  if (known.length === 0) return null
  const modules = known.map(({ layer }) => labels.subarray(offsets[layer], offsets[layer + 1]))
  return selectivity(known, modules, seed)
}
