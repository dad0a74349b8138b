/** The degree-preserving null model of edges within one layer. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { storeBlock } from '../../src/graph/store.ts'
import { degrees, forEachEdge, type UnitGraph } from '../../src/graph/unit-graph.ts'
import { randomStream } from '../../src/random.ts'
import { swapEdges } from '../../src/significance/edge-swaps.ts'
import { nullSampler } from '../../src/significance/null-models.ts'
import { testModularity } from '../../src/significance/test.ts'

/** A random graph of one layer; `weigh` gives the weight of a pair, 0 for none. */
function within(size: number, weigh: (row: number, column: number) => number): UnitGraph {
  const values = Float32Array.from({ length: size * size }, (_, cell) => {
    const [row, column] = [Math.floor(cell / size), cell % size]
    return column < row ? weigh(row, column) : 0
  })
  const layers = [{ name: 'units', size, role: 'hidden', kind: 'neuron' }] as const
  return { layers, blocks: [storeBlock({ from: 0, to: 0, edges: { kind: 'dense', values } }, size, size)] }
}

function counts(graph: UnitGraph): number[] {
  const found = new Array<number>(graph.layers[0].size).fill(0)
  forEachEdge(graph, graph.blocks[0], (row, column) => {
    expect(column).toBeLessThan(row)
    found[row]++
    found[column]++
  })
  return found
}

describe('edge swaps', () => {
  it('reach every graph of the same degrees equally often', () => {
    // Degrees 2, 2, 2, 1, 1: seven simple graphs.
    const tally = new Map<string, number>()
    const ends = Int32Array.of(0, 1, 1, 2, 2, 3, 4, 0)
    const random = randomStream(1)
    const draws = 7000
    for (let i = 0; i < draws; i++) {
      swapEdges(ends, 5, 8, random)
      const edges = Array.from({ length: 4 }, (_, e) => [ends[2 * e], ends[2 * e + 1]].sort().join('–'))
      expect(new Set(edges).size).toBe(4)
      tally.set(edges.sort().join(), (tally.get(edges.join()) ?? 0) + 1)
    }
    const expected = draws / tally.size
    const chiSquare = [...tally.values()].reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0)
    expect(tally.size).toBe(7)
    // The .999 quantile of χ² with 6 degrees of freedom.
    expect(chiSquare).toBeLessThan(22.5)
  })
})

describe('degree-preserving within a layer', () => {
  it('keeps every unit’s number of edges and strength, and moves edges and weights', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1e6 }), fc.constantFrom(0.15, 0.5, 1), (seed, density) => {
        const random = randomStream(seed)
        const graph = within(24, () => (random.uniform() < density ? 0.2 + random.uniform() : 0))
        const drawn = nullSampler('degree-preserving', graph)(randomStream(seed, 1))
        expect(counts(drawn)).toEqual(counts(graph))
        const [before, after] = [degrees(graph), degrees(drawn)]
        before.forEach((strength, unit) => {
          expect(Math.abs(after[unit] - strength)).toBeLessThanOrEqual(2e-6 * Math.max(1, strength))
        })
        expect(drawn.blocks[0].edges.kind).toBe(graph.blocks[0].edges.kind)
        expect(drawn.blocks[0].edges.values).not.toEqual(graph.blocks[0].edges.values)
      }),
      { numRuns: 25, seed: 1 },
    )
  })

  it('a star has no other graph of its degrees: it stays', () => {
    const star = within(6, (_, column) => (column === 0 ? 1 : 0))
    const drawn = nullSampler('degree-preserving', star)(randomStream(1))
    expect(counts(drawn)).toEqual([5, 1, 1, 1, 1, 1])
    expect(
      [...drawn.blocks[0].edges.values].filter(weight => weight > 0).every(weight => Math.abs(weight - 1) < 1e-5),
    ).toBe(true)
  })

  it('graphs without modules are called modular no more often than alpha, planted ones are', async () => {
    const rejected = { random: 0, planted: 0 }
    for (let seed = 0; seed < 30; seed++) {
      const random = randomStream(7, seed)
      // Hubs: degrees differ widely, which shuffles that ignore them take for structure.
      const hub = Array.from({ length: 40 }, () => random.uniform() ** 2)
      const options = { k: 2, seed, shuffles: 19, nulls: ['degree-preserving'] as const }
      const bare = within(40, (a, b) => (random.uniform() < hub[a] * hub[b] * 2 ? 1 : 0))
      if ((await testModularity(bare, options)).modular) rejected.random++
      if (seed >= 5) continue
      const planted = within(40, (a, b) => (random.uniform() < (a < 20 === b < 20 ? 0.4 : 0.05) ? 1 : 0))
      if ((await testModularity(planted, options)).modular) rejected.planted++
    }
    // 30 tests at .05: 6 or more would come in less than one of a hundred cases.
    expect(rejected.random).toBeLessThan(6)
    expect(rejected.planted).toBe(5)
  })

  it('decides by default, with edges, where edges run within a layer', async () => {
    const random = randomStream(3)
    const graph = within(20, () => (random.uniform() < 0.3 ? 1 : 0))
    const verdict = await testModularity(graph, { k: 2, seed: 1, shuffles: 19 })
    expect(verdict.deciding).toEqual(['edges', 'degree-preserving'])
  })
})
