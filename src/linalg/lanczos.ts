/**
 * The largest eigenpairs of a symmetric operator by Lanczos iteration with full re-orthogonalisation (Lanczos 1950;
 * stopping by residual, Paige 1980: ‖G y − θ y‖ = β_m |s_m|, where s is the eigenvector of the tridiagonal matrix).
 *
 * Departures from the textbook: eigenvectors that are known beforehand (`known`) are kept out of the iteration. When
 * the Krylov space is exhausted (β ≈ 0) the iteration goes on from a fresh vector. A single start vector can never
 * see a second copy of an exactly repeated eigenvalue; with `checkCopies` the found pairs are locked and the rest of
 * the space is searched again until nothing as large turns up.
 */
import { LobesError } from '../errors.ts'
import type { Kernels } from '../kernels/kernels.ts'
import type { Random } from '../random.ts'
import { diagonalise, eigenvectorsByInverseIteration } from './tridiagonal.ts'

export interface SymmetricOperator {
  /** Vector length, even: odd problems are padded with a zero that the operator leaves alone. */
  readonly n: number
  /** Length without the padding. */
  readonly size: number
  /** y = G x, both addresses of n float64 in kernel memory. */
  apply(x: number, y: number): void
}

export interface LanczosOptions {
  /** How many pairs, the largest first. Fewer come back when the space is smaller. */
  readonly count: number
  /** Address of the known orthonormal eigenvectors [knownCount × n]. */
  readonly known: number
  readonly knownCount: number
  readonly random: Random
  /** Bound on the residual relative to the eigenvalue (of an operator whose norm is at most 1). Default 1e-8. */
  readonly tolerance?: number
  /** Search for further copies of repeated eigenvalues. */
  readonly checkCopies: boolean
}

export interface Eigenpairs {
  /** Descending: Float64Array [count]. */
  readonly values: Float64Array
  /** Address of the unit eigenvectors [count × n] in kernel memory. */
  readonly vectors: number
  /** Multiplications by the operator that were needed. */
  readonly steps: number
}

/** The operators here have norm 1 at most: a remainder this short is rounding. */
const EXHAUSTED = 1e-13

/** Finds them. The vectors stay in the kernels' arena until the caller releases it. */
export function largestEigenpairs(kernels: Kernels, operator: SymmetricOperator, options: LanczosOptions): Eigenpairs {
  const { n } = operator
  const { arena } = kernels
  const count = Math.min(options.count, operator.size - options.knownCount)
  // Locked vectors: the known ones, then those found, then room for one more while searching for copies.
  const locked = arena.zeroed((options.knownCount + count + 1) * n * 8)
  arena.f64(locked, options.knownCount * n).set(arena.f64(options.known, options.knownCount * n))
  const found: { value: number; row: number }[] = []
  const vectors = arena.zeroed(Math.max(1, count) * n * 8)
  if (count <= 0) return { values: new Float64Array(0), vectors, steps: 0 }
  const first = krylov(kernels, operator, options, locked, options.knownCount, count)
  let { steps } = first
  for (let i = 0; i < count; i++) found.push({ value: first.values[i], row: i })
  arena.f64(locked + options.knownCount * n * 8, count * n).set(arena.f64(first.vectors, count * n))
  let room = operator.size - options.knownCount - count
  while ((options.checkCopies || first.broken) && room > 0) {
    const more = krylov(kernels, operator, options, locked, options.knownCount + count, 1)
    steps += more.steps
    let least = found[0]
    for (const pair of found) if (pair.value < least.value) least = pair
    // Equal to the smallest wanted one: either copy will do. Larger: a missed copy takes the smallest one's place,
    // which returns to the space that is searched.
    if (more.values[0] <= least.value * (1 + 1e-10) + 1e-13) break
    arena.f64(locked + (options.knownCount + least.row) * n * 8, n).set(arena.f64(more.vectors, n))
    least.value = more.values[0]
    room--
  }
  found.sort((a, b) => b.value - a.value || a.row - b.row)
  for (const [i, pair] of found.entries())
    arena.f64(vectors + i * n * 8, n).set(arena.f64(locked + (options.knownCount + pair.row) * n * 8, n))
  return { values: Float64Array.from(found, pair => pair.value), vectors, steps }
}

