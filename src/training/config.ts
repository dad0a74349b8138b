/**
 * What is trained and how, as plain JSON: a task, a network, and the options of `fit`; perhaps a pruning phase and the
 * clusterability penalty. Everything is checked, and complaints name the key, before anything is trained.
 */
import { UsageError } from '../errors.ts'
import type { Activation } from '../network/build.ts'
import type { Distribution, Planting } from '../network/initialise.ts'
import type { PenaltyOptions } from './clusterability-penalty.ts'
import type { FitOptions } from './fit-options.ts'
import { checkOptimiser } from './optimiser.ts'
import { checkChoice, checkOptions, checkRange } from './option-checks.ts'
import { checkSchedule } from './schedule.ts'

/** The network that is trained; what it reads and gives is the task's. */
type NetworkConfig =
  /** `hidden`: units of each hidden layer. Default activation: 'Relu'. */
  | { readonly kind: 'mlp'; readonly hidden: readonly number[]; readonly activation?: Activation }
  /** The papers' small CNN; `width` channels in each convolution, default 64. */
  | { readonly kind: 'cnn'; readonly width?: number }
  /** Default: with batch norm. */
  | { readonly kind: 'vgg16'; readonly batchNorm?: boolean }
  /** A network from a file, which is trained further. */
  | { readonly kind: 'file'; readonly path: string }

/** The phase that prunes, with the schedule of `polynomialDecay`. */
interface PruningConfig {
  readonly epochs: number
  /** Share of zeros at first. Default: .5. */
  readonly initial?: number
  /** Share of zeros at the end. Default: .9. */
  readonly final?: number
  /** Steps from one mask to the next. Default: 10. */
  readonly every?: number
}

/** Options of `fit` that stand in a configuration as they are. */
const FIT_KEYS = [
  ...(['batch', 'optimiser', 'rate', 'schedule', 'loss', 'l1', 'l2', 'noise', 'augment', 'shuffle'] as const),
  ...(['validation', 'keep', 'stop', 'straightThrough', 'deadUnits'] as const),
]

export interface TrainingConfig extends Pick<FitOptions, (typeof FIT_KEYS)[number]> {
  /** A name that `loadTask` knows, or the path of an `.npz` file. */
  readonly task: string
  /** Parts of the task, as `loadTask` takes them. Default: all of it. */
  readonly data?: { readonly train?: number; readonly test?: number; readonly randomLabels?: boolean }
  readonly network: NetworkConfig
  /** Default: 'glorot-uniform'. */
  readonly initialiser?: Distribution
  /** The clusterable initialisation. Default: none. */
  readonly clusterable?: Planting
  readonly epochs: number
  /**
   * As `fit` takes it, or a list: a rate for each weight layer but the last, applied to what the next weight layer
   * reads (so after activation, pooling and batch norm). Default: none.
   */
  readonly dropout?: NonNullable<FitOptions['dropout']> | readonly number[]
  /** Default: no pruning. */
  readonly pruning?: PruningConfig
  /** The clusterability penalty, in both phases. Default: none. */
  readonly penalty?: Pick<PenaltyOptions, 'strength' | 'eigenvalues' | 'every' | 'burst' | 'halved'>
  /**
   * Keeps the incoming weights of hidden units at one length, in both phases; `papers` with the published code's slip
   * while pruning (see `fanInNormaliser`). Default: none.
   */
  readonly normaliser?: (typeof NORMALISERS)[number]
}

const NORMALISERS = ['fan-in', 'papers'] as const

const KEYS: readonly (keyof TrainingConfig)[] = [
  ...([
    'task',
    'data',
    'network',
    'initialiser',
    'clusterable',
    'epochs',
    'dropout',
    'pruning',
    'penalty',
    'normaliser',
  ] as const),
  ...FIT_KEYS,
]

const NETWORK_KEYS = {
  mlp: ['kind', 'hidden', 'activation'],
  cnn: ['kind', 'width'],
  vgg16: ['kind', 'batchNorm'],
  file: ['kind', 'path'],
}

const ACTIVATIONS: readonly Activation[] = ['Relu', 'LeakyRelu', 'Sigmoid', 'Tanh', 'Identity']

/**
 * Checks what can be checked without the data; `fit` checks the rest against them.
 * @throws UsageError naming the key that is unknown, missing or out of range
 */
