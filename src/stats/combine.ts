/**
 * Combining independent Monte Carlo p-values p_1 … p_N that each lie on the grid 1/(n + 1), …, 1 (n draws each).
 *
 * Fisher: −2 Σ ln p ~ χ²(2N). Stouffer: Σ Φ⁻¹(1 − p)/√N ~ N(0, 1). Irwin–Hall (Bates): the sum of N uniforms,
 * F(s) = 1/N! Σ_{k ≤ s} (−1)^k C(N, k)(s − k)^N, or its normal limit for N > 30. Ranks: χ² of the counts per grid
 * point against equal counts. `midP` shifts a grid p by half a step, so that its mean under the null is ½; the papers
 * do so before Fisher, Stouffer and Bates.
 *
 * The papers' Bates sum leaves out the term k = ⌊s⌋; `paperSum` does the same, for comparing with their tables.
 */
import { UsageError } from '../errors.ts'
import { log } from './elementary.ts'
import { chiSquaredTail, normalCdf, normalQuantile } from './normal.ts'

/** Moves each p from the grid of n draws half a step down: p − ½/(n + 1). */
export function midP(ps: ArrayLike<number>, draws: number): Float64Array {
  return Float64Array.from(ps, p => p - 0.5 / (draws + 1))
}

/** Fisher's combined p. */
export function fisherP(ps: ArrayLike<number>): number {
  checkPs(ps)
  let sum = 0
  for (let i = 0; i < ps.length; i++) sum += log(ps[i])
  return chiSquaredTail(-2 * sum, 2 * ps.length)
}

/** Stouffer's combined p, equal weights. */
export function stoufferP(ps: ArrayLike<number>): number {
  checkPs(ps)
  let sum = 0
  for (let i = 0; i < ps.length; i++) sum -= normalQuantile(ps[i])
  return normalCdf(-sum / Math.sqrt(ps.length))
}

/** Irwin–Hall p: the probability of a mean this small or smaller. Exact up to 30 values, normal above. */
export function irwinHallP(ps: ArrayLike<number>, paperSum = false): number {
  checkPs(ps)
  let sum = 0
  for (let i = 0; i < ps.length; i++) sum += ps[i]
  if (ps.length > 30) return normalCdf((sum / ps.length - 0.5) * Math.sqrt(12 * ps.length))
  return irwinHallCdf(sum, ps.length, paperSum ? Math.floor(sum) - 1 : Math.floor(sum))
}

/** P(U₁ + … + U_N ≤ s), with the sum over k cut at `last`. */
function irwinHallCdf(s: number, count: number, last: number): number {
  // The alternating sum loses digits where F is near 1: use symmetry there.
  if (s > count / 2 && last === Math.floor(s)) return 1 - irwinHallCdf(count - s, count, Math.floor(count - s))
  let sum = 0
  let signedBinomial = 1
  for (let k = 0; k <= last; k++) {
    let power = 1
    // ((s − k)^N / N!) factor by factor, so that nothing overflows.
    for (let i = 1; i <= count; i++) power *= (s - k) / i
    sum += signedBinomial * power
    signedBinomial *= -(count - k) / (k + 1)
  }
  return Math.min(1, Math.max(0, sum))
}

/** χ² p that the ranks behind the p-values (grid of `draws` draws) are spread evenly. Two-sided. */
export function rankUniformityP(ps: ArrayLike<number>, draws: number): number {
  checkPs(ps)
  const counts = new Float64Array(draws + 1)
  for (let i = 0; i < ps.length; i++) counts[Math.round(ps[i] * (draws + 1)) - 1]++
  const expected = ps.length / counts.length
  let statistic = 0
  for (const count of counts) statistic += ((count - expected) * (count - expected)) / expected
  return chiSquaredTail(statistic, draws)
}

function checkPs(ps: ArrayLike<number>): void {
  if (ps.length === 0) throw new UsageError('usage.p-values', 'There are no p-values to combine: pass at least one.')
  for (let i = 0; i < ps.length; i++) {
    if (!(ps[i] >= 0 && ps[i] <= 1))
      throw new UsageError('usage.p-values', `A p-value lies between 0 and 1, but number ${i} is ${ps[i]}.`)
  }
}
