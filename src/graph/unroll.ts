/**
 * Unrolled convolutions (the papers' legacy option): every (row, column, channel) is a neuron, numbered row-major and
 * then by channel, and every kernel entry an edge of weight |entry|. A max-pool becomes a layer whose neurons are each
 * linked to their window, with weight 1 (`all-one`) or 1 / window (`one-on-n`, the papers' default); rows and columns
 * that fill no window are dropped. Only chains of convolutions, pooling, ReLU-like activations and dense layers.
 * Departure: strides and any padding are unrolled too, where the papers' code knows stride 1 and odd kernels only.
 */
import { ResourceError, UnsupportedError } from '../errors.ts'
import { type Network, numberAttribute, numbersAttribute, type Operator } from '../network/network.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { createConstants } from './constants.ts'
import { SHAPE_ONLY } from './rules/table.ts'
import { storeBlock } from './store.ts'
import type { EdgeBlock, UnitGraph, UnitLayer } from './unit-graph.ts'

export type PoolingWeights = 'all-one' | 'one-on-n'

const MOST_EDGES = 2 ** 24
const PASSES = new Set([
  'Relu',
  'LeakyRelu',
  'PRelu',
  'Identity',
  'Dropout',
  'Sigmoid',
  'Tanh',
  'Softmax',
  'LogSoftmax',
])

/** The last layer and how it lies in space; `flat` once the channels-first flatten has been passed. */
interface Front {
  readonly layers: UnitLayer[]
  readonly blocks: EdgeBlock[]
  shape: readonly [channels: number, rows: number, columns: number]
  flat: boolean
  edges: number
}

/**
 * @throws UnsupportedError `unsupported.unroll` for anything but such a chain
 * @throws ResourceError `resource.unroll` above 2²⁴ edges
 */
export async function unrolledGraph(network: Network, pooling: PoolingWeights = 'one-on-n'): Promise<UnitGraph> {
  const [input] = network.inputs
  const [channels, rows, columns] = input.shape.slice(1).map(size => size ?? 0)
  if (input.shape.length !== 4 || !(channels && rows && columns))
    throw refusal(`its input has shape [${input.shape}]; unrolling needs batch × channels × rows × columns`)
  const size = channels * rows * columns
  const front: Front = {
    layers: [{ name: input.name, size, role: 'input', kind: 'neuron' }],
    blocks: [],
    shape: [channels, rows, columns],
    flat: false,
    edges: 0,
  }
  const constants = createConstants(network)
  let value = input.name
  for (const operator of network.operators) {
    // What exporters compute about shapes stands beside the chain.
    const beside = SHAPE_ONLY.has(operator.type) || operator.inputs.every(name => name === '' || constants.has(name))
    if (beside) {
      constants.add(operator)
      continue
    }
    if (!operator.inputs.includes(value)) throw refusal(`operator "${operator.name}" is not part of one chain`)
    await unroll(operator, front, constants.read, pooling)
    value = operator.outputs[0]
  }
  const last = front.layers.length - 1
  return {
    layers: front.layers.map((layer, l) => (l === last ? { ...layer, role: 'output' } : layer)),
    blocks: front.blocks,
  }
}

async function unroll(
  operator: Operator,
  front: Front,
  read: (name: string) => Promise<Tensor | undefined>,
  pooling: PoolingWeights,
): Promise<void> {
  if (PASSES.has(operator.type)) return
  if (operator.type === 'Flatten' || operator.type === 'Reshape') front.flat = true
  else if (operator.type === 'Conv') convolve(operator, front, (await read(operator.inputs[1])) as Tensor)
  else if (operator.type === 'MaxPool') maxPool(operator, front, pooling)
  else if (operator.type === 'Gemm' || operator.type === 'MatMul')
    dense(operator, front, (await read(operator.inputs[1])) as Tensor)
  else if (operator.type !== 'Add') throw refusal(`operator "${operator.name}" (${operator.type}) is in the way`)
}

/** Where windows lie: their size, step and the rows and columns of padding before the first. */
interface Windows {
  readonly kernel: readonly [number, number]
  readonly strides: readonly number[]
  readonly pads: readonly number[]
  readonly rows: number
  readonly columns: number
}

function windowsOf(operator: Operator, front: Front, kernel: readonly [number, number]): Windows {
  const automatic = operator.attributes.auto_pad
  if (numbersAttribute(operator, 'dilations')?.some(step => step !== 1)) throw refusal(`"${operator.name}" is dilated`)
  const strides = numbersAttribute(operator, 'strides') ?? [1, 1]
  const [, height, width] = front.shape
  const lengths = [height, width]
  const same = automatic === 'SAME_UPPER' || automatic === 'SAME_LOWER'
  const total = lengths.map((length, d) =>
    Math.max(0, (Math.ceil(length / strides[d]) - 1) * strides[d] + kernel[d] - length),
  )
  const before = total.map(pad => (automatic === 'SAME_LOWER' ? Math.ceil(pad / 2) : Math.floor(pad / 2)))
  const pads = same
    ? [...before, ...total.map((pad, d) => pad - before[d])]
    : (numbersAttribute(operator, 'pads') ?? [0, 0, 0, 0])
  const [rows, columns] = lengths.map(
    (length, d) => Math.floor((length + pads[d] + pads[d + 2] - kernel[d]) / strides[d]) + 1,
  )
  return { kernel, strides, pads, rows, columns }
}