/** One Lanczos run orthogonal to the `lockedCount` vectors at `locked`; returns the `count` largest pairs. */
function krylov(
  kernels: Kernels,
  operator: SymmetricOperator,
  options: LanczosOptions,
  locked: number,
  lockedCount: number,
  count: number,
): Eigenpairs & { broken: boolean } {
  const { n } = operator
  const { arena } = kernels
  const tolerance = options.tolerance ?? 1e-8
  const most = operator.size - lockedCount
  const coefficients = arena.raw((lockedCount + most + 1) * 8)
  const w = arena.zeroed(n * 8)
  const rows = growingRows(kernels, n, Math.min(most, 4 * count + 64))
  const alpha: number[] = []
  const beta: number[] = []
  let broken = false
  let check = Math.min(most, 2 * count + 16)
  startVector(kernels, operator, options.random, w, locked, lockedCount, rows.address(), 0, coefficients)
  for (;;) {
    const m = alpha.length
    const q = rows.push(w)
    operator.apply(q, w)
    alpha.push(kernels.dot(q, w, n))
    // Twice: G q is a thousand times longer than what is left of it, so one pass leaves parts that grow step by step
    // into Ritz values that do not exist.
    for (let pass = 0; pass < 2; pass++) {
      kernels.orthogonalise(locked, lockedCount, n, w, coefficients)
      kernels.orthogonalise(rows.address(), m + 1, n, w, coefficients)
    }
    let norm = kernels.normalise(w, n)
    const exhausted = norm <= EXHAUSTED
    if (m + 1 >= check || exhausted || m + 1 === most) {
      if (exhausted) {
        norm = 0
        broken = true
      }
      const ritz = ritzValues(alpha, beta, norm, count)
      const done =
        ritz.values.length === count &&
        ritz.residuals.every((r, i) => r <= tolerance * Math.max(Math.abs(ritz.values[i]), 1e-6))
      if (m + 1 === most || done) {
        const weights = ritzVectors(alpha, beta, ritz.values, broken)
        const vectors = arena.raw(ritz.values.length * n * 8)
        for (let i = 0; i < ritz.values.length; i++) {
          arena.f64(coefficients, m + 1).set(weights.subarray(i * (m + 1), (i + 1) * (m + 1)))
          kernels.combine(rows.address(), m + 1, n, coefficients, vectors + i * n * 8)
          kernels.normalise(vectors + i * n * 8, n)
        }
        return { values: ritz.values, vectors, steps: m + 1, broken }
      }
      check = m + 1 + Math.max(4, Math.ceil((m + 1) / 12))
    }
    if (exhausted) {
      startVector(kernels, operator, options.random, w, locked, lockedCount, rows.address(), m + 1, coefficients)
    }
    beta.push(norm)
  }
}

/** A random unit vector orthogonal to the locked ones and to the basis so far. */
function startVector(
  kernels: Kernels,
  operator: SymmetricOperator,
  random: Random,
  w: number,
  locked: number,
  lockedCount: number,
  basis: number,
  basisCount: number,
  coefficients: number,
): void {
  for (let attempt = 0; attempt < 5; attempt++) {
    const values = kernels.arena.f64(w, operator.n)
    values.fill(0)
    for (let i = 0; i < operator.size; i++) values[i] = random.uniform() - 0.5
    kernels.normalise(w, operator.n)
    for (let pass = 0; pass < 2; pass++) {
      kernels.orthogonalise(locked, lockedCount, operator.n, w, coefficients)
      kernels.orthogonalise(basis, basisCount, operator.n, w, coefficients)
    }
    if (kernels.normalise(w, operator.n) > 1e-8) return
  }
  throw new LobesError(
    'linalg.no-start',
    'No direction is left to search for eigenvectors; does the graph hold non-finite weights?',
  )
}

/** Rows of n float64 that grow by moving to a larger place. */
function growingRows(kernels: Kernels, n: number, expected: number) {
  let capacity = expected
  let base = kernels.arena.raw(capacity * n * 8)
  let count = 0
  return {
    address: () => base,
    push(from: number): number {
      if (count === capacity) {
        const larger = kernels.arena.raw(capacity * 2 * n * 8)
        kernels.arena.f64(larger, count * n).set(kernels.arena.f64(base, count * n))
        base = larger
        capacity *= 2
      }
      const to = base + count * n * 8
      kernels.arena.f64(to, n).set(kernels.arena.f64(from, n))
      count++
      return to
    },
  }
}

function ritzValues(alpha: readonly number[], beta: readonly number[], next: number, count: number) {
  const m = alpha.length
  const diagonal = Float64Array.from(alpha)
  const offDiagonal = new Float64Array(m)
  offDiagonal.set(beta)
  const last = new Float64Array(m)
  last[m - 1] = 1
  diagonalise(diagonal, offDiagonal, last)
  const order = Array.from(diagonal.keys()).sort((a, b) => diagonal[b] - diagonal[a] || a - b)
  const top = order.slice(0, count)
  return {
    values: Float64Array.from(top, i => diagonal[i]),
    residuals: Float64Array.from(top, i => next * Math.abs(last[i])),
  }
}

function ritzVectors(
  alpha: readonly number[],
  beta: readonly number[],
  values: Float64Array,
  broken: boolean,
): Float64Array {
  const m = alpha.length
  const diagonal = Float64Array.from(alpha)
  const offDiagonal = new Float64Array(m)
  offDiagonal.set(beta)
  if (!broken) return eigenvectorsByInverseIteration(diagonal, offDiagonal, values)
  const all = new Float64Array(m * m)
  for (let i = 0; i < m; i++) all[i * m + i] = 1
  diagonalise(diagonal, offDiagonal, all)
  const order = Array.from(diagonal.keys()).sort((a, b) => diagonal[b] - diagonal[a] || a - b)
  const vectors = new Float64Array(values.length * m)
  for (let i = 0; i < values.length; i++) for (let j = 0; j < m; j++) vectors[i * m + j] = all[j * m + order[i]]
  return vectors
}
