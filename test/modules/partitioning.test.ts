/** Weights or activations, the whole network or layer by layer; agreement of two partitions; modules of two networks. */
import { describe, expect, it } from 'vitest'
import { memorySource } from '../../src/formats/memory-source.ts'
import { layerOffsets } from '../../src/graph/unit-graph.ts'
import { activationsFromNpz, activationsToNpz } from '../../src/modules/activation-file.ts'
import { ccaGrid } from '../../src/modules/cca-grid.ts'
import { comparePartitions } from '../../src/modules/compare-partitions.ts'
import { activationsFor, partitioning } from '../../src/modules/partitioning.ts'
import { mlp, smallCnn } from '../../src/network/architectures.ts'
import { randomStream } from '../../src/random.ts'
import { referenceRuntime } from '../../src/runtime/reference.ts'
import { adjustedRandIndex } from '../../src/stats/agreement.ts'
import { writeNpz } from '../../src/tensor/npz.ts'
import { tensor } from '../../src/tensor/tensor.ts'
import { plantedNetwork } from './planted-layers.ts'

const runtime = referenceRuntime()
const { network, inputs, groups } = plantedNetwork()

describe('partitioning', () => {
  it.each([
    ['weights', 'global'],
    ['weights', 'local'],
    ['activations', 'global'],
    ['activations', 'local'],
  ] as const)('by %s, %s, finds two parts that share nothing', async (graph, scope) => {
    const found = await partitioning(network, inputs, { graph, scope, k: 2, seed: 1, runtime })
    const offsets = layerOffsets(found.graph)
    expect(found.graph.layers.map(({ size }) => size)).toEqual([8, 12, 10, 4])
    // Local numbers are aligned, so that the whole compares, not the layers alone.
    const hidden = [offsets[1], offsets[3]] as const
    expect(adjustedRandIndex(found.labels.subarray(...hidden), groups.subarray(...hidden))).toBe(1)
    expect([...found.labels.subarray(0, 8)].every(label => label === -1)).toBe(graph === 'activations')
    expect(found.layers?.map(({ layer }) => layer)).toEqual(scope === 'local' ? [1, 2] : undefined)
  })

  it('follows the papers: activations before the activation function in 2021, after it in 2020; channels alone', async () => {
    const options = { graph: 'activations', k: 2, seed: 1, runtime } as const
    const of = (protocol: 'paper-2020' | 'paper-2021', more = {}) =>
      partitioning(network, inputs, { ...options, protocol, ...more })
    const weights = (values: Awaited<ReturnType<typeof of>>) => values.graph.blocks.map(({ edges }) => edges.values)
    const [before, after] = [await of('paper-2021'), await of('paper-2020')]
    expect(weights(before)).not.toEqual(weights(after))
    expect(weights(await of('paper-2020', { at: 'before' }))).toEqual(weights(before))

    const cnn = smallCnn({ seed: 1, width: 3, input: [1, 6, 6] }).network
    const random = randomStream(3)
    const images = Float32Array.from({ length: 36 * 20 }, () => random.uniform())
    const channels = await partitioning(cnn, images, { ...options, protocol: 'paper-2021' })
    expect(channels.graph.layers.map(({ kind }) => kind)).toEqual(['channel', 'channel', 'channel'])
    expect(channels.labels.some(label => label >= 0)).toBe(true)
  })

  it('needs examples for activations, and hidden layers', async () => {
    const options = { graph: 'activations', k: 2, seed: 1, runtime } as const
    await expect(partitioning(network, undefined, options)).rejects.toThrow(/need examples/)
    const flat = mlp([8, 4], { seed: 1 }).network
    await expect(partitioning(flat, inputs, options)).rejects.toThrow(/no hidden layers/)
  })
})

