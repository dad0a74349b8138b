/** Follows small integer tensors by value: the sizes that exporters compute with operators before a `Reshape`. */
import { type Dim, normalAxis, productDim } from './dims.ts'
import { numberAttribute, type Operator } from './network.ts'
import type { ShapeScope } from './shapes.ts'

/** A scalar or vector of sizes, each a number or a symbol. */
export interface ShapeVector {
  readonly isScalar: boolean
  readonly dims: readonly Dim[]
}

type ValueRule = (operator: Operator, scope: ShapeScope) => ShapeVector | undefined

const MAX_LENGTH = 64
const FLOAT_TYPES: readonly number[] = [1, 10, 11, 16]

const vectorOf = (dims: readonly Dim[]): ShapeVector => ({ isScalar: false, dims })

/** The content of input `index`, where known. */
function input(operator: Operator, scope: ShapeScope, index: number): ShapeVector | undefined {
  return scope.vector(operator.inputs[index] ?? '')
}

const passOn: ValueRule = (operator, scope) => input(operator, scope, 0)

const asVector: ValueRule = (operator, scope) => {
  const value = input(operator, scope, 0)
  return value && vectorOf(value.dims)
}

/** Elementwise arithmetic of two vectors of one length, or with a single number. Symbols survive only where `keep` says. */
function arithmetic(compute: (a: number, b: number) => number, keep: (a: Dim, b: Dim) => Dim | undefined): ValueRule {
  return (operator, scope) => {
    const [a, b] = [input(operator, scope, 0), input(operator, scope, 1)]
    if (!a || !b) return undefined
    const length = Math.max(a.dims.length, b.dims.length)
    if ([a, b].some(({ dims }) => dims.length !== length && dims.length !== 1)) return undefined
    const dims = Array.from({ length }, (_, index) => {
      const x = a.dims[a.dims.length === 1 ? 0 : index]
      const y = b.dims[b.dims.length === 1 ? 0 : index]
      return typeof x === 'number' && typeof y === 'number' ? compute(x, y) : (keep(x, y) ?? scope.fresh())
    })
    return { isScalar: a.isScalar && b.isScalar, dims }
  }
}

const never = () => undefined

const gather: ValueRule = (operator, scope) => {
  const [data, indices] = [input(operator, scope, 0), input(operator, scope, 1)]
  if (!data || data.isScalar || !indices) return undefined
  const picked = indices.dims.map(index => (typeof index === 'number' ? data.dims.at(index) : undefined))
  return picked.every(dim => dim !== undefined) ? { isScalar: indices.isScalar, dims: picked } : undefined
}

const concat: ValueRule = (operator, scope) => {
  const parts = operator.inputs.map(name => scope.vector(name))
  return parts.every(part => part !== undefined) ? vectorOf(parts.flatMap(({ dims }) => dims)) : undefined
}

const slice: ValueRule = (operator, scope) => {
  const data = input(operator, scope, 0)
  const [start, end, , step = 1] = [1, 2, 3, 4].map(index => input(operator, scope, index)?.dims[0])
  if (!data || data.isScalar || typeof start !== 'number' || typeof end !== 'number') return undefined
  if (step === 1) return vectorOf(data.dims.slice(start, end))
  return step === -1 && start === -1 && end < -data.dims.length ? vectorOf(data.dims.toReversed()) : undefined
}

const shapeOf: ValueRule = (operator, scope) => {
  const shape = scope.shape(operator.inputs[0])
  const end = operator.attributes.end
  return (
    shape && vectorOf(shape.slice(numberAttribute(operator, 'start', 0), typeof end === 'number' ? end : undefined))
  )
}

const constantOfShape: ValueRule = (operator, scope) => {
  const length = input(operator, scope, 0)?.dims
  const count = length?.length === 1 ? length[0] : undefined
  if (typeof count !== 'number' || count < 0 || count > MAX_LENGTH) return undefined
  const value = operator.attributes.value
  const fill = typeof value === 'object' && 'data' in value ? Number(value.data[0]) : 0
  return Number.isInteger(fill) ? vectorOf(new Array(count).fill(fill)) : undefined
}

const where: ValueRule = (operator, scope) => {
  const [condition, a, b] = [0, 1, 2].map(index => input(operator, scope, index))
  if (!condition || !a || !b) return undefined
  const at = ({ dims }: ShapeVector, index: number) => dims[dims.length === 1 ? 0 : index]
  const dims = condition.dims.map((test, index) => (typeof test === 'number' ? at(test ? a : b, index) : scope.fresh()))
  return dims.every(dim => dim !== undefined) ? vectorOf(dims) : undefined
}

const range: ValueRule = (operator, scope) => {
  const [start, limit, delta] = [0, 1, 2].map(index => input(operator, scope, index)?.dims[0])
  if (typeof start !== 'number' || typeof limit !== 'number' || typeof delta !== 'number') return undefined
  const length = Math.max(0, Math.ceil((limit - start) / delta))
  return length <= MAX_LENGTH ? vectorOf(Array.from({ length }, (_, index) => start + index * delta)) : undefined
}

export const VALUE_RULES: ReadonlyMap<string, ValueRule> = new Map(
  Object.entries<ValueRule>({
    Shape: shapeOf,
    Size: (operator, scope) => {
      const shape = scope.shape(operator.inputs[0])
      return shape && { isScalar: true, dims: [productDim(shape, scope.fresh)] }
    },
    Gather: (operator, scope) => (numberAttribute(operator, 'axis', 0) === 0 ? gather(operator, scope) : undefined),
    Concat: concat,
    Slice: slice,
    Squeeze: (operator, scope) => {
      const value = input(operator, scope, 0)
      return value?.dims.length === 1 ? { isScalar: true, dims: value.dims } : undefined
    },
    Unsqueeze: (operator, scope) => {
      const axis = input(operator, scope, 1)?.dims[0]
      const value = input(operator, scope, 0)
      return value?.isScalar && typeof axis === 'number' && normalAxis(axis, 1) === 0 ? vectorOf(value.dims) : undefined
    },
    Reshape: asVector,
    Identity: passOn,
    Cast: (operator, scope) =>
      FLOAT_TYPES.includes(numberAttribute(operator, 'to', 0)) ? undefined : input(operator, scope, 0),
    ConstantOfShape: constantOfShape,
    Range: range,
    Add: arithmetic(
      (a, b) => a + b,
      (a, b) => (b === 0 ? a : a === 0 ? b : undefined),
    ),
    Sub: arithmetic(
      (a, b) => a - b,
      (a, b) => (b === 0 ? a : undefined),
    ),
    Mul: arithmetic(
      (a, b) => a * b,
      (a, b) => (b === 1 ? a : a === 1 ? b : undefined),
    ),
    Div: arithmetic(
      (a, b) => Math.trunc(a / b),
      (a, b) => (b === 1 ? a : undefined),
    ),
    Min: arithmetic(Math.min, never),
    Max: arithmetic(Math.max, never),
    // A symbol is a size, hence equal to no negative number: the −1 that exporters compare with.
    Equal: arithmetic(
      (a, b) => Number(a === b),
      (a, b) => (a === b ? 1 : [a, b].some(dim => typeof dim === 'number' && dim < 0) ? 0 : undefined),
    ),
    Where: where,
    ReduceProd: (operator, scope) => {
      const value = input(operator, scope, 0)
      const isScalar = numberAttribute(operator, 'keepdims', 1) === 0
      return value && !value.isScalar ? { isScalar, dims: [productDim(value.dims, scope.fresh)] } : undefined
    },
  }),
)
