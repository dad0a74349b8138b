/**
 * How good a network's answers are: loss, top-1 and top-5 accuracy (a tie goes to the class with the lower number), bit
 * accuracy (the share of outputs on the right side of ½), mean squared error, and the share of units that are dead, that
 * is, never active for any example.
 */
import type { Loss } from './objective.ts'

export interface Metrics {
  readonly loss: number
  /** Share of examples whose largest output is the right one; of right heads, where there are several. */
  readonly accuracy?: number
  /** Share of examples with the right class among the five largest outputs; from six classes on. */
  readonly top5?: number
  /** Share of right bits. */
  readonly bitAccuracy?: number
  readonly mse?: number
  /** Share of units behind a ReLU that are 0 for every example. */
  readonly deadUnits?: number
}

/** Adds up over batches. */
export interface MetricSums {
  /** @param outputs [examples × outputs]; `loss` is the batch's mean */
  add(batch: MetricBatch): void
  result(): Metrics
}

interface MetricBatch {
  readonly outputs: Float32Array
  readonly answers: Int32Array | Float32Array
  readonly loss: number
  readonly examples: number
}

export interface MetricOptions {
  readonly loss: Loss
  /** Outputs of one head. */
  readonly classes: number
  /** What a bit's output is compared with: 0 for logits, ½ for probabilities. */
  readonly threshold: number
}

export function metricSums({ loss: kind, classes, threshold }: MetricOptions): MetricSums {
  let examples = 0
  let answers = 0
  let loss = 0
  let right = 0
  let amongFive = 0
  let squares = 0
  return {
    add(batch) {
      examples += batch.examples
      loss += batch.loss * batch.examples
      answers += batch.answers.length
      if (kind === 'cross-entropy') {
        for (let i = 0; i < batch.answers.length; i++) {
          const rank = rankOf(batch.outputs, i * classes, classes, batch.answers[i])
          if (rank === 0) right++
          if (rank < 5) amongFive++
        }
      } else if (kind === 'binary-cross-entropy') {
        for (let i = 0; i < batch.answers.length; i++)
          if (batch.outputs[i] > threshold === batch.answers[i] > 0.5) right++
      } else {
        for (let i = 0; i < batch.answers.length; i++) squares += (batch.outputs[i] - batch.answers[i]) ** 2
      }
    },
    result: () => ({
      loss: loss / examples,
      ...(kind === 'cross-entropy' && { accuracy: right / answers }),
      ...(kind === 'cross-entropy' && classes > 5 && { top5: amongFive / answers }),
      ...(kind === 'binary-cross-entropy' && { bitAccuracy: right / answers }),
      ...(kind === 'mse' && { mse: squares / answers }),
    }),
  }
}

/** How many outputs come before the one at `index`: larger ones, and equal ones with a lower number. */
function rankOf(outputs: Float32Array, start: number, count: number, index: number): number {
  const value = outputs[start + index]
  // What is no number is no answer.
  if (Number.isNaN(value)) return count
  let rank = 0
  for (let i = 0; i < count; i++) {
    const other = outputs[start + i]
    if (other > value || (other === value && i < index)) rank++
  }
  return rank
}
