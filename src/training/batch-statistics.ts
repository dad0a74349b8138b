/**
 * Batch normalisation in training (Ioffe & Szegedy, arXiv 1502.03167): by the mean and variance of the batch, while
 * running averages of them are kept for use after training: running ← momentum · running + (1 − momentum) · batch,
 * with the biased variance, as ONNX and Keras have it.
 */
import { UnsupportedError } from '../errors.ts'
import type { Network } from '../network/network.ts'

/** A weight that a step changes without a gradient. */
export interface RunningStatistic {
  /** The weight. */
  readonly name: string
  readonly shape: readonly number[]
  /** The value that holds it after the step. */
  readonly next: string
}

/** @throws UnsupportedError when two normalisations share their statistics */
export function batchStatistics(
  network: Network,
  momentum: number,
): { readonly network: Network; readonly running: readonly RunningStatistic[] } {
  const running: RunningStatistic[] = []
  const operators = network.operators.map(operator => {
    if (operator.type !== 'BatchNormalization' || operator.domain !== '') return operator
    const statistics = operator.inputs.slice(3, 5).map(name => {
      const weight = network.weights.get(name)
      if (!weight || running.some(known => known.name === name))
        throw new UnsupportedError(
          'unsupported.batch-norm',
          `The statistics "${name}" of "${operator.name}" are computed or used twice, so they cannot be trained.`,
        )
      return { name, shape: weight.shape, next: `${name}/next` }
    })
    running.push(...statistics)
    return {
      ...operator,
      outputs: [operator.outputs[0], ...statistics.map(({ next }) => next)],
      attributes: { ...operator.attributes, momentum, training_mode: 1 },
    }
  })
  return { network: { ...network, operators }, running }
}
