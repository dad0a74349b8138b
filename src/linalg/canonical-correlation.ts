/**
 * Canonical correlations (Hotelling 1936): with X and Y orthonormal bases of the spaces that two sets of variables span
 * over the same examples, the singular values of X Yᵀ. A basis comes from the eigenvectors of the covariance; directions
 * with less than 1e-6 of the largest standard deviation do not count (variables that depend on each other).
 */
import { symmetricEigen } from './symmetric.ts'

const NEGLIGIBLE = 1e-6

/**
 * Orthonormal basis of the centred variables' span: Float64Array [rank × examples].
 *
 * @param values — [variables × examples], row-major; constant variables add nothing.
 */
export function spanBasis(values: ArrayLike<number>, variables: number): Float64Array {
  const examples = variables > 0 ? values.length / variables : 0
  const centred = new Float64Array(variables * examples)
  for (let v = 0; v < variables; v++) {
    let sum = 0
    for (let i = 0; i < examples; i++) sum += values[v * examples + i]
    let squares = 0
    for (let i = 0; i < examples; i++) {
      const value = values[v * examples + i] - sum / examples
      centred[v * examples + i] = value
      squares += value * value
    }
    // One scale for all, so that what is negligible does not depend on the variables' units.
    if (squares > 0) {
      const scale = 1 / Math.sqrt(squares)
      for (let i = 0; i < examples; i++) centred[v * examples + i] *= scale
    }
  }
  const { values: eigenvalues, vectors } = symmetricEigen(products(centred, variables, centred, variables), variables)
  const least = (eigenvalues[variables - 1] ?? 0) * NEGLIGIBLE * NEGLIGIBLE
  const used = Array.from(eigenvalues.keys()).filter(at => eigenvalues[at] > least)
  const basis = new Float64Array(used.length * examples)
  used.forEach((at, row) => {
    const scale = 1 / Math.sqrt(eigenvalues[at])
    for (let v = 0; v < variables; v++) {
      const weight = vectors[at * variables + v] * scale
      for (let i = 0; i < examples; i++) basis[row * examples + i] += weight * centred[v * examples + i]
    }
  })
  return basis
}

/**
 * Canonical correlations of two spans, largest first: as many as the smaller one's rank. Each basis is
 * [rank × examples], from {@link spanBasis}.
 */
export function canonicalCorrelations(x: Float64Array, y: Float64Array, examples: number): Float64Array {
  const [small, large] = x.length <= y.length ? [x, y] : [y, x]
  const [rows, columns] = [small.length / examples, large.length / examples]
  const cross = products(small, rows, large, columns)
  const { values } = symmetricEigen(products(cross, rows, cross, rows), rows)
  return values.map(value => Math.sqrt(Math.min(1, Math.max(0, value)))).reverse()
}

/** a bᵀ: [rows × columns]. */
function products(a: Float64Array, rows: number, b: Float64Array, columns: number): Float64Array {
  const out = new Float64Array(rows * columns)
  const length = rows > 0 ? a.length / rows : 0
  for (let r = 0; r < rows; r++)
    for (let c = 0; c < columns; c++) {
      let sum = 0
      for (let i = 0; i < length; i++) sum += a[r * length + i] * b[c * length + i]
      out[r * columns + c] = sum
    }
  return out
}
