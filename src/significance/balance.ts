/**
 * Iterative proportional fitting (Sinkhorn and Knopp 1967) of a sparse non-negative matrix R to given row sums s and
 * column sums t: factors a, b with Σ_j a_i R_ij b_j = s_i and Σ_i a_i R_ij b_j = t_j. Each sweep sets a_i = s_i / Σ_j R_ij b_j,
 * then b_j = t_j / Σ_i a_i R_ij. It converges whenever some matrix with R's pattern has these sums; how fast depends on
 * how well the pattern mixes (a handful of sweeps where it is dense).
 */
export interface Pattern {
  readonly rowStart: Int32Array
  readonly columns: Int32Array
}

export interface Factors {
  readonly rows: Float64Array
  readonly columns: Float64Array
}

/**
 * Improves `factors` in place until every row sum is within `tolerance` (relative), at most `sweeps` times; column sums
 * are exact after every sweep. `values` — R's non-zeros, all 1 when left out. Returns the largest relative deviation of
 * a row sum before the last correction.
 */
export function balance(
  { rowStart, columns }: Pattern,
  values: Float32Array | undefined,
  rowSums: Float64Array,
  columnSums: Float64Array,
  factors: Factors,
  tolerance: number,
  sweeps: number,
): number {
  const { rows: a, columns: b } = factors
  const sums = new Float64Array(b.length)
  let deviation = Number.POSITIVE_INFINITY
  // Rows that are right before the columns have been seen to (the first sweep) prove nothing.
  for (let sweep = 0; sweep < sweeps && (sweep < 2 || deviation > tolerance); sweep++) {
    deviation = 0
    sums.fill(0)
    for (let r = 0; r < a.length; r++) {
      const start = rowStart[r]
      const end = rowStart[r + 1]
      if (start === end) continue
      let sum = 0
      if (values) for (let i = start; i < end; i++) sum += values[i] * b[columns[i]]
      else for (let i = start; i < end; i++) sum += b[columns[i]]
      const factor = rowSums[r] / sum
      deviation = Math.max(deviation, Math.abs(a[r] / factor - 1))
      a[r] = factor
      if (values) for (let i = start; i < end; i++) sums[columns[i]] += values[i] * factor
      else for (let i = start; i < end; i++) sums[columns[i]] += factor
    }
    for (let c = 0; c < b.length; c++) if (sums[c] > 0) b[c] = columnSums[c] / sums[c]
  }
  return deviation
}
