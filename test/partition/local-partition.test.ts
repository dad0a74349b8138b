/** Partitions layer by layer, their numbering, and mean edges within and between modules. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { UnitGraph } from '../../src/graph/unit-graph.ts'
import { loadKernels } from '../../src/kernels/kernels.ts'
import { alignLayers } from '../../src/partition/align-layers.ts'
import { edgeMeans } from '../../src/partition/edge-means.ts'
import { localByNeighbours, localWithinLayers } from '../../src/partition/local-partition.ts'
import { paperLocal } from '../../src/partition/paper-local.ts'
import { randomStream } from '../../src/random.ts'
import { adjustedRandIndex } from '../../src/stats/agreement.ts'

const kernels = await loadKernels()

/** A chain in which unit u of every layer belongs to group u mod `groups`. */
function chain(sizes: readonly number[], groups: number, kind: 'neuron' | 'channel' = 'neuron'): UnitGraph {
  const random = randomStream(7)
  const layers = sizes.map((size, at) => ({ name: `l${at}`, size, role: 'hidden' as const, kind }))
  const blocks = sizes.slice(1).map((rows, from) => {
    const values = Float32Array.from({ length: rows * sizes[from] }, (_, cell) => {
      const together = Math.floor(cell / sizes[from]) % groups === (cell % sizes[from]) % groups
      return (together ? 1 : 0.05) * (0.5 + random.uniform())
    })
    return { from, to: from + 1, edges: { kind: 'dense' as const, values } }
  })
  return { layers, blocks }
}

const groupsOf = (sizes: readonly number[], groups: number) =>
  Int32Array.from(sizes.flatMap(size => Array.from({ length: size }, (_, u) => u % groups)))

describe('localByNeighbours', () => {
  const sizes = [12, 9, 15, 6]
  const graph = chain(sizes, 3)
  const planted = groupsOf(sizes, 3)

  it('finds the groups of every layer; first and last take theirs from the nearest triple', () => {
    const { labels, layers } = localByNeighbours(kernels, graph, planted, { seed: 1 })
    expect(layers.map(({ layer, k }) => [layer, k])).toEqual([
      [1, 3],
      [2, 3],
    ])
    let first = 0
    for (const size of sizes) {
      expect(adjustedRandIndex(labels.subarray(first, first + size), planted.subarray(first, first + size))).toBe(1)
      first += size
    }
    // One clustering: the numbers of the first two layers go together.
    expect(adjustedRandIndex(labels.subarray(0, 21), planted.subarray(0, 21))).toBe(1)
  })

  it('gives a layer as many modules as the global partition has in it, or a fixed number to all, ends included', () => {
    const two = planted.map((label, unit) => (unit >= 12 && unit < 21 ? label % 2 : label))
    expect(localByNeighbours(kernels, graph, two, { seed: 1 }).layers.map(({ k }) => k)).toEqual([2, 3])
    const fixed = localByNeighbours(kernels, graph, planted, { seed: 1, k: 5 })
    expect(fixed.layers.map(({ layer, k }) => [layer, k])).toEqual([0, 1, 2, 3].map(layer => [layer, 5]))
  })

  it('leaves layers out that have no unit in a module', () => {
    const none = planted.map((label, unit) => (unit >= 12 && unit < 21 ? -1 : label))
    const { labels, layers } = localByNeighbours(kernels, graph, none, { seed: 1 })
    expect(layers.map(({ layer }) => layer)).toEqual([2])
    expect([...labels.subarray(0, 21)].every(label => label === -1)).toBe(true)
  })
})

describe('localWithinLayers', () => {
  it('clusters each layer by its own edges alone', () => {
    const layers = [6, 8].map((size, at) => ({
      name: `l${at}`,
      size,
      role: 'hidden' as const,
      kind: 'neuron' as const,
    }))
    const within = (size: number) =>
      Float32Array.from({ length: size * size }, (_, cell) => {
        const [r, c] = [Math.floor(cell / size), cell % size]
        return c < r ? (r % 2 === c % 2 ? 1 : 0.1) : 0
      })
    const blocks = [
      { from: 0, to: 0, edges: { kind: 'dense' as const, values: within(6) } },
      // Would put all in one module, were it looked at.
      { from: 0, to: 1, edges: { kind: 'dense' as const, values: new Float32Array(48).fill(100) } },
      { from: 1, to: 1, edges: { kind: 'dense' as const, values: within(8) } },
    ]
    const planted = groupsOf([6, 8], 2)
    const found = localWithinLayers(kernels, { layers, blocks }, planted, { seed: 1 })
    for (const [from, to] of [
      [0, 6],
      [6, 14],
    ])
      expect(adjustedRandIndex(found.labels.subarray(from, to), planted.subarray(from, to))).toBe(1)
    // Three units of a module of three: 2 edges each within; 3 of weight .1 leave.
    expect(found.layers[0].ncut).toBeCloseTo(2 * (0.9 / (6 + 0.9)), 6)
  })
})

