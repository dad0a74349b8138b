/**
 * All sub-modules of a network together: Fisher's p and its statistic F = −mean ln p̃, Stouffer, the χ² of the ranks,
 * and the mean effect with its standard error and a bootstrap interval over sub-modules. Says whether the tests could
 * have come out at all: with n draws no p lies below 1/(n + 1), and of many sub-modules none alone can pass a correction.
 */
import { randomStream } from '../random.ts'
import { fisherP, midP, rankUniformityP, stoufferP } from '../stats/combine.ts'
import { moments, standardDeviation } from '../stats/effect.ts'
import { log } from '../stats/elementary.ts'
import type { RankTest } from './rank-test.ts'

interface CombinedP {
  readonly fisher: number
  /** F = −mean ln p̃. */
  readonly statistic: number
  readonly stouffer: number
}

/** What lies under a row of the papers' tables. */
export interface PooledTest {
  /** Sub-modules that have a p, and those that have none. */
  readonly tests: number
  readonly excluded: number
  /** Random draws that were no number, over all sub-modules. */
  readonly missing: number
  /** Sub-modules tied with at least one control. */
  readonly tied: number
  /** The papers': strict p-values, half a step down. Ties count as if beaten. */
  readonly strict: CombinedP & { readonly rankUniformity: number }
  /** Ties counted, no half step. */
  readonly conservative: CombinedP | null
  /** Mid-p: uniform in the mean with ties and without. */
  readonly mid: CombinedP | null
  /** The smallest p that Fisher's test could have given here, and the smallest of one sub-module. */
  readonly leastFisher: number
  readonly leastSingle: number
}

/** @param draws controls of each sub-module */
export function pooledTest(tests: readonly RankTest[], draws: number): PooledTest | null {
  if (tests.length === 0) return null
  const valid = tests.filter(({ mid }) => mid !== null)
  const strict = tests.map(test => test.strict)
  const leastSingle = 1 / (draws + 1)
  return {
    tests: valid.length,
    excluded: tests.length - valid.length,
    missing: tests.reduce((sum, { missing }) => sum + missing, 0),
    tied: tests.filter(({ ties }) => ties > 0).length,
    strict: { ...combined(midP(strict, draws)), rankUniformity: rankUniformityP(strict, draws) },
    conservative: valid.length ? combined(valid.map(test => test.conservative!)) : null,
    mid: valid.length ? combined(valid.map(test => test.mid!)) : null,
    leastFisher: fisherP(tests.map(() => leastSingle / 2)),
    leastSingle,
  }
}

function combined(ps: ArrayLike<number>): CombinedP {
  let sum = 0
  for (let i = 0; i < ps.length; i++) sum -= log(ps[i])
  return { fisher: fisherP(ps), statistic: sum / ps.length, stouffer: stoufferP(ps) }
}

export interface MeanEffect {
  readonly mean: number
  /** Standard error, ddof 1; null for a single value. */
  readonly error: number | null
  /** 95 % percentile bootstrap over sub-modules. */
  readonly interval: readonly [number, number]
  readonly count: number
}

const RESAMPLES = 2000
const BOOTSTRAP_STREAM = 11

/** Mean of effects over sub-modules; those without a value are left out. Null where none is left. */
export function meanEffect(effects: readonly (number | null)[], seed: number): MeanEffect | null {
  const values = effects.filter((effect): effect is number => effect !== null)
  if (values.length === 0) return null
  const found = moments(values)
  const random = randomStream(seed, BOOTSTRAP_STREAM)
  const means = Float64Array.from({ length: RESAMPLES }, () => {
    let sum = 0
    for (let i = 0; i < values.length; i++) sum += values[random.below(values.length)]
    return sum / values.length
  }).sort()
  const count = values.length
  return {
    mean: found.mean,
    error: count > 1 ? standardDeviation(found, 1) / Math.sqrt(count) : null,
    interval: [means[Math.floor(0.025 * RESAMPLES)], means[Math.ceil(0.975 * RESAMPLES) - 1]],
    count,
  }
}
