/**
 * Cosine distances between the rows of a 0/1 table: 1 − u·v / (‖u‖ ‖v‖), the cosine cut to at most 1. Rounded exactly as
 * SciPy's `pdist`: sums of ones are exact, one root each, one product, one quotient. So equal rows may be 2⁻⁵² apart
 * rather than 0, and ties between distances fall as they do there.
 *
 * A row without a one (no unit of a condensed network has such) is at distance 1 from all others, where SciPy has NaN.
 */

/** @param table [rows × columns]. Returns [rows × rows], symmetric, 0 on the diagonal. */
export function cosineDistances(table: Uint8Array, rows: number, columns: number): Float64Array {
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
