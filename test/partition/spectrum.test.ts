import { EigenvalueDecomposition, Matrix } from 'ml-matrix'
import { describe, expect, it } from 'vitest'
import type { UnitGraph } from '../../src/graph/unit-graph.ts'
import { loadKernels } from '../../src/kernels/kernels.ts'
import { withEmbedding } from '../../src/partition/cluster.ts'
import { fullAdjacency, graphOf, randomGraph } from './sample-graphs.ts'

const kernels = await loadKernels()

/** Eigenvalues of I − D^-½ A D^-½ over the units that have edges, by dense QR. */
function oracle(graph: UnitGraph): number[] {
  const full = fullAdjacency(graph)
  const live = full
    .keys()
    .filter(i => full[i].some(weight => weight > 0))
    .toArray()
  const degree = live.map(i => full[i].reduce((sum, weight) => sum + weight, 0))
  const laplacian = Matrix.zeros(live.length, live.length)
  live.forEach((i, a) => {
    live.forEach((j, b) => {
      laplacian.set(a, b, (a === b ? 1 : 0) - full[i][j] / Math.sqrt(degree[a] * degree[b]))
    })
  })
  return new EigenvalueDecomposition(laplacian, { assumeSymmetric: true }).realEigenvalues.toSorted((a, b) => a - b)
}

function check(graph: UnitGraph, k: number) {
  const expected = oracle(graph)
  withEmbedding(kernels, graph, k, 5, ({ eigenvalues, points, dims, stride, unitOf, components, units }) => {
    eigenvalues.forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i], 9)
    })
    // Every column is D^-½ u with L u = λ u and |u| = 1.
    const full = fullAdjacency(graph)
    const columns = kernels.arena.f32(points, dims * stride)
    const skipped = components > 1 ? 0 : 1
    for (let d = 0; d < dims; d++) {
      const x = new Map(Array.from(unitOf, (unit, p) => [unit, columns[d * stride + p]]))
      let length = 0
      for (const [unit, value] of x) {
        let neighbours = 0
        for (const [other, far] of x) neighbours += full[unit][other] * far
        const sigma = 1 - eigenvalues[d + skipped]
        expect(neighbours / units.degree[unit]).toBeCloseTo(sigma * value, 5)
        length += units.degree[unit] * value * value
      }
      expect(length).toBeCloseTo(1, 5)
    }
  })
  return expected
}

describe('the spectral embedding', () => {
  it('solves chains on their smaller side', () => {
    for (let seed = 0; seed < 10; seed++) {
      check(randomGraph([13, 7, 9, 4], seed), 6)
      check(randomGraph([8, 21, 3, 11, 5], seed, { density: 0.4, sparse: true }), 5)
    }
  })

  it('solves graphs with shortcuts that no two sides can hold', () => {
    for (let seed = 0; seed < 10; seed++) {
      check(randomGraph([6, 9, 7, 5], seed, { skips: [[0, 2]] }), 5)
      check(
        randomGraph([6, 9, 7, 5], seed, {
          skips: [
            [0, 2],
            [1, 3],
          ],
          density: 0.5,
          sparse: true,
        }),
        4,
      )
    }
  })

  it('keeps shortcuts that fit the two sides on the smaller side', () => {
    for (let seed = 0; seed < 5; seed++) check(randomGraph([6, 9, 7, 5], seed, { skips: [[0, 3]] }), 5)
  })

  it('finds every copy of a repeated eigenvalue', () => {
    // k equal blocks, weakly and evenly joined: λ_2 … λ_k agree exactly.
    for (const groups of [2, 3, 5, 8]) {
      const sizes = [4 * groups, 2 * groups, 3 * groups]
      const weight = (row: number, column: number) => (row % groups === column % groups ? 1 : 0.125)
      const graph = graphOf(sizes, [
        { from: 0, to: 1, weight },
        { from: 1, to: 2, weight },
      ])
      const expected = check(graph, groups)
      expect(expected[groups - 1] - expected[1]).toBeLessThan(1e-12)
    }
  })

  it('gives each connected component its zero eigenvalue', () => {
    const apart = (row: number, column: number) => (row % 3 === column % 3 ? 1 + row + column : 0)
    const graph = graphOf(
      [9, 6, 7],
      [
        { from: 0, to: 1, weight: apart },
        { from: 1, to: 2, weight: apart, sparse: true },
      ],
    )
    withEmbedding(kernels, graph, 5, 1, ({ eigenvalues, components }) => {
      expect(components).toBe(3)
      expect(Array.from(eigenvalues.slice(0, 3))).toEqual([0, 0, 0])
      expect(eigenvalues[3]).toBeGreaterThan(0.01)
    })
    check(graph, 5)
  })

  it('stops where the spectrum ends', () => {
    withEmbedding(kernels, randomGraph([2, 30], 3), 8, 1, ({ eigenvalues, dims }) => {
      expect(eigenvalues).toHaveLength(2)
      expect(dims).toBe(1)
    })
  })

  it('knows edges inside a layer', () => {
    const weights = [0, 1, 2, 0.5, 1, 0, 0.25, 3, 2, 0.25, 0, 1, 0.5, 3, 1, 0]
    check(
      graphOf([4], [{ from: 0, to: 0, weight: (row, column) => (column < row ? weights[row * 4 + column] : 0) }]),
      3,
    )
  })
})
