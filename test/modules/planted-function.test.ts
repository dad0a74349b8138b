/** What a user is promised: two networks that share nothing are found, and each is seen to do its own work. */
import { beforeAll, describe, expect, it } from 'vitest'
import { networkInputs } from '../../src/data/dataset.ts'
import { digits } from '../../src/data/digits.ts'
import { type PreparedGraph, prepareGraph } from '../../src/graph/prepare.ts'
import { toAllUnits } from '../../src/graph/subgraph.ts'
import { layerOffsets, unitCount } from '../../src/graph/unit-graph.ts'
import { doubleLesions } from '../../src/modules/lesions/double-lesions.ts'
import { lesionStudy } from '../../src/modules/lesions/lesion-study.ts'
import type { EvaluationSet } from '../../src/modules/lesions/outcome.ts'
import { subModules } from '../../src/modules/sub-module.ts'
import { mlp } from '../../src/network/architectures.ts'
import { buildChain } from '../../src/network/build.ts'
import { disguise } from '../../src/network/disguise.ts'
import type { Network } from '../../src/network/network.ts'
import { cluster } from '../../src/partition/cluster.ts'
import { randomStream, shuffle } from '../../src/random.ts'
import { chooseRuntime } from '../../src/runtime/choose.ts'
import { adjustedRandIndex } from '../../src/stats/agreement.ts'
import { rankUniformityP } from '../../src/stats/combine.ts'
import { fit } from '../../src/training/fit.ts'
import { denseLayersOf, sideBySide } from './side-by-side.ts'

const runtime = await chooseRuntime()
const TEST = 400

async function trained(seed: number) {
  const dataset = digits({ seed, train: 1500, test: TEST })
  const { network } = mlp([784, 32, 32, 10], { seed })
  const fitted = await fit(network, dataset, { seed, epochs: 3, batch: 32, loss: 'cross-entropy', runtime })
  return { dataset, layers: await denseLayersOf(fitted.network, 3) }
}

describe('two digit networks side by side, permuted and rescaled', () => {
  let network: Network
  let prepared: PreparedGraph
  let labels: Int32Array
  let owner: Int32Array
  let data: EvaluationSet

  beforeAll(async () => {
    const [a, b] = [await trained(1), await trained(2)]
    const { layers, order } = disguise(sideBySide(a.layers, b.layers), randomStream(5))
    network = buildChain(layers, { input: [2 * 784] })
    owner = Int32Array.from(order.flatMap(units => Array.from(units, unit => (unit < units.length / 2 ? 0 : 1))))
    const images = [a, b].map(({ dataset }) => networkInputs(dataset, dataset.tests.test))
    const inputs = new Float32Array(TEST * 2 * 784)
    const orderOfInputs = order[0]
    for (let i = 0; i < TEST; i++)
      for (let x = 0; x < 2 * 784; x++) {
        const from = orderOfInputs[x]
        inputs[i * 2 * 784 + x] = images[from < 784 ? 0 : 1][i * 784 + (from % 784)]
      }
    const [first, second] = [a, b].map(({ dataset }) => dataset.tests.test.labels!)
    const both = Int32Array.from({ length: 2 * TEST }, (_, at) => (at % 2 === 0 ? first : second)[at >> 1])
    data = { shape: [2 * 784], inputs, labels: both, heads: 2 }
    prepared = await prepareGraph(network)
    const { labels: part } = await cluster(prepared.part.graph, { k: 2, seed: 1 })
    labels = toAllUnits(prepared.part, part, unitCount(prepared.graph))
  }, 120_000)

  it('the partition finds them', () => {
    const kept = [...labels.keys()].filter(unit => labels[unit] >= 0)
    expect(kept.length).toBeGreaterThan(900)
    const ari = adjustedRandIndex(
      Int32Array.from(kept, unit => labels[unit]),
      Int32Array.from(kept, unit => owner[unit]),
    )
    expect(ari).toBeGreaterThanOrEqual(0.95)
  })

  it('lesions of one hurt its own outputs and no others', async () => {
    const study = await lesionStudy(network, prepared.graph, labels, data, { runtime, seed: 1, controls: 19 })
    expect(study.intact.accuracy).toBeGreaterThan(0.7)
    expect(study.subModules.length).toBe(4)
    const offsets = layerOffsets(prepared.graph)
    for (const { layer, units, lesion } of study.subModules) {
      const own = owner[offsets[layer] + units[0]]
      const other = 1 - own
      const classesOf = (head: number, record: typeof lesion) => record.classes.slice(10 * head, 10 * head + 10)
      expect(classesOf(other, lesion)).toEqual(classesOf(other, study.intact))
      const mean = (values: readonly (number | null)[]) => values.reduce<number>((sum, v) => sum + v! / 10, 0)
      expect(mean(classesOf(own, study.intact)) - mean(classesOf(own, lesion))).toBeGreaterThan(0.4)
    }
  })

  it('none of one depends on one of the other; those of one network do on each other', async () => {
    const members = subModules(prepared.graph, labels).filter(
      ({ layer }) => prepared.graph.layers[layer].role === 'hidden',
    )
    const live = prepared.graph.layers.map((_, layer) =>
      Int32Array.from(members.filter(one => one.layer === layer).flatMap(({ units }) => [...units])).sort(),
    )
    const offsets = layerOffsets(prepared.graph)
    const own = members.map(({ layer, units }) => owner[offsets[layer] + units[0]])
    const pairs = await doubleLesions(network, prepared.graph, members, live, data, { runtime, seed: 1 })
    for (const { first, second, conditionalScores } of pairs.filter(({ type }) => type !== null)) {
      const alone = own[first] !== own[second]
      // Of its own network nothing is left to lose once a whole layer is gone; of the other everything is.
      for (const score of conditionalScores)
        if (alone) expect(score).toBeLessThan(-0.2)
        else expect(Math.abs(score)).toBeLessThan(0.06)
    }
    const between = pairs.filter(({ first, second, type }) => type !== null && own[first] !== own[second])
    expect(between).toHaveLength(2)
    expect(between.filter(({ dependent }) => dependent)).toEqual([])
  })

  it('random labels of units: ranks are uniform', async () => {
    const DRAWS = 1000
    const CONTROLS = 9
    // Small layers, few examples, many studies: each partition draws its own labels.
    const small = { ...data, inputs: data.inputs.subarray(0, 60 * 2 * 784), labels: data.labels!.subarray(0, 120) }
    const ps: number[] = []
    const random = randomStream(77)
    for (let study = 0; ps.length < DRAWS; study++) {
      const drawn = shuffle(
        labels.map((label, at) => (label < 0 ? -1 : at % 8)),
        random,
      )
      const { subModules: records } = await lesionStudy(network, prepared.graph, drawn, small, {
        ...{ runtime, seed: study, controls: CONTROLS, loss: false },
      })
      // Ties are broken at random.
      for (const { macro } of records) {
        const beaten = Math.round(macro.strict * (CONTROLS + 1)) - 1
        ps.push((beaten + random.below(macro.ties + 1) + 1) / (CONTROLS + 1))
      }
    }
    expect(rankUniformityP(ps.slice(0, DRAWS), CONTROLS)).toBeGreaterThan(0.001)
  }, 120_000)
})
