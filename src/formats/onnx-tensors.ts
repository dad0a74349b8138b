/**
 * ONNX tensors: element types, the places where the values can lie (raw bytes, typed fields, another file), and the
 * checks that keep a damaged header from being believed. Values are read when asked for.
 */
import { isFieldSet } from '@bufbuild/protobuf'
import { type TensorProto, TensorProto_DataLocation, TensorProto_DataType, TensorProtoSchema } from 'onnx-buf'
import { FormatError, UnsupportedError } from '../errors.ts'
import type { WeightTensor } from '../network/network.ts'
import { bytesPerElement, decode, decodeTensor } from '../tensor/dtype.ts'
import { type DType, elementCount, type Tensor, type TensorData } from '../tensor/tensor.ts'
import { OWN_RANGE } from './onnx-wire.ts'
import type { ByteSource } from './source.ts'

const MAX_RANK = 64

/** ONNX's number for each element type lobes reads. */
export const ONNX_TYPES: Readonly<Record<DType, TensorProto_DataType>> = {
  float32: TensorProto_DataType.FLOAT,
  uint8: TensorProto_DataType.UINT8,
  int8: TensorProto_DataType.INT8,
  uint16: TensorProto_DataType.UINT16,
  int16: TensorProto_DataType.INT16,
  int32: TensorProto_DataType.INT32,
  int64: TensorProto_DataType.INT64,
  bool: TensorProto_DataType.BOOL,
  float16: TensorProto_DataType.FLOAT16,
  float64: TensorProto_DataType.DOUBLE,
  uint32: TensorProto_DataType.UINT32,
  uint64: TensorProto_DataType.UINT64,
  bfloat16: TensorProto_DataType.BFLOAT16,
  float8e4m3: TensorProto_DataType.FLOAT8E4M3FN,
  float8e4m3fnuz: TensorProto_DataType.FLOAT8E4M3FNUZ,
  float8e5m2: TensorProto_DataType.FLOAT8E5M2,
  float8e5m2fnuz: TensorProto_DataType.FLOAT8E5M2FNUZ,
  float8e8m0: TensorProto_DataType.FLOAT8E8M0,
}

const DTYPES = new Map(Object.entries(ONNX_TYPES).map(([dtype, number]) => [number, dtype as DType]))

/** The element type behind ONNX's number, or undefined for strings, complex numbers and types below one byte. */
export function dtypeOfOnnx(dataType: number): DType | undefined {
  return DTYPES.get(dataType)
}

/** Describes one tensor and checks that its values are all there. `where` names it in errors, e.g. `tensor "conv1.w"`. */
export async function openTensor(proto: TensorProto, where: string, source: ByteSource): Promise<WeightTensor> {
  const shape = checkedShape(proto.dims, where)
  const dtype = checkedType(proto.dataType, where)
  const read = await placeOf(proto, dtype, shape, where, source)
  return { name: proto.name, dtype, shape, read }
}

/** Sizes as numbers: none negative, the element count within what a number holds. */
function checkedShape(dims: readonly bigint[], where: string): number[] {
  const absurd = (what: string) => {
    const shown = dims.slice(0, 8).join(', ') + (dims.length > 8 ? ', …' : '')
    return new FormatError('format.shape', `${where} has the shape [${shown}], ${what}; the file is damaged.`)
  }
  if (dims.length > MAX_RANK) throw absurd(`which has ${dims.length} dimensions`)
  if (dims.some(size => size < 0n)) throw absurd('with a negative size')
  // Sizes are multiplied even beside a zero, which would hide an absurd one.
  if (dims.reduce((product, size) => product * (size || 1n), 1n) > 2n ** 48n) throw absurd('which is impossibly large')
  return dims.map(Number)
}

function checkedType(dataType: number, where: string): DType {
  const dtype = dtypeOfOnnx(dataType)
  if (dtype) return dtype
  const name: string | undefined = TensorProto_DataType[dataType]
  if (name === undefined || dataType === TensorProto_DataType.UNDEFINED)
    throw new FormatError('format.dtype', `${where} has the unknown element type ${dataType}; the file is damaged.`)
  throw new UnsupportedError(
    'unsupported.dtype',
    `${where} has elements of type ${name}, which lobes does not read; export the model with ordinary floats.`,
  )
}

