/**
 * Distances between the features of units, rounded as SciPy's `pdist` rounds them, so that ties fall as they do there.
 *
 *   cosine     1 − u·v / (‖u‖ ‖v‖), the cosine cut to at most 1. Of 0/1 rows: sums of ones are exact, one root each, one
 *              product, one quotient. So equal rows may be 2⁻⁵² apart rather than 0.
 *   euclidean  ‖u − v‖
 *   jaccard    share of the places where either row has a one in which not both have
 *
 * Rows without a one (no unit of a condensed network has such): at cosine distance 1 from all others, where SciPy has
 * NaN, and at Jaccard distance 0 from each other.
 */
import type { UnitFeatures } from './unit-features.ts'

export const DISTANCES = ['cosine', 'euclidean', 'jaccard'] as const
export type Distance = (typeof DISTANCES)[number]

/** [rows × rows], symmetric, 0 on the diagonal. Weighted features count for the Euclidean distance alone. */
export function featureDistances({ table, values, rows, columns }: UnitFeatures, distance: Distance): Float64Array {
  if (distance === 'cosine') return cosineDistances(table, rows, columns)
  const distances = new Float64Array(rows * rows)
  const between = distance === 'jaccard' ? jaccard(table, columns) : euclidean(values ?? table, columns)
  for (let i = 0; i < rows; i++)
    for (let j = i + 1; j < rows; j++) distances[i * rows + j] = distances[j * rows + i] = between(i, j)
  return distances
}

function jaccard(table: Uint8Array, columns: number) {
  return (i: number, j: number) => {
    const [u, v] = [i, j].map(row => table.subarray(row * columns, (row + 1) * columns))
    const shared = overlap(u, v)
    const either = overlap(u, u) + overlap(v, v) - shared
    return either > 0 ? (either - shared) / either : 0
  }
}

function euclidean(values: ArrayLike<number>, columns: number) {
  return (i: number, j: number) => {
    let sum = 0
    for (let c = 0; c < columns; c++) {
      const difference = values[i * columns + c] - values[j * columns + c]
      sum += difference * difference
    }
    return Math.sqrt(sum)
  }
}

function cosineDistances(table: Uint8Array, rows: number, columns: number): Float64Array {
  const row = (i: number) => table.subarray(i * columns, (i + 1) * columns)
  const norms = Float64Array.from({ length: rows }, (_, i) => Math.sqrt(overlap(row(i), row(i))))
  const distances = new Float64Array(rows * rows)
  for (let i = 0; i < rows; i++)
    for (let j = i + 1; j < rows; j++) {
      const norm = norms[i] * norms[j]
      const cosine = norm > 0 ? Math.min(1, overlap(row(i), row(j)) / norm) : 0
      distances[i * rows + j] = distances[j * rows + i] = 1 - cosine
    }
  return distances
}

/** In how many places both rows have a one. */
export function overlap(a: Uint8Array, b: Uint8Array): number {
  let count = 0
  for (let i = 0; i < a.length; i++) count += a[i] & b[i]
  return count
}