describe('comparePartitions', () => {
  it('of weights and activations that fall into the same parts', async () => {
    const [weights, activations] = await Promise.all(
      (['weights', 'activations'] as const).map(graph =>
        partitioning(network, inputs, { graph, k: 2, seed: 1, runtime }),
      ),
    )
    const found = await comparePartitions(weights, activations, { seed: 1, draws: 199 })
    expect(found.agreement).toMatchObject({ ari: 1, nmi: 1, count: 22 })
    expect(found.nmiNull.p).toBe(1 / 200)
    expect(found.nmiNull.z).toBeGreaterThan(3)
    expect(found.nmiNull.mean).toBeLessThan(0.2)
    expect(found.transfer.secondUnderFirst).toBeCloseTo(found.ncut.second, 12)
    expect(found.means.secondUnderFirst.within).toBeGreaterThan(2 * (found.means.secondUnderFirst.between as number))
    const again = await comparePartitions(weights, activations, { seed: 1, draws: 199 })
    expect(again).toEqual(found)
  })

  it('of unrelated labels is not significant; of other units refused', async () => {
    const { graph, labels } = await partitioning(network, inputs, { k: 2, seed: 1 })
    const random = randomStream(9)
    const other = labels.map(() => random.below(2))
    const { nmiNull, transfer, ncut } = await comparePartitions(
      { graph, labels },
      { graph, labels: other },
      { seed: 1 },
    )
    expect(nmiNull.p).toBeGreaterThan(0.05)
    expect(transfer.firstUnderSecond).toBeGreaterThan(ncut.first)
    const short = { graph, labels: labels.slice(1) }
    await expect(comparePartitions({ graph, labels }, short, { seed: 1 })).rejects.toThrow(/of 34 and 33/)
    const none = { graph, labels: new Int32Array(34).fill(-1) }
    await expect(comparePartitions({ graph, labels }, none, { seed: 1 })).rejects.toThrow(/No unit is in a module/)
  })
})

describe('ccaGrid', () => {
  it('is 1 for linear images of each other, and near chance for unrelated modules', async () => {
    const random = randomStream(4)
    const examples = 400
    const noise = Array.from({ length: 6 }, () => Float32Array.from({ length: examples }, () => random.uniform()))
    const layer = (rows: readonly Float32Array[]) => ({
      ...({ name: 'a', size: rows.length, role: 'hidden', kind: 'neuron' } as const),
      values: Float32Array.from(rows.flatMap(row => [...row])),
    })
    const mix = (a: number, b: number, c: number) =>
      noise[0].map((_, i) => a * noise[0][i] + b * noise[1][i] + c * noise[2][i])
    const first = { layers: [layer(noise)], labels: Int32Array.of(0, 0, 0, 1, 1, -1) }
    // A constant unit and one that repeats another add no direction.
    const images = [mix(1, 2, 3), mix(0, 1, -5), mix(4, 0, 1), mix(2, 4, 6), new Float32Array(examples).fill(3)]
    const second = { layers: [layer(images)], labels: new Int32Array(5) }
    const grid = ccaGrid(first, second)
    expect([grid.rows, grid.columns]).toEqual([[0, 1], [0]])
    expect(grid.values[0]).toBeCloseTo(1, 5)
    expect(grid.values[1]).toBeLessThan(0.15)
    expect(grid.chance[1]).toBeCloseTo(Math.sqrt(3 / 399), 12)
    const dead = { layers: [layer([images[4]])], labels: Int32Array.of(0) }
    expect(ccaGrid(first, dead).values).toEqual([null, null])
    const few = { layers: [layer(noise.map(row => row.subarray(0, 3)))], labels: first.labels }
    expect(() => ccaGrid(few, few)).toThrow(/more examples than that, not 3/)
  })
})

describe('activations as npz', () => {
  it('come back as they were, by the names of layers', async () => {
    const { graph } = await partitioning(network, undefined, { k: 2, seed: 1 })
    const layers = await activationsFor(network, graph, inputs, { runtime })
    const source = memorySource(activationsToNpz(layers), { name: 'acts.npz' })
    expect(await activationsFromNpz(source, graph.layers)).toEqual(layers)
    expect((await activationsFromNpz(source)).map(({ name, values }) => [name, values])).toEqual(
      layers.map(({ name, values }) => [name, values]),
    )
  })

  it('summarises maps, and refuses arrays that are no activations', async () => {
    const of = (arrays: Parameters<typeof writeNpz>[0]) => memorySource(writeNpz(arrays), { name: 'x.npz' })
    const maps = of({ conv: tensor(Float32Array.of(1, -2, 3, 4, 5, 6, -7, 8), [1, 2, 2, 2]) })
    const [conv] = await activationsFromNpz(maps, undefined, 'max')
    expect(conv).toMatchObject({ name: 'conv', size: 2, values: Float32Array.of(4, 8) })
    const flat = of({ a: tensor(new Float32Array(4), [4]) })
    await expect(activationsFromNpz(flat)).rejects.toThrow(/"a" has the shape \[4\]/)
    const layer = { name: 'b', size: 3, role: 'hidden', kind: 'neuron' } as const
    await expect(activationsFromNpz(flat, [layer])).rejects.toThrow(/holds a, none of them the name of a layer: b/)
  })
})
