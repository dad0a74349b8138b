/**
 * The regularised incomplete beta function I_x(a, b) and its inverse, on arithmetic alone (see `elementary.ts`).
 *
 * I_x(a, b) = xᵃ(1 − x)ᵇ / (a B(a, b)) · 1/(1 + d₁/(1 + d₂/(1 + …))), d₂ₘ = m(b − m)x / ((a + 2m − 1)(a + 2m)),
 * d₂ₘ₊₁ = −(a + m)(a + b + m)x / ((a + 2m)(a + 2m + 1)), by Lentz's evaluation for x < (a + 1)/(a + b + 2), and through
 * I_x(a, b) = 1 − I_{1−x}(b, a) elsewhere. The inverse halves an interval until it is one float64 step wide: a fixed
 * sequence of operations, so the same bits everywhere.
 */
import { exp, log, log1p } from './elementary.ts'
import { logGamma } from './gamma.ts'

const TINY = 1e-300

/** I_x(a, b) for a, b > 0 and 0 ≤ x ≤ 1: the probability that a beta(a, b) variable stays below x. */
export function betaCdf(x: number, a: number, b: number): number {
  if (x <= 0) return 0
  if (x >= 1) return 1
  const front = exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * log(x) + b * log1p(-x))
  if (x < (a + 1) / (a + b + 2)) return (front * fraction(x, a, b)) / a
  return 1 - (front * fraction(1 - x, b, a)) / b
}

/** The x with I_x(a, b) = p. */
export function betaQuantile(p: number, a: number, b: number): number {
  if (p <= 0) return 0
  if (p >= 1) return 1
  let low = 0
  let high = 1
  for (;;) {
    const middle = (low + high) / 2
    if (middle <= low || middle >= high) return middle
    if (betaCdf(middle, a, b) < p) low = middle
    else high = middle
    if (high - low < 1e-16 * high) return middle
  }
}

function fraction(x: number, a: number, b: number): number {
  let c = 1
  let d = 1 / nonZero(1 - ((a + b) * x) / (a + 1))
  let value = d
  for (let m = 1; m < 100_000; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m))
    d = 1 / nonZero(1 + even * d)
    c = nonZero(1 + even / c)
    value *= d * c
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1))
    d = 1 / nonZero(1 + odd * d)
    c = nonZero(1 + odd / c)
    value *= d * c
    if (Math.abs(d * c - 1) < 2e-16) break
  }
  return value
}

function nonZero(value: number): number {
  return Math.abs(value) < TINY ? TINY : value
}
