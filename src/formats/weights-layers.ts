/**
 * `layers.json`: the chain of layers for a file that holds weights alone. A list, first layer first; each member is an
 * object with a `type`, and the keys below. Tensors are given by their names in the file. See docs/layers-json.md.
 *
 *     [
 *       { "type": "conv", "weight": "conv1.weight", "bias": "conv1.bias", "stride": 2, "padding": 1, "activation": "relu" },
 *       { "type": "batchnorm", "scale": "bn1.weight", "shift": "bn1.bias", "mean": "bn1.running_mean", "variance": "bn1.running_var" },
 *       { "type": "flatten" },
 *       { "type": "dense", "weight": "fc1.weight", "bias": "fc1.bias", "orientation": "out-in", "activation": "linear" }
 *     ]
 */
import { UsageError } from '../errors.ts'
import { ACTIVATIONS, isActivation } from './weights-activations.ts'

export type Orientation = 'out-in' | 'in-out'

interface Named {
  /** Name of the operator, by which later layers can read it. Default: the common part of the tensors' names. */
  readonly name?: string
}

interface Reading extends Named {
  /** Name of the layer it reads, `input` for the network's input. Default: the layer before. */
  readonly input?: string
}

interface Weighted extends Reading {
  readonly weight: string
  readonly bias?: string
  /** `out-in`: [out, in, …], as PyTorch; `in-out`: […, in, out], as Keras. Default: decided by the sizes of the chain. */
  readonly orientation?: Orientation
  /** What follows the layer; `linear` for nothing. Default: unknown. */
  readonly activation?: string
}

export interface DenseEntry extends Weighted {
  readonly type: 'dense'
}

export interface ConvEntry extends Weighted {
  readonly type: 'conv'
  /** Default: unknown, taken as 1. */
  readonly stride?: number | readonly number[]
  /** Zeros on each side, per axis, or `same` or `valid`. Default: unknown, taken as `valid`. */
  readonly padding?: number | readonly number[] | 'same' | 'valid'
  /** Default: 1. */
  readonly dilation?: number | readonly number[]
  /** Default: what the number of channels asks for. */
  readonly groups?: number
}

export interface BatchNormEntry extends Reading {
  readonly type: 'batchnorm'
  readonly mean: string
  readonly variance: string
  /** Default: ones. */
  readonly scale?: string
  /** Default: zeros. */
  readonly shift?: string
  /** Default: 1e-5. */
  readonly epsilon?: number
  /** What follows it; `linear` for nothing. Default: unknown. */
  readonly activation?: string
}

export interface PoolEntry extends Reading {
  readonly type: 'maxpool' | 'averagepool'
  readonly kernel: number | readonly number[]
  /** Default: the kernel. */
  readonly stride?: number | readonly number[]
  /** Default: 0. */
  readonly padding?: number | readonly number[]
}

interface PlainEntry extends Reading {
  readonly type: 'flatten' | 'globalaveragepool'
}

export interface ActivationEntry extends Reading {
  readonly type: 'activation'
  readonly activation: string
}

/** The sum of several layers: where a shortcut of a residual network ends. */
export interface AddEntry extends Named {
  readonly type: 'add'
  /** Names of the layers that are added. */
  readonly inputs: readonly string[]
  /** Default: unknown. */
  readonly activation?: string
}

/** A shortcut without weights: what it reads, thinned out in space, with channels of zeros on both sides. */
export interface IdentityEntry extends Reading {
  readonly type: 'identity'
  /** Every how many rows and columns are kept. Default: 1, all. */
  readonly stride?: number
  /** Default: as many as it reads. The zeros are halved, the odd one behind. */
  readonly channels?: number
}

export type LayerEntry =
  | DenseEntry
  | ConvEntry
  | BatchNormEntry
  | PoolEntry
  | PlainEntry
  | ActivationEntry
  | AddEntry
  | IdentityEntry

type Check = readonly [test: (value: unknown) => boolean, wanted: string]

const TEXT: Check = [value => typeof value === 'string' && value !== '', 'a name in quotes']
const ORIENTATION: Check = [value => value === 'out-in' || value === 'in-out', '"out-in" or "in-out"']
const ACTIVATION: Check = [isActivation, `one of ${Object.keys(ACTIVATIONS).join(', ')}`]
const isSize = (least: number) => (value: unknown) => Number.isSafeInteger(value) && (value as number) >= least
const NAMES: Check = [
  value => Array.isArray(value) && value.length >= 2 && value.every(item => typeof item === 'string' && item !== ''),
  'a list of two or more names of layers',
]
const isSizes = (least: number) => (value: unknown) =>
  isSize(least)(value) || (Array.isArray(value) && value.length > 0 && value.length <= 3 && value.every(isSize(least)))