describe('paperLocal', () => {
  it('reads the labels of convolutions where they would be if the first layer were there', () => {
    const sizes = [4, 4, 4, 4]
    const graph = chain(sizes, 2, 'channel')
    const global = Int32Array.from([0, 1, 0, 1, 0, 0, 0, 0, 0, 1, 2, 2, 0, 1, 0, 1])
    const { labels, layers } = paperLocal(kernels, graph, global, { seed: 1 })
    // As many modules as the layer before has.
    expect(layers.map(({ layer, k }) => [layer, k])).toEqual([
      [1, 2],
      [2, 1],
    ])
    // Y–Z of the first triple are layers 1 and 2, one clustering: l0 has the labels of 1, l1 those of 2.
    expect(labels[0]).toBe(labels[4])
    expect(adjustedRandIndex(labels.subarray(0, 8), groupsOf([8], 2))).toBe(1)
    expect([...labels.subarray(8)]).toEqual([0, 0, 0, 0, 0, 0, 0, 0])
  })

  it('counts the modules of perceptrons where they would be without inputs', () => {
    const graph = chain([8, 4, 4, 4], 2)
    const global = Int32Array.from([0, 1, 2, 3, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])
    const { layers } = paperLocal(kernels, graph, global, { seed: 1 })
    expect(layers.map(({ layer, k }) => [layer, k])).toEqual([
      [1, 4],
      [2, 2],
    ])
  })

  it('refuses what is no chain, or has too few labels', () => {
    const graph = chain([4, 4, 4], 2)
    const looped = { ...graph, blocks: [...graph.blocks, { ...graph.blocks[0], to: 2 }] }
    expect(() => paperLocal(kernels, looped, groupsOf([12], 2), { seed: 1 })).toThrow(/chain of at least three layers/)
    const narrowing = chain([8, 4, 3], 2, 'channel')
    expect(() => paperLocal(kernels, narrowing, groupsOf([15], 2), { seed: 1 })).toThrow(
      /no labels for all units of l1/,
    )
  })
})

describe('alignLayers', () => {
  const partition = fc.array(fc.integer({ min: -1, max: 4 }), { minLength: 12, maxLength: 12 })

  it('gives the global numbers back whatever the numbers within the layers were', () => {
    const global = Int32Array.from([0, 0, 1, 2, 2, -1, 3, 3, 1, 0, 1, 3])
    const local = Int32Array.from([2, 2, 0, 1, 1, -1, 0, 0, 1, 2, 1, 0])
    expect(alignLayers(local, global, Int32Array.of(0, 6, 12))).toEqual(global)
  })

  it('keeps the partition of each layer as it is', () => {
    fc.assert(
      fc.property(partition, partition, (a, b) => {
        const [local, global] = [Int32Array.from(a), Int32Array.from(b)]
        const aligned = alignLayers(local, global, Int32Array.of(0, 5, 12))
        for (const [from, to] of [
          [0, 5],
          [5, 12],
        ])
          for (let i = from; i < to; i++)
            for (let j = from; j < to; j++) expect(aligned[i] === aligned[j]).toBe(local[i] === local[j])
        expect([...aligned].map(label => label < 0)).toEqual(a.map(label => label < 0))
      }),
      { seed: 3, numRuns: 100 },
    )
  })
})

describe('edgeMeans', () => {
  it('is the mean over pairs, linked or not, each once, units without a module left out', () => {
    const graph: UnitGraph = {
      layers: chain([3, 2], 1).layers,
      blocks: [
        { from: 0, to: 0, edges: { kind: 'dense', values: Float32Array.of(0, 0, 0, 4, 0, 0, 8, 2, 0) } },
        { from: 0, to: 1, edges: { kind: 'dense', values: Float32Array.of(1, 0, 5, 3, 7, 9) } },
      ],
    }
    // Within: 4, 1, 0; between: 8, 2, 5. The last unit is in no module.
    expect(edgeMeans(graph, [0, 0, 1, 0, -1])).toEqual({ within: 5 / 3, between: 5 })
    expect(edgeMeans(graph, [0, 1, 2, 3, 4]).within).toBe(null)
  })
})
