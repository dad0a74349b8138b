/**
 * What flows through the reference runtime. Numbers of every type are held as float64: floats are computed that way,
 * integers are exact up to 2⁵³ and wrap at the width of types below 64 bits, truth values are 0 and 1.
 */
import { UsageError } from '../../errors.ts'
import type { Network, Operator } from '../../network/network.ts'
import { type DType, elementCount, type Tensor, type TensorData } from '../../tensor/tensor.ts'

/** The types that are told apart: all floats are float64. */
type ValueType = Exclude<DType, 'float32' | 'float16' | 'bfloat16' | `float8${string}`>

export interface Value {
  readonly dtype: ValueType
  readonly shape: readonly number[]
  /** Row-major. */
  readonly data: Float64Array
}

/** What an operator may ask of the run it is part of. */
interface RunScope {
  /** Runs a subgraph that lies in an attribute; its outputs in order. */
  body(network: Network, inputs: readonly Value[]): Value[]
}

/** Computes an operator. Absent optional inputs are undefined. */
export type Kernel = (operator: Operator, inputs: readonly (Value | undefined)[], scope: RunScope) => readonly Value[]

export type KernelTable = Readonly<Record<string, Kernel>>

type IntegerArray = Exclude<TensorData, Float64Array | Float32Array>

const INTEGER_ARRAYS: Readonly<Record<Exclude<ValueType, 'float64'>, new (length: number) => IntegerArray>> = {
  int64: BigInt64Array,
  int32: Int32Array,
  int16: Int16Array,
  int8: Int8Array,
  uint64: BigUint64Array,
  uint32: Uint32Array,
  uint16: Uint16Array,
  uint8: Uint8Array,
  bool: Uint8Array,
}

export function valueType(dtype: DType): ValueType {
  return dtype in INTEGER_ARRAYS ? (dtype as ValueType) : 'float64'
}

export function value(
  shape: readonly number[],
  data: Float64Array = new Float64Array(elementCount(shape)),
  dtype: ValueType = 'float64',
): Value {
  return { dtype, shape, data }
}

/** The same type, another shape and content. */
export function like(
  model: Value,
  shape: readonly number[],
  data: Float64Array = new Float64Array(elementCount(shape)),
): Value {
  return { dtype: model.dtype, shape, data }
}

export function fromTensor({ dtype, shape, data }: Tensor): Value {
  const isBig = data instanceof BigInt64Array || data instanceof BigUint64Array
  return { dtype: valueType(dtype), shape, data: isBig ? Float64Array.from(data, Number) : new Float64Array(data) }
}

/** @param float the type that floats get: float64 as they are, float32 rounded. */
export function toTensor({ dtype, shape, data }: Value, float: 'float64' | 'float32'): Tensor {
  if (dtype === 'float64')
    return { dtype: float, shape, data: float === 'float64' ? data.slice() : Float32Array.from(data) }
  return { dtype, shape, data: integers(data, dtype) }
}

/** Integers as their type stores them: what does not fit wraps around. */
function integers(data: Float64Array, dtype: Exclude<ValueType, 'float64'>): IntegerArray {
  const stored = new INTEGER_ARRAYS[dtype](data.length)
  if (stored instanceof BigInt64Array || stored instanceof BigUint64Array)
    for (let i = 0; i < data.length; i++) stored[i] = BigInt(Number.isFinite(data[i]) ? Math.trunc(data[i]) : 0)
  else stored.set(data)
  return stored
}

/** Another type: fractions are cut off towards zero, truth is whatever is not zero. */
export function cast({ shape, data }: Value, dtype: ValueType): Value {
  if (dtype === 'float64') return { dtype, shape, data }
  if (dtype === 'bool') return { dtype, shape, data: data.map(item => (item !== 0 ? 1 : 0)) }
  return wrapped({ dtype, shape, data: data.map(Math.trunc) })
}

/** After integer arithmetic: results beyond the type's width wrap around. */
export function wrapped(result: Value): Value {
  const { dtype, shape, data } = result
  if (dtype === 'float64' || dtype === 'int64' || dtype === 'uint64' || dtype === 'bool') return result
  return { dtype, shape, data: Float64Array.from(integers(data, dtype) as Int32Array) }
}

/** The axis counted from the front. */
export function axisOf(operator: Operator, axis: number, rank: number): number {
  const normal = axis < 0 ? axis + rank : axis
  if (normal < 0 || normal >= rank) misfit(operator, `has the axis ${axis}, but its input has ${rank} dimensions`)
  return normal
}

/** Elements between neighbours along each axis. */
export function stridesOf(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length)
  for (let axis = shape.length - 1, stride = 1; axis >= 0; axis--) {
    strides[axis] = stride
    stride *= shape[axis]
  }
  return strides
}

/** A shape seen from one axis: what lies before it, the axis, what lies behind it. */
export function around(shape: readonly number[], axis: number): { outer: number; size: number; inner: number } {
  return { outer: elementCount(shape.slice(0, axis)), size: shape[axis], inner: elementCount(shape.slice(axis + 1)) }
}

/** An input that must be there. */
export function required(operator: Operator, inputs: readonly (Value | undefined)[], at: number): Value {
  return inputs[at] ?? misfit(operator, `lacks its input ${at + 1}`)
}

/** A text attribute with its default. */
export function textAttribute(operator: Operator, name: string, fallback: string): string {
  const text = operator.attributes[name]
  return typeof text === 'string' ? text : fallback
}

export function misfit(operator: Operator, problem: string): never {
  throw new UsageError('usage.operator', `The operator "${operator.name}" (${operator.type}) ${problem}.`)
}
