/**
 * The assignment problem: which column to give each row so that the total is largest (Kuhn 1955; shortest augmenting
 * paths with potentials, Jonker and Volgenant 1987, O(n³)). Matches the modules of two partitions.
 */

/**
 * gains — Float64Array [n × n], row-major. Returns the column of each row: Int32Array [n].
 */
export function bestAssignment(gains: Float64Array, n: number): Int32Array {
  const rowPotential = new Float64Array(n + 1)
  const columnPotential = new Float64Array(n + 1)
  // Row matched to each column, and the column before it on the path; 0 is the artificial start, units count from 1.
  const rowOf = new Int32Array(n + 1)
  const before = new Int32Array(n + 1)
  for (let row = 1; row <= n; row++) {
    rowOf[0] = row
    const slack = new Float64Array(n + 1).fill(Number.POSITIVE_INFINITY)
    const used = new Uint8Array(n + 1)
    let column = 0
    do {
      used[column] = 1
      const current = rowOf[column]
      let smallest = Number.POSITIVE_INFINITY
      let next = 0
      for (let j = 1; j <= n; j++) {
        if (used[j]) continue
        const reduced = -gains[(current - 1) * n + j - 1] - rowPotential[current] - columnPotential[j]
        if (reduced < slack[j]) {
          slack[j] = reduced
          before[j] = column
        }
        if (slack[j] < smallest) {
          smallest = slack[j]
          next = j
        }
      }
      for (let j = 0; j <= n; j++) {
        if (used[j]) {
          rowPotential[rowOf[j]] += smallest
          columnPotential[j] -= smallest
        } else slack[j] -= smallest
      }
      column = next
    } while (rowOf[column] !== 0)
    while (column !== 0) {
      rowOf[column] = rowOf[before[column]]
      column = before[column]
    }
  }
  const result = new Int32Array(n)
  for (let j = 1; j <= n; j++) result[rowOf[j] - 1] = j - 1
  return result
}
