/** Small unit graphs for tests. */
import type { EdgeBlock, UnitGraph } from '../../src/graph/unit-graph.ts'
import { randomStream } from '../../src/random.ts'

/** Layers of the given sizes, with the blocks' weights as functions of (row, column). */
export function graphOf(
  sizes: readonly number[],
  blocks: readonly { from: number; to: number; sparse?: boolean; weight: (row: number, column: number) => number }[],
): UnitGraph {
  return {
    layers: sizes.map((size, l) => ({ name: `l${l}`, size, role: 'hidden', kind: 'neuron' })),
    blocks: blocks.map(({ from, to, sparse, weight }): EdgeBlock => {
      const values = Float32Array.from({ length: sizes[to] * sizes[from] }, (_, at) =>
        weight(Math.floor(at / sizes[from]), at % sizes[from]),
      )
      return { from, to, edges: sparse ? sparseEdges(values, sizes[to], sizes[from]) : { kind: 'dense', values } }
    }),
  }
}

export function sparseEdges(values: Float32Array, rows: number, columns: number) {
  const kept = Array.from(values.keys()).filter(at => values[at] !== 0)
  const rowStart = new Int32Array(rows + 1)
  for (const at of kept) rowStart[Math.floor(at / columns) + 1]++
  for (let r = 0; r < rows; r++) rowStart[r + 1] += rowStart[r]
  return {
    kind: 'sparse' as const,
    rowStart,
    columns: Int32Array.from(kept, at => at % columns),
    values: Float32Array.from(kept, at => values[at]),
  }
}

/** A random graph: consecutive layers joined, and `skips` besides; `density` of the cells are edges. */
export function randomGraph(
  sizes: readonly number[],
  seed: number,
  options: { density?: number; sparse?: boolean; skips?: readonly (readonly [number, number])[] } = {},
): UnitGraph {
  const random = randomStream(seed)
  const weight = () => (random.uniform() < (options.density ?? 1) ? random.uniform() + 0.01 : 0)
  const pairs = [...sizes.slice(1).map((_, l) => [l, l + 1] as const), ...(options.skips ?? [])]
  return graphOf(
    sizes,
    pairs.map(([from, to]) => ({ from, to, sparse: options.sparse, weight })),
  )
}

/** Groups of units that connect strongly within and weakly across; unit i of every layer is in group i mod groups. */
export function plantedGraph(sizes: readonly number[], groups: number, seed: number, across = 0.1): UnitGraph {
  const random = randomStream(seed)
  const weight = (row: number, column: number) =>
    (0.5 + random.uniform()) * (row % groups === column % groups ? 1 : across)
  return graphOf(
    sizes,
    sizes.slice(1).map((_, l) => ({ from: l, to: l + 1, weight })),
  )
}

/** The same graph with the units of each layer in another order: unit i of the result was unit order[l][i]. */
export function reordered(graph: UnitGraph, order: readonly Int32Array[]): UnitGraph {
  const dense = denseBlocks(graph)
  return graphOf(
    graph.layers.map(layer => layer.size),
    graph.blocks.map(({ from, to, edges }, b) => ({
      from,
      to,
      sparse: edges.kind === 'sparse',
      weight: (row, column) => dense[b][order[to][row] * graph.layers[from].size + order[from][column]],
    })),
  )
}

/** Every block's values [rows × columns], zeros included. */
function denseBlocks(graph: UnitGraph): Float32Array[] {
  return graph.blocks.map(({ from, to, edges }) => {
    if (edges.kind === 'dense') return edges.values
    const columns = graph.layers[from].size
    const values = new Float32Array(graph.layers[to].size * columns)
    for (let r = 0; r < graph.layers[to].size; r++)
      for (let at = edges.rowStart[r]; at < edges.rowStart[r + 1]; at++)
        values[r * columns + edges.columns[at]] = edges.values[at]
    return values
  })
}

/** The full symmetric adjacency matrix, for oracles. */
export function fullAdjacency(graph: UnitGraph): number[][] {
  const offsets = graph.layers.map((_, l) => graph.layers.slice(0, l).reduce((sum, layer) => sum + layer.size, 0))
  const n = graph.layers.reduce((sum, layer) => sum + layer.size, 0)
  const full = Array.from({ length: n }, () => new Array<number>(n).fill(0))
  denseBlocks(graph).forEach((values, b) => {
    const { from, to } = graph.blocks[b]
    const columns = graph.layers[from].size
    values.forEach((weight, at) => {
      const i = offsets[to] + Math.floor(at / columns)
      const j = offsets[from] + (at % columns)
      full[i][j] = weight
      full[j][i] = weight
    })
  })
  return full
}
