/** Small networks for the tests of this folder. */
import type { EdgeBlock, UnitGraph } from '../../src/graph/unit-graph.ts'
import { randomStream } from '../../src/random.ts'

/** Layers of these sizes; `density` of the cells hold a weight in (.1, 1.1). Blocks alternate between dense and sparse. */
export function smallNetwork(sizes: readonly number[], density: number, seed: number): UnitGraph {
  const random = randomStream(seed)
  const layers = sizes.map((size, l) => ({ name: `l${l}`, size, role: 'hidden' as const, kind: 'neuron' as const }))
  const blocks = layers.slice(1).map((layer, l): EdgeBlock => {
    const values = new Float32Array(layer.size * sizes[l])
    for (let i = 0; i < values.length; i++) if (random.uniform() < density) values[i] = 0.1 + random.uniform()
    const edges = l % 2 === 0 ? { kind: 'dense' as const, values } : compressed(values, layer.size, sizes[l])
    return { from: l, to: l + 1, edges }
  })
  return { layers, blocks }
}

/** `groups` groups of units in every layer; weights inside a group are 1, between groups `between`, give or take. */
export function plantedNetwork(sizes: readonly number[], groups: number, between: number, seed: number): UnitGraph {
  const random = randomStream(seed)
  const network = smallNetwork(sizes, 0, 0)
  const blocks = network.blocks.map(({ from, to }): EdgeBlock => {
    const columns = sizes[from]
    const values = Float32Array.from({ length: sizes[to] * columns }, (_, i) => {
      const same = Math.floor(i / columns) % groups === (i % columns) % groups
      return (same ? 1 : between) * (0.5 + random.uniform())
    })
    return { from, to, edges: { kind: 'dense', values } }
  })
  return { layers: network.layers, blocks }
}

/** A block's cells, zeros included, row by row. */
export function cells(graph: UnitGraph, { from, to, edges }: EdgeBlock): Float32Array {
  if (edges.kind === 'dense') return edges.values
  const columns = graph.layers[from].size
  const all = new Float32Array(graph.layers[to].size * columns)
  for (let r = 0; r < graph.layers[to].size; r++)
    for (let i = edges.rowStart[r]; i < edges.rowStart[r + 1]; i++)
      all[r * columns + edges.columns[i]] = edges.values[i]
  return all
}

function compressed(values: Float32Array, rows: number, columns: number): EdgeBlock['edges'] {
  const rowStart = new Int32Array(rows + 1)
  const at: number[] = []
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++) if (values[r * columns + c] !== 0) at.push(r * columns + c)
    rowStart[r + 1] = at.length
  }
  return {
    kind: 'sparse',
    rowStart,
    columns: Int32Array.from(at, cell => cell % columns),
    values: Float32Array.from(at, cell => values[cell]),
  }
}
