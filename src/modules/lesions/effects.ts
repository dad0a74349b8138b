/**
 * How large the effect of a lesion is beside random ones, by three definitions:
 * - difference (default): mean control − lesion, for macro accuracy; between −1 and 1, more than 0 where the true unit
 *   set matters more. For the range ρ, whose size is free, (ρ − ρ̄)/(ρ + ρ̄): the same bounds;
 * - ratio (papers' 2020 code): mean control/lesion, of accuracies and of ranges; without bounds;
 * - share (2021): 2t/(t + mean control), of the mean change where both are losses, and of ranges; from 0 to 2, 1 where
 *   there is no difference; 0 where it is not defined, which drags means down, as published.
 */
import type { LesionScores } from './scores.ts'

export interface Effects {
  readonly macro: number | null
  readonly range: number | null
}

export function differenceEffect(lesion: LesionScores, controls: readonly LesionScores[]): Effects {
  const ranges = controls.map(({ range }) => range).filter(Number.isFinite)
  const mean = meanOf(ranges)
  const sum = lesion.range + mean
  return {
    macro: finite(meanOf(controls.map(({ macro }) => macro)) - lesion.macro),
    range: finite(sum === 0 ? 0 : (lesion.range - mean) / sum),
  }
}

/** May be infinite or no number. */
export function ratioEffect(lesion: LesionScores, controls: readonly LesionScores[]): { macro: number; range: number } {
  return {
    macro: meanOf(controls.map(({ macro }) => macro)) / lesion.macro,
    range: meanOf(controls.map(({ range }) => range)) / lesion.range,
  }
}

export function shareEffect(lesion: LesionScores, controls: readonly LesionScores[]): { macro: number; range: number } {
  const change = meanOf(controls.map(control => control.change))
  const range = lesion.range / (lesion.range + meanOf(controls.map(control => control.range)))
  return {
    macro: lesion.change < 0 && change < 0 ? (2 * lesion.change) / (lesion.change + change) : 0,
    range: Number.isNaN(range) ? 0 : 2 * range,
  }
}

/** Mean of what is a number. */
function meanOf(values: readonly number[]): number {
  const numbers = values.filter(value => !Number.isNaN(value))
  return numbers.reduce((sum, value) => sum + value, 0) / numbers.length
}

const finite = (value: number) => (Number.isFinite(value) ? value : null)
