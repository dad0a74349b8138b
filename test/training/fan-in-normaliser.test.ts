import { describe, expect, it } from 'vitest'
import { buildChain, heldWeight, type Layer } from '../../src/network/build.ts'
import type { Network } from '../../src/network/network.ts'
import { randomStream } from '../../src/random.ts'
import { type Tensor, tensor } from '../../src/tensor/tensor.ts'
import { fanInNormaliser } from '../../src/training/fan-in-normaliser.ts'
import { forward, type Line, networkOf } from '../graph/small-network.ts'

function draw(shape: readonly number[], seed: number): Tensor {
  const random = randomStream(seed)
  const size = shape.reduce((product, length) => product * length, 1)
  return tensor(
    Float32Array.from({ length: size }, () => 2 * random.uniform() - 1),
    shape,
  )
}

async function parametersOf(network: Network): Promise<Map<string, Tensor>> {
  const parameters = new Map<string, Tensor>()
  for (const [name, weight] of network.weights) parameters.set(name, await weight.read())
  return parameters
}

async function normalised(network: Network, thresholds?: ReadonlyMap<string, number>) {
  const parameters = await parametersOf(network)
  const hook = await fanInNormaliser(network, thresholds ? { thresholds } : {})
  const changes = await hook.apply({ step: 0, totalSteps: 1, stepsPerEpoch: 1, parameters, masks: new Map() })
  const after = new Map(parameters)
  changes?.weights?.forEach((data, name) => {
    after.set(name, tensor(data, (parameters.get(name) as Tensor).shape))
  })
  return { before: parameters, after }
}

/** ‖(w_in, b)‖ of each unit. */
function norms(parameters: ReadonlyMap<string, Tensor>, layer: string, factor = 1): number[] {
  const { data, shape } = parameters.get(`${layer}.weight`) as Tensor
  const per = data.length / shape[0]
  return Array.from(parameters.get(`${layer}.bias`)?.data as Float32Array, (bias, unit) => {
    const own = (data as Float32Array).subarray(unit * per, (unit + 1) * per)
    return Math.sqrt(own.reduce((sum, w) => sum + (factor * w) ** 2, bias * bias))
  })
}

const perceptron = () => {
  const weight = draw([6, 5], 3)
  ;(weight.data as Float32Array).fill(0, 10, 15)
  const bias = draw([6], 4)
  ;(bias.data as Float32Array)[2] = 0
  const layers: Layer[] = [
    { kind: 'dense', weight: draw([5, 4], 1), bias: draw([5], 2), activation: 'Relu' },
    { kind: 'dense', weight, bias, activation: 'Relu' },
    { kind: 'dense', weight: draw([3, 6], 5), bias: draw([3], 6) },
  ]
  return buildChain(layers, { input: [4] })
}

describe('the fan-in normaliser', () => {
  it('brings hidden units to √2, dead ones and the output left alone, biases included', async () => {
    const { before, after } = await normalised(perceptron())
    for (const norm of norms(after, 'dense1')) expect(norm).toBeCloseTo(Math.SQRT2, 5)
    norms(after, 'dense2').forEach((norm, unit) => {
      expect(norm).toBeCloseTo(unit === 2 ? 0 : Math.SQRT2, 5)
    })
    expect(after.get('dense3.bias')).toEqual(before.get('dense3.bias'))
    // Reading again changes nothing.
    const network = perceptron()
    const held = new Map(Array.from(after, ([name, weight]) => [name, heldWeight(name, weight)]))
    const again = await normalised({ ...network, weights: held })
    for (const [name, { data }] of again.after)
      data.forEach((value, e) => {
        expect(value).toBeCloseTo(Number(after.get(name)?.data[e]), 5)
      })
  })

  it('keeps the function, through convolutions and a flatten, and with biases added by an operator', async () => {
    const lines: Line[] = [
      ['Conv', ['x', 'k1'], ['a'], { kernel_shape: [3, 3] }],
      ['Relu', ['a'], ['b']],
      ['Conv', ['b', 'k2'], ['c'], { kernel_shape: [2, 2] }],
      ['Relu', ['c'], ['d']],
      ['Flatten', ['d'], ['e']],
      ['Gemm', ['e', 'w1'], ['f'], { transB: 1 }],
      ['Add', ['f', 'b1'], ['g']],
      ['Relu', ['g'], ['h']],
      ['Gemm', ['h', 'w2'], ['y'], { transB: 1 }],
    ]
    const held = {
      k1: draw([4, 2, 3, 3], 1),
      k2: draw([3, 4, 2, 2], 2),
      w1: draw([7, 3 * 9], 3),
      b1: draw([7], 4),
      w2: draw([2, 7], 5),
    }
    const network = await networkOf([1, 2, 6, 6], held, lines)
    const { after } = await normalised(network)
    const x: Tensor = {
      dtype: 'float64',
      shape: [1, 2, 6, 6],
      data: Float64Array.from(draw([72], 6).data as Float32Array),
    }
    const [y, z] = [held, Object.fromEntries(after)].map(weights => forward(network, weights, x).data as Float64Array)
    z.forEach((value, o) => {
      expect(Math.abs(value - y[o])).toBeLessThan(1e-5 * (1 + Math.abs(y[o])))
    })
    const first = after.get('k1')?.data as Float32Array
    expect(Math.sqrt(first.subarray(0, 18).reduce((sum, w) => sum + w * w, 0))).toBeCloseTo(Math.SQRT2, 5)
    const dense = after.get('w1')?.data as Float32Array
    const bias = Number(after.get('b1')?.data[0])
    expect(Math.sqrt(dense.subarray(0, 27).reduce((sum, w) => sum + w * w, bias * bias))).toBeCloseTo(Math.SQRT2, 5)
  })

  it('measures the threshold times the weights where the papers do', async () => {
    const { after } = await normalised(perceptron(), new Map([['dense1.weight', 0.1]]))
    for (const norm of norms(after, 'dense1', 0.1)) expect(norm).toBeCloseTo(Math.SQRT2, 4)
    // The second layer has no threshold yet: its bias alone counts.
    const biases = after.get('dense2.bias')?.data as Float32Array
    biases.forEach((bias, unit) => {
      expect(Math.abs(bias)).toBeCloseTo(unit === 2 ? 0 : Math.SQRT2, 5)
    })
  })

  it('refuses where the scales are not free', async () => {
    const dense = (seed: number, activation: 'Relu' | 'Tanh'): Layer => ({
      kind: 'dense',
      weight: draw([4, 4], seed),
      activation,
    })
    const tanh = buildChain([dense(1, 'Tanh'), dense(2, 'Relu')], { input: [4] })
    await expect(fanInNormaliser(tanh)).rejects.toMatchObject({ code: 'unsupported.normaliser' })
    const residual: Line[] = [
      ['MatMul', ['x', 'first'], ['a']],
      ['MatMul', ['a', 'second'], ['b']],
      ['Add', ['a', 'b'], ['c']],
      ['MatMul', ['c', 'third'], ['d']],
    ]
    const held = { first: draw([3, 3], 1), second: draw([3, 3], 2), third: draw([3, 3], 3) }
    await expect(fanInNormaliser(await networkOf([1, 3], held, residual))).rejects.toThrow(/residual|sum/)
  })
})
