/**
 * False discovery rate by Benjamini and Hochberg (1995): adjusted p_(i) = min over j ≥ i of p_(j)·N/j; reject where the
 * adjusted value is at most the rate. Valid for independent or positively dependent tests.
 */

/** Adjusted p-values in the order given: Float64Array [N]. */
export function adjustedPs(ps: ArrayLike<number>): Float64Array {
  const order = Int32Array.from({ length: ps.length }, (_, i) => i).sort((a, b) => ps[a] - ps[b] || a - b)
  const adjusted = new Float64Array(ps.length)
  let least = 1
  for (let i = order.length - 1; i >= 0; i--) {
    least = Math.min(least, (ps[order[i]] * ps.length) / (i + 1))
    adjusted[order[i]] = least
  }
  return adjusted
}

/** The largest p that is still a discovery at this rate, or null when there is none. */
export function discoveryThreshold(ps: ArrayLike<number>, rate: number): number | null {
  const adjusted = adjustedPs(ps)
  let threshold: number | null = null
  for (let i = 0; i < ps.length; i++)
    if (adjusted[i] <= rate && (threshold === null || ps[i] > threshold)) threshold = ps[i]
  return threshold
}
