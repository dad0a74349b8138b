import { describe, expect, it } from 'vitest'
import { mlp } from '../../src/network/architectures.ts'
import { buildChain, heldWeight, type Layer } from '../../src/network/build.ts'
import type { Network } from '../../src/network/network.ts'
import { randomStream } from '../../src/random.ts'
import { type Tensor, tensor } from '../../src/tensor/tensor.ts'
import {
  clusterabilityGradient,
  clusterabilityPenalty,
  type PenaltyOptions,
} from '../../src/training/clusterability-penalty.ts'
import type { HookState } from '../../src/training/hooks.ts'
import { type Line, networkOf } from '../graph/small-network.ts'

function draw(shape: readonly number[], seed: number, low = -1, high = 1): Tensor {
  const random = randomStream(seed)
  const size = shape.reduce((product, length) => product * length, 1)
  return tensor(
    Float64Array.from({ length: size }, () => low + (high - low) * random.uniform()),
    shape,
  )
}

/** The network with one weight's element moved. */
async function moved(network: Network, name: string, element: number, by: number): Promise<Network> {
  const weight = (await network.weights.get(name)?.read()) as Tensor
  const data = Float64Array.from(weight.data as Float64Array)
  data[element] += by
  return {
    ...network,
    weights: new Map(network.weights).set(name, heldWeight(name, tensor(data, weight.shape))),
  }
}

/** Largest difference to central differences over some elements of every weight, biases included; variances get none. */
async function worstError(network: Network, options: PenaltyOptions = {}): Promise<number> {
  const { gradients } = await clusterabilityGradient(network, options)
  const h = 1e-6
  let worst = 0
  for (const [name, { shape }] of network.weights) {
    if (name.endsWith('variance')) continue
    const size = shape.reduce((product, length) => product * length, 1)
    for (let e = 0; e < size; e += Math.max(1, Math.floor(size / 12))) {
      const [up, down] = await Promise.all(
        [h, -h].map(async by => (await clusterabilityGradient(await moved(network, name, e, by), options)).value),
      )
      worst = Math.max(worst, Math.abs((gradients.get(name)?.[e] ?? 0) - (up - down) / (2 * h)))
    }
  }
  return worst
}

const batchNorm = (channels: number, seed: number): Layer => ({
  kind: 'batch-norm',
  scale: draw([channels], seed),
  shift: draw([channels], seed + 1),
  mean: draw([channels], seed + 2),
  variance: draw([channels], seed + 3, 0.5, 2),
})

const convNet = (normed: boolean) => {
  const layers: Layer[] = [
    { kind: 'conv', weight: draw([5, 2, 3, 3], 1), bias: draw([5], 2), activation: 'Relu' },
    ...(normed ? [batchNorm(5, 10)] : []),
    { kind: 'conv', weight: draw([6, 5, 3, 3], 3), activation: 'Relu' },
    { kind: 'max-pool', size: 2 },
    ...(normed ? [batchNorm(6, 20)] : []),
    { kind: 'flatten' },
    { kind: 'dense', weight: draw([4, 24], 4), bias: draw([4], 5) },
  ]
  return buildChain(layers, { input: [2, 4, 4] })
}

