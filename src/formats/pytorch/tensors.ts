/**
 * Tensors of a PyTorch file: views into storages, by offset and strides. Reading one reads the range of its storage that
 * it covers and no more; what is not row-major there is put in order.
 */
import { FormatError, UnsupportedError } from '../../errors.ts'
import type { WeightTensor } from '../../network/network.ts'
import { bytesPerElement, decodeTensor } from '../../tensor/dtype.ts'
import { type DType, elementCount } from '../../tensor/tensor.ts'
import { type HostObject, type PickleValue, quoted } from './pickle.ts'

/** A run of bytes that tensors share. */
export interface Storage extends HostObject {
  readonly host: 'storage'
  /** Its name in the file. */
  readonly key: string
  /** Of an untyped storage `uint8`. */
  readonly dtype: DType
  /** Bytes of the whole storage. */
  readonly bytes: number
  /** Where this view of it begins and ends, in bytes. */
  readonly start: number
  readonly end: number
}

export interface TensorView extends HostObject {
  readonly host: 'tensor'
  readonly storage: Storage
  readonly dtype: DType
  readonly shape: readonly number[]
  /** In elements, as the offset. */
  readonly strides: readonly number[]
  readonly offset: number
}

/** Reads the bytes [start, end) of a storage. */
export type ReadStorage = (key: string, start: number, end: number) => Promise<Uint8Array<ArrayBuffer>>

/** `expand` makes tensors that are larger than what they are stored in; beyond this many elements they are refused. */
const MOST_EXPANDED = 2 ** 22

export function isHost<T extends HostObject>(value: PickleValue, host: T['host']): value is T {
  return value !== null && typeof value === 'object' && 'host' in value && value.host === host
}

/**
 * The view that `_rebuild_tensor` and its successors describe.
 *
 * @param sizes, strides, offset as they stand in the pickle, in elements of `dtype`.
 * @throws FormatError when the view is no list of sizes and strides, or reaches beyond its storage.
 */
export function viewTensor(
  storage: PickleValue,
  offset: PickleValue,
  sizes: PickleValue,
  strides: PickleValue,
  dtype: DType | undefined,
  file: string,
): TensorView {
  const wrong = (problem: string) => new FormatError('format.tensor', `${file} has a damaged tensor: ${problem}.`)
  if (!isHost<Storage>(storage, 'storage')) throw wrong('it lies in no storage')
  if (!isCounts(sizes) || !isCounts(strides) || !isCounts([offset]) || sizes.length !== strides.length)
    throw wrong(`its sizes are ${text(sizes)}, its strides ${text(strides)}, its offset ${text(offset)}`)
  const elements = elementCount(sizes)
  if (!Number.isSafeInteger(elements)) throw wrong(`its shape is [${sizes}]`)
  const type = dtype ?? storage.dtype
  const view: TensorView = {
    host: 'tensor',
    storage,
    dtype: type,
    shape: sizes.slice(),
    strides: strides.slice(),
    offset: offset as number,
  }
  const extent = extentOf(view)
  if (elements > 0 && (view.offset + extent) * bytesPerElement(type) > storage.end - storage.start)
    throw wrong(
      `shape [${sizes}] with strides [${strides}] from element ${offset} on reaches beyond storage ` +
        `${quoted(storage.key)} of ${storage.end - storage.start} bytes`,
    )
  if (elements > extent && elements > MOST_EXPANDED)
    throw new UnsupportedError(
      'unsupported.expanded-tensor',
      `${file} has a tensor of shape [${sizes}] that repeats ${extent} stored values; save it with .contiguous().`,
    )
  return view
}

function isCounts(value: PickleValue | readonly PickleValue[]): value is number[] {
  return (
    Array.isArray(value) &&
    value.length <= 64 &&
    value.every(size => Number.isSafeInteger(size) && (size as number) >= 0)
  )
}

function text(value: PickleValue): string {
  return Array.isArray(value) ? `[${value.slice(0, 8).map(text)}]` : typeof value === 'object' ? '?' : String(value)
}

/** Elements of the storage from the first that the view touches to the last. */
function extentOf({ shape, strides }: TensorView): number {
  return elementCount(shape) === 0 ? 0 : shape.reduce((sum, size, axis) => sum + (size - 1) * strides[axis], 1)
}

/** The tensor under its name, to be read when it is asked for. */
export function weightOf(name: string, view: TensorView, readStorage: ReadStorage, file: string): WeightTensor {
  const { dtype, shape, storage, offset } = view
  const size = bytesPerElement(dtype)
  return {
    name,
    dtype,
    shape,
    async read() {
      const start = storage.start + offset * size
      const extent = extentOf(view)
      const bytes = extent === 0 ? new Uint8Array(0) : await readStorage(storage.key, start, start + extent * size)
      return decodeTensor(isRowMajor(view) ? bytes : gathered(bytes, view, size), dtype, shape, `${file}, "${name}"`)
    },
  }
}

function isRowMajor({ shape, strides }: TensorView): boolean {
  let expected = 1
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (shape[axis] !== 1 && strides[axis] !== expected) return false
    expected *= shape[axis]
  }
  return true
}

/** The elements of a view in row-major order. `bytes` begins with the first of them. */
function gathered(bytes: Uint8Array, { shape, strides }: TensorView, size: number): Uint8Array<ArrayBuffer> {
  const output = new Uint8Array(elementCount(shape) * size)
  const index = new Array<number>(shape.length).fill(0)
  let from = 0
  for (let at = 0; at < output.length; at += size) {
    for (let byte = 0; byte < size; byte++) output[at + byte] = bytes[from * size + byte]
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += strides[axis]
      if (++index[axis] < shape[axis]) break
      from -= shape[axis] * strides[axis]
      index[axis] = 0
    }
  }
  return output
}
