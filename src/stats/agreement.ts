/**
 * How far two partitions of the same units agree. Units that either partition leaves out (label −1) do not count.
 *
 * With n_ij the contingency table, a_i and b_j its margins, n the number of units:
 * ARI (Hubert and Arabie 1985) = (Σ C(n_ij, 2) − e)/(½(Σ C(a_i, 2) + Σ C(b_j, 2)) − e),
 * e = Σ C(a_i, 2) Σ C(b_j, 2)/C(n, 2); mutual information I = Σ n_ij/n log(n n_ij/(a_i b_j)) in nats;
 * NMI = I/½(H_a + H_b); AMI = (I − E[I])/(½(H_a + H_b) − E[I]) with E[I] under the hypergeometric model (Vinh,
 * Epps and Bailey 2010); VI = H_a + H_b − 2I (Meilă 2007), a metric, 0 for equal partitions.
 */
import { UsageError } from '../errors.ts'
import { exp, log } from './elementary.ts'
import { logGamma } from './gamma.ts'

export interface Agreement {
  /** Adjusted Rand index: 1 equal, about 0 for unrelated partitions. */
  readonly ari: number
  /** Adjusted mutual information (arithmetic mean of the entropies). */
  readonly ami: number
  /** Normalised mutual information (arithmetic mean of the entropies). */
  readonly nmi: number
  /** Variation of information, in nats. */
  readonly vi: number
  /** Units labelled in both. */
  readonly count: number
}

/** All four measures. `a`, `b` — labels per unit, −1 = left out. */
export function agreement(a: ArrayLike<number>, b: ArrayLike<number>): Agreement {
  const table = contingency(a, b)
  const { count, rows, columns } = table
  const hRows = entropy(rows, count)
  const hColumns = entropy(columns, count)
  const information = mutualInformation(table)
  const meanEntropy = (hRows + hColumns) / 2
  // Both partitions trivial (one cluster, or all singletons): equal by convention, as in scikit-learn.
  const trivial = rows.length === columns.length && (rows.length <= 1 || rows.length === count)
  const expected = trivial ? 0 : expectedInformation(table)
  const room = meanEntropy - expected
  return {
    ari: randIndex(table),
    ami: trivial ? 1 : (information - expected) / (Math.abs(room) > 1e-15 ? room : 1e-15),
    nmi: trivial ? 1 : meanEntropy > 0 ? information / meanEntropy : 0,
    vi: Math.max(0, hRows + hColumns - 2 * information),
    count,
  }
}

/** The adjusted Rand index alone: cheap, integer arithmetic up to the last step. */
export function adjustedRandIndex(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return randIndex(contingency(a, b))
}

/**
 * NMI alone, without the adjustment for chance that makes AMI slow: what permutation tests of agreement draw. 1 where
 * both partitions are trivial, as in {@link agreement}.
 */
export function normalisedMutualInformation(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const table = contingency(a, b)
  const { count, rows, columns } = table
  if (rows.length === columns.length && (rows.length <= 1 || rows.length === count)) return 1
  const meanEntropy = (entropy(rows, count) + entropy(columns, count)) / 2
  return meanEntropy > 0 ? mutualInformation(table) / meanEntropy : 0
}

interface Contingency {
  readonly count: number
  /** Sizes of the clusters of a and of b. */
  readonly rows: Float64Array
  readonly columns: Float64Array
  /** n_ij: Float64Array [rows × columns]. */
  readonly cells: Float64Array
}

function contingency(a: ArrayLike<number>, b: ArrayLike<number>): Contingency {
  if (a.length !== b.length)
    throw new UsageError(
      'usage.agreement',
      `Two partitions of the same units are needed, not ${a.length} and ${b.length}.`,
    )
  const rowOf = new Map<number, number>()
  const columnOf = new Map<number, number>()
  let count = 0
  for (let i = 0; i < a.length; i++) {
    if (a[i] < 0 || b[i] < 0) continue
    if (!rowOf.has(a[i])) rowOf.set(a[i], rowOf.size)
    if (!columnOf.has(b[i])) columnOf.set(b[i], columnOf.size)
    count++
  }
  const rows = new Float64Array(rowOf.size)
  const columns = new Float64Array(columnOf.size)
  const cells = new Float64Array(rowOf.size * columnOf.size)
  for (let i = 0; i < a.length; i++) {
    if (a[i] < 0 || b[i] < 0) continue
    const row = rowOf.get(a[i])!
    const column = columnOf.get(b[i])!
    rows[row]++
    columns[column]++
    cells[row * columns.length + column]++
  }
  return { count, rows, columns, cells }
}

function randIndex({ count, rows, columns, cells }: Contingency): number {
  const together = pairs(cells)
  const inRows = pairs(rows)
  const inColumns = pairs(columns)
  const all = (count * (count - 1)) / 2
  const mean = (inRows + inColumns) / 2
  // No pair can disagree by more than chance: both partitions trivial.
  const expected = all > 0 ? (inRows * inColumns) / all : 0
  return mean === expected ? 1 : (together - expected) / (mean - expected)
}

function pairs(sizes: Float64Array): number {
  let sum = 0
  for (const size of sizes) sum += (size * (size - 1)) / 2
  return sum
}

function entropy(sizes: Float64Array, count: number): number {
  let sum = 0
  for (const size of sizes) sum -= (size / count) * log(size / count)
  return sum
}

function mutualInformation({ count, rows, columns, cells }: Contingency): number {
  let sum = 0
  for (let r = 0; r < rows.length; r++) {
    for (let c = 0; c < columns.length; c++) {
      const cell = cells[r * columns.length + c]
      if (cell > 0) sum += (cell / count) * log((count * cell) / (rows[r] * columns[c]))
    }
  }
  return Math.max(0, sum)
}

/** E[I] over random partitions with the same cluster sizes: each cell is hypergeometric. */
function expectedInformation({ count, rows, columns }: Contingency): number {
  const logFactorial = new Float64Array(count + 1)
  for (let i = 0; i <= count; i++) logFactorial[i] = logGamma(i + 1)
  let sum = 0
  for (const a of rows) {
    for (const b of columns) {
      const margins =
        logFactorial[a] + logFactorial[b] + logFactorial[count - a] + logFactorial[count - b] - logFactorial[count]
      for (let cell = Math.max(1, a + b - count); cell <= Math.min(a, b); cell++) {
        const others = logFactorial[cell] + logFactorial[a - cell] + logFactorial[b - cell]
        const chance = exp(margins - others - logFactorial[count - a - b + cell])
        sum += (cell / count) * log((count * cell) / (a * b)) * chance
      }
    }
  }
  return sum
}
