import { describe, expect, it } from 'vitest'
import { prepareGraph } from '../../../src/graph/prepare.ts'
import { coherenceStudy } from '../../../src/modules/coherence/coherence-study.ts'
import { fedInput } from '../../../src/modules/coherence/input-image.ts'
import { pictureNetwork, visualise } from '../../../src/modules/coherence/visualise.ts'
import { unitSites } from '../../../src/modules/unit-sites.ts'
import { mlp } from '../../../src/network/architectures.ts'
import { buildChain } from '../../../src/network/build.ts'
import { randomStream, shuffle } from '../../../src/random.ts'
import { chooseRuntime } from '../../../src/runtime/choose.ts'
import { rankUniformityP } from '../../../src/stats/combine.ts'
import { tensor } from '../../../src/tensor/tensor.ts'
import { withBiases } from '../lesion-cases.ts'

const runtime = await chooseRuntime()

describe('a coherence study', () => {
  /**
   * 8 × 8 images in two classes, lit on the left or on the right. Units 0–5 of the hidden layer read the left half, 6–11
   * the right one.
   */
  const half = (unit: number) => (unit < 6 ? 0 : 1)
  const read = Float32Array.from({ length: 12 * 64 }, (_, at) => {
    const sign = half(Math.floor(at / 64)) === (at % 8 < 4 ? 0 : 1) ? 1 : -1
    return sign * (0.2 + 0.05 * Math.sin(at))
  })
  const write = Float32Array.from({ length: 2 * 12 }, (_, at) => (half(at % 12) === Math.floor(at / 12) ? 1 : -1))
  const network = buildChain(
    [
      { kind: 'dense', weight: tensor(read, [12, 64]), activation: 'Relu' },
      { kind: 'dense', weight: tensor(write, [2, 12]) },
    ],
    { input: [64] },
  )
  const random = randomStream(3)
  const labels = Int32Array.from({ length: 60 }, (_, i) => i % 2)
  const inputs = Float32Array.from({ length: 60 * 64 }, (_, at) =>
    (at % 8 < 4 ? 0 : 1) === labels[Math.floor(at / 64)] ? 0.5 + 0.5 * random.uniform() : 0.3 * random.uniform(),
  )
  const data = { inputs, labels, shape: [64], indices: Int32Array.from({ length: 60 }, (_, i) => i) }
  const modules = (of: (unit: number) => number) =>
    Int32Array.from({ length: 64 + 12 + 2 }, (_, at) => (at < 64 || at >= 76 ? -1 : of(at - 64)))

  it('finds planted modules coherent in every way', async () => {
    const { graph } = await prepareGraph(network)
    const study = await coherenceStudy(network, graph, modules(half), {
      runtime,
      seed: 1,
      data,
      controls: 39,
      steps: 100,
    })
    expect(study.subModules.map(one => [one.module, one.units.length, one.share])).toEqual([
      [0, 6, 0.5],
      [1, 6, 0.5],
    ])
    for (const { score, entropy, answer, module, top, classes, correlation } of study.subModules) {
      expect(score.test.conservative).toBeLessThan(0.06)
      expect(score.effect).toBeGreaterThan(0.2)
      expect(entropy!.value).toBeLessThan(0.01)
      expect(answer).toEqual({ class: module, probability: expect.closeTo(1, 2) })
      expect(top!.labels).toEqual(new Array(10).fill(module))
      expect(top!.labelEntropy!.value).toBe(0)
      expect(classes!.reduce((sum, count) => sum + count, 0)).toBe(6)
      expect(correlation!.largest).toBeGreaterThan(0.3)
    }
    expect(study.pooled.score!.mid!.fisher).toBeLessThan(0.01)
    expect(study.selectivity!.nmiNull.draws).toBe(999)
    expect(JSON.parse(JSON.stringify(study))).toEqual(JSON.parse(JSON.stringify({ ...study })))
  })

  it('is the same by the same seed, works without data, and with the papers’ protocols', async () => {
    const { graph } = await prepareGraph(network)
    const options = { runtime, seed: 4, controls: 5, steps: 20 }
    const first = await coherenceStudy(network, graph, modules(half), options)
    expect(await coherenceStudy(network, graph, modules(half), options)).toEqual(first)
    expect(first.subModules[0]).toMatchObject({ top: null, correlation: null, classes: null })
    expect(first.selectivity).toBeNull()
    const old = await coherenceStudy(network, graph, modules(half), { runtime, seed: 4, protocol: 'paper-2020' })
    expect(old.subModules[0].score.controls).toHaveLength(9)
    expect(old.parameters).toMatchObject({ objective: 'after', steps: 256, effect: 'ratio', ties: 'strict' })
    const late = await coherenceStudy(network, graph, modules(half), { runtime, seed: 4, protocol: 'paper-2021' })
    expect(late.parameters).toMatchObject({ objective: 'absolute', steps: 64, controls: 19 })
  })

  it('says what is wrong', async () => {
    const { graph } = await prepareGraph(network)
    const study = (labels: Int32Array, more = {}) =>
      coherenceStudy(network, graph, labels, { runtime, seed: 1, steps: 2, ...more })
    await expect(study(modules(half).subarray(1))).rejects.toThrow(/78 units, but there are 77 labels/)
    await expect(study(modules(() => 0))).rejects.toThrow(/nothing to draw/)
    await expect(study(modules(half), { controls: 0 })).rejects.toThrow(/not 0/)
    await expect(study(modules(half), { steps: 0 })).rejects.toThrow(/"steps" must be/)
    await expect(study(modules(half), { normalisation: { std: [0] } })).rejects.toThrow(/std not 0/)
    await expect(study(modules(half), { data: { ...data, inputs: inputs.subarray(0, 640) } })).rejects.toThrow(
      /at least 20 examples/,
    )
    const stopped = AbortSignal.abort()
    await expect(study(modules(half), { signal: stopped })).rejects.toThrow(/interrupted/)
  })
})

it('ranks of random unit sets among random unit sets are uniform', async () => {
  const perceptron = withBiases(mlp([49, 24, 16, 5], { seed: 8 }).network)
  const input = fedInput(perceptron)
  const ready = await pictureNetwork(perceptron, input)
  const [, , site] = unitSites(ready, (await prepareGraph(perceptron)).graph)
  const [tests, controls] = [250, 9]
  const sets = Array.from({ length: tests * (controls + 1) }, (_, at) =>
    shuffle(
      Int32Array.from({ length: 16 }, (_unit, unit) => unit),
      randomStream(5, at),
    ).slice(0, 4),
  )
  const { found } = await visualise(ready, input, site, sets, { runtime, seed: 2, steps: 12 })
  const ties = randomStream(6)
  const ps = Array.from({ length: tests }, (_, test) => {
    const [own, ...others] = found.slice(test * (controls + 1), (test + 1) * (controls + 1)).map(one => one.score)
    const above = others.filter(other => other > own || (other === own && ties.uniform() < 0.5)).length
    return (above + 1) / (controls + 1)
  })
  expect(rankUniformityP(ps, controls)).toBeGreaterThan(0.001)
})
