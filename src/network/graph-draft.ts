/**
 * A network that is written operator by operator, for importers of formats with a vocabulary of their own. Shapes are
 * followed on the way, so that what comes next can ask for them.
 */
import { type Tensor, tensor } from '../tensor/tensor.ts'
import { heldWeight } from './build.ts'
import type { DimShape } from './dims.ts'
import { dtypeTracker } from './dtypes.ts'
import type { AttributeValue, Network, Operator, ValueInfo, WeightTensor } from './network.ts'
import type { ShapeVector } from './shape-values.ts'
import { trackShapes } from './shapes.ts'

export interface GraphDraft {
  /** A name that nothing has yet, made from this one. */
  fresh(name: string): string
  /** Adds an operator with one output, both under this name or one made from it; gives the name. */
  op(
    name: string,
    type: string,
    inputs: readonly string[],
    attributes?: Readonly<Record<string, AttributeValue>>,
  ): string
  /** The same for an operator of several outputs, or of a domain of its own; the first output has its name. */
  ops(
    name: string,
    type: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, AttributeValue>>,
    more: { readonly count?: number; readonly domain?: string },
  ): string[]
  /** Adds a weight, unless one of that name is there; gives its name. `vector`: its content, where it is of sizes. */
  weight(weight: WeightTensor, vector?: ShapeVector): string
  /** A vector of int64, as shapes, axes and pads are given. */
  integers(name: string, values: readonly number[]): string
  /** A constant in memory. */
  constant(name: string, value: Tensor): string
  /** Of any value or weight; undefined where it is not known. Strings stand for open sizes. */
  shape(value: string): DimShape | undefined
  /** The content of a small scalar or vector of integers, where it is known. */
  vector(value: string): DimShape | undefined
  /** The network that was written, with these outputs. */
  finish(
    outputs: readonly string[],
    about: Omit<Network, 'inputs' | 'outputs' | 'operators' | 'weights' | 'shapes'>,
  ): Network
}

const LONGEST_SHAPE = 64

export function graphDraft(inputs: readonly ValueInfo[]): GraphDraft {
  const operators: Operator[] = []
  const weights = new Map<string, WeightTensor>()
  const tracker = trackShapes(inputs, new Map())
  const taken = new Set(inputs.map(({ name }) => name))
  const fresh = (name: string) => {
    let free = name
    for (let count = 2; taken.has(free); count++) free = `${name}_${count}`
    taken.add(free)
    return free
  }
  const constant = (name: string, value: Tensor) => {
    const weight = heldWeight(fresh(name), value)
    weights.set(weight.name, weight)
    // Short vectors can be sizes, axes or scales that a shape depends on.
    const isShort = value.shape.length === 1 && value.data.length <= LONGEST_SHAPE
    tracker.addWeight(weight, isShort ? { isScalar: false, dims: Array.from(value.data, Number) } : undefined)
    return weight.name
  }
  const ops: GraphDraft['ops'] = (wanted, type, read, attributes, { count = 1, domain = '' }) => {
    const name = fresh(wanted)
    const outputs = [name, ...Array.from({ length: count - 1 }, (_, index) => fresh(`${name}:${index + 1}`))]
    const operator: Operator = { name, type, domain, inputs: read, outputs, attributes }
    operators.push(operator)
    tracker.add(operator)
    return outputs
  }
  return {
    fresh,
    ops,
    op: (name, type, read, attributes = {}) => ops(name, type, read, attributes, {})[0],
    weight(weight, vector) {
      if (!weights.has(weight.name)) {
        taken.add(weight.name)
        weights.set(weight.name, weight)
        tracker.addWeight(weight, vector)
      }
      return weight.name
    },
    integers: (name, values) => constant(name, tensor(BigInt64Array.from(values, BigInt), [values.length])),
    constant,
    shape: tracker.shape,
    vector: value => tracker.vector(value)?.dims,
    finish(outputs, about) {
      const shapes = tracker.known()
      const dtypes = dtypeTracker(inputs, weights)
      for (const operator of operators) dtypes.add(operator)
      const infos = outputs.map(
        (name): ValueInfo => ({ name, dtype: dtypes.dtype(name), shape: shapes.get(name) ?? [] }),
      )
      return { ...about, inputs, outputs: infos, operators, weights, shapes }
    },
  }
}
