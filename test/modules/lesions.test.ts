import { describe, expect, it } from 'vitest'
import { measureLesions } from '../../src/modules/lesions/measure.ts'
import { classAccuracies, type Outcome, overallAccuracy } from '../../src/modules/lesions/outcome.ts'
import { mlp, smallCnn } from '../../src/network/architectures.ts'
import { buildChain } from '../../src/network/build.ts'
import type { Network } from '../../src/network/network.ts'
import { chooseRuntime } from '../../src/runtime/choose.ts'
import { tensor } from '../../src/tensor/tensor.ts'
import { randomExamples, sitesOf, withBiases, withoutUnits } from './lesion-cases.ts'

const runtime = await chooseRuntime()

async function measured(network: Network, data: ReturnType<typeof randomExamples>, lesions: Lesions, options = {}) {
  return measureLesions(network, await sitesOf(network), data, lesions, { runtime, divergence: true, ...options })
}
type Lesions = { layer: number; units: Int32Array }[][]

async function intactOf(network: Network, data: ReturnType<typeof randomExamples>): Promise<Outcome> {
  return (await measured(network, data, [])).intact
}

function expectSame(found: Outcome, expected: Outcome): void {
  expect([...found.right]).toEqual([...expected.right])
  expect([...found.answers]).toEqual([...expected.answers])
  expect(found.loss).toBeCloseTo(expected.loss!, 5)
}

