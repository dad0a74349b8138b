/**
 * Whether a list of layers fits together, by shapes alone: each layer must take in what the one before gives out, and
 * each bias be as long as its layer is wide. This is what decides how matrices are to be read ([out, in] or [in, out]).
 */
import type { WeightTensor } from '../network/network.ts'
import type { AddEntry, BatchNormEntry, ConvEntry, DenseEntry, LayerEntry, Orientation } from './weights-layers.ts'
import { NETWORK_INPUT, type Wiring, wire } from './weights-wiring.ts'

/** What a layer turned out to be, and which layers it reads. */
export interface FittedLayer extends Fitted, Wiring {}

interface Fitted {
  readonly entry: LayerEntry
  readonly orientation: Orientation
  /** Neurons, or channels; of a layer without weights, those that flow through. */
  readonly fanIn: number
  readonly fanOut: number
  /** Of a convolution: groups that the channels ask for; 1 for all others. */
  readonly groups: number
  /** Of a dense layer after convolutions: positions per channel that were flattened. 0: nothing is to be flattened. */
  readonly positions: number
}

export interface Misfit {
  /** The tensor that does not fit, or the layer. */
  readonly tensor: string
  /** What is wrong with it, as the rest of a sentence that begins with its name. */
  readonly problem: string
  /** How many layers fitted. */
  readonly fitted: number
}

export type Fit = { readonly layers: readonly FittedLayer[] } | { readonly misfit: Misfit }

/** What flows from layer to layer. */
interface Flow {
  /** Undefined before the first layer with weights. */
  readonly channels: number | undefined
  /** Spatial axes of what flows; 0 for plain vectors, undefined while unknown. */
  readonly axes: number | undefined
  readonly pooledToOne: boolean
}

const UNKNOWN: Flow = { channels: undefined, axes: undefined, pooledToOne: false }

/** @param orientation of layers whose entry does not give one. */
export function fitChain(
  entries: readonly LayerEntry[],
  tensors: ReadonlyMap<string, WeightTensor>,
  orientation: Orientation,
): Fit {
  const wiring = wire(entries)
  const flows: Flow[] = []
  const layers: FittedLayer[] = []
  for (const [at, entry] of entries.entries()) {
    const read = wiring[at].inputs.map(other => (other === NETWORK_INPUT ? UNKNOWN : flows[other]))
    const found = fitLayer(entry, tensors, orientation, read, wiring[at].name)
    if ('problem' in found) return { misfit: { ...found, fitted: layers.length } }
    layers.push({ ...found.layer, ...wiring[at] })
    flows.push(found.flow)
  }
  return { layers }
}

/** Length of a vector: [n], [1, n] or [n, 1]; undefined for all else. */
export function vectorLength(shape: readonly number[]): number | undefined {
  const sides = shape.filter(size => size !== 1)
  return shape.length <= 2 && sides.length <= 1 && shape.length > 0 ? (sides[0] ?? 1) : undefined
}

type Problem = Omit<Misfit, 'fitted'>

interface Found {
  readonly layer: Fitted
  readonly flow: Flow
}

function fitLayer(
  entry: LayerEntry,
  tensors: ReadonlyMap<string, WeightTensor>,
  orientation: Orientation,
  read: readonly Flow[],
  name: string,
): Found | Problem {
  const [flow] = read
  switch (entry.type) {
    case 'dense':
      return fitDense(entry, tensors, entry.orientation ?? orientation, flow)
    case 'conv':
      return fitConv(entry, tensors, entry.orientation ?? orientation, flow)
    case 'batchnorm':
      return fitBatchNorm(entry, tensors, flow)
    case 'add':
      return fitAdd(entry, read, name)
    case 'identity': {
      const { channels = flow.channels } = entry
      if (entry.channels !== undefined && flow.channels === undefined)
        return { tensor: name, problem: 'reads an unknown number of channels; put it behind a layer with weights' }
      if (channels !== undefined && channels < (flow.channels ?? 0))
        return { tensor: name, problem: `has ${channels} channels, fewer than the ${flow.channels} that it reads` }
      return { layer: { ...passing(entry, flow.channels), fanOut: channels ?? 0 }, flow: { ...flow, channels } }
    }
    default:
      return {
        layer: passing(entry, flow.channels),
        flow: entry.type === 'globalaveragepool' ? { ...flow, pooledToOne: true } : flow,
      }
  }
}

