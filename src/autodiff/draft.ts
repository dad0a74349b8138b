/**
 * A network that grows: operators and constants are appended, shapes and element types are followed on the way. An
 * operator that was written before, in the forward network or since, is not written again: its output is reused.
 */
import { UnsupportedError } from '../errors.ts'
import { heldWeight } from '../network/build.ts'
import type { DimShape } from '../network/dims.ts'
import { CAST_TYPES, dtypeTracker } from '../network/dtypes.ts'
import type { AttributeValue, Network, Operator, WeightTensor } from '../network/network.ts'
import type { ShapeVector } from '../network/shape-values.ts'
import { readShapeVectors, trackShapes } from '../network/shapes.ts'
import { type DType, elementCount, type Tensor, type TensorData, tensor } from '../tensor/tensor.ts'

type Attributes = Readonly<Record<string, AttributeValue>>

export interface Draft {
  readonly operators: readonly Operator[]
  readonly weights: ReadonlyMap<string, WeightTensor>
  /** The output of an operator with these inputs, written unless it is there already. */
  op(type: string, inputs: readonly string[], attributes?: Attributes): string
  /** The same for an operator with several outputs. */
  ops(type: string, inputs: readonly string[], attributes: Attributes, outputs: number): readonly string[]
  /** The value of a further output of an operator, which is added where the operator left it out. */
  output(of: Operator, index: number): string
  /** A constant of the element type of the value `like`. Without a shape: a scalar. */
  numbers(values: number | ArrayLike<number>, like: string, shape?: readonly number[]): string
  /** A constant vector of integers; a scalar where a single number is given. */
  integers(values: number | readonly number[]): string
  dtype(value: string): DType
  isFloat(value: string): boolean
  /** Known dimensions are numbers; equal strings are equal open dimensions. */
  shape(value: string): DimShape | undefined
  /** The content of a small vector of integers, where it is known. */
  vector(value: string): readonly number[] | undefined
  /** A name that is not taken, made from this one. */
  freshName(name: string): string
  /** Static shapes of all values, open dimensions null. */
  shapes(): Map<string, readonly (number | null)[]>
}

const FLOATS: readonly DType[] = ['float32', 'float64', 'float16', 'bfloat16']

/** Operators that give another result each time. */
const RANDOM = [
  'Dropout',
  'RandomNormal',
  'RandomNormalLike',
  'RandomUniform',
  'RandomUniformLike',
  'Bernoulli',
  'Multinomial',
]

/** ONNX's number of an element type, for `Cast`. */
export function castTarget(dtype: DType): number {
  return Number(Object.entries(CAST_TYPES).find(([, name]) => name === dtype)![0])
}