describe('the gradient of the smallest eigenvalues', () => {
  it('agrees with central differences for a perceptron, biases included', async () => {
    const layers: Layer[] = [
      { kind: 'dense', weight: draw([7, 5], 1), bias: draw([7], 2), activation: 'Relu' },
      { kind: 'dense', weight: draw([6, 7], 3), bias: draw([6], 4), activation: 'Relu' },
      { kind: 'dense', weight: draw([3, 6], 5) },
    ]
    expect(await worstError(buildChain(layers, { input: [5] }), { eigenvalues: 4 })).toBeLessThan(1e-8)
  })

  it.each([false, true])('agrees for convolutions (batch norm: %s), flattened into a dense layer', async normed => {
    expect(await worstError(convNet(normed))).toBeLessThan(1e-8)
  })

  it('agrees for the convolutions alone, and where batch norm is left out', async () => {
    expect(await worstError(convNet(true), { form: 'outputs' })).toBeLessThan(1e-8)
    const { gradients } = await clusterabilityGradient(convNet(true), { batchNorm: false })
    expect([...gradients.keys()]).toEqual(['conv1.weight', 'conv2.weight', 'dense1.weight'])
  })

  it('agrees for shortcuts and weights that are used twice', async () => {
    const lines: Line[] = [
      ['MatMul', ['x', 'first'], ['a']],
      ['Relu', ['a'], ['b']],
      ['MatMul', ['b', 'twice'], ['c']],
      ['Relu', ['c'], ['d']],
      ['Add', ['b', 'd'], ['e']],
      ['MatMul', ['e', 'twice'], ['f']],
      ['Gemm', ['f', 'last'], ['g'], { alpha: 0.5 }],
    ]
    const held = { first: draw([5, 6], 1), twice: draw([6, 6], 2), last: draw([6, 4], 3) }
    expect(await worstError(await networkOf([null, 5], held, lines))).toBeLessThan(1e-8)
  })

  it('sums over an eigenspace and is zero for weights that are zero and for units without edges', async () => {
    // Two equal halves that do not touch, twice: every eigenvalue is repeated.
    const block = [1, 0.5, 0.25, 2]
    const weight = new Float64Array(5 * 5)
    for (const half of [0, 1])
      for (let r = 0; r < 2; r++)
        for (let c = 0; c < 2; c++) weight[(2 * half + r) * 5 + 2 * half + c] = block[2 * r + c]
    const layers: Layer[] = [{ kind: 'dense', weight: tensor(weight, [5, 5]) }]
    const gradientOf = async (eigenvalues: number) =>
      (await clusterabilityGradient(buildChain(layers, { input: [5] }), { eigenvalues })).gradients.get(
        'dense1.weight',
      ) as Float64Array
    const [whole, cut] = [await gradientOf(3), await gradientOf(2)]
    weight.forEach((value, e) => {
      if (value === 0) expect(whole[e]).toBe(0)
    })
    // λ = 0, a, a and 0, a: the cut space counts half of each copy, so both halves get the same share.
    for (const gradient of [whole, cut])
      for (let r = 0; r < 2; r++)
        for (let c = 0; c < 2; c++)
          expect(Math.abs(gradient[r * 5 + c] - gradient[(2 + r) * 5 + 2 + c])).toBeLessThan(1e-12)
    expect(Math.abs(whole[0])).toBeGreaterThan(1e-3)
    expect(Math.abs(whole[0] * 3 - cut[0] * 2 * 2)).toBeLessThan(1e-12)
  })

  it('refuses what it cannot place, and counts below one', async () => {
    const lines: Line[] = [
      ['MatMul', ['x', 'first'], ['a']],
      ['Mul', ['a', 'factor'], ['b']],
      ['MatMul', ['b', 'last'], ['c']],
    ]
    const held = { first: draw([3, 4], 1), factor: draw([4], 2), last: draw([4, 2], 3) }
    const network = await networkOf([null, 3], held, lines)
    await expect(clusterabilityGradient(network)).rejects.toMatchObject({ code: 'unsupported.penalty' })
    await expect(clusterabilityGradient(network, { eigenvalues: 0 })).rejects.toMatchObject({ code: 'usage.penalty' })
  })
})

async function trained(network: Network): Promise<Map<string, Tensor>> {
  const parameters = new Map<string, Tensor>()
  for (const [name, weight] of network.weights) {
    const { data, shape } = await weight.read()
    parameters.set(name, tensor(Float32Array.from(data as Float64Array), shape))
  }
  return parameters
}

const stateOf = (parameters: ReadonlyMap<string, Tensor>, step = 0): HookState => ({
  step,
  totalSteps: 100,
  stepsPerEpoch: 10,
  parameters,
  masks: new Map(),
})

