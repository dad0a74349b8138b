/**
 * Where each layer of a unit graph lives in the operator graph: the value that holds its units before the activation
 * function, and the one that holds them after it. From a weight operator the walk follows its output through what acts
 * on each unit alone: constants added or multiplied (biases), batch norm, `Identity`, `Dropout`, `Cast`; then through an
 * activation function. Pooling before the activation is passed when an activation follows; pooling after it is not.
 *
 * A value that several operators read ends the walk, but for `x · sigmoid(x)`, so in a residual block whose convolution
 * is read by the addition alone the units are the convolution's own outputs (with bias and batch norm), before the
 * addition: what comes behind it belongs to several layers.
 *
 * Heads are where attention has mixed the values, before the output's matrix.
 */
import { UsageError } from '../errors.ts'
import type { UnitGraph, UnitLayer } from '../graph/unit-graph.ts'
import { type Network, numberAttribute, type Operator, type ValueInfo } from '../network/network.ts'
import { valuesRead } from '../network/topology.ts'

export interface UnitSite {
  /** Index of the layer in the unit graph. */
  readonly layer: number
  readonly name: string
  /** The value before the activation function, after bias and batch norm. */
  readonly pre: string
  /** The value after it; the same as `pre` where there is none, and for inputs. */
  readonly post: string
  /** Axis of `pre` and `post` that holds the units. Of an input whose every value is a unit: 1, all further axes count. */
  readonly axis: number
  readonly size: number
  /** Whether `pre` and `post` hold more than one number for each unit and example: rows and columns, or tokens. */
  readonly spatial: boolean
}

const ACTIVATIONS = new Set(
  [
    'Relu LeakyRelu PRelu Sigmoid Tanh Gelu Elu Celu Selu Softplus Softsign HardSigmoid HardSwish Mish Swish Clip',
    'ThresholdedRelu Shrink Erf Abs Exp Sin Cos Sign',
  ].flatMap(line => line.split(' ')),
)

/** Act on each unit alone; with a second operand, it must be constant. */
const AFFINE = new Set('Add Sub Mul Div BatchNormalization Identity Dropout Cast'.split(' '))
const POOLING = new Set('MaxPool AveragePool LpPool'.split(' '))

/**
 * The site of each layer, in the graph's order.
 * @param graph a graph of this network, whole or a part of it: layers are found by name, their full size in the network
 * @throws UsageError `usage.layer` naming a layer that the network has not, or whose units cannot be addressed
 */
export function unitSites(network: Network, graph: Pick<UnitGraph, 'layers'>): UnitSite[] {
  const wiring = wiringOf(network)
  return graph.layers.map((layer, at) => {
    const input = network.inputs.find(({ name }) => name === layer.name)
    const place = input
      ? inputPlace(input, layer)
      : layer.kind === 'head'
        ? headPlace(layer, wiring)
        : operatorPlace(layer.name, wiring)
    const shape = network.shapes.get(place.pre) ?? input?.shape
    return { layer: at, name: layer.name, ...place, size: sizeOf(layer.size, shape, place, input !== undefined) }
  })
}

type Place = Pick<UnitSite, 'pre' | 'post' | 'axis' | 'spatial'>

/** Parts of a graph hold fewer units than the network; the network's shapes tell the whole number. */
function sizeOf(given: number, shape: readonly (number | null)[] | undefined, place: Place, isInput: boolean): number {
  if (!shape) return given
  if (!isInput || place.spatial) return shape[place.axis] ?? given
  return shape.slice(1).reduce<number>((product, size) => product * (size ?? 1), 1)
}

/** Channels come first (axis 1), or last where only that axis has their number. */
function inputPlace({ name, shape }: ValueInfo, layer: UnitLayer): Place {
  const last = shape.length - 1
  const channelsLast = layer.kind === 'channel' && shape[1] !== layer.size && shape[last] === layer.size
  const axis = channelsLast ? last : Math.min(1, last)
  return { pre: name, post: name, axis, spatial: layer.kind === 'channel' && last > 1 }
}

/** Heads are an axis of what the values were mixed to: [examples × heads × tokens × size]. */
function headPlace({ name, size }: UnitLayer, { network }: Wiring): Place {
  const operator = operatorNamed(name, network)
  const [pre] = operator.outputs
  const shape = network.shapes.get(pre)
  // A part of a graph may hold fewer heads than the network.
  if (shape?.length !== 4 || shape[1] === null || shape[1] < size)
    return addressless(operator, 'its heads have no axis of their own')
  return { pre, post: pre, axis: 1, spatial: true }
}

function operatorNamed(name: string, network: Network): Operator {
  const operator = network.operators.find(one => one.name === name)
  if (operator) return operator
  throw new UsageError(
    'usage.layer',
    `The network has no operator or input "${name}", which the unit graph names as a layer; take a graph of this network.`,
  )
}

