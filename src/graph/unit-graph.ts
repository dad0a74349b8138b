/**
 * The unit graph: layers of units and blocks of non-negative edges between layers. Never a general n × n matrix: the
 * block form is what makes it fast, small and streamable.
 */

/** One layer of units: the outputs of one weight operator, or one input of the network. */
export interface UnitLayer {
  /** The weight operator's (or input's) name, unique in the graph. */
  readonly name: string
  readonly size: number
  readonly role: 'input' | 'hidden' | 'output'
  readonly kind: 'neuron' | 'channel' | 'head'
}

/** Dense edges: `values` is Float32Array [rows × columns], row-major. */
export interface DenseEdges {
  readonly kind: 'dense'
  readonly values: Float32Array
}

/** Compressed sparse rows: row r holds `columns[rowStart[r]] … columns[rowStart[r + 1] − 1]`, ascending. No zeros stored. */
export interface SparseEdges {
  readonly kind: 'sparse'
  readonly rowStart: Int32Array
  readonly columns: Int32Array
  readonly values: Float32Array
}

/**
 * The edges from one layer to a later one. Rows are the later layer's units (fan-out × fan-in). Affinities that link
 * units of one layer (commute times) have a block with `from === to` that holds each edge once, below the diagonal
 * (column < row), so that visiting every block's edges still visits every edge of the graph once.
 */
export interface EdgeBlock {
  /** Index of the layer the edges leave: the columns. */
  readonly from: number
  /** Index of the layer the edges enter: the rows. */
  readonly to: number
  readonly edges: DenseEdges | SparseEdges
}

/** At most one block for each (from, to) pair. Units are numbered layer after layer. */
export interface UnitGraph {
  readonly layers: readonly UnitLayer[]
  readonly blocks: readonly EdgeBlock[]
}

/** Number of units in all layers. */
export function unitCount(graph: UnitGraph): number {
  return graph.layers.reduce((count, layer) => count + layer.size, 0)
}

/** Index of each layer's first unit, and the unit count as last member: [layers + 1]. */
export function layerOffsets(graph: UnitGraph): Int32Array {
  const offsets = new Int32Array(graph.layers.length + 1)
  for (let l = 0; l < graph.layers.length; l++) offsets[l + 1] = offsets[l] + graph.layers[l].size
  return offsets
}

/** Calls `visit(row, column, weight)` for each edge of a block, row by row; zeros of dense blocks are skipped. */
export function forEachEdge(
  graph: UnitGraph,
  block: EdgeBlock,
  visit: (row: number, column: number, weight: number) => void,
): void {
  const { edges } = block
  const rows = graph.layers[block.to].size
  const columns = graph.layers[block.from].size
  if (edges.kind === 'dense') {
    for (let r = 0, at = 0; r < rows; r++)
      for (let c = 0; c < columns; c++, at++) if (edges.values[at] !== 0) visit(r, c, edges.values[at])
  } else {
    for (let r = 0; r < rows; r++)
      for (let at = edges.rowStart[r]; at < edges.rowStart[r + 1]; at++) visit(r, edges.columns[at], edges.values[at])
  }
}

/** Sum of the weights of each unit's edges: Float64Array [units]. */
export function degrees(graph: UnitGraph): Float64Array {
  const offsets = layerOffsets(graph)
  const sums = new Float64Array(unitCount(graph))
  for (const block of graph.blocks) {
    forEachEdge(graph, block, (row, column, weight) => {
      sums[offsets[block.to] + row] += weight
      sums[offsets[block.from] + column] += weight
    })
  }
  return sums
}