function fitAdd(entry: AddEntry, read: readonly Flow[], name: string): Found | Problem {
  const known = read.flatMap(({ channels }, at) =>
    channels === undefined ? [] : [{ channels, from: entry.inputs[at] }],
  )
  const other = known.find(({ channels }) => channels !== known[0].channels)
  if (other)
    return {
      tensor: name,
      problem: `adds the ${known[0].channels} channels of "${known[0].from}" and the ${other.channels} of "${other.from}"`,
    }
  const channels = known[0]?.channels
  const axes = read.find(flow => flow.axes !== undefined)?.axes
  return {
    layer: passing(entry, channels),
    flow: { channels, axes, pooledToOne: read.every(flow => flow.pooledToOne) },
  }
}

function fitDense(
  entry: DenseEntry,
  tensors: ReadonlyMap<string, WeightTensor>,
  orientation: Orientation,
  flow: Flow,
): Found | Problem {
  const { shape } = tensors.get(entry.weight)!
  if (shape.length !== 2) return { tensor: entry.weight, problem: `has the shape [${shape}], not that of a matrix` }
  const [fanOut, fanIn] = orientation === 'out-in' ? shape : shape.toReversed()
  const { channels, axes, pooledToOne } = flow
  const isSpatial = axes !== 0 && axes !== undefined
  const positions = isSpatial && channels ? (pooledToOne ? 1 : fanIn / channels) : 0
  if (
    channels !== undefined &&
    (isSpatial ? !Number.isInteger(positions) || positions * channels !== fanIn : fanIn !== channels)
  )
    return {
      tensor: entry.weight,
      problem: `takes in ${fanIn}, which is not ${isSpatial ? 'a multiple of ' : ''}the ${channels} that the layer before gives out`,
    }
  const layer = { entry, orientation, fanIn, fanOut, groups: 1, positions }
  return checkBias(entry, tensors, fanOut) ?? { layer, flow: { channels: fanOut, axes: 0, pooledToOne: false } }
}

function fitConv(
  entry: ConvEntry,
  tensors: ReadonlyMap<string, WeightTensor>,
  orientation: Orientation,
  flow: Flow,
): Found | Problem {
  const { shape } = tensors.get(entry.weight)!
  const axes = shape.length - 2
  if (axes < 1 || axes > 3) return { tensor: entry.weight, problem: `has the shape [${shape}], not that of a kernel` }
  if (flow.axes !== undefined && flow.axes !== axes)
    return { tensor: entry.weight, problem: `is a kernel with ${axes} spatial axes, after a layer with ${flow.axes}` }
  const [fanOut, perGroup] = orientation === 'out-in' ? shape : shape.slice(-2).reverse()
  const channels = flow.channels ?? perGroup * (entry.groups ?? 1)
  const groups = perGroup > 0 ? channels / perGroup : 1
  if (!Number.isInteger(groups) || fanOut % groups !== 0 || (entry.groups ?? groups) !== groups)
    return { tensor: entry.weight, problem: `takes in ${perGroup} channels, where ${channels} flow` }
  const layer = { entry, orientation, fanIn: channels, fanOut, groups, positions: 0 }
  return checkBias(entry, tensors, fanOut) ?? { layer, flow: { channels: fanOut, axes, pooledToOne: false } }
}

function fitBatchNorm(entry: BatchNormEntry, tensors: ReadonlyMap<string, WeightTensor>, flow: Flow): Found | Problem {
  const { mean, variance, scale, shift } = entry
  let { channels } = flow
  for (const name of [mean, variance, scale, shift]) {
    if (name === undefined) continue
    const length = vectorLength(tensors.get(name)!.shape)
    channels ??= length
    if (length === undefined || length !== channels)
      return { tensor: name, problem: `has the shape [${tensors.get(name)!.shape}], where ${channels} channels flow` }
  }
  return { layer: passing(entry, channels), flow: { ...flow, channels } }
}

function checkBias(
  { bias }: DenseEntry | ConvEntry,
  tensors: ReadonlyMap<string, WeightTensor>,
  fanOut: number,
): Problem | undefined {
  if (bias === undefined || vectorLength(tensors.get(bias)!.shape) === fanOut) return undefined
  return { tensor: bias, problem: `has the shape [${tensors.get(bias)!.shape}], but its layer gives out ${fanOut}` }
}

function passing(entry: LayerEntry, channels = 0): Fitted {
  return { entry, orientation: 'out-in', fanIn: channels, fanOut: channels, groups: 1, positions: 0 }
}
