import { describe, expect, it } from 'vitest'
import { graphOutline } from '../../src/graph/outline.ts'
import { mlp } from '../../src/network/architectures.ts'
import { estimateMemory, type GraphSizes, outlineSizes, workersWithin } from '../../src/significance/memory.ts'

/** 100 million bytes in two blocks. */
const sizes: GraphSizes = { units: 10_000, blocks: [60e6, 40e6], whole: 0, tensor: 60e6 }
const alone = { k: 4, workers: 0, degreePreserving: false }

describe('estimateMemory', () => {
  it('takes the largest phase, and more for more of anything', () => {
    const { total, program, phases } = estimateMemory(sizes, alone)
    expect(phases.map(({ name }) => name)).toEqual(['reading', 'clustering'])
    for (const { bytes, parts } of phases) expect(parts.reduce((sum, part) => sum + part.bytes, 0)).toBe(bytes)
    expect(total).toBe(program + Math.max(...phases.map(({ bytes }) => bytes)))
    // The graph, the same packed, the block in flight and the tensor before: 100 + 100 + 60 + 60, and what units take.
    expect(phases[1].bytes).toBeGreaterThan(320e6)
    expect(phases[1].bytes).toBeLessThan(340e6)
    for (const more of [
      { ...sizes, whole: 5e7 },
      { ...sizes, units: 10 ** 6 },
      { ...sizes, blocks: [60e6, 41e6] },
    ])
      expect(estimateMemory(more, alone).total).toBeGreaterThan(total)
    expect(estimateMemory(sizes, { ...alone, k: 40 }).total).toBeGreaterThan(total)
  })

  it('workers take memory each, the degree-preserving model most', () => {
    const total = (workers: number, degreePreserving = false) =>
      estimateMemory(sizes, { k: 4, workers, degreePreserving }).total
    expect(total(2)).toBeGreaterThan(total(1) + 2 * 300e6)
    expect(total(3) - total(2)).toBe(total(4) - total(3))
    expect(total(1, true) - total(1)).toBe(7 * 60e6)
  })

  it('workersWithin gives the most that fit', () => {
    const options = { k: 4, workers: 8, degreePreserving: true }
    for (const limit of [5e8, 1.5e9, 4e9, 6e9, 1e12]) {
      const workers = workersWithin(limit, sizes, options)
      const needs = (count: number) => estimateMemory(sizes, { ...options, workers: count }).total
      if (workers > 0) expect(needs(workers)).toBeLessThanOrEqual(limit)
      if (workers < 8) expect(needs(workers + 1)).toBeGreaterThan(limit)
    }
    expect(workersWithin(1e12, sizes, options)).toBe(8)
    expect(workersWithin(5e8, sizes, options)).toBe(0)
  })

  it('sizes from shapes: blocks of four bytes an edge, the largest tensor', async () => {
    const { network } = mlp([100, 50, 10], { seed: 1 })
    expect(outlineSizes(network, await graphOutline(network))).toEqual({
      units: 160,
      blocks: [20_000, 2000],
      whole: 0,
      tensor: 20_000,
    })
  })
})
