/**
 * Graph models, operation by operation: what the network computes is what TensorFlow.js 4.22 computed from the same
 * files (`graph-cases.json`: input `noise(shape, 9)`, its CPU backend, six digits).
 */
import { describe, expect, test } from 'vitest'
import { referenceRuntime } from '../../../src/runtime/reference.ts'
import { tensor } from '../../../src/tensor/tensor.ts'
import golden from './graph-cases.json' with { type: 'json' }
import { CASES } from './graph-cases.ts'
import { graphModel, noise, openModel } from './model-files.ts'

const GOLDEN: Readonly<Record<string, { shape: number[]; values: number[] }>> = golden

describe('computes what TensorFlow.js computes', () => {
  test.each(CASES)('$name', async ({ name, input, nodes, weights }) => {
    const network = await openModel(graphModel(nodes, weights))
    const session = await referenceRuntime().load(network)
    const fed = tensor(Float32Array.from(noise(input, 9).values), input)
    const { shape, data } = (await session.run({ x: fed }))[network.outputs[0].name]
    const wanted = GOLDEN[name]
    expect(shape).toEqual(wanted.shape)
    const differences = wanted.values.map(
      (value, i) => Math.abs(Number(data[i]) - value) / Math.max(1, Math.abs(value)),
    )
    expect(Math.max(...differences)).toBeLessThan(1e-5)
    const declared = network.outputs[0].shape
    expect(declared.map((size, axis) => size ?? shape[axis])).toEqual(shape)
  })
})
