/**
 * One value against n random ones. Three p-values on the grid of n draws:
 * - strict: (draws strictly more extreme + 1)/(n + 1), the papers', under which a tie counts as if beaten, and which sees
 *   differences of rounding where their code did;
 * - conservative: (draws as extreme or more + 1)/(n + 1);
 * - mid-p: (draws strictly more extreme + ½ (ties + 1))/(n + 1), the value itself among the ties: mean ½ under the null.
 * For the other two, values that differ by less than rounding (2⁻⁴⁰ of their size) are ties: means of the same counts may
 * differ in their last bit. Draws that are no number are left out, counted, and lower n. Without a value there is no p.
 */
import { countExtreme, type Tail } from '../stats/monte-carlo.ts'

export interface RankTest {
  readonly strict: number
  readonly conservative: number | null
  readonly mid: number | null
  /** Draws that are numbers. */
  readonly draws: number
  readonly ties: number
  /** Draws that are no number, and the value itself if it is none. */
  readonly missing: number
}

export function rankTest(given: number, against: Float64Array, tail: Tail): RankTest {
  const value = rounded(given)
  const draws = against.map(rounded)
  const strict = (countExtreme(given, against, tail, true) + 1) / (against.length + 1)
  const valid = draws.filter(Number.isFinite)
  const isMissing = !Number.isFinite(value)
  const missing = draws.length - valid.length + (isMissing ? 1 : 0)
  if (isMissing || valid.length === 0)
    return { strict, conservative: null, mid: null, draws: valid.length, ties: 0, missing }
  const beaten = countExtreme(value, valid, tail, true)
  const ties = countExtreme(value, valid, tail) - beaten
  return {
    strict,
    conservative: (beaten + ties + 1) / (valid.length + 1),
    mid: (beaten + (ties + 1) / 2) / (valid.length + 1),
    draws: valid.length,
    ties,
    missing,
  }
}

/** To 40 binary digits. */
function rounded(value: number): number {
  if (value === 0 || !Number.isFinite(value)) return value
  const unit = 2 ** (Math.floor(Math.log2(Math.abs(value))) - 40)
  return Math.round(value / unit) * unit
}
