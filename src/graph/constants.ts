/**
 * Values that do not depend on the network's input: weights, and what operators make of weights alone (CNTK reshapes
 * its matrices, others transpose, scale or cast them). Worked out only when a rule asks. Values such as shapes, whose
 * numbers the walk never needs, are known to be constant without being known.
 */
import { UnsupportedError } from '../errors.ts'
import { type Network, numberAttribute, numbersAttribute, type Operator } from '../network/network.ts'
import { hasNoValues } from '../network/without-values.ts'
import { permute } from '../tensor/permute.ts'
import { elementCount, type Tensor } from '../tensor/tensor.ts'

export interface Constants {
  /** Declares the operator's outputs constant. */
  add(operator: Operator): void
  has(name: string): boolean
  /** The value, finite and checked; undefined when it is not constant, or made by an operator we do not evaluate. */
  read(name: string): Promise<Tensor | undefined>
  /** Whether `read` would find something, without reading. */
  known(name: string): boolean
}

const SAME_VALUES = new Set(['Identity', 'Cast', 'Dropout', 'Reshape', 'Flatten', 'Squeeze', 'Unsqueeze'])
const ARITHMETIC: Readonly<Record<string, (a: number, b: number) => number>> = {
  Add: (a, b) => a + b,
  Sub: (a, b) => a - b,
  Mul: (a, b) => a * b,
  Div: (a, b) => a / b,
  // Roots are exact on every engine, other powers need not be.
  Pow: (a, b) => (b === 0.5 ? Math.sqrt(a) : b === -0.5 ? 1 / Math.sqrt(a) : a ** b),
}

/**
 * The longest way from a weight to a constant that is evaluated. Exporters need a handful of operators; without a limit
 * a small file could ask for any amount of work.
 */
const DEEPEST = 64
/** Elements that broadcasting may make where neither operand has as many. */
const MOST_ELEMENTS = 2 ** 22

export function createConstants(network: Network): Constants {
  const makers = new Map<string, Operator>()
  /** Operators between the weights and a constant that can be evaluated. */
  const depths = new Map<string, number>()
  const depthOf = (name: string) => (network.weights.has(name) ? 0 : (depths.get(name) ?? Number.POSITIVE_INFINITY))

  async function evaluate(name: string, found: Map<string, Promise<Tensor | undefined>>): Promise<Tensor | undefined> {
    const weight = network.weights.get(name)
    if (weight) return checkFinite(name, await weight.read())
    const maker = makers.get(name)
    if (!maker || !(depthOf(name) <= DEEPEST)) return undefined
    const [first, second] = await Promise.all(valuesUsed(maker).map(input => once(input, found)))
    if (!first) return undefined
    if (maker.type === 'Transpose') {
      const order = numbersAttribute(maker, 'perm') ?? first.shape.map((_, axis) => axis).reverse()
      return hasNoValues(first) ? { ...first, shape: order.map(axis => first.shape[axis]) } : permute(first, order)
    }
    if (Object.hasOwn(ARITHMETIC, maker.type)) return second && combine(first, second, ARITHMETIC[maker.type])
    const shape = shapeOf(network, maker) ?? first.shape
    return elementCount(shape) === elementCount(first.shape) ? { ...first, shape } : undefined
  }

  /** Each value is worked out once, however often it is read on the way. */
  function once(name: string, found: Map<string, Promise<Tensor | undefined>>): Promise<Tensor | undefined> {
    const value = found.get(name) ?? evaluate(name, found)
    found.set(name, value)
    return value
  }

  return {
    known: name => depthOf(name) <= DEEPEST,
    read: name => once(name, new Map()),
    has: name => network.weights.has(name) || makers.has(name),
    add: operator => {
      const isEvaluated =
        operator.type === 'Transpose' ||
        Object.hasOwn(ARITHMETIC, operator.type) ||
        (SAME_VALUES.has(operator.type) && shapeOf(network, operator) !== undefined)
      const depth = 1 + Math.max(...valuesUsed(operator).map(depthOf))
      for (const output of operator.outputs) {
        makers.set(output, operator)
        if (isEvaluated) depths.set(output, depth)
      }
    },
  }
}

/** The inputs that an operator's value is made of; those that say a shape are not. */
function valuesUsed({ type, inputs }: Operator): readonly string[] {
  return Object.hasOwn(ARITHMETIC, type) ? inputs.slice(0, 2) : inputs.slice(0, 1)
}

/** The output shape, from the network's table or, for what keeps shapes or merges all but one axis, from the input. */
function shapeOf(network: Network, operator: Operator): readonly number[] | undefined {
  const shape = network.shapes.get(operator.outputs[0])
  if (shape?.every(size => size !== null)) return shape as readonly number[]
  const input = network.weights.get(operator.inputs[0])?.shape
  if (!input) return undefined
  if (['Identity', 'Cast', 'Dropout'].includes(operator.type)) return input
  if (operator.type !== 'Flatten') return undefined
  const axis = numberAttribute(operator, 'axis', 1)
  return [elementCount(input.slice(0, axis)), elementCount(input.slice(axis))]
}

/** Elementwise arithmetic with NumPy's broadcasting, in float64. */
function combine(a: Tensor, b: Tensor, operation: (a: number, b: number) => number): Tensor | undefined {
  const rank = Math.max(a.shape.length, b.shape.length)
  const size = (t: Tensor, axis: number) => t.shape[axis - rank + t.shape.length] ?? 1
  const shape = Array.from({ length: rank }, (_, axis) => Math.max(size(a, axis), size(b, axis)))
  if (elementCount(shape) > Math.max(elementCount(a.shape), elementCount(b.shape), MOST_ELEMENTS)) return undefined
  if (hasNoValues(a) || hasNoValues(b)) return { dtype: 'float64', shape, data: new Float64Array(0) }
  const data = new Float64Array(elementCount(shape))
  const locate = (t: Tensor, index: number) => {
    let at = 0
    for (let axis = rank - 1, stride = 1; axis >= 0; axis--) {
      if (size(t, axis) !== 1) at += (index % shape[axis]) * stride
      stride *= size(t, axis)
      index = Math.floor(index / shape[axis])
    }
    return Number(t.data[at])
  }
  for (let i = 0; i < data.length; i++) data[i] = operation(locate(a, i), locate(b, i))
  return { dtype: 'float64', shape, data }
}

function checkFinite(name: string, tensor: Tensor): Tensor {
  const { data } = tensor
  if (!(data instanceof Float32Array || data instanceof Float64Array)) return tensor
  for (let i = 0; i < data.length; i++) {
    if (!Number.isFinite(data[i]))
      throw new UnsupportedError(
        'unsupported.not-finite',
        `Weight "${name}" [${tensor.shape}] holds ${data[i]} at flat index ${i}: such a network cannot be clustered. ` +
          'Use a checkpoint from before the training diverged.',
      )
  }
  return tensor
}
