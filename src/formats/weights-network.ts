/**
 * Builds the network of layers whose sizes are known to fit: a chain, or one with shortcuts. Kernels and matrices of channels-last files
 * (Keras, Flax) are turned to ONNX's order when they are read: kernels to [out, in, …], and the rows of the first matrix
 * after convolutions from (position, channel) to (channel, position).
 */
import { heldWeight } from '../network/build.ts'
import type { AttributeValue, Network, Operator, WeightTensor } from '../network/network.ts'
import { permute } from '../tensor/permute.ts'
import { elementCount, type Tensor, tensor } from '../tensor/tensor.ts'
import { ACTIVATIONS } from './weights-activations.ts'
import type { FittedLayer } from './weights-fit.ts'
import type { ActivationEntry, BatchNormEntry, ConvEntry, IdentityEntry, PoolEntry } from './weights-layers.ts'
import { NETWORK_INPUT } from './weights-wiring.ts'

export interface Origin {
  /** Name of the network. */
  readonly name: string
  /** Name of the format. */
  readonly format: string
  readonly activationsKnown: boolean
  /** A `layers.json` to complete, where activations are not known. */
  readonly layersDraft?: string
  readonly notes: readonly string[]
}

type Shape = readonly (number | null)[]

/** The network so far, and the value that the next operator reads. */
interface Draft {
  readonly tensors: ReadonlyMap<string, WeightTensor>
  readonly operators: Operator[]
  readonly weights: Map<string, WeightTensor>
  readonly shapes: Map<string, Shape>
  readonly taken: Set<string>
  value: string
  shape: Shape
  /** Whether the last kernel was [height, width, in, out]. */
  channelsLast: boolean
}

type Flowing = Pick<Draft, 'value' | 'shape' | 'channelsLast'>

export function chainNetwork(
  layers: readonly FittedLayer[],
  tensors: ReadonlyMap<string, WeightTensor>,
  origin: Origin,
): Network {
  const taken = new Set(tensors.keys())
  const input = unique(taken, 'input')
  const axes = layers.map(({ entry }) => (entry.type === 'conv' ? tensors.get(entry.weight)!.shape.length - 2 : 0))
  const shape: Shape = [null, layers[0].fanIn || null, ...new Array<null>(Math.max(...axes)).fill(null)]
  const draft: Draft = {
    tensors,
    operators: [],
    weights: new Map(),
    shapes: new Map([[input, shape]]),
    taken,
    value: input,
    shape,
    channelsLast: false,
  }
  const read: Flowing = { value: input, shape, channelsLast: false }
  const made: Flowing[] = []
  for (const layer of layers) {
    const sources = layer.inputs.map(at => (at === NETWORK_INPUT ? read : made[at]))
    Object.assign(draft, sources[0])
    addLayer(draft, layer, sources)
    const { value, shape, channelsLast } = draft
    made.push({ value, shape, channelsLast })
  }
  const dtype = [...draft.weights.values()].some(weight => weight.dtype === 'float64') ? 'float64' : 'float32'
  return {
    name: origin.name,
    source: { format: origin.format },
    inputs: [{ name: input, dtype, shape }],
    outputs: [{ name: draft.value, dtype, shape: draft.shape }],
    operators: draft.operators,
    weights: draft.weights,
    shapes: draft.shapes,
    activationsKnown: origin.activationsKnown,
    ...(origin.layersDraft !== undefined && { layersDraft: origin.layersDraft }),
    notes: origin.notes,
  }
}

