/** What lesions are judged by, named as the data has it: accuracy, answers kept, or squared error with its sign turned. */
import { numberText, percentText } from '../number-text.ts'
import type { ControlRecord, FunctionalAnalysis, LesionedSubModule } from './functional-analysis.ts'

export interface Score {
  /** In running text, e.g. `accuracy`. */
  readonly name: string
  /** On an axis. */
  readonly axis: string
  readonly of: (record: Pick<ControlRecord, 'accuracy' | 'macro'>) => number
  /** A score for people: a share in percent, or a number. */
  readonly text: (value: number) => string
  /** A difference of scores: `−12.3 points`, or a number. */
  readonly change: (value: number) => string
  /** The same without its unit. */
  readonly bare: (value: number) => string
  readonly isShare: boolean
}

export function scoreOf({ data: { answers } }: Pick<FunctionalAnalysis, 'data'>): Score {
  const of = ({ accuracy, macro }: Pick<ControlRecord, 'accuracy' | 'macro'>) => accuracy ?? macro
  if (answers === 'targets')
    return {
      name: 'score',
      axis: 'score (squared error, sign turned)',
      of,
      text: numberText,
      change: numberText,
      bare: numberText,
      isShare: false,
    }
  const bare = (value: number) => numberText(Math.round(value * 1000) / 10)
  const name = answers === 'labels' ? 'accuracy' : 'answers unchanged'
  return {
    name,
    axis: name,
    of,
    text: value => percentText(value, 1),
    change: value => (bare(Math.abs(value)) === '1' ? `${bare(value)} point` : `${bare(value)} points`),
    bare,
    isShare: true,
  }
}

/** By how much the score falls; above 0 where the lesion costs something. */
export function costOf({ lesions }: FunctionalAnalysis, score: Score, one: Pick<LesionedSubModule, 'lesion'>): number {
  return score.of(lesions.intact) - score.of(one.lesion)
}

export function meanControl({ controls }: LesionedSubModule, score: Score): number {
  return controls.reduce((sum, control) => sum + score.of(control), 0) / Math.max(1, controls.length)
}

/** The classes that lose most, with what they lose, worst first; only what would round to something. */
export function hurtClasses(
  { lesions, data }: FunctionalAnalysis,
  score: Score,
  { lesion }: Pick<LesionedSubModule, 'lesion'>,
  most: number,
): { readonly name: string; readonly loss: number }[] {
  const { classes } = lesions.intact
  const least = score.isShare ? 0.005 : 0
  return lesion.classes
    .map((value, c) => ({ name: data.classes[c], loss: (classes[c] ?? 0) - (value ?? classes[c] ?? 0) }))
    .filter(({ loss }) => loss > least)
    .sort((a, b) => b.loss - a.loss)
    .slice(0, most)
}