export function checkTrainingConfig(config: Readonly<Record<string, unknown>>): TrainingConfig {
  checkOptions('', config, KEYS)
  for (const key of ['task', 'network', 'epochs'] as const)
    if (config[key] === undefined) throw new UsageError('usage.option', `The option "${key}" is missing.`)
  // Named as what it should be; the lines below check that it is.
  const checked = config as unknown as TrainingConfig
  if (typeof checked.task !== 'string')
    throw new UsageError('usage.option', `"task" is the name of a task, not ${JSON.stringify(checked.task)}.`)
  checkObject('data', checked.data, ['train', 'test', 'randomLabels'])
  checkNetwork(checked.network)
  if (checked.initialiser !== undefined)
    checkChoice('initialiser', checked.initialiser, ['glorot-uniform', 'kaiming-uniform'])
  checkPlanting(checked.clusterable)
  checkRange('epochs', checked.epochs, { least: 1, integer: true })
  if (checked.batch !== undefined) checkRange('batch', checked.batch, { least: 1, integer: true })
  if (checked.rate !== undefined) checkRange('rate', checked.rate, { above: 0 })
  if (checked.optimiser !== undefined) checkOptimiser(checked.optimiser)
  if (checked.schedule !== undefined) checkSchedule(checked.schedule)
  if (Array.isArray(checked.dropout))
    for (const [at, rate] of checked.dropout.entries()) checkRange(`dropout[${at}]`, rate, { least: 0, below: 1 })
  checkPruning(checked.pruning)
  checkPenalty(checked.penalty)
  if (checked.normaliser !== undefined) checkChoice('normaliser', checked.normaliser, NORMALISERS)
  return checked
}

/** The options of `fit` in a configuration. */
export function fitOptions(config: TrainingConfig): Pick<FitOptions, (typeof FIT_KEYS)[number]> {
  return Object.fromEntries(FIT_KEYS.filter(key => config[key] !== undefined).map(key => [key, config[key]]))
}

function checkObject(key: string, value: unknown, known: readonly string[]): void {
  if (value === undefined) return
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new UsageError('usage.option', `"${key}" holds ${known.join(', ')}; it cannot be ${JSON.stringify(value)}.`)
  checkOptions(key, value, known)
}

function checkNetwork(network: NetworkConfig): void {
  if (typeof network !== 'object' || network === null)
    throw new UsageError('usage.option', `"network" is an object such as {"kind": "cnn"}, not ${network}.`)
  checkChoice('network.kind', network.kind, Object.keys(NETWORK_KEYS))
  checkOptions('network', network, NETWORK_KEYS[network.kind])
  if (network.kind === 'mlp') {
    if (!Array.isArray(network.hidden))
      throw new UsageError(
        'usage.option',
        `"network.hidden" is a list of layer sizes such as [256, 256], not ${JSON.stringify(network.hidden)}.`,
      )
    for (const [at, size] of network.hidden.entries())
      checkRange(`network.hidden[${at}]`, size, { least: 1, integer: true })
    if (network.activation !== undefined) checkChoice('network.activation', network.activation, ACTIVATIONS)
  }
  if (network.kind === 'cnn' && network.width !== undefined)
    checkRange('network.width', network.width, { least: 1, integer: true })
  if (network.kind === 'file' && typeof network.path !== 'string')
    throw new UsageError('usage.option', `"network.path" is the path of a network, not ${String(network.path)}.`)
}

function checkPlanting(planting: Planting | undefined): void {
  checkObject('clusterable', planting, ['modules', 'down', 'skipFirst'])
  if (planting?.modules !== undefined) checkRange('clusterable.modules', planting.modules, { least: 1, integer: true })
  if (planting?.down !== undefined) checkRange('clusterable.down', planting.down, { least: 0, most: 1 })
}

function checkPruning(pruning: PruningConfig | undefined): void {
  if (pruning === undefined) return
  checkObject('pruning', pruning, ['epochs', 'initial', 'final', 'every'])
  checkRange('pruning.epochs', pruning.epochs, { least: 1, integer: true })
  checkRange('pruning.initial', pruning.initial ?? 0.5, { least: 0, below: 1 })
  checkRange('pruning.final', pruning.final ?? 0.9, { least: 0, below: 1 })
  checkRange('pruning.every', pruning.every ?? 10, { least: 1, integer: true })
}

function checkPenalty(penalty: TrainingConfig['penalty']): void {
  if (penalty === undefined) return
  checkObject('penalty', penalty, ['strength', 'eigenvalues', 'every', 'burst', 'halved'])
  checkRange('penalty.strength', penalty.strength ?? 0.1, { least: 0 })
  checkRange('penalty.eigenvalues', penalty.eigenvalues ?? 3, { least: 1, integer: true })
  checkRange('penalty.every', penalty.every ?? 1, { least: 1, integer: true })
}
