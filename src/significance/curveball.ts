/**
 * Random masks with given row and column counts, by curveball trades (Strona et al. 2014, Nature Communications 5:4114;
 * as global trades: Carstens, Hamann, Meyer et al., arXiv 1804.08487). One round pairs all rows at random; each pair
 * keeps the columns both have and deals out the others anew, each row getting as many as it had. The chain's stationary
 * distribution is uniform over all masks with these counts. After one round about half of what can move has moved; the
 * memory of the start halves with every further round.
 */
import { type Random, shuffle } from '../random.ts'

/**
 * Trades in place. `columns` — column indices row by row, row r at rowStart[r] … rowStart[r + 1] − 1; sorted again
 * within each row at the end.
 */
export function curveball(
  rowStart: Int32Array,
  columns: Int32Array,
  columnCount: number,
  rounds: number,
  random: Random,
): void {
  const rows = rowStart.length - 1
  const order = Int32Array.from({ length: rows }, (_, r) => r)
  const holder = new Int8Array(columnCount)
  const pool = new Int32Array(columnCount)
  for (let round = 0; round < rounds; round++) {
    shuffle(order, random)
    for (let i = 0; i + 1 < rows; i += 2) trade(rowStart, columns, order[i], order[i + 1], holder, pool, random)
  }
  for (let r = 0; r < rows; r++) columns.subarray(rowStart[r], rowStart[r + 1]).sort()
}

/** `holder` is all zeros on entry and exit; `pool` is scratch. */
function trade(
  rowStart: Int32Array,
  columns: Int32Array,
  p: number,
  q: number,
  holder: Int8Array,
  pool: Int32Array,
  random: Random,
): void {
  const startP = rowStart[p]
  const endP = rowStart[p + 1]
  const startQ = rowStart[q]
  const endQ = rowStart[q + 1]
  for (let i = startP; i < endP; i++) holder[columns[i]] = 1
  for (let i = startQ; i < endQ; i++) holder[columns[i]] += 2
  // What both have moves to the front of each row; the rest goes to the pool.
  let size = 0
  let nextP = startP
  for (let i = startP; i < endP; i++) {
    if (holder[columns[i]] === 3) columns[nextP++] = columns[i]
    else pool[size++] = columns[i]
  }
  let nextQ = startQ
  for (let i = startQ; i < endQ; i++) {
    if (holder[columns[i]] === 3) columns[nextQ++] = columns[i]
    else pool[size++] = columns[i]
  }
  for (let i = startP; i < nextP; i++) holder[columns[i]] = 0
  for (let i = 0; i < size; i++) holder[pool[i]] = 0
  // A random part of the pool to p: partial Fisher–Yates. All of the pool, when the other row has nothing to give.
  for (let i = 0; nextP < endP; i++) {
    const j = i + random.below(size - i)
    columns[nextP++] = pool[j]
    pool[j] = pool[i]
  }
  for (let i = size - 1; nextQ < endQ; i--) columns[nextQ++] = pool[i]
}
