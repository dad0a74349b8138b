import { expect, test } from 'vitest'
import type { UnitGraph } from '../../src/graph/unit-graph.ts'
import { drawnEdges } from '../../src/report/drawn-edges.ts'
import { moduleFlows } from '../../src/report/flows.ts'
import { weightHistograms } from '../../src/report/histograms.ts'
import { pathWeights } from '../../src/report/path-weights.ts'

/** 2-3-2 units: in → hidden dense, hidden → out sparse, and a skip in → out. */
const graph: UnitGraph = {
  layers: [
    { name: 'in', size: 2, role: 'input', kind: 'neuron' },
    { name: 'hidden', size: 3, role: 'hidden', kind: 'neuron' },
    { name: 'out', size: 2, role: 'output', kind: 'neuron' },
  ],
  blocks: [
    { from: 0, to: 1, edges: { kind: 'dense', values: Float32Array.of(1, 0, 3, 0.5, 0, 2) } },
    {
      from: 1,
      to: 2,
      edges: {
        kind: 'sparse',
        rowStart: Int32Array.of(0, 2, 3),
        columns: Int32Array.of(0, 1, 2),
        values: Float32Array.of(4, 2, 6),
      },
    },
    { from: 0, to: 2, edges: { kind: 'dense', values: Float32Array.of(0.25, 0, 0, 0) } },
  ],
}
// Modules: in [0, 1], hidden [0, 0, 1], out [0, 1].
const labels = Int32Array.of(0, 1, 0, 0, 1, 0, 1)

test('flows are means over all pairs of units, absent edges counting as zero', () => {
  expect(moduleFlows(graph, labels, 2)).toEqual([
    { fromLayer: 0, fromModule: 0, toLayer: 1, toModule: 0, mean: 2, sum: 4 },
    { fromLayer: 0, fromModule: 1, toLayer: 1, toModule: 0, mean: 0.25, sum: 0.5 },
    { fromLayer: 0, fromModule: 1, toLayer: 1, toModule: 1, mean: 2, sum: 2 },
    { fromLayer: 1, fromModule: 0, toLayer: 2, toModule: 0, mean: 3, sum: 6 },
    { fromLayer: 1, fromModule: 1, toLayer: 2, toModule: 1, mean: 6, sum: 6 },
    { fromLayer: 0, fromModule: 0, toLayer: 2, toModule: 0, mean: 0.25, sum: 0.25 },
  ])
})

test('a unit that was left out takes no part in any flow', () => {
  const without = Int32Array.from(labels)
  without[3] = -1
  const [first] = moduleFlows(graph, without, 2)
  expect(first).toEqual({ fromLayer: 0, fromModule: 0, toLayer: 1, toModule: 0, mean: 1, sum: 1 })
})

test('path weights multiply along paths, add over paths and skips, and have maximum 1 per layer pair', () => {
  const perLayer = [
    [1, 1],
    [2, 1],
    [1, 1],
  ]
  const { nodes, values } = pathWeights(perLayer, moduleFlows(graph, labels, 2))
  expect(nodes).toHaveLength(6)
  const at = (a: number, c: number) => values[a * 6 + c]
  // in → out before normalising: 0→0: .25 + 2·3 = 6.25; 1→0: .25·3 = .75; 1→1: 2·6 = 12; 0→1: none.
  expect([at(0, 4), at(1, 4), at(1, 5), at(0, 5)]).toEqual([6.25 / 12, 0.75 / 12, 1, 0])
  expect([at(0, 2), at(1, 2), at(1, 3)]).toEqual([1, 0.125, 1])
  expect([at(2, 4), at(3, 5)]).toEqual([0.5, 1])
  expect(at(4, 0)).toBe(0)
})

test('histograms count every non-zero weight once, and the zeros apart', () => {
  const [dense, sparse] = weightHistograms(graph)
  expect(dense).toMatchObject({ from: 'in', to: 'hidden', zeros: 2, total: 6 })
  expect(dense.counts.reduce((a, b) => a + b)).toBe(4)
  expect(dense.counts.at(-1)).toBe(1)
  expect([dense.borders[0], dense.borders.at(-1), dense.borders.length]).toEqual([0, 3, dense.counts.length + 1])
  expect(sparse).toMatchObject({ zeros: 3, total: 6 })
})

test('a block without edges has an empty histogram, no flows and nothing to draw', () => {
  const empty = {
    ...graph,
    blocks: [{ from: 0, to: 1, edges: { kind: 'dense' as const, values: new Float32Array(6) } }],
  }
  expect(weightHistograms(empty)[0]).toMatchObject({ borders: [], counts: [], zeros: 6, total: 6 })
  expect(moduleFlows(empty, labels, 2)).toEqual([])
  expect(drawnEdges(empty, labels)).toEqual([])
})

test('thinning keeps within the budget, serves every block, and keeps the heaviest edge of each', () => {
  const edges = drawnEdges(graph, labels, 6)
  expect(edges.length).toBeLessThanOrEqual(6)
  expect(edges).toEqual([
    { from: 0, to: 3, weight: 3 },
    { from: 1, to: 4, weight: 2 },
    { from: 4, to: 6, weight: 6 },
    { from: 2, to: 5, weight: 4 },
    { from: 0, to: 5, weight: 0.25 },
  ])
})

test('thinning a large block keeps exactly the heaviest edges beside the strongest inputs', () => {
  const size = 40
  const values = Float32Array.from({ length: size * size }, (_, i) => ((i * 7919) % (size * size)) + 1)
  const layer = (name: string) => ({ name, size, role: 'hidden' as const, kind: 'neuron' as const })
  const big: UnitGraph = {
    layers: [layer('a'), layer('b')],
    blocks: [{ from: 0, to: 1, edges: { kind: 'dense', values } }],
  }
  const edges = drawnEdges(big, new Int32Array(2 * size), 50)
  expect(edges).toHaveLength(50)
  const heaviest = Array.from({ length: 20 }, (_, i) => size * size - i)
  expect(edges.slice(0, 20).map(edge => edge.weight)).toEqual(heaviest)
})
