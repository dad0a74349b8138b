/**
 * A network as what sculpting can prune: a chain of dense layers and convolutions. A unit is an output of a dense layer or
 * a channel; an edge is what links two units: one weight, a slice of a kernel, or the weights from all positions of a
 * channel to a unit of a dense layer.
 */
import { UnsupportedError } from '../../errors.ts'
import { type Network, numberAttribute, type Operator } from '../../network/network.ts'

export interface ChainLayer {
  /** Name of the weight, and of what is added to or normalises its output, per unit. */
  readonly weight: string
  readonly perUnit: readonly string[]
  /** Units it has, and units of the layer below. */
  readonly units: number
  readonly sources: number
  /** Weights in an edge. */
  readonly perEdge: number
  /** The edge of weight i, as unit × sources + source. */
  edgeOf(i: number): number
}

/** Operators that keep units apart and hand them on. */
const PASSING = new Set([
  ...['Relu', 'LeakyRelu', 'PRelu', 'Elu', 'Sigmoid', 'Tanh', 'Softmax', 'LogSoftmax', 'Clip', 'Cast'],
  ...['MaxPool', 'AveragePool', 'GlobalAveragePool', 'Flatten', 'Reshape', 'Squeeze', 'Identity', 'Dropout'],
])
/** Operators that change inputs by constants before the first layer. */
const PREPROCESSING = new Set(['Add', 'Sub', 'Mul', 'Div'])

/**
 * Reads the chain of a network with one input.
 *
 * @throws UnsupportedError naming the first operator that is no part of a chain.
 */
export function readChain(network: Network): ChainLayer[] {
  const layers: (Omit<ChainLayer, 'perUnit'> & { perUnit: string[] })[] = []
  let value = network.inputs[0]?.name
  let linear = false
  for (const operator of network.operators) {
    const { type, inputs } = operator
    const constants = inputs.filter(name => name !== '' && network.weights.has(name))
    if (inputs.every(name => name === '' || network.weights.has(name))) continue
    const reads = inputs.filter(name => name !== '' && !network.weights.has(name))
    if (reads.length !== 1 || reads[0] !== value) throw refuse(operator, 'it joins or splits what flows')
    if (type === 'Conv' || type === 'Gemm' || type === 'MatMul') {
      layers.push({ ...weightLayer(network, operator, layers.at(-1)?.units), perUnit: inputs.slice(2).filter(Boolean) })
      linear = true
    } else if (linear && type === 'Add' && constants.length === 1) layers.at(-1)?.perUnit.push(constants[0])
    else if (layers.length > 0 && type === 'BatchNormalization') layers.at(-1)?.perUnit.push(inputs[1], inputs[2])
    else if (PASSING.has(type)) linear = false
    else if (!(layers.length === 0 && PREPROCESSING.has(type) && constants.length === 1))
      throw refuse(operator, 'it is neither dense nor a convolution, nor an activation or pooling between them')
    value = operator.outputs[0]
  }
  if (layers.length < 2)
    throw new UnsupportedError(
      'unsupported.sculpt',
      `${network.name} has ${layers.length} layers of weights; sculpting needs hidden units, so at least two.`,
    )
  return layers
}

function refuse({ name, type }: Operator, why: string): UnsupportedError {
  return new UnsupportedError(
    'unsupported.sculpt',
    `Sculpting reads chains of dense layers and convolutions; the operator ${name} (${type}) is none: ${why}. Sculpt a part of the network without it.`,
  )
}

function weightLayer(network: Network, operator: Operator, below: number | undefined): Omit<ChainLayer, 'perUnit'> {
  const weight = operator.inputs[1]
  const shape = network.weights.get(weight)?.shape
  if (!shape || shape.length < 2) throw refuse(operator, 'its weights are no constant matrix or kernel')
  if (operator.type === 'Conv') {
    if (numberAttribute(operator, 'group', 1) !== 1) throw refuse(operator, 'its channels are in groups')
    const [units, sources, ...window] = shape
    const perEdge = window.reduce((product, size) => product * size, 1)
    if (below !== undefined && below !== sources) throw refuse(operator, `it reads ${sources} channels of ${below}`)
    return { weight, units, sources, perEdge, edgeOf: i => Math.floor(i / perEdge) }
  }
  const outFirst = operator.type === 'Gemm' && numberAttribute(operator, 'transB', 0) === 1
  const [units, columns] = outFirst ? shape : [shape[1], shape[0]]
  const sources = below ?? columns
  const perEdge = columns / sources
  if (shape.length !== 2 || !Number.isInteger(perEdge))
    throw refuse(operator, `it reads ${columns} values of ${sources} units`)
  return {
    ...{ weight, units, sources, perEdge },
    edgeOf: i => {
      const [unit, column] = outFirst ? [Math.floor(i / columns), i % columns] : [i % units, Math.floor(i / units)]
      return unit * sources + Math.floor(column / perEdge)
    },
  }
}
