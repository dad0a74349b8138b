/**
 * Means, spreads and effect sizes. Cohen's d = (mean a − mean b)/s with s² pooled from the two samples (ddof 1), as in
 * Cohen 1988; z = (value − mean)/sd with the population sd (ddof 0), as the clusterability papers print it. Both are
 * null where the spread is 0, never infinite.
 */

export interface Moments {
  readonly mean: number
  /** Sum of squared deviations from the mean. */
  readonly squares: number
  readonly count: number
}

/** Mean and squared deviations, in two passes. */
export function moments(values: ArrayLike<number>): Moments {
  let sum = 0
  for (let i = 0; i < values.length; i++) sum += values[i]
  const mean = sum / values.length
  let squares = 0
  for (let i = 0; i < values.length; i++) squares += (values[i] - mean) * (values[i] - mean)
  return { mean, squares, count: values.length }
}

/** Standard deviation with divisor count − ddof. */
export function standardDeviation({ squares, count }: Moments, ddof = 0): number {
  return Math.sqrt(squares / (count - ddof))
}

/** (value − mean)/sd, ddof 0; null where the draws do not vary. */
export function zScore(value: number, draws: Moments): number | null {
  const sd = standardDeviation(draws)
  return sd > 0 ? (value - draws.mean) / sd : null
}

/** Cohen's d of two samples; null where neither varies or one has fewer than two values. */
export function cohensD(a: Moments, b: Moments): number | null {
  const freedom = a.count + b.count - 2
  const pooled = Math.sqrt((a.squares + b.squares) / freedom)
  return a.count > 1 && b.count > 1 && pooled > 0 ? (a.mean - b.mean) / pooled : null
}

/** 95 % normal interval of the mean: ± 1.96 standard errors (ddof 1); the mean itself for a single value. */
export function meanInterval(draws: Moments): [number, number] {
  const error = draws.count > 1 ? standardDeviation(draws, 1) / Math.sqrt(draws.count) : 0
  return [draws.mean - 1.959963984540054 * error, draws.mean + 1.959963984540054 * error]
}
