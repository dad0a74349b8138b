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
 * Kept exactly: numbers of edges of every unit in every block, hence density. Kept to 1e-6 (relative): strengths.
 * Kept approximately: the distribution of residuals. See docs/significance.md for measured figures.
 *
 * A random mask may admit no weights with these strengths (a unit of one edge and great strength must meet a unit that
 * can take it). Then fewer trades are tried, and at last the original mask, on which the fit always exists.
 */
import { type Random, shuffle } from '../random.ts'
import { balance, type Factors, type Pattern } from './balance.ts'
import { curveball } from './curveball.ts'
import { type Edges, nonZeros, sparsePositions, toDense } from './permute-weights.ts'
import { ascendingOrder } from './ranks.ts'

/** Rounds of trades to try; the last, none, cannot fail. */
const TRADE_ROUNDS = [12, 12, 12, 6, 3, 1, 0]
const RANK_ROUNDS = 3
const TOLERANCE = 1e-7

/** Prepares one block; each call of the result draws one random block of the same kind (dense or sparse). */
export function degreePreservingSampler(edges: Edges, rows: number, columns: number): (random: Random) => Edges {
  const pattern = sparsePositions(edges, rows, columns)
  const weights = nonZeros(edges)
  const { rowSums, columnSums } = sums(pattern, weights, rows, columns)
  const full = weights.length === rows * columns
  const expected = fitMask(pattern, rowSums, columnSums, 5000).factors
  const target = ratios(pattern, weights, expected)
  const inOrder = ascendingOrder(target).reduce((sorted, from, to) => {
    sorted[to] = target[from]
    return sorted
  }, new Float32Array(target.length))

  return random => {
    const mask = full ? { pattern, factors: expected } : randomMask(pattern, columns, rowSums, columnSums, random)
    const residuals = shuffle(target.slice(), random)
    const factors = copy(mask.factors)
    for (let round = 0; round < RANK_ROUNDS; round++) {
      balance(mask.pattern, residuals, rowSums, columnSums, factors, 1e-3, 4)
      const fitted = ratios(mask.pattern, product(mask.pattern, residuals, factors), mask.factors)
      const order = ascendingOrder(fitted)
      for (let i = 0; i < order.length; i++) residuals[order[i]] = inOrder[i]
      factors.rows.set(mask.factors.rows)
      factors.columns.set(mask.factors.columns)
    }
    balance(mask.pattern, residuals, rowSums, columnSums, factors, TOLERANCE, 5000)
    const values = product(mask.pattern, residuals, factors)
    const drawn = { kind: 'sparse' as const, rowStart: mask.pattern.rowStart, columns: mask.pattern.columns, values }
    return edges.kind === 'sparse' ? drawn : full ? { kind: 'dense', values } : toDense(drawn, rows, columns)
  }
}

/** A mask with the same counts on which the strengths are possible, with its expected weights. */
function randomMask(
  pattern: Pattern,
  columnCount: number,
  rowSums: Float64Array,
  columnSums: Float64Array,
  random: Random,
): { pattern: Pattern; factors: Factors } {
  for (const rounds of TRADE_ROUNDS) {
    const columns = pattern.columns.slice()
    curveball(pattern.rowStart, columns, columnCount, rounds, random)
    const traded = { rowStart: pattern.rowStart, columns }
    const { factors, deviation } = fitMask(traded, rowSums, columnSums, rounds === 0 ? 5000 : 200)
    if (deviation <= TOLERANCE || rounds === 0) return { pattern: traded, factors }
  }
  throw new RangeError('unreachable: the last entry of TRADE_ROUNDS is 0')
}

/** Expected weights a_i b_j on a mask. */
function fitMask(pattern: Pattern, rowSums: Float64Array, columnSums: Float64Array, sweeps: number) {
  const factors = { rows: rowSums.slice(), columns: columnSums.slice() }
  const deviation = balance(pattern, undefined, rowSums, columnSums, factors, TOLERANCE, sweeps)
  return { factors, deviation }
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

function copy({ rows, columns }: Factors): Factors {
  return { rows: rows.slice(), columns: columns.slice() }
}
