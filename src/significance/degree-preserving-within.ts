/**
 * The degree-preserving null model for the edges within one layer, such as graphs without layers and activation graphs
 * have: what degree-preserving.ts does for a block between two layers, on a symmetric matrix. Masks are drawn by edge swaps
 * (edge-swaps.ts); a mask that holds every pair stays. Residuals are permuted over pairs, so both halves of the matrix
 * stay equal, and iterative proportional fitting of a symmetric matrix gives a symmetric one in the limit.
 *
 * Kept exactly: every unit's number of edges. Kept to 1e-6 (relative): its strength. As there, masks that do not admit the
 * strengths are given up for others with fewer swaps, and a block that cannot be fitted at all stays as it is.
 */
import { type Random, shuffle } from '../random.ts'
import { balance, type Factors, type Pattern } from './balance.ts'
import { swapEdges } from './edge-swaps.ts'
import { type Edges, nonZeros, sparsePositions, toDense } from './permute-weights.ts'
import { ascendingOrder } from './ranks.ts'

/** Steps for each edge, attempt after attempt; 0 stays on the block's own mask. */
const SWAP_ROUNDS = [10, 10, 10, 5, 2, 0, 0]
const RANK_ROUNDS = 3
const TOLERANCE = 1e-7
const SWEEPS = 300

/** Both halves of a symmetric matrix, and which pair each entry is of. */
interface Mirrored extends Pattern {
  readonly pairOf: Int32Array
}

interface Mask {
  readonly pattern: Mirrored
  /** The two units of each pair, the larger first: Int32Array [2 × pairs]. */
  readonly ends: Int32Array
  /** Factors of the expected weights. */
  readonly factors: Factors
}

/**
 * Prepares a block with edges below the diagonal; each call of the result draws one random block of the same kind.
 */
export function degreePreservingWithin(edges: Edges, size: number): (random: Random) => Edges {
  const positions = sparsePositions(edges, size, size)
  const weights = nonZeros(edges)
  const ownEnds = endsOf(positions)
  const strengths = new Float64Array(size)
  weights.forEach((weight, pair) => {
    strengths[ownEnds[2 * pair]] += weight
    strengths[ownEnds[2 * pair + 1]] += weight
  })
  const isFull = weights.length === (size * (size - 1)) / 2
  const fit = (
    pattern: Mirrored,
    values: Float32Array | undefined,
    factors: Factors,
    tolerance: number,
    sweeps: number,
  ) => balance(pattern, values && mirror(pattern, values), strengths, strengths, factors, tolerance, sweeps)
  const maskOf = (ends: Int32Array, sweeps: number): Mask | undefined => {
    const pattern = mirrored(ends, size)
    const factors = { rows: strengths.slice(), columns: strengths.slice() }
    return fit(pattern, undefined, factors, TOLERANCE, sweeps) <= TOLERANCE || ends === ownEnds
      ? { pattern, ends, factors }
      : undefined
  }
  const own = maskOf(ownEnds, 20 * SWEEPS) as Mask
  const target = weights.map((weight, pair) => weight / expected(own.factors, ownEnds, pair))
  const sorted = target.slice().sort()

  const attempt = (rounds: number, random: Random): { ends: Int32Array; values: Float32Array } | undefined => {
    const mask = isFull || rounds === 0 ? own : maskOf(swapped(ownEnds, size, rounds, random), SWEEPS)
    if (!mask) return undefined
    const { pattern, ends } = mask
    const residuals = shuffle(target.slice(), random)
    const factors = { rows: mask.factors.rows.slice(), columns: mask.factors.columns.slice() }
    for (let round = 0; round < RANK_ROUNDS; round++) {
      fit(pattern, residuals, factors, 1e-3, 4)
      const fitted = residuals.map(
        (residual, pair) => (residual * expected(factors, ends, pair)) / expected(mask.factors, ends, pair),
      )
      ascendingOrder(fitted).forEach((pair, rank) => {
        residuals[pair] = sorted[rank]
      })
      factors.rows.set(mask.factors.rows)
      factors.columns.set(mask.factors.columns)
    }
    if (fit(pattern, residuals, factors, TOLERANCE, SWEEPS) > TOLERANCE) return undefined
    return { ends, values: residuals.map((residual, pair) => residual * expected(factors, ends, pair)) }
  }

  return random => {
    for (const rounds of SWAP_ROUNDS) {
      const drawn = attempt(rounds, random)
      if (!drawn) continue
      const block = lowerTriangle(drawn.ends, drawn.values, size)
      return edges.kind === 'sparse' ? block : toDense(block, size, size)
    }
    return edges
  }
}

/** a_i b_j of one pair, the mean over its two entries: they agree in the limit. */
function expected({ rows, columns }: Factors, ends: Int32Array, pair: number): number {
  const [i, j] = [ends[2 * pair], ends[2 * pair + 1]]
  return (rows[i] * columns[j] + rows[j] * columns[i]) / 2
}

function endsOf({ rowStart, columns }: Pattern): Int32Array {
  const ends = new Int32Array(2 * columns.length)
  for (let row = 0; row + 1 < rowStart.length; row++)
    for (let at = rowStart[row]; at < rowStart[row + 1]; at++) ends.set([row, columns[at]], 2 * at)
  return ends
}

function swapped(ownEnds: Int32Array, size: number, rounds: number, random: Random): Int32Array {
  const ends = ownEnds.slice()
  swapEdges(ends, size, rounds, random)
  return ends
}

/** Rows of the whole matrix; within a row entries stand in the order of their pairs, which is all that fitting needs. */
function mirrored(ends: Int32Array, size: number): Mirrored {
  const rowStart = new Int32Array(size + 1)
  for (const unit of ends) rowStart[unit + 1]++
  for (let r = 0; r < size; r++) rowStart[r + 1] += rowStart[r]
  const next = rowStart.slice()
  const [columns, pairOf] = [new Int32Array(ends.length), new Int32Array(ends.length)]
  ends.forEach((unit, at) => {
    columns[next[unit]] = ends[at ^ 1]
    pairOf[next[unit]++] = at >> 1
  })
  return { rowStart, columns, pairOf }
}

function mirror({ pairOf }: Mirrored, values: Float32Array): Float32Array {
  const both = new Float32Array(pairOf.length)
  for (let at = 0; at < both.length; at++) both[at] = values[pairOf[at]]
  return both
}

function lowerTriangle(ends: Int32Array, values: Float32Array, size: number) {
  const pairs = values.length
  const row = (pair: number) => Math.max(ends[2 * pair], ends[2 * pair + 1])
  const column = (pair: number) => Math.min(ends[2 * pair], ends[2 * pair + 1])
  const order = Array.from({ length: pairs }, (_, pair) => pair).sort(
    (a, b) => row(a) - row(b) || column(a) - column(b),
  )
  const rowStart = new Int32Array(size + 1)
  for (let pair = 0; pair < pairs; pair++) rowStart[row(pair) + 1]++
  for (let r = 0; r < size; r++) rowStart[r + 1] += rowStart[r]
  return {
    kind: 'sparse' as const,
    rowStart,
    columns: Int32Array.from(order, column),
    values: Float32Array.from(order, pair => values[pair]),
  }
}
