/**
 * Builds a `Network` in memory from a list of layers with given weights. Shapes of all values are worked out on the
 * way, so the result can be analysed like an opened file. Convolutions are channels-first, one example deep in batch.
 */
import { UsageError } from '../errors.ts'
import { elementCount, type Tensor } from '../tensor/tensor.ts'
import { type AttributeValue, CURRENT_OPSET, type Network, type Operator, type WeightTensor } from './network.ts'

/** ONNX operator that follows a layer; 'Identity' for none. 'Step' is 1 above 0, else 0: a comparison and a cast. */
export type Activation = 'Relu' | 'LeakyRelu' | 'Sigmoid' | 'Tanh' | 'Step' | 'Identity'

/** ONNX's number of float32, for `Cast`. */
const FLOAT = 1

export interface DenseLayer {
  readonly kind: 'dense'
  /** [units out × units in]. */
  readonly weight: Tensor
  /** [units out]. Default: none. */
  readonly bias?: Tensor
  /** Default: 'Identity'. */
  readonly activation?: Activation
  /** Default: `dense1`, `dense2` … */
  readonly name?: string
}

interface ConvLayer {
  readonly kind: 'conv'
  /** [channels out × channels in / groups × height × width]. */
  readonly weight: Tensor
  /** [channels out]. Default: none. */
  readonly bias?: Tensor
  /** Default: 'Identity'. */
  readonly activation?: Activation
  /** 'same' needs odd kernels. Default: 'same'. */
  readonly padding?: 'same' | 'valid'
  /** Default: 1. */
  readonly groups?: number
  /** Default: `conv1`, `conv2` … */
  readonly name?: string
}

/** Max-pooling over squares that do not overlap; rows and columns left over are dropped. */
interface PoolLayer {
  readonly kind: 'max-pool'
  readonly size: number
}

interface FlattenLayer {
  readonly kind: 'flatten'
}

/** Batch normalisation by stored statistics; each member is [channels]. */
interface BatchNormLayer {
  readonly kind: 'batch-norm'
  readonly scale: Tensor
  readonly shift: Tensor
  readonly mean: Tensor
  readonly variance: Tensor
  /** Default: 1e-5, as in ONNX. */
  readonly epsilon?: number
}

export type Layer = DenseLayer | ConvLayer | PoolLayer | FlattenLayer | BatchNormLayer

export interface BuildOptions {
  /** Shape of one example: [features], or [channels × height × width]. */
  readonly input: readonly number[]
  /** Default: `network`. */
  readonly name?: string
}

/** The operators, weights and shapes gathered so far, and the value the next layer reads. */
interface Draft {
  readonly operators: Operator[]
  readonly weights: Map<string, WeightTensor>
  readonly shapes: Map<string, readonly (number | null)[]>
  value: string
  shape: readonly number[]
}

/** A weight that is in memory already. */
export function heldWeight(name: string, tensor: Tensor): WeightTensor {
  return { name, dtype: tensor.dtype, shape: tensor.shape, read: async () => tensor }
}

/**
 * A chain of layers as a network with the input `input` and the output `output`.
 * Throws a UsageError when a layer's weights do not fit what flows into it.
 */
export function buildChain(layers: readonly Layer[], options: BuildOptions): Network {
  const draft: Draft = { operators: [], weights: new Map(), shapes: new Map(), value: 'input', shape: options.input }
  const counts = new Map<string, number>()
  for (const layer of layers) {
    const count = (counts.get(layer.kind) ?? 0) + 1
    counts.set(layer.kind, count)
    const name = ('name' in layer && layer.name) || `${layer.kind}${count}`
    addLayer(draft, layer, name)
  }
  append(draft, 'output', 'Identity', [], {}, draft.shape)
  return {
    name: options.name ?? 'network',
    source: { format: 'built', opset: CURRENT_OPSET },
    inputs: [{ name: 'input', dtype: 'float32', shape: [null, ...options.input] }],
    outputs: [{ name: 'output', dtype: 'float32', shape: [null, ...draft.shape] }],
    operators: draft.operators,
    weights: draft.weights,
    shapes: draft.shapes,
    activationsKnown: true,
    notes: [],
  }
}

