/**
 * Welch's t-test for two samples of unequal variance (Welch 1947): t = (m_a − m_b)/√(s_a²/n_a + s_b²/n_b), with
 * ν = (s_a²/n_a + s_b²/n_b)² / ((s_a²/n_a)²/(n_a − 1) + (s_b²/n_b)²/(n_b − 1)) degrees of freedom. Student's
 * distribution through the incomplete beta function: P(|T| > |t|) = I_{ν/(ν + t²)}(ν/2, ½).
 */
import { betaCdf } from './beta.ts'
import { moments } from './effect.ts'

export interface WelchTest {
  readonly t: number
  readonly degreesOfFreedom: number
  /** One-sided: the probability of a t this low or lower if the means are equal. */
  readonly p: number
}

/** Is the mean of `a` less than that of `b`? Null where a sample has fewer than two values or nothing varies. */
export function welchLess(a: ArrayLike<number>, b: ArrayLike<number>): WelchTest | null {
  if (a.length < 2 || b.length < 2) return null
  const [left, right] = [moments(a), moments(b)]
  const [va, vb] = [left, right].map(({ squares, count }) => squares / (count - 1) / count)
  if (!(va + vb > 0)) return null
  const t = (left.mean - right.mean) / Math.sqrt(va + vb)
  const degreesOfFreedom = (va + vb) ** 2 / (va ** 2 / (a.length - 1) + vb ** 2 / (b.length - 1))
  return { t, degreesOfFreedom, p: studentCdf(t, degreesOfFreedom) }
}

/** P(T ≤ t) for Student's t with ν > 0 degrees of freedom. */
export function studentCdf(t: number, degreesOfFreedom: number): number {
  const tail = betaCdf(degreesOfFreedom / (degreesOfFreedom + t * t), degreesOfFreedom / 2, 0.5) / 2
  return t < 0 ? tail : 1 - tail
}
