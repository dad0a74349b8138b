/** The edges of a unit graph by unit: who reads from whom, both ways, in compressed rows over all units. */
import type { UnitGraph } from './unit-graph.ts'

/** Edges before they are rounded: a block's values may be float64. */
export interface WeightedBlock {
  readonly from: number
  readonly to: number
  readonly edges:
    | { readonly kind: 'dense'; readonly values: Float64Array | Float32Array }
    | {
        readonly kind: 'sparse'
        readonly rowStart: Int32Array
        readonly columns: Int32Array
        readonly values: Float64Array | Float32Array
      }
}

/** What a graph needs to have for its edges to be followed. */
export interface WeightedGraph {
  readonly layers: readonly { readonly size: number }[]
  readonly blocks: readonly WeightedBlock[]
}

/** Neighbours of unit u on one side: `unit[start[u]] … unit[start[u + 1] − 1]` with `weight` beside them. */
interface Neighbours {
  readonly start: Int32Array
  readonly unit: Int32Array
  readonly weight: Float64Array
}

export interface Adjacency {
  readonly units: number
  /** Edges entering each unit. */
  readonly incoming: Neighbours
  /** Edges leaving each unit. */
  readonly outgoing: Neighbours
}

/** Index of each layer's first unit, and the number of units last. */
export function offsetsOf(layers: readonly { readonly size: number }[]): Int32Array {
  const offsets = new Int32Array(layers.length + 1)
  layers.forEach(({ size }, layer) => {
    offsets[layer + 1] = offsets[layer] + size
  })
  return offsets
}

/** Calls `visit(row, column, weight, index)` for each non-zero edge of a block, row by row. */
export function visitEdges(
  graph: WeightedGraph,
  block: WeightedBlock,
  visit: (row: number, column: number, weight: number, index: number) => void,
): void {
  const { edges } = block
  const [rows, columns] = [graph.layers[block.to].size, graph.layers[block.from].size]
  for (let row = 0; row < rows; row++) {
    const start = edges.kind === 'dense' ? row * columns : edges.rowStart[row]
    const end = edges.kind === 'dense' ? start + columns : edges.rowStart[row + 1]
    for (let at = start; at < end; at++) {
      if (edges.values[at] === 0) continue
      visit(row, edges.kind === 'dense' ? at - start : edges.columns[at], edges.values[at], at)
    }
  }
}

export function adjacencyOf(graph: WeightedGraph | UnitGraph): Adjacency {
  const offsets = offsetsOf(graph.layers)
  const units = offsets[offsets.length - 1]
  const [inStart, outStart] = [new Int32Array(units + 1), new Int32Array(units + 1)]
  for (const block of graph.blocks)
    visitEdges(graph, block, (row, column) => {
      inStart[offsets[block.to] + row + 1]++
      outStart[offsets[block.from] + column + 1]++
    })
  for (let u = 0; u < units; u++) {
    inStart[u + 1] += inStart[u]
    outStart[u + 1] += outStart[u]
  }
  const edges = inStart[units]
  const incoming = { start: inStart, unit: new Int32Array(edges), weight: new Float64Array(edges) }
  const outgoing = { start: outStart, unit: new Int32Array(edges), weight: new Float64Array(edges) }
  const [inNext, outNext] = [inStart.slice(), outStart.slice()]
  for (const block of graph.blocks)
    visitEdges(graph, block, (row, column, weight) => {
      const [to, from] = [offsets[block.to] + row, offsets[block.from] + column]
      incoming.unit[inNext[to]] = from
      incoming.weight[inNext[to]++] = weight
      outgoing.unit[outNext[from]] = to
      outgoing.weight[outNext[from]++] = weight
    })
  return { units, incoming, outgoing }
}
