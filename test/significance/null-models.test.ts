import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { UnitGraph } from '../../src/graph/unit-graph.ts'
import { randomStream } from '../../src/random.ts'
import { NULL_MODELS, nullSampler } from '../../src/significance/null-models.ts'
import type { NullModel } from '../../src/significance/verdict.ts'
import { resultHash } from '../../src/stats/result-hash.ts'
import { cells, smallNetwork } from './networks.ts'

const networks = fc.record({
  sizes: fc.array(fc.integer({ min: 1, max: 14 }), { minLength: 2, maxLength: 4 }),
  density: fc.constantFrom(0.3, 0.7, 1),
  seed: fc.nat(1000),
})

/** Checks a property of each block and its shuffled counterpart. */
function eachBlock(model: NullModel, check: (before: Float32Array, after: Float32Array, columns: number) => void) {
  fc.assert(
    fc.property(networks, ({ sizes, density, seed }) => {
      const graph = smallNetwork(sizes, density, seed)
      const shuffled = nullSampler(model, graph)(randomStream(seed, 1))
      expect(shuffled.layers).toBe(graph.layers)
      graph.blocks.forEach((block, i) => {
        expect(shuffled.blocks[i].edges.kind).toBe(block.edges.kind)
        check(cells(graph, block), cells(shuffled, shuffled.blocks[i]), graph.layers[block.from].size)
      })
    }),
    { seed: 5, numRuns: 60 },
  )
}

const sorted = (values: Float32Array) => Array.from(values).sort((a, b) => a - b)
const mask = (values: Float32Array) => Array.from(values, value => (value === 0 ? 0 : 1))
const countOf = (values: Float32Array) => values.filter(value => value !== 0).length

function margins(values: ArrayLike<number>, columns: number): number[] {
  const rows = values.length / columns
  const sums = new Array<number>(rows + columns).fill(0)
  for (let i = 0; i < values.length; i++) {
    sums[Math.floor(i / columns)] += values[i]
    sums[rows + (i % columns)] += values[i]
  }
  return sums
}

describe('every null model', () => {
  it.each(NULL_MODELS)('%s draws the same network from the same stream, another from another', model => {
    const graph = smallNetwork([9, 12, 8], 0.8, 3)
    const draw = nullSampler(model, graph)
    const first = draw(randomStream(1, 2))
    expect(nullSampler(model, graph)(randomStream(1, 2))).toEqual(first)
    expect(draw(randomStream(1, 2))).toEqual(first)
    expect(draw(randomStream(1, 3))).not.toEqual(first)
  })

  it.each(NULL_MODELS)('%s leaves the network it is given alone, and sparse rows in order', model => {
    const graph = smallNetwork([9, 12, 8, 10], 0.5, 4)
    const before = structuredClone(graph)
    const { blocks } = nullSampler(model, graph)(randomStream(2))
    expect(graph).toEqual(before)
    for (const { edges } of blocks) {
      if (edges.kind === 'dense') continue
      for (let r = 0; r + 1 < edges.rowStart.length; r++)
        for (let i = edges.rowStart[r] + 1; i < edges.rowStart[r + 1]; i++)
          expect(edges.columns[i]).toBeGreaterThan(edges.columns[i - 1])
    }
  })

  // Written down once; this suite runs in Node and in Chromium.
  it.each<[NullModel, string]>([
    ['layer', '5c8a727a4a31b1f9'],
    ['layer-nonzero', '5e927eae98973a18'],
    ['layer-kde', '7ea5acdce4fb3f71'],
    ['layer-nonzero-kde', '9c1463c453ad4a4d'],
    ['degree-preserving', 'bcffa8d0e76f600c'],
    ['random-initialisation', 'cd2859cd2f70b06d'],
    ['edges', '6a65152b4e0a47fd'],
  ])('%s draws the same bits on every engine', (model, hash) => {
    const { blocks } = nullSampler(model, smallNetwork([20, 30, 12], 0.6, 1))(randomStream(1, 2))
    expect(resultHash(blocks).slice(0, 16)).toBe(hash)
  })

  it('refuses blocks within one layer', () => {
    const graph: UnitGraph = {
      layers: smallNetwork([3, 3], 1, 1).layers,
      blocks: [{ from: 1, to: 1, edges: { kind: 'dense', values: new Float32Array(9) } }],
    }
    expect(() => nullSampler('layer', graph)).toThrow(/layer l1 has edges within itself/)
  })
})

describe('edges', () => {
  const graph: UnitGraph = {
    layers: smallNetwork([4, 3], 1, 1).layers,
    blocks: [
      { from: 0, to: 0, edges: { kind: 'dense', values: below(4) } },
      { from: 0, to: 1, edges: { kind: 'dense', values: Float32Array.from({ length: 12 }, (_, i) => 10 + i) } },
    ],
  }
  function below(size: number) {
    return Float32Array.from({ length: size * size }, (_, i) => (i % size < Math.floor(i / size) ? i / 16 : 0))
  }

  it('keeps the weights of all pairs, moves them between blocks, and leaves the diagonal and what is above it empty', () => {
    const draw = nullSampler('edges', graph)
    const all = ({ blocks }: UnitGraph) => sorted(Float32Array.from(blocks.flatMap(({ edges }) => [...edges.values])))
    const first = new Float64Array(16)
    for (let i = 0; i < 2000; i++) {
      const shuffled = draw(randomStream(4, i))
      expect(all(shuffled)).toEqual(all(graph))
      shuffled.blocks[0].edges.values.forEach((weight, cell) => {
        if (weight >= 10) first[cell]++
      })
    }
    // 12 of the 18 pairs weigh 10 or more.
    const error = Math.sqrt((2 / 9) * 2000)
    mask(below(4)).forEach((pair, cell) => {
      if (pair) expect(Math.abs(first[cell] - 2000 * (2 / 3))).toBeLessThan(4.5 * error)
      else expect(first[cell]).toBe(0)
    })
  })
})

