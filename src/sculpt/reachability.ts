/**
 * What a unit is known by: the later units it reaches (Neural Sculpting, arXiv 2305.18402). Units of a layer are rows;
 * columns are all living units of the layers above, layer after layer; an entry is 1 where a directed path leads there
 * in at most `step` layers. The code adds powers of the adjacency matrix and compares with 0, which is the same.
 */
import type { CondensedNetwork } from './condense.ts'

export interface Reachability {
  /** [rows × columns], 0 or 1, row-major. */
  readonly table: Uint8Array
  readonly rows: number
  readonly columns: number
  /** So many of the columns lie within `step` layers; the rest are 0. */
  readonly near: number
}

export function reachability({ alive, masks }: CondensedNetwork, layer: number, step: number): Reachability {
  const rows = alive[layer].length
  const sizes = alive.slice(layer + 1).map(units => units.length)
  const columns = sizes.reduce((sum, size) => sum + size, 0)
  const near = sizes.slice(0, step).reduce((sum, size) => sum + size, 0)
  const table = new Uint8Array(rows * columns)
  for (let row = 0; row < rows; row++) {
    let reached = Uint8Array.from({ length: rows }, (_, unit) => (unit === row ? 1 : 0))
    let column = row * columns
    for (const [hop, size] of sizes.slice(0, step).entries()) {
      reached = stepUp(masks[layer + hop], reached, size)
      table.set(reached, column)
      column += size
    }
  }
  return { table, rows, columns, near }
}

function stepUp(mask: Uint8Array, reached: Uint8Array, size: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length: size }, (_, target) => {
    const row = mask.subarray(target * reached.length, (target + 1) * reached.length)
    return row.some((edge, source) => edge && reached[source]) ? 1 : 0
  })
}
