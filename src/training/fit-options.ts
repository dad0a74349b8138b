/** What training is told, with every option checked before anything is trained. */
import type { Parameter } from '../autodiff/parameters.ts'
import type { StraightThrough } from '../autodiff/rules/rule.ts'
import { checkDataset, type Dataset, exampleCount, exampleSize } from '../data/dataset.ts'
import { UsageError } from '../errors.ts'
import type { Network } from '../network/network.ts'
import type { WatchOptions } from '../progress.ts'
import { checkSeed } from '../random.ts'
import type { Runtime } from '../runtime/runtime.ts'
import { type Augmentation, checkAugmentation } from './augment.ts'
import type { CheckpointOptions } from './checkpoint.ts'
import type { Dropout } from './dropout.ts'
import type { EpochRecord } from './history.ts'
import type { TrainingHook } from './hooks.ts'
import { KEEP_RULES, type KeepRule } from './keep.ts'
import { LOSSES, type Loss } from './objective.ts'
import { checkOptimiser, DEFAULT_RATES, type Optimiser } from './optimiser.ts'
import { checkChoice, checkOptions, checkRange } from './option-checks.ts'
import { checkSchedule, type Schedule } from './schedule.ts'

/** One coefficient for all kernels, or coefficients by role or by parameter name. */
export type Penalty = number | Readonly<Record<string, number>>

export interface FitOptions extends WatchOptions {
  readonly seed: number
  readonly epochs: number
  /** Examples in a step. Default: 128. */
  readonly batch?: number
  /** Default: Adam as in Keras. */
  readonly optimiser?: Optimiser
  /** Learning rate. Default: 1e-3; for SGD .01. */
  readonly rate?: number
  /** Default: constant. */
  readonly schedule?: Schedule
  /** Default: 'cross-entropy' for labels, 'mse' for targets. */
  readonly loss?: Loss
  /** Σ l1 |w| is added to the loss. Default: none. */
  readonly l1?: Penalty
  /** Σ l2 w² is added to the loss, without a factor ½ (PyTorch's weight decay is twice this). Default: none. */
  readonly l2?: Penalty
  /** Default: what the network's own `Dropout` operators ask for. */
  readonly dropout?: Dropout
  /** Standard deviation of normal noise on the inputs, as the network sees them. Default: 0. */
  readonly noise?: number
  /** Random shifts, rotations and flips of images. Default: none. */
  readonly augment?: Augmentation
  /** Lets gradients pass hard steps. Default: they end there. */
  readonly straightThrough?: StraightThrough
  /** Whether each epoch visits the examples in a new order. Default: what the data set says. */
  readonly shuffle?: boolean
  /** The split of `dataset.tests` that is measured after each epoch, or false for none. Default: 'test'. */
  readonly validation?: string | false
  /** Which epoch's weights are returned. Default: 'last'. */
  readonly keep?: KeepRule
  /** Stops when the validation loss has not fallen by `least` (default 0) for `patience` epochs. Default: never. */
  readonly stop?: { readonly patience: number; readonly least?: number }
  /** Weight masks from the start, by parameter; 0 and 1. */
  readonly masks?: ReadonlyMap<string, Float32Array>
  readonly hooks?: readonly TrainingHook[]
  /** Whether dead units are counted with each validation. Default: true. */
  readonly deadUnits?: boolean
  /** Default: the fastest that is installed. */
  readonly runtime?: Runtime
  /** Default: 1. */
  readonly threads?: number
  /** Default: none. */
  readonly checkpoint?: CheckpointOptions
  /** Called after each epoch; one record is one line of JSON. */
  readonly onEpoch?: (record: EpochRecord) => void
}

const KEYS: readonly (keyof FitOptions)[] = [
  ...(['seed', 'epochs', 'batch', 'optimiser', 'rate', 'schedule', 'loss', 'l1', 'l2', 'dropout', 'noise'] as const),
  ...(['augment', 'straightThrough', 'shuffle', 'validation', 'keep', 'stop', 'masks', 'hooks', 'deadUnits'] as const),
  ...(['runtime', 'threads', 'checkpoint', 'onEpoch', 'signal', 'onProgress'] as const),
]

const ROLES: readonly Parameter['role'][] = ['kernel', 'bias', 'scale', 'shift', 'slope', 'embedding']

/** The options with their defaults, as far as they do not depend on the network's graph. */
export interface FitPlan {
  readonly seed: number
  readonly epochs: number
  readonly batch: number
  readonly optimiser: Optimiser
  readonly rate: number
  readonly schedule: Schedule
  readonly loss: Loss
  readonly noise: number
  readonly shuffle: boolean
  readonly validation: string | undefined
  readonly keep: KeepRule
}

