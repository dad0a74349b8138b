/**
 * The header of NumPy's `.npy` files, versions 1.0, 2.0 and 3.0 (NEP 1): a magic string, a version, the length of the
 * text that follows (2 bytes in version 1, 4 after), and the text of a Python dictionary with the keys `descr`,
 * `fortran_order` and `shape`. Only numbers and booleans are read: an object array is a pickle, which can run code.
 */
import { FormatError, UnsupportedError } from '../errors.ts'
import { bytesPerElement } from './dtype.ts'
import { type DType, elementCount } from './tensor.ts'

export interface NpyHeader {
  readonly dtype: DType
  readonly shape: readonly number[]
  /** Column-major values (the first index runs fastest). */
  readonly fortranOrder: boolean
  readonly bigEndian: boolean
  /** Where the values begin, in bytes from the start of the array file. */
  readonly dataStart: number
  /** Where they end. */
  readonly dataEnd: number
}

/** Bytes needed to know how long a header is. */
export const NPY_PREFIX = 12
export const NPY_MAGIC = '\x93NUMPY'
/** NumPy itself refuses texts above 10,000 characters unless told otherwise. */
const LONGEST_TEXT = 65_536

const DTYPES: Readonly<Record<string, DType>> = {
  f8: 'float64',
  f4: 'float32',
  f2: 'float16',
  i8: 'int64',
  i4: 'int32',
  i2: 'int16',
  i1: 'int8',
  u8: 'uint64',
  u4: 'uint32',
  u2: 'uint16',
  u1: 'uint8',
  b1: 'bool',
}

/** Where the header ends and the values begin, told by the first {@link NPY_PREFIX} bytes of an array file. */
export function npyHeaderEnd(prefix: Uint8Array, where: string): number {
  const magic = String.fromCharCode(...prefix.subarray(0, 6))
  if (prefix.length < NPY_PREFIX || magic !== NPY_MAGIC)
    throw new FormatError(
      'format.npy',
      `${where} does not begin as an .npy array does; it is damaged or something else.`,
    )
  const [major, minor] = [prefix[6], prefix[7]]
  if (major < 1 || major > 3 || minor !== 0)
    throw new UnsupportedError(
      'unsupported.npy-version',
      `${where} is an .npy array of version ${major}.${minor}; versions 1.0, 2.0 and 3.0 are read.`,
    )
  const view = new DataView(prefix.buffer, prefix.byteOffset, prefix.byteLength)
  const length = major === 1 ? view.getUint16(8, true) : view.getUint32(8, true)
  if (length > LONGEST_TEXT)
    throw new FormatError(
      'format.npy-header',
      `${where} claims an .npy header of ${length} bytes; more than ${LONGEST_TEXT} is never needed, so it is damaged.`,
    )
  return length + (major === 1 ? 10 : 12)
}

/**
 * Reads a header.
 *
 * @param bytes the array file, or at least its first {@link npyHeaderEnd} bytes.
 * @throws FormatError when it is damaged, UnsupportedError for arrays that hold no numbers.
 */
export function parseNpyHeader(bytes: Uint8Array, where: string): NpyHeader {
  const dataStart = npyHeaderEnd(bytes.subarray(0, NPY_PREFIX), where)
  if (bytes.length < dataStart)
    throw new FormatError(
      'format.truncated',
      `${where} ends after ${bytes.length} bytes, inside its .npy header of ${dataStart} bytes.`,
    )
  const text = new TextDecoder('utf-8').decode(bytes.subarray(bytes[6] === 1 ? 10 : 12, dataStart))
  const entries = parseDictionary(text, where)
  const { dtype, bigEndian } = parseDescr(entries.get('descr')!, where)
  const shape = parseShape(entries.get('shape')!, where)
  const order = entries.get('fortran_order')!
  if (order !== 'True' && order !== 'False') throw damaged(where, `fortran_order is ${order}, not True or False`)
  const dataEnd = dataStart + elementCount(shape) * bytesPerElement(dtype)
  if (!(dataEnd <= Number.MAX_SAFE_INTEGER)) throw damaged(where, `an array of shape (${shape}) fits no file`)
  return { dtype, shape, fortranOrder: order === 'True', bigEndian, dataStart, dataEnd }
}

const VALUE = String.raw`'[^']*'|"[^"]*"|True|False|\([^()]*\)|\[[^{}]*\]`
const ENTRY = new RegExp(String.raw`\s*['"](\w+)['"]\s*:\s*(${VALUE})\s*(,|(?=\}))`, 'y')

/** The three entries, each as Python source. */
function parseDictionary(text: string, where: string): Map<string, string> {
  const entries = new Map<string, string>()
  ENTRY.lastIndex = text.indexOf('{') + 1
  let end = ENTRY.lastIndex
  for (let match = end ? ENTRY.exec(text) : null; match; match = ENTRY.exec(text)) {
    if (entries.has(match[1])) throw damaged(where, `the key ${match[1]} is there twice`)
    entries.set(match[1], match[2])
    end = ENTRY.lastIndex
  }
  const isComplete = ['descr', 'fortran_order', 'shape'].every(key => entries.has(key)) && entries.size === 3
  if (!isComplete || text.slice(0, text.indexOf('{')).trim() || text.slice(end).trim() !== '}')
    throw damaged(where, `"${text.slice(0, 80).trim()}" is not {'descr': …, 'fortran_order': …, 'shape': …}`)
  return entries
}

function parseDescr(source: string, where: string): { dtype: DType; bigEndian: boolean } {
  const descr = source.slice(1, -1)
  const dtype = /^[<>=|]?\w\d+$/.test(descr) ? DTYPES[descr.replace(/^[<>=|]/, '')] : undefined
  if (dtype) return { dtype, bigEndian: descr.startsWith('>') }
  if (/^[<>=|]?O/.test(descr))
    throw new UnsupportedError(
      'unsupported.npy-object',
      `${where} is an array of Python objects, which only running its pickle could open; save it as plain numbers.`,
    )
  throw new UnsupportedError(
    'unsupported.dtype',
    `${where} has elements of type ${source.slice(0, 60)}; lobes reads float, int, uint and bool. Convert it with .astype("float32").`,
  )
}

function parseShape(source: string, where: string): number[] {
  const inner = source.slice(1, -1).trim()
  const items = inner ? inner.replace(/,$/, '').split(',') : []
  const isTuple = source.startsWith('(') && (items.length !== 1 || inner.endsWith(','))
  const shape = items.map(item => (/^\s*\d{1,16}L?\s*$/.test(item) ? Number.parseInt(item, 10) : Number.NaN))
  if (!isTuple || shape.length > 64 || !shape.every(Number.isSafeInteger))
    throw damaged(where, `the shape is ${source.slice(0, 80)}, not a tuple of sizes`)
  return shape
}

function damaged(where: string, problem: string): FormatError {
  return new FormatError('format.npy-header', `The .npy header of ${where} is damaged: ${problem}.`)
}