describe('layer', () => {
  it('keeps the multiset of cells', () => eachBlock('layer', (a, b) => expect(sorted(b)).toEqual(sorted(a))))

  it('puts the edges of a sparse block anywhere, every cell equally often', () => {
    const graph = smallNetwork([4, 3, 5], 0.4, 6)
    const draw = nullSampler('layer', graph)
    const total = new Float64Array(15)
    const draws = 3000
    for (let i = 0; i < draws; i++) {
      const shuffled = draw(randomStream(8, i))
      mask(cells(shuffled, shuffled.blocks[1])).forEach((edge, cell) => {
        total[cell] += edge
      })
    }
    const share = countOf(cells(graph, graph.blocks[1])) / 15
    const error = Math.sqrt((share * (1 - share)) / draws)
    for (const hits of total) expect(Math.abs(hits / draws - share)).toBeLessThan(4.5 * error)
  })
})

describe('layer-nonzero', () => {
  it('keeps the multiset and the positions of the edges', () =>
    eachBlock('layer-nonzero', (a, b) => {
      expect(sorted(b)).toEqual(sorted(a))
      expect(mask(b)).toEqual(mask(a))
    }))
})

describe('kernel density nulls', () => {
  it('layer-nonzero-kde keeps positions and draws positive weights near existing ones', () =>
    eachBlock('layer-nonzero-kde', (a, b) => {
      expect(mask(b)).toEqual(mask(a))
      for (const value of b) {
        expect(value).toBeGreaterThanOrEqual(0)
        // Six standard deviations of the kernel.
        if (value > 0) expect(a.some(weight => Math.abs(weight - value) < 0.06)).toBe(true)
      }
    }))

  it('add no variance; the paper protocol, which draws with replacement, adds that of the kernel', () => {
    // One weight many times over: all spread comes from the kernels.
    const graph = smallNetwork([50, 50], 1, 1)
    graph.blocks[0].edges.values.fill(0.02)
    const meanSquare = (protocol: 'default' | 'paper') => {
      const { values } = nullSampler('layer-nonzero-kde', graph, protocol)(randomStream(3)).blocks[0].edges
      return values.reduce((sum, value) => sum + value * value, 0) / values.length
    }
    expect(Math.abs(meanSquare('default') / 0.0004 - 1)).toBeLessThan(0.06)
    expect(Math.abs(meanSquare('paper') / 0.0005 - 1)).toBeLessThan(0.06)
  })

  it('layer-kde keeps the number of edges', () => eachBlock('layer-kde', (a, b) => expect(countOf(b)).toBe(countOf(a))))
})

describe('degree-preserving', () => {
  it('keeps each unit’s number of edges exactly and its strength to a millionth', () =>
    eachBlock('degree-preserving', (a, b, columns) => {
      expect(margins(mask(b), columns)).toEqual(margins(mask(a), columns))
      const before = margins(a, columns)
      margins(b, columns).forEach((strength, unit) => {
        expect(Math.abs(strength - before[unit])).toBeLessThanOrEqual(1e-6 * before[unit])
      })
    }))

  it('moves edges and weights', () => {
    const graph = smallNetwork([30, 30, 30], 0.4, 2)
    const shuffled = nullSampler('degree-preserving', graph)(randomStream(4))
    graph.blocks.forEach((block, i) => {
      const before = mask(cells(graph, block))
      const after = mask(cells(shuffled, shuffled.blocks[i]))
      const kept = before.filter((edge, cell) => edge && after[cell]).length / countOf(cells(graph, block))
      // Chance alone keeps about the density, .4.
      expect(kept).toBeLessThan(0.55)
    })
  })

  it('keeps the spread of the weights relative to what strengths explain, draw after draw', () => {
    let graph = smallNetwork([40, 30], 1, 9)
    const spread = ({ blocks }: UnitGraph) => {
      const { values } = blocks[0].edges
      const sums = margins(values, 40)
      const total = values.reduce((sum, value) => sum + value, 0)
      const residuals = values.map((value, i) => (value * total) / (sums[Math.floor(i / 40)] * sums[30 + (i % 40)]))
      return residuals.reduce((sum, residual) => sum + (residual - 1) ** 2, 0) / values.length
    }
    const before = spread(graph)
    for (let i = 0; i < 10; i++) graph = nullSampler('degree-preserving', graph)(randomStream(6, i))
    expect(Math.abs(spread(graph) / before - 1)).toBeLessThan(0.03)
  })

  it('falls back to fewer trades where few masks admit the strengths', () => {
    // Unit 0 of the first layer carries ten times the strength over a single edge to the one unit that can take it.
    const values = Float32Array.of(10, 1, 0, 0, 1, 1, 0, 1, 0, 0, 1, 1, 0, 0, 1, 1)
    const graph: UnitGraph = {
      layers: smallNetwork([4, 4], 1, 1).layers,
      blocks: [{ from: 0, to: 1, edges: { kind: 'dense', values } }],
    }
    const draw = nullSampler('degree-preserving', graph)
    for (let i = 0; i < 20; i++) {
      const after = cells(graph, draw(randomStream(1, i)).blocks[0])
      expect(after[0]).toBeGreaterThanOrEqual(8)
      margins(after, 4).forEach((strength, unit) => {
        const before = margins(values, 4)[unit]
        expect(Math.abs(strength - before)).toBeLessThanOrEqual(1e-5 * before)
      })
    }
  })
})
