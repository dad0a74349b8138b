/**
 * p-values from random draws.
 *
 * Default: p = (b + 1)/(m + 1), b = draws at least as extreme as the value, ties included (Phipson and Smyth,
 * arXiv 1603.05766): never zero, and exact when value and draws are exchangeable. Two published variants count
 * otherwise and are kept for `--protocol paper`: strict comparison with the same correction, which rewards ties, and the
 * raw strict fraction, which can be 0.
 *
 * Sequential stopping (Besag and Clifford 1991): stop at draw l once h draws are at least as extreme, then p = h/l;
 * after m draws without that, p = (b + 1)/(m + 1). Exact as well, and clear negatives cost few draws.
 */
import { UsageError } from '../errors.ts'
import { betaQuantile } from './beta.ts'

export type Tail = 'left' | 'right'

/** How many draws are as extreme as `value` or more; `strict` leaves ties out. */
export function countExtreme(value: number, draws: ArrayLike<number>, tail: Tail = 'left', strict = false): number {
  let count = 0
  for (let i = 0; i < draws.length; i++) {
    const difference = tail === 'left' ? value - draws[i] : draws[i] - value
    if (difference > 0 || (!strict && difference === 0)) count++
  }
  return count
}

/** p = (b + 1)/(m + 1), ties counted. `tail` 'left': small values are extreme. */
export function monteCarloP(value: number, draws: ArrayLike<number>, tail: Tail = 'left'): number {
  return (countExtreme(value, draws, tail) + 1) / (draws.length + 1)
}

/** The p of the clusterability papers' main code: strict comparison, so ties count as if beaten. */
export function strictP(value: number, draws: ArrayLike<number>, tail: Tail = 'left'): number {
  return (countExtreme(value, draws, tail, true) + 1) / (draws.length + 1)
}

/** The percentile of the papers' second code base: the raw fraction of strictly more extreme draws; may be 0. */
export function rawFraction(value: number, draws: ArrayLike<number>, tail: Tail = 'left'): number {
  return countExtreme(value, draws, tail, true) / draws.length
}

export interface SequentialP {
  readonly p: number
  /** Draws used: the rest, if any, must be ignored. */
  readonly draws: number
  readonly stoppedEarly: boolean
}

/**
 * Besag and Clifford's rule on the draws made so far. Returns undefined while neither `hits` extreme draws nor `limit`
 * draws have been seen.
 */
export function sequentialP(
  value: number,
  draws: ArrayLike<number>,
  hits: number,
  limit: number,
  tail: Tail = 'left',
): SequentialP | undefined {
  let count = 0
  for (let i = 0; i < Math.min(draws.length, limit); i++) {
    if (tail === 'left' ? draws[i] <= value : draws[i] >= value) count++
    // A stop at the very last draw saves nothing, but the rule gives h/l there too.
    if (count === hits) return { p: hits / (i + 1), draws: i + 1, stoppedEarly: i + 1 < limit }
  }
  return draws.length < limit ? undefined : { p: (count + 1) / (limit + 1), draws: limit, stoppedEarly: false }
}

/** Exact (Clopper–Pearson) interval of a binomial probability after `hits` successes in `trials`. */
export function clopperPearson(hits: number, trials: number, level = 0.95): [number, number] {
  if (!(trials >= 1 && hits >= 0 && hits <= trials))
    throw new UsageError('usage.binomial', `An interval needs 0 ≤ hits ≤ trials, not ${hits} of ${trials}.`)
  const tail = (1 - level) / 2
  return [
    hits === 0 ? 0 : betaQuantile(tail, hits, trials - hits + 1),
    hits === trials ? 1 : betaQuantile(1 - tail, hits + 1, trials - hits),
  ]
}