const SIZE: Check = [isSize(1), 'a positive integer']
const SIZES: Check = [isSizes(1), 'a positive integer, or one for each axis']
const PADS: Check = [isSizes(0), 'an integer, or one for each axis']
const CONV_PADS: Check = [v => v === 'same' || v === 'valid' || isSizes(0)(v), 'integers, "same" or "valid"']
const EPSILON: Check = [value => typeof value === 'number' && value >= 0 && value < 1, 'a small number']

const WEIGHTED = { weight: TEXT, bias: TEXT, orientation: ORIENTATION, activation: ACTIVATION }
const POOL = { kernel: SIZES, stride: SIZES, padding: PADS }
const KEYS: Readonly<Record<LayerEntry['type'], Readonly<Record<string, Check>>>> = {
  dense: WEIGHTED,
  conv: { ...WEIGHTED, stride: SIZES, padding: CONV_PADS, dilation: SIZES, groups: SIZE },
  batchnorm: { mean: TEXT, variance: TEXT, scale: TEXT, shift: TEXT, epsilon: EPSILON, activation: ACTIVATION },
  maxpool: POOL,
  averagepool: POOL,
  globalaveragepool: {},
  flatten: {},
  activation: { activation: ACTIVATION },
  add: { inputs: NAMES, activation: ACTIVATION },
  identity: { stride: SIZE, channels: SIZE },
}
const REQUIRED: Readonly<Record<LayerEntry['type'], readonly string[]>> = {
  dense: ['weight'],
  conv: ['weight'],
  batchnorm: ['mean', 'variance'],
  maxpool: ['kernel'],
  averagepool: ['kernel'],
  globalaveragepool: [],
  flatten: [],
  activation: ['activation'],
  add: ['inputs'],
  identity: [],
}

/** Checks what a `layers.json` holds. @throws UsageError that names the layer, the key and what it should be. */
export function parseLayers(value: unknown): LayerEntry[] {
  if (!Array.isArray(value) || value.length === 0)
    throw new UsageError(
      'usage.layers',
      `layers.json must be a list of layers, [{ "type": "dense", … }, …], and not empty.`,
    )
  const entries = value.map(checkEntry)
  const used = new Set<string>()
  for (const name of entries.flatMap(tensorsOf)) {
    if (used.has(name)) throw new UsageError('usage.layers', `layers.json uses the tensor "${name}" twice.`)
    used.add(name)
  }
  return entries
}

/** Names of the tensors an entry uses. */
export function tensorsOf(entry: LayerEntry): string[] {
  if (entry.type === 'batchnorm')
    return [entry.mean, entry.variance, entry.scale, entry.shift].filter(name => name !== undefined)
  return 'weight' in entry ? [entry.weight, entry.bias].filter(name => name !== undefined) : []
}

function checkEntry(entry: unknown, index: number): LayerEntry {
  const wrong = (problem: string) => new UsageError('usage.layers', `layers.json, layer ${index + 1}: ${problem}.`)
  if (typeof entry !== 'object' || entry === null || Array.isArray(entry))
    throw wrong(`${JSON.stringify(entry)} is not an object { "type": … }`)
  const type = (entry as { type?: unknown }).type
  if (typeof type !== 'string' || !Object.hasOwn(KEYS, type))
    throw wrong(`the type is ${JSON.stringify(type)}; it must be one of ${Object.keys(KEYS).join(', ')}`)
  const own = KEYS[type as LayerEntry['type']]
  const keys: Readonly<Record<string, Check>> = { ...own, name: TEXT, ...('inputs' in own ? {} : { input: TEXT }) }
  for (const [key, value] of Object.entries(entry)) {
    if (key === 'type') continue
    if (!Object.hasOwn(keys, key))
      throw wrong(`a ${type} layer has no "${key}"; it has ${Object.keys(keys).join(', ')}`)
    const [test, wanted] = keys[key]
    if (!test(value)) throw wrong(`"${key}" is ${JSON.stringify(value)}; it must be ${wanted}`)
  }
  for (const key of REQUIRED[type as LayerEntry['type']])
    if (!Object.hasOwn(entry, key)) throw wrong(`a ${type} layer needs "${key}"`)
  return entry as LayerEntry
}