interface Wiring {
  readonly network: Network
  readonly readers: ReadonlyMap<string, readonly Operator[]>
  /** Values that depend on an example. */
  readonly flowing: ReadonlySet<string>
}

function wiringOf(network: Network): Wiring {
  const readers = new Map<string, Operator[]>()
  const flowing = new Set(network.inputs.map(({ name }) => name))
  for (const operator of network.operators) {
    const reads = valuesRead(operator)
    for (const name of new Set(reads)) {
      const found = readers.get(name)
      if (found) found.push(operator)
      else readers.set(name, [operator])
    }
    // What says something about shapes alone does not depend on the example.
    if (operator.type !== 'Shape' && operator.type !== 'Size' && reads.some(name => flowing.has(name)))
      for (const output of operator.outputs) flowing.add(output)
  }
  return { network, readers, flowing }
}

function operatorPlace(name: string, wiring: Wiring): Place {
  const operator = operatorNamed(name, wiring.network)
  const { axis, rank } = unitAxisOf(operator, wiring)
  const isOutput = (value: string) => wiring.network.outputs.some(output => output.name === value)
  let pre = operator.outputs[0]
  let value = pre
  while (!isOutput(value)) {
    const next = onlyReader(value, wiring)
    if (!next) break
    if (next.activation) return { pre: value, post: next.value, axis, spatial: rank > 2 }
    if (!next.pooled) pre = next.value
    // Behind pooling, only an activation counts: without one the units are where they were.
    value = next.value
    if (next.pooled && !leadsToActivation(value, wiring)) break
  }
  return { pre, post: pre, axis, spatial: rank > 2 }
}

interface Step {
  readonly value: string
  readonly activation: boolean
  readonly pooled: boolean
}

/** One step along a value's only way on, or undefined where it ends. */
function onlyReader(value: string, { readers, flowing }: Wiring): Step | undefined {
  const all = readers.get(value) ?? []
  const step = (operator: Operator, activation: boolean): Step => ({
    value: operator.outputs[0],
    activation,
    pooled: POOLING.has(operator.type),
  })
  if (all.length === 2) {
    const gate = all.find(({ type }) => type === 'Sigmoid' || type === 'HardSigmoid')
    const product = all.find(({ type }) => type === 'Mul')
    if (gate && product?.inputs.includes(gate.outputs[0])) return step(product, true)
  }
  if (all.length !== 1) return undefined
  const [operator] = all
  const others = operator.inputs.filter(name => name !== value && name !== '')
  if (others.some(name => flowing.has(name)) || operator.inputs.filter(name => name === value).length > 1)
    return undefined
  // A step: a comparison, then the cast back to numbers.
  if (operator.type === 'Greater') {
    const [cast] = readers.get(operator.outputs[0]) ?? []
    return cast?.type === 'Cast' ? step(cast, true) : undefined
  }
  if (ACTIVATIONS.has(operator.type)) return step(operator, true)
  if (AFFINE.has(operator.type) || POOLING.has(operator.type)) return step(operator, false)
  return undefined
}

function leadsToActivation(from: string, wiring: Wiring): boolean {
  let value = from
  for (;;) {
    const next = onlyReader(value, wiring)
    if (!next || next.activation) return next !== undefined
    value = next.value
  }
}

/** Axis of a weight operator's output that holds its units, and how many axes there are. */
function unitAxisOf(operator: Operator, { network, flowing }: Wiring): { axis: number; rank: number } {
  const rank = network.shapes.get(operator.outputs[0])?.length ?? (operator.type === 'Gemm' ? 2 : undefined)
  if (operator.type === 'Conv' || operator.type === 'ConvTranspose') return { axis: 1, rank: rank ?? 4 }
  if (rank === undefined) return addressless(operator, 'the shape of its output is not known')
  if (operator.type !== 'Gemm' && operator.type !== 'MatMul')
    return addressless(operator, `${operator.type} makes no layer of units`)
  const weightFirst = !flowing.has(operator.inputs[0])
  const axis = rank - (weightFirst ? 2 : 1)
  // One example of a network saved without a batch axis would be one unit a row.
  if (axis < 0 || (axis === 0 && rank > 1)) return addressless(operator, 'its units lie along the batch axis')
  if (operator.type === 'Gemm' && numberAttribute(operator, 'transA', 0) !== 0 && !weightFirst)
    return addressless(operator, 'it reads its data transposed')
  return { axis, rank }
}

function addressless(operator: Operator, reason: string): never {
  throw new UsageError(
    'usage.layer',
    `The units of the layer "${operator.name}" cannot be addressed: ${reason}. Leave the layer out with --units.`,
  )
}
