/** Datatypes and dataspaces of HDF5 (IV.A.2.b and IV.A.2.d): numbers, texts and their shapes. */
import type { DType } from '../../tensor/tensor.ts'
import { type Cursor, damaged } from './bytes.ts'

export type Datatype =
  | { readonly kind: 'number'; readonly dtype: DType; readonly size: number; readonly bigEndian: boolean }
  | { readonly kind: 'text'; readonly size: number }
  /** Texts in a heap: 4 bytes length, 8 bytes address, 4 bytes index. */
  | { readonly kind: 'heap-text'; readonly size: number }
  /** Bytes without a meaning (Keras keeps bfloat16 so). */
  | { readonly kind: 'opaque'; readonly size: number }
  | { readonly kind: 'other'; readonly size: number }

const MOST_AXES = 32
const FLOATS: Readonly<Record<string, DType>> = {
  '2 5 10': 'float16',
  '2 8 7': 'bfloat16',
  '4 8 23': 'float32',
  '8 11 52': 'float64',
}

export function readDatatype(cursor: Cursor): Datatype {
  const kind = cursor.number(1) & 15
  const bits = cursor.number(1)
  cursor.skip(2)
  const size = cursor.number(4)
  const bigEndian = (bits & 1) !== 0
  if (kind === 0) {
    const signed = (bits & 8) !== 0
    cursor.skip(2)
    const isWhole = cursor.number(2) === 8 * size
    if (isWhole && [1, 2, 4, 8].includes(size))
      return { kind: 'number', dtype: `${signed ? 'int' : 'uint'}${8 * size}` as DType, size, bigEndian }
  }
  if (kind === 1) {
    cursor.skip(5)
    const exponent = cursor.number(1)
    cursor.skip(1)
    const dtype = FLOATS[`${size} ${exponent} ${cursor.number(1)}`]
    if (dtype) return { kind: 'number', dtype, size, bigEndian }
  }
  if (kind === 3) return { kind: 'text', size }
  if (kind === 5) return { kind: 'opaque', size }
  // h5py's bool: FALSE and TRUE of one byte.
  if (kind === 8 && size === 1) return { kind: 'number', dtype: 'bool', size, bigEndian: false }
  if (kind === 9 && (bits & 15) === 1 && size === 16) return { kind: 'heap-text', size }
  return { kind: 'other', size }
}

/** The sizes; none for a scalar, undefined for a dataspace without any value. */
export function readDataspace(cursor: Cursor, where: string): number[] | undefined {
  const version = cursor.number(1)
  const rank = cursor.number(1)
  cursor.skip(1)
  if (version !== 2) cursor.skip(5)
  else if (cursor.number(1) === 2) return undefined
  if (rank > MOST_AXES) throw damaged(where, `it has ${rank} axes`)
  const shape = Array.from({ length: rank }, () => cursor.number(8))
  if (!Number.isSafeInteger(shape.reduce((count, size) => count * Math.max(1, size), 64)))
    throw damaged(where, `its shape [${shape}] fits no file`)
  return shape
}
