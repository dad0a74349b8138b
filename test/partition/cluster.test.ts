import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { UsageError } from '../../src/errors.ts'
import { loadKernels } from '../../src/kernels/kernels.ts'
import { searchK } from '../../src/partition/choose-k.ts'
import { cluster, loadClusterer, ncutOf } from '../../src/partition/cluster.ts'
import { partitionStability } from '../../src/partition/stability.ts'
import { randomStream, shuffle } from '../../src/random.ts'
import { adjustedRandIndex } from '../../src/stats/agreement.ts'
import { resultHash } from '../../src/stats/result-hash.ts'
import { fullAdjacency, graphOf, plantedGraph, randomGraph, reordered } from './sample-graphs.ts'

const clusterer = await loadClusterer()
const kernels = await loadKernels()

describe('n-cut', () => {
  it('is the sum over modules of the share of their edge weight that leaves', async () => {
    const graph = randomGraph([5, 7, 4], 3, { density: 0.6, sparse: true })
    const full = fullAdjacency(graph)
    const labels = Int32Array.from(full, (_, i) => (i === 4 ? -1 : i % 3))
    let expected = 0
    for (let c = 0; c < 3; c++) {
      let volume = 0
      let inside = 0
      full.forEach((row, i) => {
        row.forEach((weight, j) => {
          if (labels[i] === c) volume += weight
          if (labels[i] === c && labels[j] === c) inside += weight
        })
      })
      expected += (volume - inside) / volume
    }
    expect(await ncutOf(graph, labels)).toBeCloseTo(expected, 12)
  })

  it('does not change when modules are renamed', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 1e6 }), fc.integer({ min: 2, max: 5 }), async (seed, k) => {
        const graph = randomGraph([6, 5, 7], seed)
        const random = randomStream(seed, 1)
        const labels = Int32Array.from({ length: 18 }, () => random.below(k))
        const names = shuffle(
          Int32Array.from({ length: k }, (_, i) => i),
          random,
        )
        const renamed = labels.map(label => names[label])
        expect(await ncutOf(graph, renamed)).toBeCloseTo(await ncutOf(graph, labels), 12)
      }),
      { seed: 2, numRuns: 40 },
    )
  })
})

describe('cluster', () => {
  it('finds planted modules', () => {
    for (const groups of [2, 4, 6]) {
      const graph = plantedGraph([60, 36, 48, 24], groups, groups)
      const { labels, ncut } = clusterer(graph, { k: groups, seed: 1 })
      const truth = graph.layers.flatMap(layer => Array.from({ length: layer.size }, (_, i) => i % groups))
      expect(adjustedRandIndex(labels, truth)).toBe(1)
      expect(ncut).toBeLessThan(0.5 * (groups - 1))
    }
  })

  it('gives the same bits on every engine', () => {
    const dense = clusterer(randomGraph([50, 33, 41, 10], 7), { k: 5, seed: 42 })
    const sparse = clusterer(randomGraph([50, 33, 41, 10], 8, { density: 0.2, sparse: true, skips: [[0, 2]] }), {
      k: 7,
      seed: 1,
    })
    const summary = [dense, sparse].map(({ labels, ncut, ncutTerms, eigenvalues }) => [
      Array.from(labels),
      ncut,
      Array.from(ncutTerms),
      Array.from(eigenvalues),
    ])
    expect(resultHash(summary)).toMatchInlineSnapshot(
      `"affd8c1751a11e27ac3cd09af78d9365d60b420c510c08b85d34505b9077038c"`,
    )
  })

  it('does not depend on the order of units in the file', () => {
    for (let seed = 0; seed < 20; seed++) {
      const graph = randomGraph([40, 25, 31, 12], seed, seed % 2 ? { density: 0.3, sparse: true } : {})
      const order = graph.layers.map((layer, l) =>
        shuffle(
          Int32Array.from({ length: layer.size }, (_, i) => i),
          randomStream(seed, 9, l),
        ),
      )
      const plain = clusterer(graph, { k: 6, seed })
      const moved = clusterer(reordered(graph, order), { k: 6, seed })
      let offset = 0
      graph.layers.forEach((layer, l) => {
        order[l].forEach((was, now) => {
          expect(moved.labels[offset + now]).toBe(plain.labels[offset + was])
        })
        offset += layer.size
      })
      expect(moved.ncut).toBeCloseTo(plain.ncut, 12)
    }
  })

  it('treats dense and sparse storage alike', () => {
    const dense = clusterer(randomGraph([30, 22, 17], 5, { density: 0.4 }), { k: 4, seed: 3 })
    const sparse = clusterer(randomGraph([30, 22, 17], 5, { density: 0.4, sparse: true }), { k: 4, seed: 3 })
    expect(sparse.labels).toEqual(dense.labels)
    expect(sparse.ncut).toBeCloseTo(dense.ncut, 12)
  })

  it('labels units without edges −1 and numbers modules by volume', () => {
    const graph = graphOf(
      [6, 4],
      [{ from: 0, to: 1, weight: (row, column) => (column === 2 || row === 1 ? 0 : 1 + ((row + column) % 2) * 5) }],
    )
    const { labels } = clusterer(graph, { k: 2, seed: 0 })
    expect(labels[2]).toBe(-1)
    expect(labels[7]).toBe(-1)
    const full = fullAdjacency(graph)
    const volume = [0, 1].map(c =>
      full.reduce((sum, row, i) => sum + (labels[i] === c ? row.reduce((a, b) => a + b) : 0), 0),
    )
    expect(volume[0]).toBeGreaterThanOrEqual(volume[1])
  })

  it('takes disconnected parts as modules of n-cut 0', () => {
    const apart = (row: number, column: number) => (row % 3 === column % 3 ? 1 + row + column : 0)
    const graph = graphOf(
      [9, 6, 7],
      [
        { from: 0, to: 1, weight: apart },
        { from: 1, to: 2, weight: apart },
      ],
    )
    for (const k of [2, 3]) expect(clusterer(graph, { k, seed: 1 }).ncut).toBeCloseTo(0, 12)
  })

  it('answers for the smallest cases', () => {
    const pair = graphOf([1, 1], [{ from: 0, to: 1, weight: () => 2 }])
    expect(clusterer(pair, { k: 1, seed: 0 })).toMatchObject({ ncut: 0, k: 1 })
    expect(clusterer(pair, { k: 2, seed: 0 }).ncut).toBe(2)
  })

  it('says what is wrong with a k or a graph that cannot be clustered', async () => {
    const graph = randomGraph([3, 4], 1)
    expect(() => clusterer(graph, { k: 8, seed: 0 })).toThrow(/k = 8 .* 7 connected units/)
    expect(() => clusterer(graph, { k: 0, seed: 0 })).toThrow(UsageError)
    expect(() => clusterer(graph, { k: 2.5, seed: 0 })).toThrow(UsageError)
    expect(() => clusterer(graph, { k: 2, seed: -1 })).toThrow(/seed/)
    await expect(cluster({ layers: graph.layers, blocks: [] }, { k: 2, seed: 0 })).rejects.toThrow(/no edges/)
    expect(() => clusterer(graphOf([2, 2], [{ from: 0, to: 1, weight: () => 0 }]), { k: 2, seed: 0 })).toThrow(/zero/)
  })

  it('clusters points that coincide without losing its way', () => {
    const { labels } = clusterer(graphOf([4, 4], [{ from: 0, to: 1, weight: () => 1 }]), { k: 3, seed: 0 })
    expect(new Set(labels)).toEqual(new Set([0, 1, 2]))
  })
})

