/** Sculpting a network that comes from elsewhere. */
import { describe, expect, it } from 'vitest'
import type { Dataset, Split } from '../../src/data/dataset.ts'
import { mlp, smallCnn, vgg16 } from '../../src/network/architectures.ts'
import { randomStream } from '../../src/random.ts'
import { detectModules } from '../../src/sculpt/detect.ts'
import { readChain } from '../../src/sculpt/own/chain.ts'
import { allEdges, edgeMagnitudes, weightMasks, withoutDeadEdges } from '../../src/sculpt/own/chain-masks.ts'
import { sculptNetwork } from '../../src/sculpt/own/sculpt-network.ts'
import { fit } from '../../src/training/fit.ts'

/** Two bits, each the sign of the sum of its own four inputs. */
function halves(): Dataset {
  const split = (seed: number, examples: number): Split => {
    const random = randomStream(seed)
    const inputs = Float32Array.from({ length: examples * 8 }, () => 2 * random.uniform() - 1)
    const targets = Float32Array.from({ length: examples * 2 }, (_, i) => {
      const from = Math.floor(i / 2) * 8 + (i % 2) * 4
      return inputs.subarray(from, from + 4).reduce((sum, value) => sum + value, 0) > 0 ? 1 : 0
    })
    return { inputs, targets }
  }
  return {
    ...{ name: 'halves', shape: [8], divisor: 1, heads: 1, outputs: 2, shuffle: true, provenance: 'made here' },
    ...{ train: split(1, 800), tests: { test: split(2, 300) } },
  }
}

describe('readChain', () => {
  it('knows dense layers, convolutions, flattening and batch norm', () => {
    const cnn = readChain(smallCnn({ seed: 1, width: 4 }).network)
    expect(cnn.map(({ sources, units, perEdge }) => [sources, units, perEdge])).toEqual([
      [1, 4, 9],
      [4, 4, 9],
      [4, 4, 9],
      [4, 128, 49],
      [128, 10, 1],
    ])
    const vgg = readChain(vgg16({ seed: 1, batchNorm: true, input: [3, 32, 32] }).network)
    expect(vgg).toHaveLength(15)
    expect(vgg[0].perUnit.length).toBeGreaterThan(1)
  })

  it('names the operator that is no part of a chain', () => {
    const { network } = mlp([4, 3, 2], { seed: 1 })
    const last = network.operators.at(-1)!
    const skip = { ...last, name: 'skip', type: 'Mul', inputs: [last.outputs[0], last.outputs[0]], outputs: ['out'] }
    expect(() => readChain({ ...network, operators: [...network.operators, skip] })).toThrow(/skip \(Mul\)/)
    expect(() => readChain(mlp([4, 2], { seed: 1 }).network)).toThrow(/at least two/)
  })
})

describe('masks of a chain', () => {
  it('take slices of kernels and the positions of a channel together', async () => {
    const { network } = smallCnn({ seed: 1, width: 2 })
    const chain = readChain(network)
    const masks = allEdges(chain)
    // Channel 1 of the last convolution leads nowhere: its edges go too.
    for (let unit = 0; unit < 128; unit++) masks[3][unit * 2 + 1] = 0
    const left = withoutDeadEdges(chain, masks)
    expect([...left[2]]).toEqual([1, 1, 0, 0])
    const found = weightMasks(network, chain, left)
    const dense = found.get(chain[3].weight)!
    expect(dense.reduce((sum, kept) => sum + kept, 0)).toBe(128 * 49)
    expect(dense.subarray(0, 49).every(kept => kept === 1)).toBe(true)
    const magnitudes = await edgeMagnitudes(network, chain, left)
    expect(magnitudes[2][3]).toBe(0)
    expect(magnitudes[2][0]).toBeGreaterThan(0)
  })
})

describe('sculptNetwork', () => {
  it('finds two functions of separate inputs, and keeps the accuracy', async () => {
    const data = halves()
    const start = mlp([8, 24, 2], { seed: 1 }).network
    const shared = { seed: 1, loss: 'binary-cross-entropy', batch: 50, rate: 0.01 } as const
    const { network } = await fit(start, data, { ...shared, epochs: 15 })
    const sculpted = await sculptNetwork(network, data, {
      seed: 1,
      batch: 50,
      rate: 0.01,
      epochs: 4,
      drop: 0.03,
      smallest: 4,
    })
    expect(sculpted.accuracyBefore).toBeGreaterThan(0.9)
    expect(sculpted.accuracy).toBeGreaterThanOrEqual(sculpted.accuracyBefore - 0.03)
    expect(sculpted.sparsity).toBeGreaterThan(0.5)
    const found = detectModules(sculpted.masked, { mergeThreshold: 0.6, modularityThreshold: 0.3 })
    const inputs = [...found.layers[0].modules]
    expect(new Set(inputs.slice(0, 4)).size).toBe(1)
    expect(new Set(inputs.slice(4)).size).toBe(1)
    expect(inputs[0]).not.toBe(inputs[4])
  })

  it('refuses steps and drops out of range', async () => {
    const { network } = mlp([8, 4, 2], { seed: 1 })
    await expect(sculptNetwork(network, halves(), { seed: 1, unitStep: 100 })).rejects.toThrow(/"unitStep"/)
    await expect(sculptNetwork(network, halves(), { seed: 1, drop: -1 })).rejects.toThrow(/"drop"/)
  })
})
