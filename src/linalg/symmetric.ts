/**
 * All eigenpairs of a small dense symmetric matrix, in float64: Householder's reduction to tridiagonal form (1958),
 * then the implicit QL iteration (tridiagonal.ts) on the rows of the accumulated reflections. O(n³); for matrices of
 * a few hundred rows at most.
 */
import { diagonalise } from './tridiagonal.ts'

export interface SymmetricEigen {
  /** Ascending: Float64Array [n]. */
  readonly values: Float64Array
  /** Unit eigenvectors, one a row, in the order of the values: Float64Array [n × n]. */
  readonly vectors: Float64Array
}

/** `matrix` — Float64Array [n × n], row-major, symmetric; left as it is. */
export function symmetricEigen(matrix: Float64Array, n: number): SymmetricEigen {
  const a = matrix.slice()
  const q = new Float64Array(n * n)
  for (let i = 0; i < n; i++) q[i * n + i] = 1
  const v = new Float64Array(n)
  const p = new Float64Array(n)
  for (let k = 0; k < n - 2; k++) {
    // The reflection I − β v vᵀ turns column k below the diagonal into a multiple of its first entry.
    let tail = 0
    for (let i = k + 2; i < n; i++) tail += a[i * n + k] * a[i * n + k]
    if (tail === 0) continue
    const first = a[(k + 1) * n + k]
    const length = Math.sqrt(first * first + tail)
    v.fill(0)
    v[k + 1] = first >= 0 ? first + length : first - length
    for (let i = k + 2; i < n; i++) v[i] = a[i * n + k]
    reflect(a, q, v, p, 2 / (v[k + 1] * v[k + 1] + tail), k, n)
  }
  const diagonal = new Float64Array(n)
  const off = new Float64Array(n)
  for (let i = 0; i < n; i++) {
    diagonal[i] = a[i * n + i]
    if (i + 1 < n) off[i] = a[(i + 1) * n + i]
  }
  diagonalise(diagonal, off, q)
  return ascending(diagonal, q, n)
}

/** The columns of q as rows, in the order of their values. */
function ascending(diagonal: Float64Array, q: Float64Array, n: number): SymmetricEigen {
  const values = diagonal.slice().sort()
  const vectors = new Float64Array(n * n)
  const used = new Uint8Array(n)
  for (let row = 0; row < n; row++) {
    let column = 0
    while (column < n - 1 && (used[column] || diagonal[column] !== values[row])) column++
    used[column] = 1
    for (let i = 0; i < n; i++) vectors[row * n + i] = q[i * n + column]
  }
  return { values, vectors }
}

/** A ← H A H and Q ← Q H for H = I − β v vᵀ, where v starts at entry k + 1. */
function reflect(
  a: Float64Array,
  q: Float64Array,
  v: Float64Array,
  p: Float64Array,
  beta: number,
  k: number,
  n: number,
): void {
  let inner = 0
  for (let i = k; i < n; i++) {
    let sum = 0
    for (let j = k + 1; j < n; j++) sum += a[i * n + j] * v[j]
    p[i] = beta * sum
    inner += p[i] * v[i]
  }
  const half = (beta * inner) / 2
  for (let i = k; i < n; i++) p[i] -= half * v[i]
  for (let i = k; i < n; i++) for (let j = k; j < n; j++) a[i * n + j] -= v[i] * p[j] + p[i] * v[j]
  for (let i = 0; i < n; i++) {
    let sum = 0
    for (let j = k + 1; j < n; j++) sum += q[i * n + j] * v[j]
    sum *= beta
    for (let j = k + 1; j < n; j++) q[i * n + j] -= sum * v[j]
  }
}