describe('a lesion', () => {
  const perceptron = withBiases(mlp([12, 16, 14, 5], { seed: 4 }).network)
  const flat = randomExamples(150, [12], 5)

  it('does what zeroing weights and biases and running the whole perceptron does', async () => {
    const few = Int32Array.of(3, 0, 7)
    const many = Int32Array.from({ length: 13 }, (_, i) => i)
    for (const batch of [64, 1000]) {
      const { lesioned } = await measured(
        perceptron,
        flat,
        [
          [{ layer: 1, units: few }],
          [{ layer: 2, units: many }],
          [{ layer: 1, units: many }],
          [{ layer: 1, units: Int32Array.from({ length: 16 }, (_, i) => i) }],
          [{ layer: 2, units: Int32Array.of() }],
        ],
        { batch },
      )
      expectSame(lesioned[0], await intactOf(await withoutUnits(perceptron, 'dense1', few), flat))
      expectSame(lesioned[1], await intactOf(await withoutUnits(perceptron, 'dense2', many), flat))
      expectSame(lesioned[2], await intactOf(await withoutUnits(perceptron, 'dense1', many), flat))
      const all = Array.from({ length: 16 }, (_, i) => i)
      expectSame(lesioned[3], await intactOf(await withoutUnits(perceptron, 'dense1', all), flat))
      expectSame(lesioned[4], await intactOf(perceptron, flat))
      expect(lesioned[4].divergence).toBeCloseTo(0, 9)
      expect(lesioned[0].divergence).toBeGreaterThan(0)
    }
  })

  it('the same in a convolutional network, through pooling and flattening', async () => {
    const network = withBiases(smallCnn({ seed: 2, width: 6, input: [1, 8, 8], outputs: 4 }).network)
    const images = randomExamples(40, [1, 8, 8], 4)
    const names = ['conv1', 'conv2', 'conv3', 'dense1']
    for (const units of [Int32Array.of(1, 4), Int32Array.of(0, 2, 3, 5, 1)]) {
      const { lesioned } = await measured(
        network,
        images,
        names.map((_, at) => [{ layer: at + 1, units }]),
      )
      for (const [at, name] of names.entries())
        expectSame(lesioned[at], await intactOf(await withoutUnits(network, name, units), images))
    }
  })

  it('of two layers at once is both', async () => {
    const [first, second] = [Int32Array.of(1, 2, 5), Int32Array.of(0, 9)]
    const both = [
      { layer: 2, units: second },
      { layer: 1, units: first },
    ]
    const { lesioned } = await measured(perceptron, flat, [both, [...both, { layer: 1, units: Int32Array.of(8) }]])
    const one = await withoutUnits(perceptron, 'dense1', first)
    expectSame(lesioned[0], await intactOf(await withoutUnits(one, 'dense2', second), flat))
    const more = await withoutUnits(perceptron, 'dense1', [...first, 8])
    expectSame(lesioned[1], await intactOf(await withoutUnits(more, 'dense2', second), flat))
  })

  it('where two operators read the layer: values are exchanged', async () => {
    // A skip connection: the second layer's outputs plus the first's.
    const base = withBiases(mlp([6, 8, 8, 4], { seed: 3 }).network)
    const sum = {
      name: 'sum',
      type: 'Add',
      domain: '',
      attributes: {},
      inputs: ['dense2.relu', 'dense1.relu'],
      outputs: ['sum'],
    }
    const operators = base.operators.flatMap(operator => {
      if (operator.name === 'dense3') return [sum, { ...operator, inputs: ['sum', ...operator.inputs.slice(1)] }]
      return [operator]
    })
    const network = { ...base, operators, shapes: new Map([...base.shapes, ['sum', [null, 8]]]) }
    const data = randomExamples(60, [6], 4)
    const units = Int32Array.of(0, 3, 4)
    const { lesioned } = await measured(network, data, [[{ layer: 1, units }]])
    expectSame(lesioned[0], await intactOf(await withoutUnits(network, 'dense1', units), data))
  })

  it('puts the mean in place of the values, or those of another example', async () => {
    // One linear unit after another: answers can be worked out.
    const network = buildChain(
      [
        { kind: 'dense', weight: tensor(Float32Array.of(1, 0, 0, 1), [2, 2]), activation: 'Relu' },
        { kind: 'dense', weight: tensor(Float32Array.of(1, 0, 0, 1), [2, 2]) },
      ],
      { input: [2] },
    )
    const inputs = Float32Array.of(1, 5, 3, 2, 8, 7)
    const targets = new Float32Array(6)
    const data = { shape: [2], inputs, targets }
    const lesions = [[{ layer: 1, units: Int32Array.of(0) }]]
    const errors = async (ablation: string) =>
      (await measured(network, data as never, lesions, { ablation, divergence: false })).lesioned[0].errors!
    expect([...(await errors('zero'))]).toEqual([0, 26])
    expect([...(await errors('mean'))]).toEqual([16, 26])
    // A permutation keeps the mean square, and no example keeps its own value.
    const [first, second] = await errors('resample')
    expect(first).toBeCloseTo((1 + 9 + 64) / 3, 4)
    expect(second).toBeCloseTo(26, 4)
  })

  it('under batch norm is zero; the papers\u2019 code leaves a constant', async () => {
    const norm = (value: number, size: number) => tensor(new Float32Array(size).fill(value), [size])
    const given = buildChain(
      [
        { kind: 'dense', weight: tensor(Float32Array.of(1, 0, 0, 1), [2, 2]), bias: norm(0.5, 2) },
        {
          kind: 'batch-norm',
          scale: norm(2, 2),
          shift: norm(3, 2),
          mean: norm(1, 2),
          variance: norm(1, 2),
          epsilon: 0,
        },
        { kind: 'dense', weight: tensor(Float32Array.of(1, 0, 0, 1), [2, 2]) },
      ],
      { input: [2] },
    )
    const data = { shape: [2], inputs: Float32Array.of(1, 5), targets: new Float32Array(2) }
    const lesions = [[{ layer: 1, units: Int32Array.of(0) }]]
    const first = async (ablation: string) =>
      (await measured(given, data as never, lesions, { ablation, divergence: false })).lesioned[0].errors![0]
    expect(await first('zero')).toBeCloseTo(0, 6)
    // 2 · (0 − 1) + 3 = 1.
    expect(await first('weights')).toBeCloseTo(1, 5)
  })

  it('without labels is measured against the intact answers', async () => {
    const { labels: _, ...unlabelled } = flat
    const { intact, lesioned } = await measured(perceptron, unlabelled, [[{ layer: 1, units: Int32Array.of(1, 2, 3) }]])
    expect(overallAccuracy(intact)).toBe(1)
    expect(intact.loss).toBeNull()
    expect(lesioned[0].divergence).toBeGreaterThan(0)
    expect(classAccuracies(lesioned[0]).some(share => share < 1)).toBe(true)
  })
})

describe('what does not fit is named', () => {
  const { network } = mlp([12, 16, 14, 5], { seed: 4 })
  const data = randomExamples(10, [12], 5)
  const lesion = (layer: number, unit: number) => [[{ layer, units: Int32Array.of(unit) }]]

  it.each([
    ['labels', { ...data, labels: new Int32Array(10).fill(7) }, lesion(1, 0), /label 7, but the network has 5 outputs/],
    ['label count', { ...data, labels: new Int32Array(9) }, lesion(1, 0), /need 10 labels, not 9/],
    ['images', { ...randomExamples(10, [3, 5], 5) }, lesion(1, 0), /shape \[3,5\], but the network reads \[12\]/],
    ['layer', data, lesion(7, 0), /names layer 7/],
    ['unit', data, lesion(1, 16), /"dense1" has 16 units; there is no unit 16/],
    ['nothing', data, [[]], /at least one part/],
  ])('%s', async (_, set, lesions, message) => {
    await expect(measured(network, set, lesions as Lesions)).rejects.toThrow(message)
  })

  it('stops when asked to', async () => {
    const signal = AbortSignal.abort()
    await expect(measured(network, data, lesion(1, 0), { signal })).rejects.toThrow(/interrupted/)
  })
})
