/** The network a configuration asks for, as wide as the task needs, with weights drawn from a seed. */
import { type Dataset, exampleSize } from '../data/dataset.ts'
import { UsageError } from '../errors.ts'
import { mlp, smallCnn, vgg16 } from '../network/architectures.ts'
import type { Network } from '../network/network.ts'
import type { TrainingConfig } from './config.ts'
import type { FitOptions } from './fit-options.ts'

export type FreshNetwork = Exclude<TrainingConfig['network'], { kind: 'file' }>

/**
 * A network with fresh weights for the data set.
 * @throws UsageError naming `network.kind` when convolutions are asked for and the examples are no images
 */
export function configuredNetwork(
  network: FreshNetwork,
  { initialiser, clusterable: planting }: Pick<TrainingConfig, 'initialiser' | 'clusterable'>,
  dataset: Pick<Dataset, 'name' | 'shape' | 'outputs'>,
  seed: number,
): Network {
  const { shape: input, outputs } = dataset
  const options = { seed, initialiser, planting }
  if (network.kind === 'mlp') {
    const { hidden, activation } = network
    return mlp([exampleSize(dataset), ...hidden, outputs], { ...options, activation }).network
  }
  // Three poolings or five leave nothing of smaller images.
  const least = network.kind === 'cnn' ? 4 : 32
  if (input.length !== 3 || input[1] < least || input[2] < least)
    throw new UsageError(
      'usage.option',
      `"network.kind" is ${network.kind}, which needs images of at least ${least} × ${least}; "${dataset.name}" has examples of shape [${input}].`,
    )
  if (network.kind === 'cnn') return smallCnn({ ...options, input, outputs, width: network.width }).network
  return vgg16({ ...options, input, outputs, batchNorm: network.batchNorm ?? true }).network
}

/**
 * Dropout as `fit` takes it: a list of rates becomes rates of the values that weight layers read.
 * @throws UsageError when the list has not a rate for each weight layer but the last
 */
export function dropoutByValue(network: Network, dropout: TrainingConfig['dropout']): FitOptions['dropout'] {
  if (!isList(dropout)) return dropout
  const read = network.operators
    .filter(({ type }) => type === 'Gemm' || type === 'MatMul' || type === 'Conv')
    .map(({ inputs }) => inputs[0])
    .slice(1)
  if (read.length !== dropout.length)
    throw new UsageError(
      'usage.option',
      `"dropout" has ${dropout.length} rates; the network "${network.name}" needs ${read.length}, one for each weight layer but the last.`,
    )
  return Object.fromEntries(read.map((value, at) => [value, dropout[at]]))
}

function isList(dropout: TrainingConfig['dropout']): dropout is readonly number[] {
  return Array.isArray(dropout)
}
