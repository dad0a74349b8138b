/**
 * Null models that permute or redraw the weights of each edge block on its own.
 *
 * permuteAll (`layer`): every cell of the block, zeros included, lands anywhere with equal probability: the first null
 * of arXiv 2003.04881. permuteNonZero (`layer-nonzero`): the non-zero weights change places among themselves. Redrawing
 * (`layer-kde` after permuteAll, `layer-nonzero-kde` in place): each non-zero weight becomes c·|w + .01·ε|, w a random
 * non-zero weight of the block, ε standard normal: a draw from a Gaussian kernel density estimate with the papers'
 * bandwidth. The papers fit it to signed weights and take the absolute value later, which has the same distribution.
 * Departures: every kernel is drawn once (not with replacement), and c = √(Σw²/(Σw² + Σ.01²)) takes the variance out
 * again that the kernels add (Silverman and Young 1987, Biometrika 74:469). With independent draws the shuffles' weight
 * distributions scatter around that of the tested network, which makes the test too timid; `independent` has it back.
 *
 * Exact: the multiset of weights (permutations), the positions of non-zeros (permuteNonZero and redrawing). Sparse blocks
 * are never made dense: permuteAll draws the set of non-zero cells itself, uniform among sets of that size, as the first
 * m different values of independent uniform cells.
 */
import type { DenseEdges, EdgeBlock, SparseEdges } from '../graph/unit-graph.ts'
import { type Random, shuffle } from '../random.ts'
import { normalDraws } from '../stats/normal.ts'

export type Edges = EdgeBlock['edges']

const BANDWIDTH = 0.01

/** All cells permuted. */
export function permuteAll(edges: Edges, rows: number, columns: number, random: Random): Edges {
  if (edges.kind === 'dense') return { kind: 'dense', values: shuffle(edges.values.slice(), random) }
  const { rowStart, columns: cellColumns } = scatterCells(edges.values.length, rows, columns, random)
  return { kind: 'sparse', rowStart, columns: cellColumns, values: shuffle(edges.values.slice(), random) }
}

/** Non-zero weights permuted among the non-zero cells. */
export function permuteNonZero(edges: Edges, random: Random): Edges {
  return withNonZeros(edges, shuffle(nonZeros(edges), random))
}

/**
 * Non-zero weights redrawn from their kernel density estimate, positions kept. `independent` — draw kernels with
 * replacement and keep the added variance, as the papers do.
 */
export function redrawNonZero(edges: Edges, random: Random, independent = false): Edges {
  const weights = nonZeros(edges)
  const normal = normalDraws(random)
  let squares = 0
  for (let i = 0; i < weights.length; i++) squares += weights[i] * weights[i]
  const shrink = independent ? 1 : Math.sqrt(1 / (1 + (BANDWIDTH * BANDWIDTH * weights.length) / squares))
  const centres = independent ? weights : shuffle(weights.slice(), random)
  const drawn = new Float32Array(weights.length)
  for (let i = 0; i < drawn.length; i++) {
    const centre = independent ? weights[random.below(weights.length)] : centres[i]
    // A weight that rounds to zero would be no edge: draw again.
    while (drawn[i] === 0) drawn[i] = Math.abs(centre + BANDWIDTH * normal()) * shrink
  }
  return withNonZeros(edges, drawn)
}

/** The non-zero weights, row by row: a copy. */
export function nonZeros(edges: Edges): Float32Array {
  if (edges.kind === 'sparse') return edges.values.slice()
  const found = new Float32Array(edges.values.length)
  let count = 0
  for (let i = 0; i < found.length; i++) if (edges.values[i] !== 0) found[count++] = edges.values[i]
  return found.slice(0, count)
}

/** The same positions with other non-zero weights, in `nonZeros` order. */
function withNonZeros(edges: Edges, weights: Float32Array): Edges {
  if (edges.kind === 'sparse') return { ...edges, values: weights }
  const values = new Float32Array(edges.values.length)
  for (let i = 0, next = 0; i < values.length; i++) if (edges.values[i] !== 0) values[i] = weights[next++]
  return { kind: 'dense', values }
}

/** Positions of the non-zeros as compressed rows. */
export function sparsePositions(edges: Edges, rows: number, columns: number): Omit<SparseEdges, 'kind' | 'values'> {
  if (edges.kind === 'sparse') return edges
  const rowStart = new Int32Array(rows + 1)
  const found = new Int32Array(edges.values.length)
  let count = 0
  for (let r = 0, at = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++, at++) if (edges.values[at] !== 0) found[count++] = c
    rowStart[r + 1] = count
  }
  return { rowStart, columns: found.subarray(0, count) }
}

/** A dense block from compressed rows. */
export function toDense({ rowStart, columns: at, values }: SparseEdges, rows: number, columns: number): DenseEdges {
  const dense = new Float32Array(rows * columns)
  for (let r = 0; r < rows; r++)
    for (let i = rowStart[r]; i < rowStart[r + 1]; i++) dense[r * columns + at[i]] = values[i]
  return { kind: 'dense', values: dense }
}

/** A uniformly random set of `count` cells, as compressed rows: linear time and memory in count + rows + columns. */
function scatterCells(count: number, rows: number, columns: number, random: Random) {
  const row = new Int32Array(count)
  const column = new Int32Array(count)
  const rowStart = new Int32Array(rows + 1)
  const columnStart = new Int32Array(columns + 1)
  const isNew = cellSet(count)
  for (let i = 0; i < count; ) {
    const r = random.below(rows)
    const c = random.below(columns)
    if (!isNew(r, c, r * columns + c)) continue
    row[i] = r
    column[i++] = c
    rowStart[r + 1]++
    columnStart[c + 1]++
  }
  for (let r = 0; r < rows; r++) rowStart[r + 1] += rowStart[r]
  for (let c = 0; c < columns; c++) columnStart[c + 1] += columnStart[c]
  // By column, then stably by row: two counting passes.
  const byColumn = new Int32Array(count)
  for (let i = 0; i < count; i++) byColumn[columnStart[column[i]]++] = i
  const next = rowStart.slice()
  const cellColumns = new Int32Array(count)
  for (let i = 0; i < count; i++) cellColumns[next[row[byColumn[i]]]++] = column[byColumn[i]]
  return { rowStart, columns: cellColumns }
}

/** A hash set of cell numbers (exact up to 2⁵³) for at most `count` members; the answer says whether one was new. */
function cellSet(count: number): (r: number, c: number, cell: number) => boolean {
  let size = 16
  while (size < 2 * count) size *= 2
  const table = new Float64Array(size).fill(-1)
  return (r, c, cell) => {
    let slot = (Math.imul(r, 0x9e3779b1) + Math.imul(c, 0x85ebca6b)) >>> 0
    for (slot ^= slot >>> 15; ; slot++) {
      const seen = table[slot & (size - 1)]
      if (seen === cell) return false
      if (seen === -1) {
        table[slot & (size - 1)] = cell
        return true
      }
    }
  }
}