/** Finds where the values lie, checks their number, and returns how to read them. */
async function placeOf(
  proto: TensorProto,
  dtype: DType,
  shape: readonly number[],
  where: string,
  source: ByteSource,
): Promise<() => Promise<Tensor>> {
  const expected = elementCount(shape) * bytesPerElement(dtype)
  const checkSize = (actual: number) => {
    if (actual === expected) return
    throw new FormatError(
      'format.size',
      `${where}: ${dtype} of shape [${shape}] takes ${expected} bytes, but there are ${actual}; the file is damaged.`,
    )
  }
  const entries = new Map(proto.externalData.map(({ key, value }) => [key, value]))
  const own = entries.get(OWN_RANGE)
  if (own !== undefined) {
    const [offset, length] = own.split(':').map(Number)
    checkSize(length)
    return async () => decodeTensor(await source.slice(offset, offset + length), dtype, shape, where)
  }
  if (proto.dataLocation === TensorProto_DataLocation.EXTERNAL) {
    const { file, offset, length } = await externalPlace(entries, expected, where, source)
    checkSize(length)
    return async () => decodeTensor(await file.slice(offset, offset + length), dtype, shape, where)
  }
  if (isFieldSet(proto, TensorProtoSchema.field.rawData)) {
    checkSize(proto.rawData.length)
    const bytes = proto.rawData.slice()
    return async () => decodeTensor(bytes.slice(), dtype, shape, where)
  }
  const data = typedValues(proto, dtype)
  checkSize(data.length * bytesPerElement(dtype))
  return async () => ({ dtype, shape, data: data.slice() })
}

/** External data: a file in the same folder, with an offset and a length that must lie inside it. */
async function externalPlace(
  entries: ReadonlyMap<string, string>,
  expected: number,
  where: string,
  source: ByteSource,
): Promise<{ file: ByteSource; offset: number; length: number }> {
  const location = entries.get('location') ?? ''
  const file = await source.sibling?.(location)
  if (!file)
    throw new FormatError(
      'format.external',
      `${where} lies in the file ${JSON.stringify(location)}, which is not beside ${source.name}; put it in the same folder.`,
    )
  const offset = wholeNumber(entries.get('offset'), 0)
  const length = wholeNumber(entries.get('length'), expected)
  if (offset + length <= file.byteLength) return { file, offset, length }
  throw new FormatError(
    'format.truncated',
    `${where} should lie at bytes ${entries.get('offset') ?? 0} to ${offset + length} of ${location}, which has only ${file.byteLength}.`,
  )
}

/** A decimal number; anything else becomes an impossible one, which the range check then refuses. */
function wholeNumber(text: string | undefined, fallback: number): number {
  if (text === undefined) return fallback
  return /^\d{1,15}$/.test(text) ? Number(text) : Number.MAX_SAFE_INTEGER
}

/** Values stored in the typed fields. Types narrower than 32 bits, floats included, lie in `int32_data` as bit patterns. */
function typedValues(proto: TensorProto, dtype: DType): TensorData {
  switch (dtype) {
    case 'float32':
      return Float32Array.from(proto.floatData)
    case 'float64':
      return Float64Array.from(proto.doubleData)
    case 'int64':
      return BigInt64Array.from(proto.int64Data)
    case 'uint64':
      return BigUint64Array.from(proto.uint64Data)
    case 'uint32':
      return Uint32Array.from(proto.uint64Data, Number)
    case 'int32':
      return Int32Array.from(proto.int32Data)
    default: {
      const wide = bytesPerElement(dtype) === 2
      const patterns = wide ? Uint16Array.from(proto.int32Data) : Uint8Array.from(proto.int32Data)
      return decode(new Uint8Array(patterns.buffer), dtype)
    }
  }
}
