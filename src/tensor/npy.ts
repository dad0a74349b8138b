/** NumPy's `.npy`: one array. Reads versions 1 to 3, either byte order, either memory order; writes version 1.0. */
import { FormatError } from '../errors.ts'
import { bytesPerElement, decode } from './dtype.ts'
import { NPY_MAGIC, type NpyHeader, parseNpyHeader } from './npy-header.ts'
import { permute } from './permute.ts'
import type { Tensor } from './tensor.ts'

/**
 * The array in a whole `.npy` file.
 *
 * @param where names the array in errors.
 * @throws FormatError when the bytes are damaged, UnsupportedError when the elements are no numbers.
 */
export function readNpy(bytes: Uint8Array<ArrayBuffer>, where = 'The array'): Tensor {
  const header = parseNpyHeader(bytes, where)
  checkNpyLength(header, bytes.length, where)
  return decodeNpy(header, bytes.slice(header.dataStart))
}

/** @throws FormatError when an array file of `length` bytes is too short or too long for what its header says. */
export function checkNpyLength(header: NpyHeader, length: number, where: string): void {
  const { dtype, shape, dataStart, dataEnd } = header
  if (dataEnd !== length)
    throw new FormatError(
      'format.size',
      `${where}: ${dtype} of shape (${shape}) takes ${dataEnd - dataStart} bytes, but there are ${length - dataStart}; the file is damaged.`,
    )
}

/**
 * The array whose values are in `values`, checked to be as long as the header says. Takes the bytes over: values of
 * the other byte order are swapped in place.
 */
export function decodeNpy(header: NpyHeader, values: Uint8Array<ArrayBuffer>): Tensor {
  const { dtype, shape, bigEndian, fortranOrder } = header
  if (bigEndian) swapBytes(values, bytesPerElement(dtype))
  const data = decode(values, dtype)
  if (!fortranOrder || shape.length < 2) return { dtype, shape, data }
  // Column-major values are the row-major values of the array with its axes reversed.
  return permute({ dtype, shape: shape.toReversed(), data }, Array.from(shape.keys()).reverse())
}

export function swapBytes(bytes: Uint8Array, size: number): void {
  if (size > 1) for (let at = 0; at < bytes.length; at += size) bytes.subarray(at, at + size).reverse()
}

/** NumPy's name of the elements of a tensor, by the array that holds them: widened types are written as float32. */
function descrOf({ data, dtype }: Tensor): string {
  if (dtype === 'bool') return '|b1'
  const { name } = data.constructor
  const kind = name.includes('Float') ? 'f' : name.includes('Uint') ? 'u' : 'i'
  return `${data.BYTES_PER_ELEMENT === 1 ? '|' : '<'}${kind}${data.BYTES_PER_ELEMENT}`
}

/** A tensor as an `.npy` file, version 1.0, row-major, little-endian; the values begin at a multiple of 64 bytes. */
export function writeNpy(tensor: Tensor): Uint8Array<ArrayBuffer> {
  const { shape, data } = tensor
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(', ')})`
  const text = `{'descr': '${descrOf(tensor)}', 'fortran_order': False, 'shape': ${tuple}, }`
  const dataStart = Math.ceil((10 + text.length + 1) / 64) * 64
  const bytes = new Uint8Array(dataStart + data.byteLength)
  const head = `${NPY_MAGIC}\x01\x00  ${text.padEnd(dataStart - 11)}\n`
  for (let i = 0; i < head.length; i++) bytes[i] = head.charCodeAt(i)
  new DataView(bytes.buffer).setUint16(8, dataStart - 10, true)
  bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), dataStart)
  return bytes
}