/** ‖a − b‖ / ‖b‖ over all gradients, b times a factor. */
function distance(
  a: ReadonlyMap<string, Float32Array> | undefined,
  b: ReadonlyMap<string, Float64Array>,
  factor: number,
): number {
  let [difference, size] = [0, 0]
  for (const [name, values] of b) {
    const other = a?.get(name) as Float32Array
    values.forEach((value, e) => {
      difference += (other[e] - factor * value) ** 2
      size += (factor * value) ** 2
    })
  }
  return Math.sqrt(difference / size)
}

/** Moves every weight by up to one per cent, as a step of training does. */
function drift(parameters: ReadonlyMap<string, Tensor>, seed: number): void {
  const random = randomStream(seed)
  for (const { data } of parameters.values())
    for (let i = 0; i < data.length; i++) (data as Float32Array)[i] *= 1 + 0.02 * (random.uniform() - 0.5)
}

const asNetwork = (network: Network, parameters: ReadonlyMap<string, Tensor>): Network => ({
  ...network,
  weights: new Map(
    Array.from(parameters, ([name, { data, shape }]) => [
      name,
      heldWeight(name, tensor(Float32Array.from(data as Float32Array), shape)),
    ]),
  ),
})

describe('the hook', () => {
  const { network } = mlp([30, 40, 36, 32, 8], { seed: 2 })

  it('follows the exact gradient while the weights drift, scaled as asked', async () => {
    const parameters = await trained(network)
    const hook = await clusterabilityPenalty(network, { strength: 0.3, halved: true, tolerance: 1e-4 })
    const burst = await clusterabilityPenalty(network, { strength: 0.3, every: 20, burst: true })
    for (let step = 0; step < 6; step++) {
      const exact = await clusterabilityGradient(asNetwork(network, parameters))
      const changes = await hook.apply(stateOf(parameters, step))
      expect(Math.abs((changes?.metrics?.clusterabilityPenalty ?? 0) - 0.3 * exact.value)).toBeLessThan(1e-6)
      expect(distance(changes?.gradients, exact.gradients, 0.15)).toBeLessThan(1e-3)
      const bursts = await burst.apply(stateOf(parameters, step))
      expect(distance(bursts?.gradients, exact.gradients, 6)).toBeLessThan(5e-3)
      expect([changes?.gradientSteps, bursts?.gradientSteps]).toEqual([1, 1])
      expect([...(changes?.gradients?.keys() ?? [])].every(name => name.endsWith('.weight'))).toBe(true)
      drift(parameters, step)
    }
  })

  it('finds from a warm start what it finds from a cold one', async () => {
    const parameters = await trained(network)
    const warm = await clusterabilityPenalty(network, { tolerance: 1e-5 })
    for (let step = 0; step < 5; step++) {
      await warm.apply(stateOf(parameters, step))
      drift(parameters, step)
    }
    const cold = await clusterabilityPenalty(network, { tolerance: 1e-5, seed: 9 })
    const [a, b] = await Promise.all([warm, cold].map(hook => hook.apply(stateOf(parameters, 5))))
    expect(a?.metrics?.clusterabilityPenalty).toBeCloseTo(b?.metrics?.clusterabilityPenalty as number, 6)
    const doubled = new Map(Array.from(b?.gradients ?? [], ([name, values]) => [name, Float64Array.from(values)]))
    expect(distance(a?.gradients, doubled, 1)).toBeLessThan(2e-4)
  })

  it('gives the same bits again, and from a saved state', async () => {
    const run = async (resumeAt: number) => {
      const parameters = await trained(network)
      let hook = await clusterabilityPenalty(network)
      let last: ReadonlyMap<string, Float32Array> | undefined
      for (let step = 0; step < 5; step++) {
        if (step === resumeAt) {
          const saved = hook.save?.() ?? {}
          hook = await clusterabilityPenalty(network)
          hook.restore?.(saved)
        }
        last = (await hook.apply(stateOf(parameters, step)))?.gradients
        last = last && new Map(Array.from(last, ([name, values]) => [name, values.slice()]))
        drift(parameters, step)
      }
      return last
    }
    const [once, again, resumed] = [await run(-1), await run(-1), await run(3)]
    expect(again).toEqual(once)
    expect(resumed).toEqual(once)
  })

  it('notices when pruning cuts the network in two', async () => {
    const parameters = await trained(network)
    const hook = await clusterabilityPenalty(network, { strength: 1, eigenvalues: 2 })
    for (let step = 0; step < 3; step++) await hook.apply(stateOf(parameters, step))
    for (const { data, shape } of parameters.values()) {
      const [rows, columns] = shape
      if (shape.length === 2)
        for (let r = 0; r < rows; r++)
          for (let c = 0; c < columns; c++)
            if (r * 2 < rows !== c * 2 < columns) (data as Float32Array)[r * columns + c] = 0
    }
    let value = 1
    for (let step = 3; step < 6; step++) {
      const changes = await hook.apply(stateOf(parameters, step))
      value = changes?.metrics?.clusterabilityPenalty as number
      changes?.gradients?.forEach((gradient, name) => {
        const { data } = parameters.get(name) as Tensor
        expect(gradient.every((g, e) => data[e] !== 0 || g === 0)).toBe(true)
      })
    }
    const exact = await clusterabilityGradient(asNetwork(network, parameters), { eigenvalues: 2 })
    expect(exact.eigenvalues[0]).toBeLessThan(1e-12)
    expect(Math.abs(value - exact.value)).toBeLessThan(1e-5)
  })

  it.each(['convolutions with batch norm', 'shortcuts', 'weights stored inputs first'])('works for %s', async kind => {
    const cnn: Layer[] = [
      { kind: 'conv', weight: draw([20, 3, 3, 3], 1), activation: 'Relu' },
      batchNorm(20, 30),
      { kind: 'conv', weight: draw([24, 20, 3, 3], 2), activation: 'Relu' },
      batchNorm(24, 40),
      { kind: 'conv', weight: draw([20, 24, 1, 1], 3), activation: 'Relu' },
      { kind: 'flatten' },
      { kind: 'dense', weight: draw([10, 20 * 16], 4) },
    ]
    const lines: Line[] = [
      ['MatMul', ['x', 'first'], ['a']],
      ['Relu', ['a'], ['b']],
      ['MatMul', ['b', 'second'], ['c']],
      ...((kind === 'shortcuts' ? [['Add', ['b', 'c'], ['d']]] : [['Relu', ['c'], ['d']]]) as Line[]),
      ['MatMul', ['d', 'third'], ['e']],
      ['MatMul', ['e', 'last'], ['f']],
    ]
    const held = {
      first: draw([20, 24], 1),
      second: draw([24, 24], 2),
      third: draw([24, 20], 3),
      last: draw([20, 9], 4),
    }
    const given =
      kind === 'convolutions with batch norm'
        ? buildChain(cnn, { input: [3, 4, 4] })
        : await networkOf([null, 20], held, lines)
    const parameters = await trained(given)
    const hook = await clusterabilityPenalty(given, { strength: 1, tolerance: 1e-4 })
    await hook.apply(stateOf(parameters))
    drift(parameters, 1)
    const changes = await hook.apply(stateOf(parameters, 1))
    const exact = await clusterabilityGradient(asNetwork(given, parameters))
    expect(Math.abs((changes?.metrics?.clusterabilityPenalty ?? 0) - exact.value)).toBeLessThan(1e-5)
    expect(distance(changes?.gradients, exact.gradients, 1)).toBeLessThan(1e-3)
    expect(changes?.gradients?.size).toBe(exact.gradients.size)
  })

  it('lowers the eigenvalues when followed', async () => {
    const parameters = await trained(network)
    const hook = await clusterabilityPenalty(network, { strength: 1 })
    const values: number[] = []
    for (let step = 0; step < 40; step++) {
      const changes = await hook.apply(stateOf(parameters, step))
      values.push(changes?.metrics?.clusterabilityPenalty as number)
      changes?.gradients?.forEach((gradient, name) => {
        const { data } = parameters.get(name) as Tensor
        for (let e = 0; e < gradient.length; e++) (data as Float32Array)[e] -= 0.5 * gradient[e]
      })
    }
    expect(values[39]).toBeLessThan(values[0] - 0.01)
  })
})
