/**
 * A number of a sub-module (score, entropy, dispersion) beside those of random unit sets of its layer and size, with an
 * effect t against controls r_j:
 * - difference (default): for entropies and dispersion r̄ − t in their own units, whose mean is 0 where there is nothing, however
 *   skewed they are; for scores, whose size says nothing, (t − r̄)/(|t| + |r̄|), between −1 and 1. Above 0 where the
 *   sub-module is the more coherent;
 * - ratio (2020): r̄/t, without bounds;
 * - share (2021): the mean over j of 2t/(t + r_j), 1 where there is no difference; null where t ≤ 0.
 */
import type { Tail } from '../../stats/monte-carlo.ts'
import { type RankTest, rankTest } from '../rank-test.ts'
import type { CoherenceProtocol } from './protocols.ts'

export interface Comparison {
  readonly value: number
  readonly controls: readonly number[]
  readonly test: RankTest
  readonly effect: number | null
}

/** @param tail the side on which a sub-module is coherent */
export function comparison(
  value: number,
  controls: readonly number[],
  tail: Tail,
  effect: CoherenceProtocol['effect'],
): Comparison {
  const found = EFFECTS[effect](value, controls, tail)
  return {
    ...{ value, controls },
    test: rankTest(value, Float64Array.from(controls), tail),
    effect: Number.isFinite(found) ? found : null,
  }
}

const EFFECTS: Readonly<
  Record<CoherenceProtocol['effect'], (value: number, controls: readonly number[], tail: Tail) => number>
> = {
  difference(value, controls, tail) {
    const mean = meanOf(controls)
    if (tail === 'left') return mean - value
    const size = Math.abs(value) + Math.abs(mean)
    return size === 0 ? 0 : (value - mean) / size
  },
  ratio: (value, controls) => meanOf(controls) / value,
  share: (value, controls) => (value > 0 ? meanOf(controls.map(one => (2 * value) / (value + one))) : Number.NaN),
}

const meanOf = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
