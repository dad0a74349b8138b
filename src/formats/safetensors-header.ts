/**
 * The header of a safetensors file: 8 bytes of length (little-endian), then JSON that gives each tensor its element type,
 * shape and place in the bytes that follow. Everything it claims is checked against the file before any of it is used.
 * Tensors may begin at any byte; bytes that belong to no tensor, which the format forbids, are counted and tolerated.
 */
import { FormatError, UnsupportedError } from '../errors.ts'
import { bytesPerElement } from '../tensor/dtype.ts'
import { type DType, elementCount } from '../tensor/tensor.ts'
import { parseJson } from './json.ts'
import type { ByteSource } from './source.ts'

interface StoredTensor {
  readonly name: string
  readonly dtype: DType
  readonly shape: readonly number[]
  /** Place in the file, in bytes. */
  readonly start: number
  readonly end: number
}

interface SafetensorsHeader {
  readonly tensors: readonly StoredTensor[]
  /** Bytes of the file that no tensor claims. */
  readonly unclaimed: number
}

/** The limit of the reference implementation. */
export const LARGEST_HEADER = 100_000_000

const DTYPES: Readonly<Record<string, DType>> = {
  F64: 'float64',
  F32: 'float32',
  F16: 'float16',
  BF16: 'bfloat16',
  F8_E4M3: 'float8e4m3',
  F8_E5M2: 'float8e5m2',
  F8_E4M3FNUZ: 'float8e4m3fnuz',
  F8_E5M2FNUZ: 'float8e5m2fnuz',
  F8_E8M0: 'float8e8m0',
  I64: 'int64',
  I32: 'int32',
  I16: 'int16',
  I8: 'int8',
  U64: 'uint64',
  U32: 'uint32',
  U16: 'uint16',
  U8: 'uint8',
  BOOL: 'bool',
}
/** Valid element types that no array in JavaScript can hold exactly, or that are smaller than a byte. */
const UNREAD_DTYPES = /^(F4|F6_E2M3|F6_E3M2|C64|C128|I4|U4)$/

/** @throws FormatError when anything in the header is wrong; the message names the tensor. */
export async function readSafetensorsHeader(source: ByteSource): Promise<SafetensorsHeader> {
  const prefix = await source.slice(0, 8)
  const length = new DataView(prefix.buffer, prefix.byteOffset).getBigUint64(0, true)
  if (length > BigInt(Math.min(LARGEST_HEADER, source.byteLength - 8)))
    throw damaged(
      source,
      `it claims ${length} bytes, but the file has ${source.byteLength - 8} left and ${LARGEST_HEADER} is the limit`,
    )
  const dataStart = 8 + Number(length)
  const header = parseJson(await source.slice(8, dataStart), `The header of ${source.name}`)
  const tensors = Object.entries(header)
    .filter(([name]) => name !== '__metadata__')
    .map(([name, entry]) => checkEntry(source, name, entry, dataStart))
  return { tensors, unclaimed: source.byteLength - dataStart - claimedBytes(source, tensors) }
}

function checkEntry(source: ByteSource, name: string, entry: unknown, dataStart: number): StoredTensor {
  const where = `tensor "${name}"`
  if (typeof entry !== 'object' || entry === null) throw damaged(source, `${where} is ${JSON.stringify(entry)}`)
  const { dtype: label, shape, data_offsets: offsets } = entry as Record<string, unknown>
  if (typeof label === 'string' && UNREAD_DTYPES.test(label))
    throw new UnsupportedError(
      'unsupported.dtype',
      `${source.name}: ${where} has elements of type ${label}, which lobes does not read; convert it to F32 or BF16.`,
    )
  if (typeof label !== 'string' || !Object.hasOwn(DTYPES, label))
    throw damaged(source, `${where} has the unknown dtype ${JSON.stringify(label)}`)
  const dtype = DTYPES[label]
  if (!isSizes(shape) || shape.length > 64) throw damaged(source, `${where} has the shape ${JSON.stringify(shape)}`)
  if (!isSizes(offsets) || offsets.length !== 2 || offsets[0] > offsets[1])
    throw damaged(source, `${where} has the data_offsets ${JSON.stringify(offsets)}`)
  const [start, end] = offsets.map(offset => dataStart + offset)
  if (end > source.byteLength)
    throw new FormatError(
      'format.truncated',
      `${source.name}: ${where} ends at byte ${end}, but the file has ${source.byteLength}; it is cut off or damaged.`,
    )
  const expected = elementCount(shape) * bytesPerElement(dtype)
  if (expected !== end - start)
    throw damaged(source, `${where}, ${label} of shape [${shape}], takes ${expected} bytes but is given ${end - start}`)
  return { name, dtype, shape, start, end }
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every(size => Number.isSafeInteger(size) && size >= 0)
}

/** The number of bytes that tensors claim; no two may share one. */
function claimedBytes(source: ByteSource, tensors: readonly StoredTensor[]): number {
  let claimed = 0
  let previous: StoredTensor | undefined
  for (const tensor of tensors.filter(({ start, end }) => end > start).toSorted((a, b) => a.start - b.start)) {
    if (previous && tensor.start < previous.end)
      throw damaged(source, `tensors "${previous.name}" and "${tensor.name}" overlap`)
    claimed += tensor.end - tensor.start
    previous = tensor
  }
  return claimed
}

function damaged(source: ByteSource, problem: string): FormatError {
  return new FormatError('format.safetensors-header', `The header of ${source.name} is damaged: ${problem}.`)
}
