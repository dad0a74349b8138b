/** A dense tensor: a typed array and its shape, row-major. */
import { UsageError } from '../errors.ts'

/** Element types lobes reads. Half, bfloat16 and 8-bit floats are widened to Float32Array, exactly. */
export type DType =
  | 'float64'
  | 'float32'
  | 'float16'
  | 'bfloat16'
  | 'float8e4m3'
  | 'float8e5m2'
  | 'float8e4m3fnuz'
  | 'float8e5m2fnuz'
  | 'float8e8m0'
  | 'int64'
  | 'int32'
  | 'int16'
  | 'int8'
  | 'uint64'
  | 'uint32'
  | 'uint16'
  | 'uint8'
  | 'bool'

export type TensorData =
  | Float64Array
  | Float32Array
  | Int32Array
  | Int16Array
  | Int8Array
  | Uint32Array
  | Uint16Array
  | Uint8Array
  | BigInt64Array
  | BigUint64Array

export interface Tensor {
  /** The element type in the file (data may be widened, see {@link DType}). */
  readonly dtype: DType
  /** Row-major; empty for a scalar. */
  readonly shape: readonly number[]
  readonly data: TensorData
}

/** Number of elements of a shape: 1 for a scalar. */
export function elementCount(shape: readonly number[]): number {
  return shape.reduce((count, size) => count * size, 1)
}

/** Makes a tensor and checks that data and shape agree. */
export function tensor(data: TensorData, shape: readonly number[], dtype: DType = dtypeOf(data)): Tensor {
  if (elementCount(shape) !== data.length)
    throw new UsageError(
      'usage.shape',
      `A tensor of shape [${shape}] needs ${elementCount(shape)} values, got ${data.length}.`,
    )
  return { dtype, shape, data }
}

function dtypeOf(data: TensorData): DType {
  if (data instanceof Float64Array) return 'float64'
  if (data instanceof Float32Array) return 'float32'
  if (data instanceof Int32Array) return 'int32'
  if (data instanceof Int16Array) return 'int16'
  if (data instanceof Int8Array) return 'int8'
  if (data instanceof Uint32Array) return 'uint32'
  if (data instanceof Uint16Array) return 'uint16'
  if (data instanceof BigInt64Array) return 'int64'
  if (data instanceof BigUint64Array) return 'uint64'
  return 'uint8'
}
