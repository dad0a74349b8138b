/**
 * What a unit is known by: the units of other layers that it reaches, or that reach it (Neural Sculpting, arXiv
 * 2305.18402). Units of a layer are rows; columns are the living units of other layers; an entry is 1 where a directed
 * path leads there in at most `step` layers. The code adds powers of the adjacency matrix and compares with 0, which is
 * the same; weighted features are those powers themselves, of |w|.
 *
 * Directions: `outgoing`, columns are all later units, layer after layer; `incoming`, all earlier ones, the layer below
 * first; `both`. Inputs have no other direction than outgoing. Departure: for incoming features the code's overlap test
 * looks at the wrong columns; here at those within `step` layers, in whatever direction.
 */
import type { CondensedNetwork } from './condense.ts'

export const DIRECTIONS = ['outgoing', 'incoming', 'both'] as const
export type Direction = (typeof DIRECTIONS)[number]

export interface UnitFeatures {
  /** [rows × columns], 0 or 1, row-major. */
  readonly table: Uint8Array
  /** Sums over paths of the products of |w|, where asked for. */
  readonly values?: Float64Array
  readonly rows: number
  readonly columns: number
  /** So many of the columns, the first, lie within `step` layers; the rest are 0. */
  readonly near: number
}

export interface FeatureOptions {
  readonly step: number
  readonly direction: Direction
  readonly weighted: boolean
}

export function unitFeatures(network: CondensedNetwork, layer: number, options: FeatureOptions): UnitFeatures {
  const { direction } = options
  if (layer === 0 || direction === 'outgoing') return upward(network, layer, options)
  const last = network.alive.length - 1
  const down = upward(upsideDown(network), last - layer, options)
  return direction === 'incoming' ? down : besideEachOther(upward(network, layer, options), down)
}

function upward({ alive, masks, weights }: CondensedNetwork, layer: number, options: FeatureOptions): UnitFeatures {
  const { step, weighted } = options
  const rows = alive[layer].length
  const sizes = alive.slice(layer + 1).map(units => units.length)
  const columns = sizes.reduce((sum, size) => sum + size, 0)
  const near = sizes.slice(0, step).reduce((sum, size) => sum + size, 0)
  const values = new Float64Array(rows * columns)
  for (let row = 0; row < rows; row++) {
    let reached = Float64Array.from({ length: rows }, (_, unit) => (unit === row ? 1 : 0))
    let column = row * columns
    for (const [hop, size] of sizes.slice(0, step).entries()) {
      reached = stepUp(weighted ? weights[layer + hop] : masks[layer + hop], reached, size)
      values.set(reached, column)
      column += size
    }
  }
  const table = Uint8Array.from(values, value => (value > 0 ? 1 : 0))
  return { table, ...(weighted && { values }), rows, columns, near }
}

/** Path sums one layer further up. `matrix` — [size × reached.length]. */
function stepUp(matrix: Uint8Array | Float64Array, reached: Float64Array, size: number): Float64Array<ArrayBuffer> {
  return Float64Array.from({ length: size }, (_, target) => {
    let sum = 0
    for (let source = 0; source < reached.length; source++)
      sum += matrix[target * reached.length + source] * reached[source]
    return sum
  })
}

/** Inputs as outputs: all edges turned round. */
function upsideDown({ alive, masks, weights }: CondensedNetwork): CondensedNetwork {
  const turned = <T extends Uint8Array | Float64Array>(matrices: readonly T[]) =>
    matrices
      .map((matrix, l) => {
        const [rows, columns] = [alive[l + 1].length, alive[l].length]
        const out = new (matrix.constructor as new (length: number) => T)(matrix.length)
        for (let r = 0; r < rows; r++) for (let c = 0; c < columns; c++) out[c * rows + r] = matrix[r * columns + c]
        return out
      })
      .toReversed()
  return { alive: alive.toReversed(), masks: turned(masks), weights: turned(weights) }
}

/** Columns of both, those within `step` layers first. */
function besideEachOther(a: UnitFeatures, b: UnitFeatures): UnitFeatures {
  const columns = a.columns + b.columns
  const join = <T extends Uint8Array | Float64Array>(left: T, right: T): T => {
    const out = new (left.constructor as new (length: number) => T)(a.rows * columns)
    for (let row = 0; row < a.rows; row++) {
      const own = left.subarray(row * a.columns, (row + 1) * a.columns)
      const other = right.subarray(row * b.columns, (row + 1) * b.columns)
      let at = row * columns
      for (const part of [
        own.subarray(0, a.near),
        other.subarray(0, b.near),
        own.subarray(a.near),
        other.subarray(b.near),
      ]) {
        out.set(part, at)
        at += part.length
      }
    }
    return out
  }
  const values = a.values && b.values ? { values: join(a.values, b.values) } : {}
  return { table: join(a.table, b.table), ...values, rows: a.rows, columns, near: a.near + b.near }
}
