/**
 * Eigenpairs of a real symmetric tridiagonal matrix.
 *
 * Eigenvalues by the implicit QL iteration with Wilkinson shifts (Bowdler, Martin, Reinsch and Wilkinson 1968), which
 * rotates as many rows of the eigenvector matrix along as the caller hands in: one row is what the residuals of a
 * Lanczos process need, all rows give the eigenvectors. Single eigenvectors by inverse iteration with a pivoted LU.
 */
import { LobesError } from '../errors.ts'

const EPSILON = 2 ** -52
/** So small that its square vanishes. */
const NEGLIGIBLE = 2 ** -520

/**
 * Diagonalises in place. diagonal — Float64Array [m], becomes the eigenvalues (unsorted); offDiagonal — Float64Array
 * [m], entry i couples i and i + 1, the last is scratch; destroyed. rows — Float64Array [r × m], row-major: r rows of
 * the identity on entry, of the eigenvector matrix (one column an eigenvalue) on return.
 */
export function diagonalise(diagonal: Float64Array, offDiagonal: Float64Array, rows: Float64Array): void {
  const m = diagonal.length
  if (m === 0) return
  offDiagonal[m - 1] = 0
  for (let l = 0; l < m; l++) {
    for (let sweep = 0; ; sweep++) {
      let end = l
      while (end < m - 1) {
        const size = Math.abs(diagonal[end]) + Math.abs(diagonal[end + 1])
        if (Math.abs(offDiagonal[end]) <= EPSILON * size + NEGLIGIBLE) break
        end++
      }
      if (end === l) break
      if (sweep === 60)
        throw new LobesError(
          'linalg.no-convergence',
          'The tridiagonal eigenproblem did not converge; does the graph hold non-finite weights?',
        )
      rotateOut(diagonal, offDiagonal, rows, l, end)
    }
  }
}

function rotateOut(
  diagonal: Float64Array,
  offDiagonal: Float64Array,
  rows: Float64Array,
  l: number,
  end: number,
): void {
  const m = diagonal.length
  let g = (diagonal[l + 1] - diagonal[l]) / (2 * offDiagonal[l])
  let r = Math.sqrt(g * g + 1)
  g = diagonal[end] - diagonal[l] + offDiagonal[l] / (g + (g >= 0 ? r : -r))
  let sine = 1
  let cosine = 1
  let p = 0
  for (let i = end - 1; i >= l; i--) {
    const f = sine * offDiagonal[i]
    const b = cosine * offDiagonal[i]
    r = Math.sqrt(f * f + g * g)
    offDiagonal[i + 1] = r
    if (r === 0) {
      diagonal[i + 1] -= p
      offDiagonal[end] = 0
      return
    }
    sine = f / r
    cosine = g / r
    g = diagonal[i + 1] - p
    const s = (diagonal[i] - g) * sine + 2 * cosine * b
    p = sine * s
    diagonal[i + 1] = g + p
    g = cosine * s - b
    for (let at = i; at < rows.length; at += m) {
      const z = rows[at + 1]
      rows[at + 1] = sine * rows[at] + cosine * z
      rows[at] = cosine * rows[at] - sine * z
    }
  }
  diagonal[l] -= p
  offDiagonal[l] = g
  offDiagonal[end] = 0
}

/**
 * Unit eigenvectors for given eigenvalues (descending) by inverse iteration: Float64Array [values × m], row-major.
 * Neighbours closer than a ten-thousandth are made orthogonal to each other. Meant for irreducible matrices; where a
 * coupling is zero, use {@link diagonalise} with all rows.
 */
export function eigenvectorsByInverseIteration(
  diagonal: Float64Array,
  offDiagonal: Float64Array,
  values: Float64Array,
): Float64Array {
  const m = diagonal.length
  const vectors = new Float64Array(values.length * m)
  const size = Math.abs(values[0] ?? 1) || 1
  for (let i = 0; i < values.length; i++) {
    const vector = vectors.subarray(i * m, (i + 1) * m)
    // Any start not orthogonal to the eigenvector will do; a fixed irregular one is never an accident of symmetry.
    for (let j = 0; j < m; j++) vector[j] = 1 + ((j * 7919 + i * 104729) % 1000) / 1000
    for (let round = 0; round < 3; round++) {
      solveShifted(diagonal, offDiagonal, values[i] + (i % 2 ? 1 : -1) * EPSILON * size, vector)
      for (let j = i - 1; j >= 0 && Math.abs(values[j] - values[i]) < 1e-4 * size; j--) {
        const other = vectors.subarray(j * m, (j + 1) * m)
        let overlap = 0
        for (let a = 0; a < m; a++) overlap += other[a] * vector[a]
        for (let a = 0; a < m; a++) vector[a] -= overlap * other[a]
      }
      let norm = 0
      for (let j = 0; j < m; j++) norm += vector[j] * vector[j]
      norm = Math.sqrt(norm)
      for (let j = 0; j < m; j++) vector[j] /= norm
    }
  }
  return vectors
}

/** Solves (T − shift) x = b in place by Gaussian elimination with partial pivoting. */
function solveShifted(diagonal: Float64Array, offDiagonal: Float64Array, shift: number, b: Float64Array): void {
  const m = diagonal.length
  const main = new Float64Array(m)
  const upper = new Float64Array(m)
  const second = new Float64Array(m)
  let pivot = diagonal[0] - shift
  let next = m > 1 ? offDiagonal[0] : 0
  for (let i = 0; i < m - 1; i++) {
    const lower = offDiagonal[i]
    const below = diagonal[i + 1] - shift
    const beyond = i + 2 < m ? offDiagonal[i + 1] : 0
    if (Math.abs(lower) > Math.abs(pivot)) {
      const factor = pivot / lower
      main[i] = lower
      upper[i] = below
      second[i] = beyond
      const held = b[i]
      b[i] = b[i + 1]
      b[i + 1] = held - factor * b[i + 1]
      pivot = next - factor * below
      next = -factor * beyond
    } else {
      if (pivot === 0) pivot = Number.MIN_VALUE * 2 ** 60
      const factor = lower / pivot
      main[i] = pivot
      upper[i] = next
      b[i + 1] -= factor * b[i]
      pivot = below - factor * next
      next = beyond
    }
  }
  main[m - 1] = pivot === 0 ? EPSILON * EPSILON : pivot
  let largest = 0
  for (let i = m - 1; i >= 0; i--) {
    b[i] = (b[i] - (i + 1 < m ? upper[i] * b[i + 1] : 0) - (i + 2 < m ? second[i] * b[i + 2] : 0)) / main[i]
    largest = Math.max(largest, Math.abs(b[i]))
  }
  for (let i = 0; i < m; i++) b[i] /= largest
}
