/**
 * Which epoch's weights are kept. `accuracy` stands for bit accuracy where that is what is measured.
 *
 * - last: the last epoch's.
 * - best-loss: the first with the lowest validation loss.
 * - best-accuracy: the first with the highest validation accuracy.
 * - sculpting (Neural Sculpting, arXiv 2305.18402, as its code has it): an epoch replaces the kept one if its accuracy
 *   is higher, or if it is no lower and its loss is no higher; a loss that is not below 1000 is left out of account.
 *   At first the best accuracy is 0 and the best loss 1000, so that the weights before training are never kept.
 */
import type { Metrics } from './metrics.ts'

export const KEEP_RULES = ['last', 'best-loss', 'best-accuracy', 'sculpting'] as const
export type KeepRule = (typeof KEEP_RULES)[number]

/** What an epoch is judged by. */
export interface Score {
  readonly loss: number
  readonly accuracy: number
}

/** Regression has no accuracy: the lower the loss, the higher this. */
export function scoreOf({ loss, accuracy, bitAccuracy }: Metrics): Score {
  return { loss, accuracy: accuracy ?? bitAccuracy ?? -loss }
}

/** Whether an epoch replaces the one kept so far. */
export function isKept(rule: KeepRule, score: Score | undefined, kept: Score | undefined): boolean {
  if (rule === 'last' || !score) return true
  if (rule === 'sculpting') {
    const best = kept ?? { loss: 1000, accuracy: 0 }
    if (!(score.loss < 1000)) return score.accuracy >= best.accuracy
    return score.accuracy > best.accuracy || (score.accuracy >= best.accuracy && score.loss <= best.loss)
  }
  if (!kept) return true
  return rule === 'best-loss' ? score.loss < kept.loss : score.accuracy > kept.accuracy
}
