/** Rounding to the stored form: Float32, sparse where at most a quarter of a block's entries are not zero. */
import type { WeightedBlock } from './adjacency.ts'
import type { EdgeBlock } from './unit-graph.ts'

const SPARSE_BELOW = 0.25

/** A block of float64 edges, [rows × columns], in the form the unit graph keeps; rounded once, here. */
export function storeBlock(block: WeightedBlock, rows: number, columns: number): EdgeBlock {
  const { from, to, edges } = block
  const rounded = edges.values instanceof Float32Array ? edges.values : Float32Array.from(edges.values)
  let count = 0
  for (const value of rounded) if (value !== 0) count++
  if (count > SPARSE_BELOW * rows * columns) {
    return {
      from,
      to,
      edges: { kind: 'dense', values: edges.kind === 'dense' ? rounded : spread(block, rounded, rows, columns) },
    }
  }
  const rowStart = new Int32Array(rows + 1)
  const kept = new Int32Array(count)
  const values = new Float32Array(count)
  let next = 0
  for (let row = 0; row < rows; row++) {
    const start = edges.kind === 'dense' ? row * columns : edges.rowStart[row]
    const end = edges.kind === 'dense' ? start + columns : edges.rowStart[row + 1]
    for (let at = start; at < end; at++) {
      if (rounded[at] === 0) continue
      kept[next] = edges.kind === 'dense' ? at - start : edges.columns[at]
      values[next++] = rounded[at]
    }
    rowStart[row + 1] = next
  }
  return { from, to, edges: { kind: 'sparse', rowStart, columns: kept, values } }
}

function spread({ edges }: WeightedBlock, values: Float32Array, rows: number, columns: number): Float32Array {
  if (edges.kind === 'dense') return values
  const dense = new Float32Array(rows * columns)
  for (let row = 0; row < rows; row++)
    for (let at = edges.rowStart[row]; at < edges.rowStart[row + 1]; at++)
      dense[row * columns + edges.columns[at]] = values[at]
  return dense
}
