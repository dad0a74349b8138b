import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { mlp, smallCnn } from '../../src/network/architectures.ts'
import type { DenseLayer } from '../../src/network/build.ts'
import { disguise } from '../../src/network/disguise.ts'
import { randomStream } from '../../src/random.ts'

/** The network's answer to one example. */
function forward(layers: readonly DenseLayer[], input: Float64Array): Float64Array {
  return layers.reduce((values, { weight, bias, activation }) => {
    const [rows, columns] = weight.shape
    return Float64Array.from({ length: rows }, (_, r) => {
      let sum = Number(bias?.data[r] ?? 0)
      for (let c = 0; c < columns; c++) sum += Number(weight.data[r * columns + c]) * values[c]
      return activation === 'Relu' ? Math.max(0, sum) : sum
    })
  }, input)
}

describe('disguise', () => {
  it('keeps the function', () => {
    fc.assert(
      fc.property(fc.nat(), seed => {
        const layers = mlp([5, 8, 7, 3], { seed }).layers as readonly DenseLayer[]
        const hidden = disguise(layers, randomStream(seed, 1))
        const random = randomStream(seed, 2)
        const input = Float64Array.from({ length: 5 }, () => random.uniform() - 0.5)
        const permuted = Float64Array.from(hidden.order[0], from => input[from])
        const [before, after] = [forward(layers, input), forward(hidden.layers, permuted)]
        for (let i = 0; i < 3; i++) expect(after[i]).toBeCloseTo(before[i], 5)
      }),
      { numRuns: 50 },
    )
  })

  it('moves every layer but the last', () => {
    const { order } = disguise(mlp([20, 30, 10], { seed: 1 }).layers, randomStream(1))
    const sorted = (size: number) => Array.from({ length: size }, (_, i) => i)
    expect([...order[0]]).not.toEqual(sorted(20))
    expect([...order[0]].sort((a, b) => a - b)).toEqual(sorted(20))
    expect([...order[2]]).toEqual(sorted(10))
  })

  it('refuses networks it would change', () => {
    expect(() => disguise(smallCnn({ seed: 1 }).layers, randomStream(1))).toThrow('layer 1 is conv with Relu')
    expect(() => disguise(mlp([3, 3, 3], { seed: 1, activation: 'Tanh' }).layers, randomStream(1))).toThrow('Tanh')
  })
})