function convolve(operator: Operator, front: Front, weight: Tensor): void {
  if (numberAttribute(operator, 'group', 1) !== 1) throw refusal(`"${operator.name}" has groups`)
  const [units, channels, height, width] = weight.shape
  const windows = windowsOf(operator, front, [height, width])
  const values = weight.data as ArrayLike<number>
  addSpatialLayer(operator, front, windows, units, channels, (unit, channel, r, c) =>
    Math.abs(values[((unit * channels + channel) * height + r) * width + c]),
  )
}

function maxPool(operator: Operator, front: Front, pooling: PoolingWeights): void {
  const kernel = numbersAttribute(operator, 'kernel_shape') as readonly [number, number]
  const windows = windowsOf(operator, front, kernel)
  const weight = pooling === 'all-one' ? 1 : 1 / (kernel[0] * kernel[1])
  addSpatialLayer(operator, front, windows, front.shape[0], 1, () => weight)
}

/** Adds a layer of windows; with one input channel a unit, unit u reads channel u (pooling). */
function addSpatialLayer(
  operator: Operator,
  front: Front,
  windows: Windows,
  units: number,
  channels: number,
  weightAt: (unit: number, channel: number, row: number, column: number) => number,
): void {
  const { kernel, strides, pads, rows, columns } = windows
  const [inChannels, inRows, inColumns] = front.shape
  const pooled = operator.type === 'MaxPool'
  const neurons = rows * columns * units
  reserve(front, neurons * kernel[0] * kernel[1] * channels)
  const rowStart = new Int32Array(neurons + 1)
  const from = new Int32Array(neurons * kernel[0] * kernel[1] * channels)
  const values = new Float64Array(from.length)
  let next = 0
  for (let neuron = 0; neuron < neurons; neuron++) {
    const unit = neuron % units
    const [r, c] = [Math.floor(neuron / units / columns), Math.floor(neuron / units) % columns]
    for (let kr = 0; kr < kernel[0]; kr++) {
      const row = r * strides[0] - pads[0] + kr
      for (let kc = 0; kc < kernel[1]; kc++) {
        const column = c * strides[1] - pads[1] + kc
        if (row < 0 || row >= inRows || column < 0 || column >= inColumns) continue
        for (let channel = 0; channel < channels; channel++) {
          const weight = weightAt(unit, channel, kr, kc)
          if (weight === 0) continue
          from[next] = (row * inColumns + column) * inChannels + (pooled ? unit : channel)
          values[next++] = weight
        }
      }
    }
    rowStart[neuron + 1] = next
  }
  const edges = { kind: 'sparse' as const, rowStart, columns: from.subarray(0, next), values: values.subarray(0, next) }
  pushLayer(operator, front, neurons, edges)
  front.shape = [units, rows, columns]
}

function dense(operator: Operator, front: Front, weight: Tensor): void {
  const unitsFirst = operator.type === 'Gemm' && numberAttribute(operator, 'transB', 0) !== 0
  const [units, inputs] = unitsFirst ? weight.shape : weight.shape.toReversed()
  const [channels, rows, columns] = front.shape
  if (inputs !== channels * rows * columns || !(front.flat || rows * columns === 1))
    throw refusal(`dense layer "${operator.name}" does not read the whole flattened layer before it`)
  reserve(front, units * inputs)
  const values = new Float64Array(units * inputs)
  for (let unit = 0; unit < units; unit++)
    for (let i = 0; i < inputs; i++) {
      // Flattened channels first; neurons are numbered with the channel last.
      const neuron = (i % (rows * columns)) * channels + Math.floor(i / (rows * columns))
      values[unit * inputs + neuron] = Math.abs(Number(weight.data[unitsFirst ? unit * inputs + i : i * units + unit]))
    }
  pushLayer(operator, front, units, { kind: 'dense', values })
  front.shape = [units, 1, 1]
}

function pushLayer(
  operator: Operator,
  front: Front,
  size: number,
  edges: Parameters<typeof storeBlock>[0]['edges'],
): void {
  const to = front.layers.length
  front.blocks.push(storeBlock({ from: to - 1, to, edges }, size, front.layers[to - 1].size))
  front.layers.push({ name: operator.name, size, role: 'hidden', kind: 'neuron' })
}

function reserve(front: Front, edges: number): void {
  front.edges += edges
  if (front.edges > MOST_EDGES)
    throw new ResourceError(
      'resource.unroll',
      `Unrolled, the network has more than ${MOST_EDGES} edges; analyse its channels instead (without unrolling).`,
    )
}

function refusal(reason: string): UnsupportedError {
  return new UnsupportedError(
    'unsupported.unroll',
    `This network cannot be unrolled: ${reason}. Analyse its channels instead.`,
  )
}
