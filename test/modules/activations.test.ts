/** Activations of units, and what a channel's map comes to. */
import { describe, expect, it } from 'vitest'
import { unitGraph } from '../../src/graph/walk.ts'
import { collectActivations } from '../../src/modules/activations.ts'
import { summarise } from '../../src/modules/map-summaries.ts'
import { mlp, smallCnn } from '../../src/network/architectures.ts'
import { randomStream } from '../../src/random.ts'
import { referenceRuntime } from '../../src/runtime/reference.ts'

const noise = (length: number, seed = 1) => {
  const random = randomStream(seed)
  return Float32Array.from({ length }, () => random.uniform() - 0.5)
}

describe('collectActivations', () => {
  it('gives every unit of every layer, before and after the activation function, batch by batch', async () => {
    const { network } = mlp([6, 5, 4, 3], { seed: 1 })
    const { graph } = await unitGraph(network)
    const inputs = noise(6 * 7)
    const of = (at: 'before' | 'after', batch: number) =>
      collectActivations(network, graph, inputs, { at, batch, runtime: referenceRuntime() })
    const [before, after, byTwo] = [await of('before', 64), await of('after', 64), await of('after', 2)]
    expect(after.map(({ values }) => values.length)).toEqual([42, 35, 28, 21])
    // The first input of each example.
    expect([...after[0].values.slice(0, 7)]).toEqual(Array.from({ length: 7 }, (_, i) => inputs[6 * i]))
    expect([...after[1].values]).toEqual([...before[1].values].map(value => Math.max(0, value)))
    expect([...after[3].values]).toEqual([...before[3].values])
    for (const [l, { values }] of byTwo.entries())
      values.forEach((value, i) => {
        expect(value).toBeCloseTo(after[l].values[i], 6)
      })
  })

  it('summarises channels, and refuses data that do not fit', async () => {
    const { network } = smallCnn({ seed: 1, width: 2, input: [1, 8, 8] })
    const { graph } = await unitGraph(network)
    const layers = await collectActivations(network, graph, noise(3 * 64), {
      summary: 'max',
      runtime: referenceRuntime(),
    })
    expect(layers[1].values).toHaveLength(6)
    for (const value of layers[1].values) expect(value).toBeGreaterThanOrEqual(0)
    await expect(collectActivations(network, graph, noise(65), { runtime: referenceRuntime() })).rejects.toThrow(
      /65 values are no whole number of examples/,
    )
  })
})

describe('summarise', () => {
  const map = Float32Array.of(1, -2, 3, 0, 4, -1)

  it.each([
    ['l1', 11],
    ['l2', Math.sqrt(31)],
    ['max', 4],
    ['induced-1', 6],
    ['spectral', 5.157693443351132],
  ] as const)('%s', (summary, value) => {
    expect(summarise(map, 3, summary)).toBeCloseTo(value, 9)
  })
})
