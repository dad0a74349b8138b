/** Losses are what their names say, with gradients that hold where exponentials overflow; parameters are found. */
import { describe, expect, it } from 'vitest'
import { gradientGraph } from '../../src/autodiff/gradient-graph.ts'
import { binaryCrossEntropy, meanSquaredError, softmaxCrossEntropy } from '../../src/autodiff/losses.ts'
import { trainableParameters, withInputs } from '../../src/autodiff/parameters.ts'
import { UnsupportedError, UsageError } from '../../src/errors.ts'
import { smallCnn } from '../../src/network/architectures.ts'
import { heldWeight } from '../../src/network/build.ts'
import { CURRENT_OPSET, type Network } from '../../src/network/network.ts'
import { referenceRuntime } from '../../src/runtime/reference.ts'
import { type Tensor, tensor } from '../../src/tensor/tensor.ts'

/** z → z, or through one operator. */
function passing(shape: readonly (number | null)[], type = 'Identity'): Network {
  return {
    name: 'passing',
    source: { format: 'built', opset: CURRENT_OPSET },
    inputs: [{ name: 'z', dtype: 'float64', shape }],
    outputs: [{ name: 'y', dtype: 'float64', shape }],
    operators: [{ name: 'pass', type, domain: '', inputs: ['z'], outputs: ['y'], attributes: {} }],
    weights: new Map(),
    shapes: new Map(),
    activationsKnown: true,
    notes: [],
  }
}

const matrix = (shape: readonly number[], ...values: number[]) => tensor(Float64Array.from(values), shape)
const classes = (...values: number[]) => tensor(BigInt64Array.from(values, BigInt), [values.length])

async function lossAndGradient(
  judged: { network: Network; loss: string },
  feeds: Record<string, Tensor>,
): Promise<{ loss: number; gradient: number[]; all: Record<string, Tensor> }> {
  const made = await gradientGraph(judged.network, { loss: judged.loss, wrt: ['z'] })
  const all = await (await referenceRuntime().load(made)).run(feeds)
  return { loss: Number(all[judged.loss].data[0]), gradient: Array.from(all['grad:z'].data, Number), all }
}

describe('softmaxCrossEntropy', () => {
  it('is the mean negative logarithm of the right class', async () => {
    const z = matrix([2, 2], 0, Math.log(3), Math.log(4), 0)
    const { loss, gradient } = await lossAndGradient(await softmaxCrossEntropy(passing([null, 2])), {
      z,
      target: classes(1, 1),
    })
    expect(loss).toBeCloseTo(-(Math.log(3 / 4) + Math.log(1 / 5)) / 2, 12)
    const expected = [1 / 8, -1 / 8, 2 / 5, -2 / 5]
    for (const [at, value] of gradient.entries()) expect(value).toBeCloseTo(expected[at], 12)
  })

  it('takes targets per class too, and looks through a Softmax', async () => {
    const z = matrix([2, 3], 1, 2, 3, 900, -900, 0)
    const index = await lossAndGradient(await softmaxCrossEntropy(passing([null, 3], 'Softmax')), {
      z,
      target: classes(2, 1),
    })
    const hot = await lossAndGradient(await softmaxCrossEntropy(passing([null, 3]), { labels: 'one-hot' }), {
      z,
      target: matrix([2, 3], 0, 0, 1, 0, 1, 0),
    })
    expect(index.loss).toBeGreaterThan(900)
    expect(index.loss).toBeCloseTo(hot.loss, 12)
    expect(index.gradient.map(value => value + 0)).toEqual(hot.gradient.map(value => value + 0))
  })

  it('keeps replicas apart', async () => {
    const z = matrix([2, 2, 2], 0, Math.log(3), Math.log(4), 0, 0, 0, 0, 0)
    const target = tensor(BigInt64Array.of(1n, 1n, 0n, 1n), [2, 2])
    const judged = await softmaxCrossEntropy(passing([2, null, 2]), { replicas: true })
    const { gradient, all } = await lossAndGradient(judged, { z, target })
    const alone = -(Math.log(3 / 4) + Math.log(1 / 5)) / 2
    expect(all[judged.each].shape).toEqual([2])
    expect(Number(all[judged.each].data[0])).toBeCloseTo(alone, 12)
    expect(Number(all.loss.data[0])).toBeCloseTo(alone + Math.log(2), 12)
    expect(gradient[0]).toBeCloseTo(1 / 8, 12)
  })

  it('needs to know the classes, and free names', async () => {
    await expect(softmaxCrossEntropy(passing([2, null]))).rejects.toThrow(UnsupportedError)
    await expect(softmaxCrossEntropy(passing([null, 2]), { target: 'z' })).rejects.toThrow(UsageError)
    await expect(softmaxCrossEntropy(passing([null, 2]), { output: 'nothing' })).rejects.toThrow(UsageError)
  })
})