function addLayer(draft: Draft, layer: FittedLayer, sources: readonly Flowing[]): void {
  const { entry, fanOut, name } = layer
  switch (entry.type) {
    case 'dense': {
      if (layer.positions > 0) flatten(draft, layer)
      const weight = layer.positions > 0 && draft.channelsLast ? channelsFirst(draft, layer) : entry.weight
      const inputs = [hold(draft, weight), ...(entry.bias ? [vector(draft, entry.bias)] : [])]
      append(draft, name, 'Gemm', inputs, layer.orientation === 'out-in' ? { transB: 1 } : {}, [null, fanOut])
      draft.channelsLast = false
      activate(draft, name, entry.activation)
      break
    }
    case 'conv': {
      draft.channelsLast = layer.orientation === 'in-out'
      const weight = draft.channelsLast ? outInKernel(draft, entry.weight) : entry.weight
      const inputs = [hold(draft, weight), ...(entry.bias ? [vector(draft, entry.bias)] : [])]
      append(draft, name, 'Conv', inputs, convAttributes(draft, layer, entry), channelShape(draft, fanOut))
      activate(draft, name, entry.activation)
      break
    }
    case 'batchnorm': {
      const inputs = batchNormInputs(draft, name, entry)
      append(draft, name, 'BatchNormalization', inputs, { epsilon: entry.epsilon ?? 1e-5 }, draft.shape)
      activate(draft, name, entry.activation)
      break
    }
    case 'activation':
      activate(draft, name, (entry as ActivationEntry).activation)
      break
    case 'add':
      append(
        draft,
        name,
        'Add',
        sources.slice(1, 2).map(({ value }) => value),
        {},
        draft.shape,
      )
      for (const { value } of sources.slice(2)) append(draft, name, 'Add', [value], {}, draft.shape)
      activate(draft, name, entry.activation)
      break
    case 'identity':
      shortcut(draft, layer, entry)
      break
    case 'flatten':
      // Where the sizes ask for it, the matrix that follows adds the operator: it alone tells how many positions there are.
      break
    case 'globalaveragepool':
      append(draft, name, 'GlobalAveragePool', [], {}, [null, fanOut, ...draft.shape.slice(2).map(() => 1)])
      break
    default: {
      const type = entry.type === 'maxpool' ? 'MaxPool' : 'AveragePool'
      append(draft, name, type, [], poolAttributes(draft, entry as PoolEntry), channelShape(draft, fanOut))
    }
  }
}

function channelShape(draft: Draft, channels: number): Shape {
  return [null, channels, ...draft.shape.slice(2).map(() => null)]
}

/** Operators whose output may have another shape than their input. */
const RESHAPING = new Set(['Conv', 'MaxPool', 'AveragePool', 'GlobalAveragePool', 'Slice', 'Pad'])

/** The extent h × w is not in the file: all positions stand on the first axis, which is as good for whoever maps blocks. */
function flatten(draft: Draft, { fanIn, positions }: FittedLayer): void {
  const axes = draft.shape.length - 2
  const extent: Shape = [null, fanIn / positions, positions, ...new Array<number>(axes - 1).fill(1)]
  // Back to the operators that made the extent what it is, through all summands.
  const makers = new Map(draft.operators.map(operator => [operator.outputs[0], operator]))
  const values = [draft.value]
  for (let value = values.pop(); value !== undefined; value = values.pop()) {
    const maker = makers.get(value)
    if (!maker || draft.shapes.get(value) === extent) continue
    draft.shapes.set(value, extent)
    if (!RESHAPING.has(maker.type)) values.push(...maker.inputs)
  }
  append(draft, 'flatten', 'Flatten', [], { axis: 1 }, [null, fanIn])
}

/** Every stride-th row and column, then zeros before and behind the channels. */
function shortcut(draft: Draft, { name, fanIn, fanOut }: FittedLayer, { stride = 1 }: IdentityEntry): void {
  const axes = Array.from({ length: draft.shape.length - 2 }, (_, axis) => axis + 2)
  if (stride > 1) {
    const each = (value: number | bigint) => axes.map(() => BigInt(value))
    const inputs = [each(0), each(2n ** 62n), axes.map(BigInt), each(stride)]
    const held = inputs.map((values, at) =>
      integers(draft, `${name}.${['starts', 'ends', 'axes', 'steps'][at]}`, values),
    )
    append(draft, `${name}.thinned`, 'Slice', held, {}, channelShape(draft, fanIn))
  }
  if (fanOut === fanIn) return
  const before = Math.floor((fanOut - fanIn) / 2)
  const none = axes.map(() => 0n)
  const pads = [0n, BigInt(before), ...none, 0n, BigInt(fanOut - fanIn - before), ...none]
  append(draft, name, 'Pad', [integers(draft, `${name}.pads`, pads)], { mode: 'constant' }, channelShape(draft, fanOut))
}

function integers(draft: Draft, wanted: string, values: readonly bigint[]): string {
  const held = heldWeight(unique(draft.taken, wanted), tensor(BigInt64Array.from(values), [values.length]))
  draft.weights.set(held.name, held)
  return held.name
}

function batchNormInputs(draft: Draft, name: string, entry: BatchNormEntry): string[] {
  const size = elementCount(draft.tensors.get(entry.mean)!.shape)
  const filled = (part: string, value: number) => {
    const constant = heldWeight(
      unique(draft.taken, `${name}.${part}`),
      tensor(new Float32Array(size).fill(value), [size]),
    )
    draft.weights.set(constant.name, constant)
    return constant.name
  }
  const scale = entry.scale ? vector(draft, entry.scale) : filled('scale', 1)
  const shift = entry.shift ? vector(draft, entry.shift) : filled('shift', 0)
  return [scale, shift, vector(draft, entry.mean), vector(draft, entry.variance)]
}