function addLayer(draft: Draft, layer: Layer, name: string): void {
  switch (layer.kind) {
    case 'dense': {
      const [out, fanIn] = layer.weight.shape
      if (draft.shape.length !== 1)
        misfit(name, `needs a flat input, gets [${draft.shape}]; put a flatten layer before it`)
      if (fanIn !== draft.shape[0]) misfit(name, `expects ${fanIn} inputs and gets ${draft.shape[0]}`)
      append(draft, name, 'Gemm', parameters(draft, name, layer), { transB: 1 }, [out])
      activate(draft, name, layer.activation)
      break
    }
    case 'conv': {
      const [out, fanIn, height, width] = layer.weight.shape
      const groups = layer.groups ?? 1
      const [channels, rows, columns] = draft.shape
      if (draft.shape.length !== 3) misfit(name, `needs an input of channels × rows × columns, gets [${draft.shape}]`)
      if (fanIn * groups !== channels) misfit(name, `expects ${fanIn * groups} channels and gets ${channels}`)
      const same = (layer.padding ?? 'same') === 'same'
      if (same && (height % 2 === 0 || width % 2 === 0))
        misfit(name, `has an even kernel ${height} × ${width}: use 'valid'`)
      const top = same ? (height - 1) / 2 : 0
      const left = same ? (width - 1) / 2 : 0
      const attributes = { kernel_shape: [height, width], pads: [top, left, top, left], strides: [1, 1], group: groups }
      const shape = [out, rows + 2 * top - height + 1, columns + 2 * left - width + 1]
      append(draft, name, 'Conv', parameters(draft, name, layer), attributes, shape)
      activate(draft, name, layer.activation)
      break
    }
    case 'max-pool': {
      const [channels, rows, columns] = draft.shape
      const { size } = layer
      const attributes = { kernel_shape: [size, size], strides: [size, size] }
      const shape = [channels, Math.floor(rows / size), Math.floor(columns / size)]
      append(draft, name, 'MaxPool', [], attributes, shape)
      break
    }
    case 'flatten':
      append(draft, name, 'Flatten', [], { axis: 1 }, [elementCount(draft.shape)])
      break
    case 'batch-norm': {
      const members = { scale: layer.scale, shift: layer.shift, mean: layer.mean, variance: layer.variance }
      const inputs = Object.entries(members).map(([part, tensor]) => hold(draft, `${name}.${part}`, tensor))
      append(draft, name, 'BatchNormalization', inputs, { epsilon: layer.epsilon ?? 1e-5 }, draft.shape)
      break
    }
  }
}

function parameters(draft: Draft, name: string, layer: DenseLayer | ConvLayer): string[] {
  const inputs = [hold(draft, `${name}.weight`, layer.weight)]
  if (layer.bias) inputs.push(hold(draft, `${name}.bias`, layer.bias))
  return inputs
}

function hold(draft: Draft, name: string, tensor: Tensor): string {
  draft.weights.set(name, heldWeight(name, tensor))
  return name
}

function activate(draft: Draft, name: string, activation: Activation = 'Identity'): void {
  const value = `${name}.${activation.toLowerCase()}`
  if (activation === 'Step') {
    const zero = hold(draft, `${value}/zero`, { dtype: 'float32', shape: [], data: new Float32Array(1) })
    append(draft, `${value}/above`, 'Greater', [zero], {}, draft.shape)
    append(draft, value, 'Cast', [], { to: FLOAT }, draft.shape)
  } else if (activation !== 'Identity') append(draft, value, activation, [], {}, draft.shape)
}

/** Adds an operator that reads the current value; its output carries the operator's name. */
function append(
  draft: Draft,
  name: string,
  type: string,
  inputs: readonly string[],
  attributes: Readonly<Record<string, AttributeValue>>,
  shape: readonly number[],
): void {
  if (draft.shapes.has(name))
    throw new UsageError('usage.layers', `Two layers are called "${name}": names must differ.`)
  draft.operators.push({ name, type, domain: '', inputs: [draft.value, ...inputs], outputs: [name], attributes })
  draft.shapes.set(name, [null, ...shape])
  draft.value = name
  draft.shape = shape
}

function misfit(name: string, problem: string): never {
  throw new UsageError('usage.layers', `Layer "${name}" ${problem}.`)
}