describe('binaryCrossEntropy', () => {
  it('is the mean over examples and outputs, with the gradient sigmoid − target', async () => {
    const { loss, gradient } = await lossAndGradient(await binaryCrossEntropy(passing([null, 2], 'Sigmoid')), {
      z: matrix([1, 2], 0, Math.log(3)),
      target: matrix([1, 2], 1, 0),
    })
    expect(loss).toBeCloseTo((Math.log(2) + Math.log(4)) / 2, 12)
    expect(gradient[0]).toBeCloseTo(-0.25, 12)
    expect(gradient[1]).toBeCloseTo(0.375, 12)
  })

  it('stays finite for large logits', async () => {
    const { loss, gradient } = await lossAndGradient(await binaryCrossEntropy(passing([null, 2])), {
      z: matrix([1, 2], 2000, -2000),
      target: matrix([1, 2], 0, 1),
    })
    expect(loss).toBe(2000)
    expect(gradient).toEqual([0.5, -0.5])
  })
})

describe('meanSquaredError', () => {
  it('is the mean over examples and outputs', async () => {
    const { loss, gradient } = await lossAndGradient(await meanSquaredError(passing([null, 2])), {
      z: matrix([2, 2], 1, 2, 3, 4),
      target: matrix([2, 2], 1, 0, 3, 0),
    })
    expect(loss).toBe(5)
    expect(gradient.map(value => value + 0)).toEqual([0, 1, 0, 2])
  })
})

describe('trainableParameters', () => {
  it('are the kernels and biases of a network, in order', () => {
    const { network } = smallCnn({ seed: 1, width: 2 })
    const parameters = trainableParameters(network)
    expect(parameters.map(({ role }) => role)).toEqual(new Array(5).fill(['kernel', 'bias']).flat())
    expect(parameters.slice(0, 2).map(({ name }) => name)).toEqual(['conv1.weight', 'conv1.bias'])
  })

  it('are found behind a transpose and as a constant added, but not among constants', () => {
    const held = (name: string, ...shape: number[]) =>
      [name, heldWeight(name, tensor(new Float32Array(shape.reduce((a, b) => a * b, 1)), shape))] as const
    const steps = [
      ['Sub', ['z', 'mean'], 'centred'],
      ['Transpose', ['w'], 'turned'],
      ['MatMul', ['centred', 'turned'], 'dense'],
      ['Add', ['b', 'dense'], 'sum'],
      ['Clip', ['sum', 'low'], 'y'],
    ] as const
    const network: Network = {
      ...passing([null, 2]),
      operators: steps.map(([type, inputs, output]) => ({
        ...{ name: output, type, domain: '', inputs, outputs: [output], attributes: {} },
      })),
      weights: new Map([held('mean', 2), held('w', 3, 2), held('b', 3), held('low')]),
    }
    expect(trainableParameters(network).map(({ name, role }) => [name, role])).toEqual([
      ['w', 'kernel'],
      ['b', 'bias'],
    ])
  })
})

describe('withInputs', () => {
  it('turns weights into inputs that must be fed', async () => {
    const { network } = smallCnn({ seed: 1, width: 2 })
    const open = withInputs(network, ['conv1.bias', 'dense2.weight'])
    expect(open.inputs.map(({ name }) => name)).toEqual(['input', 'conv1.bias', 'dense2.weight'])
    expect(open.weights.has('conv1.bias')).toBe(false)
    expect(network.weights.has('conv1.bias')).toBe(true)
    expect(() => withInputs(network, ['conv9.bias'])).toThrow(UsageError)
  })
})
