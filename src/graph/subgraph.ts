/** Part of a unit graph: the units kept, the edges between them, and the way back. */
import { visitEdges } from './adjacency.ts'
import { storeBlock } from './store.ts'
import { type EdgeBlock, layerOffsets, type UnitGraph } from './unit-graph.ts'

export interface Subgraph {
  readonly graph: UnitGraph
  /** Index in the whole graph of each unit kept: Int32Array [units kept]. */
  readonly unitOf: Int32Array
}

/**
 * Keeps the units marked in `keep`, [units]. All layers stay, if need be empty, so layer indices do not change; blocks
 * without edges are dropped.
 */
export function subgraph(graph: UnitGraph, keep: ArrayLike<number | boolean>): Subgraph {
  const offsets = layerOffsets(graph)
  const place = new Int32Array(offsets[graph.layers.length]).fill(-1)
  const unitOf: number[] = []
  const layers = graph.layers.map((layer, l) => {
    let size = 0
    for (let u = offsets[l]; u < offsets[l + 1]; u++) {
      if (!keep[u]) continue
      place[u] = size++
      unitOf.push(u)
    }
    return { ...layer, size }
  })
  const blocks = graph.blocks.flatMap(block => {
    const [rowOf, columnOf] = [block.to, block.from].map(l => place.subarray(offsets[l], offsets[l + 1]))
    const part = partOf(graph, block, rowOf, columnOf, layers[block.to].size, layers[block.from].size)
    return part ? [part] : []
  })
  return { graph: { layers, blocks }, unitOf: Int32Array.from(unitOf) }
}

/** The edges between units kept (`rowOf`, `columnOf`: their new places, −1 for the others); undefined where none are left. */
function partOf(
  graph: UnitGraph,
  block: EdgeBlock,
  rowOf: Int32Array,
  columnOf: Int32Array,
  rows: number,
  columns: number,
): EdgeBlock | undefined {
  const { from, to } = block
  const rowStart = new Int32Array(rows + 1)
  let count = 0
  visitEdges(graph, block, (row, column) => {
    if (rowOf[row] < 0 || columnOf[column] < 0) return
    rowStart[rowOf[row] + 1]++
    count++
  })
  if (count === 0) return undefined
  if (rows === rowOf.length && columns === columnOf.length) return block
  if (block.edges.kind === 'dense') {
    const values = new Float32Array(rows * columns)
    visitEdges(graph, block, (row, column, weight) => {
      if (rowOf[row] >= 0 && columnOf[column] >= 0) values[rowOf[row] * columns + columnOf[column]] = weight
    })
    return storeBlock({ from, to, edges: { kind: 'dense', values } }, rows, columns)
  }
  for (let r = 0; r < rows; r++) rowStart[r + 1] += rowStart[r]
  const edges = { kind: 'sparse' as const, rowStart, columns: new Int32Array(count), values: new Float32Array(count) }
  let next = 0
  visitEdges(graph, block, (row, column, weight) => {
    if (rowOf[row] < 0 || columnOf[column] < 0) return
    edges.columns[next] = columnOf[column]
    edges.values[next++] = weight
  })
  return storeBlock({ from, to, edges }, rows, columns)
}

/** Carries numbers of the units kept back to all units; the others get `missing`. Int32Array [all units]. */
export function toAllUnits(part: Subgraph, values: ArrayLike<number>, units: number, missing = -1): Int32Array {
  const all = new Int32Array(units).fill(missing)
  part.unitOf.forEach((unit, at) => {
    all[unit] = values[at]
  })
  return all
}
