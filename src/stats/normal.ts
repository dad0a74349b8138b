/**
 * The normal and χ² distributions through the incomplete gamma function: Φ(z) = ½ Q(½, z²/2) for z < 0, and
 * P(χ² > x) = Q(df/2, x/2). Tails keep their relative precision down to 1e-300. The quantile starts from the rational
 * approximation 26.2.23 of Abramowitz and Stegun (error 4.5e-4) and refines it by Halley's method on Φ. Normal draws
 * use Marsaglia's polar method. All on arithmetic alone, so the same bits on every engine.
 */
import type { Random } from '../random.ts'
import { exp, log } from './elementary.ts'
import { gammaLower, gammaUpper } from './gamma.ts'

const INVERSE_SQRT_TWO_PI = 0.3989422804014327

/** Φ(z): the probability that a standard normal variable is at most z. */
export function normalCdf(z: number): number {
  return z < 0 ? gammaUpper(0.5, (z * z) / 2) / 2 : 0.5 + gammaLower(0.5, (z * z) / 2) / 2
}

/** The z with Φ(z) = p; ∓∞ for p = 0 and 1. */
export function normalQuantile(p: number): number {
  if (!(p >= 0 && p <= 1)) return Number.NaN
  if (p === 0 || p === 1) return p === 0 ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY
  if (p > 0.5) return -normalQuantile(1 - p)
  const t = Math.sqrt(-2 * log(p))
  let z = (2.515517 + t * (0.802853 + t * 0.010328)) / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308))) - t
  for (let i = 0; i < 3; i++) {
    const step = (normalCdf(z) - p) / (INVERSE_SQRT_TWO_PI * exp((-z * z) / 2))
    z -= step / (1 + (z * step) / 2)
  }
  return z
}

/** P(X > x) for X ~ χ² with `df` degrees of freedom. */
export function chiSquaredTail(x: number, df: number): number {
  return gammaUpper(df / 2, x / 2)
}

/** A source of independent standard normal draws. */
export function normalDraws(random: Random): () => number {
  let spare = Number.NaN
  return () => {
    if (!Number.isNaN(spare)) {
      const value = spare
      spare = Number.NaN
      return value
    }
    for (;;) {
      const x = 2 * random.uniform() - 1
      const y = 2 * random.uniform() - 1
      const square = x * x + y * y
      if (square >= 1 || square === 0) continue
      const factor = Math.sqrt((-2 * log(square)) / square)
      spare = y * factor
      return x * factor
    }
  }
}