describe('searchK', () => {
  it('shows the planted number of modules in the eigengap, and chooses by the excess over a baseline', () => {
    for (const groups of [3, 5, 7]) {
      const graph = plantedGraph([70, 42, 56], groups, groups)
      const plain = searchK(kernels, graph, { seed: 1 })
      expect(plain.ks).toEqual(Array.from({ length: 15 }, (_, i) => i + 2))
      expect(plain.partitions.map(({ k }) => k)).toEqual(plain.ks)
      expect(plain.eigengaps[groups - 2]).toBe(Math.max(...plain.eigengaps))
      expect(plain.excess).toEqual(plain.clusterability)
      // Against a baseline that all k but one beat evenly, that one is chosen.
      const baseline = plain.clusterability.map((value, i) => 1 - value + (plain.ks[i] === groups ? 0.2 : 0.1))
      expect(searchK(kernels, graph, { seed: 1, baseline }).chosen).toBe(groups)
    }
  })

  it('tries no k that the graph cannot have', () => {
    expect(searchK(kernels, randomGraph([3, 4], 1), { seed: 0 }).ks).toEqual([2, 3, 4, 5, 6])
    expect(() => searchK(kernels, randomGraph([1, 1], 1), { seed: 0, from: 4, to: 5 })).toThrow(UsageError)
    expect(() => searchK(kernels, randomGraph([3, 4], 1), { seed: 0, from: 5, to: 4 })).toThrow(/2 ≤ from ≤ to/)
  })
})

describe('partitionStability', () => {
  it('is certain of strong modules and lists one partition', () => {
    const result = partitionStability(kernels, plantedGraph([60, 36, 48], 4, 1), { k: 4, seed: 1, runs: 6 })
    expect(Array.from(result.confidence)).toEqual(new Array(144).fill(1))
    expect(result.meanAri).toBe(1)
    expect(result.nearBest).toHaveLength(1)
    expect(result.nearBest[0]).toMatchObject({ runs: 6, ari: 1 })
  })

  it('is uncertain where there is nothing to find, and says which partitions are as good', () => {
    const result = partitionStability(kernels, randomGraph([60, 36, 48], 2), { k: 5, seed: 1, runs: 10, restarts: 1 })
    expect(result.meanAri).toBeLessThan(0.9)
    expect(Math.min(...result.confidence)).toBeLessThan(1)
    expect(result.nearBest.reduce((sum, { runs }) => sum + runs, 0)).toBeLessThanOrEqual(10)
    expect(result.nearBest[0].ari).toBe(1)
  })
})