/** Opens a network for appending; the network itself stays as it is. Names of new values begin with `prefix`. */
export async function openDraft(network: Network, prefix: string): Promise<Draft> {
  const weights = new Map(network.weights)
  const tracker = trackShapes(network.inputs, network.shapes)
  const dtypes = dtypeTracker(network.inputs, weights)
  const vectors = await readShapeVectors(weights, network.operators)
  const operators: Operator[] = []
  const written = new Map<string, readonly string[]>()
  const taken = new Set([...network.inputs.map(({ name }) => name), ...weights.keys()])
  const operatorNames = new Set<string>()
  let count = 0

  const addWeight = (weight: WeightTensor, vector?: ShapeVector) => {
    weights.set(weight.name, weight)
    taken.add(weight.name)
    tracker.addWeight(weight, vector)
  }
  const append = (operator: Operator) => {
    operators.push(operator)
    operatorNames.add(operator.name)
    for (const output of operator.outputs) taken.add(output)
    tracker.add(operator)
    dtypes.add(operator)
    const key = operatorKey(operator)
    if (key && !written.has(key)) written.set(key, operator.outputs)
  }
  for (const [name, weight] of network.weights) addWeight({ ...weight, name }, vectors.get(name))
  for (const operator of network.operators) append(operator)

  const freshName = (name: string) => {
    let fresh = name
    while (taken.has(fresh) || operatorNames.has(fresh)) fresh = `${name}_${++count}`
    return fresh
  }
  const constants = new Map<string, string>()
  const constant = (value: Tensor, vector?: ShapeVector): string => {
    const small = elementCount(value.shape) <= 1024
    const key = small ? `${value.dtype}[${value.shape}]${value.data}` : undefined
    const known = key && constants.get(key)
    if (known) return known
    const name = freshName(`${prefix}/constant_${++count}`)
    addWeight(heldWeight(name, value), vector)
    if (key) constants.set(key, name)
    return name
  }

  const ops = (type: string, inputs: readonly string[], attributes: Attributes, outputs: number) => {
    const key = operatorKey({ type, domain: '', inputs, attributes })
    const known = key && written.get(key)
    if (known && known.length >= outputs) return known
    const name = freshName(`${prefix}/${type}_${++count}`)
    const names = Array.from({ length: outputs }, (_, index) => freshName(index ? `${name}:${index}` : name))
    append({ name, type, domain: '', inputs, outputs: names, attributes })
    return names
  }

  return {
    operators,
    weights,
    ops,
    op: (type, inputs, attributes = {}) => ops(type, inputs, attributes, 1)[0],
    output(of, index) {
      const at = operators.findIndex(({ name }) => name === of.name)
      const now = operators[at]
      if (now.outputs[index]) return now.outputs[index]
      const name = freshName(`${prefix}/${of.outputs[0]}:${index}`)
      const outputs = Array.from({ length: Math.max(index + 1, now.outputs.length) }, (_, i) => now.outputs[i] ?? '')
      operators[at] = { ...now, outputs: outputs.with(index, name) }
      taken.add(name)
      return name
    },
    numbers(values, like, shape = []) {
      const list = typeof values === 'number' ? [values] : values
      const dtype = dtypes.dtype(like)
      const data = dtype === 'float64' ? Float64Array.from(list) : Float32Array.from(list)
      return constant(tensor(data, shape, dtype))
    },
    integers(values) {
      const isScalar = typeof values === 'number'
      const dims = isScalar ? [values] : values
      const data: TensorData = BigInt64Array.from(dims, BigInt)
      return constant(tensor(data, isScalar ? [] : [dims.length]), { isScalar, dims })
    },
    dtype: dtypes.dtype,
    isFloat: value => FLOATS.includes(dtypes.dtype(value)),
    shape: tracker.shape,
    vector(value) {
      const dims = tracker.vector(value)?.dims
      return dims?.every(dim => typeof dim === 'number') ? dims : undefined
    },
    freshName,
    shapes: tracker.known,
  }
}

/** What an operator computes; undefined where two of them may differ, or where comparing is not worth it. */
function operatorKey(operator: Pick<Operator, 'type' | 'domain' | 'inputs' | 'attributes'>): string | undefined {
  const { type, domain, inputs, attributes } = operator
  const isPlain = Object.values(attributes).every(value => typeof value !== 'object' || Array.isArray(value))
  if (domain !== '' || RANDOM.includes(type) || !isPlain) return undefined
  return JSON.stringify([type, inputs, Object.entries(attributes).sort(([a], [b]) => (a < b ? -1 : 1))])
}

/** The shape of a value, where a rule cannot do without. Throws an UnsupportedError naming the operator. */
export function requireShape(draft: Draft, operator: Operator, value: string): DimShape {
  const shape = draft.shape(value)
  if (shape) return shape
  throw new UnsupportedError(
    'unsupported.gradient-shape',
    `The gradient of "${operator.name}" (${operator.type}) needs the shape of "${value}", which is not known.`,
  )
}

/** The sizes of the axes named, which must not be open. Throws an UnsupportedError naming the operator. */
export function requireSizes(draft: Draft, operator: Operator, value: string, axes: readonly number[]): number[] {
  const shape = requireShape(draft, operator, value)
  return axes.map(axis => {
    const size = shape[axis]
    if (typeof size === 'number') return size
    throw new UnsupportedError(
      'unsupported.gradient-shape',
      `The gradient of "${operator.name}" (${operator.type}) needs the size of axis ${axis} of "${value}", which is left open: give the network an input of fixed size.`,
    )
  })
}

/** The value cast to the element type of another. */
export function castLike(draft: Draft, value: string, like: string): string {
  const dtype = draft.dtype(like)
  return draft.dtype(value) === dtype ? value : draft.op('Cast', [value], { to: castTarget(dtype) })
}
