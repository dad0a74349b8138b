/**
 * The degree-preserving null model: a random network in which every unit keeps, block by block, its number of edges and
 * the sum of their weights (its strength). What is left to differ is who is linked with whom, and how strongly given the
 * strengths of both: the structure that modules are made of.
 *
 * For one block with weights w_ij, row sums s_i, column sums t_j:
 * 1. Expected weights e_ij = a_i b_j on the block's own mask, with the sums s, t (iterative proportional fitting;
 *    s_i t_j / Σs on a full mask). Residuals r_ij = w_ij / e_ij.
 * 2. A random mask with the same row and column counts (curveball trades; a full mask stays).
 * 3. The residuals, permuted at random over the mask; fitted to s, t.
 * 4. Fitting pulls the residuals together (a permuted matrix has uneven sums, and evening them out takes variance away),
 *    so a few times: replace the fitted residuals by the original ones of the same rank, and fit again. This is the idea
 *    of amplitude-adjusted surrogate data (Schreiber and Schmitz 1996, Physical Review Letters 77:635).
 *
 * Kept exactly: numbers of edges of every unit in every block, hence density. Kept to 1e-6 (relative; 1e-7 was seen):
 * strengths. Kept approximately: the distribution of residuals; on full masks the variance of half-normal ones was seen
 * to fall by .04 % (256 × 256), 1.3 % (24 × 24), 2.2 % (256 × 10) in the first draw and not at all when drawing from
 * draws, so the test is calibrated (experiments/false-positive-rate.ts, docs/significance.md).
 *
 * A random mask may admit no weights with these strengths (a unit of one edge and great strength must meet a unit that
 * can take it). Then other masks are tried, with fewer and fewer trades, at last the block's own mask; where even there
 * the fit does not converge, the block stays as it is (which counts as a tie, against modularity).
 */
import { type Random, shuffle } from '../random.ts'
import { balance, type Factors, type Pattern } from './balance.ts'
import { curveball } from './curveball.ts'
import { type Edges, nonZeros, sparsePositions, toDense } from './permute-weights.ts'
import { ascendingOrder } from './ranks.ts'

/** Rounds of trades, attempt after attempt; 0 stays on the block's own mask, on which a fit always exists. */
const TRADE_ROUNDS = [12, 12, 12, 6, 3, 1, 0, 0]
const RANK_ROUNDS = 3
const TOLERANCE = 1e-7
/** Fits that need more sweeps than this lie on the border of what is possible, where weights vanish. */
const SWEEPS = 300

/** Prepares one block; each call of the result draws one random block of the same kind (dense or sparse). */
export function degreePreservingSampler(edges: Edges, rows: number, columns: number): (random: Random) => Edges {
  const pattern = sparsePositions(edges, rows, columns)
  const weights = nonZeros(edges)
  const { rowSums, columnSums } = sums(pattern, weights, rows, columns)
  const full = weights.length === rows * columns
  const own = { factors: { rows: rowSums.slice(), columns: columnSums.slice() }, pattern }
  balance(pattern, undefined, rowSums, columnSums, own.factors, TOLERANCE, 20 * SWEEPS)
  const target = ratios(pattern, weights, own.factors)
  const sorted = target.slice().sort()

  /** The weights of one attempt, or undefined when strengths cannot be met on the mask it drew. */
  const attempt = (rounds: number, random: Random): { pattern: Pattern; values: Float32Array } | undefined => {
    const mask = full || rounds === 0 ? own : tradedMask(pattern, columns, rowSums, columnSums, rounds, random)
    if (!mask) return undefined
    const residuals = shuffle(target.slice(), random)
    const factors = { rows: mask.factors.rows.slice(), columns: mask.factors.columns.slice() }
    for (let round = 0; round < RANK_ROUNDS; round++) {
      balance(mask.pattern, residuals, rowSums, columnSums, factors, 1e-3, 4)
      const fitted = ratios(mask.pattern, product(mask.pattern, residuals, factors), mask.factors)
      const order = ascendingOrder(fitted)
      for (let i = 0; i < order.length; i++) residuals[order[i]] = sorted[i]
      factors.rows.set(mask.factors.rows)
      factors.columns.set(mask.factors.columns)
    }
    const deviation = balance(mask.pattern, residuals, rowSums, columnSums, factors, TOLERANCE, SWEEPS)
    if (deviation > TOLERANCE) return undefined
    return { pattern: mask.pattern, values: product(mask.pattern, residuals, factors) }
  }

  return random => {
    for (const rounds of TRADE_ROUNDS) {
      const drawn = attempt(rounds, random)
      if (!drawn) continue
      const { rowStart, columns: at } = drawn.pattern
      if (full && edges.kind === 'dense') return { kind: 'dense', values: drawn.values }
      const block = { kind: 'sparse' as const, rowStart, columns: at, values: drawn.values }
      return edges.kind === 'sparse' ? block : toDense(block, rows, columns)
    }
    return edges
  }
}

/** A random mask with the same counts and its expected weights, or undefined where it does not admit the strengths. */
function tradedMask(
  pattern: Pattern,
  columnCount: number,
  rowSums: Float64Array,
  columnSums: Float64Array,
  rounds: number,
  random: Random,
): { pattern: Pattern; factors: Factors } | undefined {
  const columns = pattern.columns.slice()
  curveball(pattern.rowStart, columns, columnCount, rounds, random)
  const traded = { rowStart: pattern.rowStart, columns }
  const factors = { rows: rowSums.slice(), columns: columnSums.slice() }
  const deviation = balance(traded, undefined, rowSums, columnSums, factors, TOLERANCE, SWEEPS)
  return deviation <= TOLERANCE ? { pattern: traded, factors } : undefined
}

function sums({ rowStart, columns: at }: Pattern, weights: Float32Array, rows: number, columns: number) {
  const rowSums = new Float64Array(rows)
  const columnSums = new Float64Array(columns)
  for (let r = 0; r < rows; r++) {
    for (let i = rowStart[r]; i < rowStart[r + 1]; i++) {
      rowSums[r] += weights[i]
      columnSums[at[i]] += weights[i]
    }
  }
  return { rowSums, columnSums }
}

/** w_ij / (a_i b_j). */
function ratios({ rowStart, columns }: Pattern, weights: Float32Array, { rows: a, columns: b }: Factors): Float32Array {
  const result = new Float32Array(weights.length)
  for (let r = 0; r < a.length; r++)
    for (let i = rowStart[r]; i < rowStart[r + 1]; i++) result[i] = weights[i] / (a[r] * b[columns[i]])
  return result
}

/** a_i b_j r_ij. */
function product(
  { rowStart, columns }: Pattern,
  residuals: Float32Array,
  { rows: a, columns: b }: Factors,
): Float32Array {
  const result = new Float32Array(residuals.length)
  for (let r = 0; r < a.length; r++)
    for (let i = rowStart[r]; i < rowStart[r + 1]; i++) result[i] = residuals[i] * a[r] * b[columns[i]]
  return result
}