/** @throws UsageError naming the first key that is wrong, and how */
export function planFit(network: Network, dataset: Dataset, options: FitOptions): FitPlan {
  checkOptions('', options, KEYS)
  checkSeed(options.seed)
  const { epochs, batch = 128, optimiser = { kind: 'adam' }, schedule = { kind: 'constant' }, noise = 0 } = options
  checkRange('epochs', epochs, { least: 1, integer: true })
  checkRange('batch', batch, { least: 1, integer: true })
  checkOptimiser(optimiser)
  const { rate = DEFAULT_RATES[optimiser.kind] } = options
  checkRange('rate', rate, { above: 0 })
  checkSchedule(schedule)
  checkRange('noise', noise, { least: 0 })
  checkRange('threads', options.threads ?? 1, { least: 1, integer: true })
  if (options.augment) checkAugmentation(options.augment, dataset)
  checkDataset(dataset)
  const { loss = dataset.train.labels ? 'cross-entropy' : 'mse' } = options
  checkChoice('loss', loss, LOSSES)
  checkFit(network, dataset, loss)
  const { validation = 'test', keep = 'last' } = options
  if (validation !== false) checkChoice('validation', validation, Object.keys(dataset.tests))
  checkChoice('keep', keep, KEEP_RULES)
  if (options.stop) {
    checkOptions('stop', options.stop, ['patience', 'least'])
    checkRange('stop.patience', options.stop.patience, { least: 1, integer: true })
    checkRange('stop.least', options.stop.least ?? 0, { least: 0 })
  }
  for (const key of ['keep', 'stop'] as const)
    if (validation === false && options[key] && options[key] !== 'last')
      throw new UsageError('usage.option', `"${key}" needs a validation after each epoch, and "validation" is false.`)
  const names = (options.hooks ?? []).map(({ name }) => name)
  for (const [at, { name, every }] of (options.hooks ?? []).entries()) {
    if (names.indexOf(name) !== at) throw new UsageError('usage.option', `Two "hooks" are called "${name}".`)
    checkRange(`hooks.${name}.every`, every, { least: 1, integer: true })
  }
  return {
    ...{ seed: options.seed, epochs, batch, optimiser, rate, schedule, loss, noise, keep },
    shuffle: options.shuffle ?? dataset.shuffle,
    validation: validation === false ? undefined : validation,
  }
}

/** Whether the network takes these examples, as they are or flattened, and gives this many numbers. */
function checkFit(network: Network, dataset: Dataset, loss: Loss): void {
  const [input] = network.inputs
  const shape = input?.shape.slice(1) ?? []
  const same = shape.length === dataset.shape.length
  const fits = same
    ? shape.every((size, axis) => (size ?? dataset.shape[axis]) === dataset.shape[axis])
    : shape.length === 1 && shape[0] === exampleSize(dataset)
  if (!fits)
    throw new UsageError(
      'usage.data',
      `The network "${network.name}" takes examples of shape [${shape.map(size => size ?? 'any')}], those of "${dataset.name}" have [${dataset.shape}].`,
    )
  const outputs = network.outputs[0]?.shape.slice(1) ?? []
  const count = outputs.reduce<number>((product, size) => product * (size ?? 1), 1)
  if (count !== dataset.outputs)
    throw new UsageError(
      'usage.data',
      `The network "${network.name}" gives ${count} numbers for an example; "${dataset.name}" needs ${dataset.outputs}.`,
    )
  if ((loss === 'cross-entropy') !== (dataset.train.labels !== undefined))
    throw new UsageError(
      'usage.data',
      loss === 'cross-entropy'
        ? `"loss" is cross-entropy, which needs labels; "${dataset.name}" has targets.`
        : `"loss" is ${loss}, which needs targets; "${dataset.name}" has labels.`,
    )
  if (exampleCount(dataset, dataset.train) === 0)
    throw new UsageError('usage.data', `"${dataset.name}" has no examples to train on.`)
}

/** The coefficient of each parameter. @throws UsageError naming the key that is neither a role nor a parameter */
export function penalties(
  key: 'l1' | 'l2',
  penalty: Penalty | undefined,
  parameters: readonly Parameter[],
): ReadonlyMap<string, number> {
  const by: Readonly<Record<string, number>> = typeof penalty === 'number' ? { kernel: penalty } : (penalty ?? {})
  checkOptions(key, by, [...ROLES, ...parameters.map(({ name }) => name)])
  for (const [name, value] of Object.entries(by))
    checkRange(typeof penalty === 'number' ? key : `${key}.${name}`, value, { least: 0 })
  return new Map(parameters.map(({ name, role }) => [name, by[name] ?? by[role] ?? 0]))
}

/** @throws UsageError naming a parameter that does not exist, or whose values do not fit */
export function checkByParameter(
  what: string,
  values: ReadonlyMap<string, Float32Array>,
  sizes: ReadonlyMap<string, number>,
): void {
  for (const [name, { length }] of values) {
    const size = sizes.get(name)
    if (size === undefined)
      throw new UsageError('usage.parameter', `${what} names "${name}", which is no parameter of the network.`)
    if (length !== size)
      throw new UsageError('usage.parameter', `${what} gives ${length} values for "${name}", which has ${size}.`)
  }
}