function convAttributes(draft: Draft, { groups }: FittedLayer, entry: ConvEntry): Record<string, AttributeValue> {
  const axes = draft.shape.length - 2
  const { shape } = draft.weights.get(entry.weight)!
  const attributes: Record<string, AttributeValue> = { kernel_shape: shape.slice(2), group: groups }
  if (entry.stride !== undefined) attributes.strides = perAxis(entry.stride, axes)
  if (entry.dilation !== undefined) attributes.dilations = perAxis(entry.dilation, axes)
  if (entry.padding === 'same') attributes.auto_pad = 'SAME_UPPER'
  else if (entry.padding !== undefined && entry.padding !== 'valid') attributes.pads = pads(entry.padding, axes)
  return attributes
}

function poolAttributes(draft: Draft, entry: PoolEntry): Record<string, AttributeValue> {
  const axes = draft.shape.length - 2
  const attributes = { kernel_shape: perAxis(entry.kernel, axes), strides: perAxis(entry.stride ?? entry.kernel, axes) }
  return entry.padding === undefined ? attributes : { ...attributes, pads: pads(entry.padding, axes) }
}

function perAxis(sizes: number | readonly number[], axes: number): readonly number[] {
  return typeof sizes === 'number' ? new Array<number>(axes).fill(sizes) : sizes
}

function pads(sizes: number | readonly number[], axes: number): readonly number[] {
  return [...perAxis(sizes, axes), ...perAxis(sizes, axes)]
}

function hold(draft: Draft, name: string): string {
  if (!draft.weights.has(name)) draft.weights.set(name, draft.tensors.get(name)!)
  return name
}

/** A tensor of the file, turned when it is read. */
function turned(draft: Draft, name: string, shape: readonly number[], turn: (values: Tensor) => Tensor): string {
  const { dtype, read } = draft.tensors.get(name)!
  draft.weights.set(name, { name, dtype, shape, read: async () => turn(await read()) })
  return name
}

/** [n], from [n], [1, n] or [n, 1]. */
function vector(draft: Draft, name: string): string {
  const { shape } = draft.tensors.get(name)!
  if (shape.length === 1) return hold(draft, name)
  const flat = [elementCount(shape)]
  return turned(draft, name, flat, values => ({ ...values, shape: flat }))
}

function outInKernel(draft: Draft, name: string): string {
  const { shape } = draft.tensors.get(name)!
  const axes = shape.length - 2
  const order = [axes + 1, axes, ...Array.from({ length: axes }, (_, axis) => axis)]
  return turned(
    draft,
    name,
    order.map(axis => shape[axis]),
    values => permute(values, order),
  )
}

/** Rows (position, channel) → (channel, position) of an [in, out] matrix; columns of an [out, in] one. */
function channelsFirst(draft: Draft, { entry, fanIn, fanOut, positions, orientation }: FittedLayer): string {
  const name = (entry as { weight: string }).weight
  const channels = fanIn / positions
  const isRows = orientation === 'in-out'
  const blocks = isRows ? [positions, channels, fanOut] : [fanOut, positions, channels]
  return turned(draft, name, isRows ? [fanIn, fanOut] : [fanOut, fanIn], values => ({
    ...permute({ ...values, shape: blocks }, isRows ? [1, 0, 2] : [0, 2, 1]),
    shape: values.shape,
  }))
}

function activate(draft: Draft, name: string, activation: string | undefined): void {
  const type = activation === undefined ? undefined : ACTIVATIONS[activation]
  if (type) append(draft, `${name}.${type.toLowerCase()}`, type, [], {}, draft.shape)
}

function append(
  draft: Draft,
  wanted: string,
  type: string,
  inputs: readonly string[],
  attributes: Readonly<Record<string, AttributeValue>>,
  shape: Shape,
): void {
  const name = unique(draft.taken, wanted)
  draft.operators.push({ name, type, domain: '', inputs: [draft.value, ...inputs], outputs: [name], attributes })
  draft.shapes.set(name, shape)
  draft.value = name
  draft.shape = shape
}

/** A name that nothing in the network has yet. */
function unique(taken: Set<string>, wanted: string): string {
  let name = wanted
  for (let i = 2; taken.has(name); i++) name = `${wanted}_${i}`
  taken.add(name)
  return name
}
