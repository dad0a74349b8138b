/**
 * How the values of an HDF5 dataset lie in the file (IV.A.2.i): in the header itself, in one piece, or in chunks that a
 * B-tree finds (III.A.1), packed by filters (IV.A.2.l): deflate, shuffle, Fletcher's checksum. Nothing is allocated that
 * the dataset's own shape, checked before, does not ask for.
 */
import { Unzlib } from 'fflate'
import { UnsupportedError } from '../../errors.ts'
import type { ByteSource } from '../source.ts'
import { type Cursor, cursorOf, damaged, decodeText, type PageReader } from './bytes.ts'

export type Layout =
  | { readonly kind: 'compact'; readonly data: Uint8Array<ArrayBuffer> }
  | { readonly kind: 'contiguous'; readonly address: number | undefined }
  /** `chunk`: sizes of one chunk. */
  | { readonly kind: 'chunked'; readonly tree: number | undefined; readonly chunk: readonly number[] }

export interface Filter {
  readonly id: number
  readonly parameters: readonly number[]
}

const DEFLATE = 1
const SHUFFLE = 2
const FLETCHER = 3
const FILTER_NAMES: Readonly<Record<number, string>> = { 4: 'szip', 5: 'nbit', 6: 'scaleoffset', 32000: 'lzf' }

export function readLayout(cursor: Cursor, where: string): Layout {
  const version = cursor.number(1)
  if (version === 3 || version === 4) {
    const kind = cursor.number(1)
    if (kind === 0) return { kind: 'compact', data: cursor.take(cursor.number(2)) }
    if (kind === 1) return { kind: 'contiguous', address: cursor.address() }
    if (kind === 2 && version === 3) {
      const rank = cursor.number(1) - 1
      const tree = cursor.address()
      return { kind: 'chunked', tree, chunk: Array.from({ length: Math.max(0, rank) }, () => cursor.number(4)) }
    }
  } else if (version === 1 || version === 2) {
    const rank = cursor.number(1)
    const kind = cursor.number(1)
    cursor.skip(5)
    const address = kind === 0 ? undefined : cursor.address()
    const sizes = Array.from({ length: rank }, () => cursor.number(4))
    if (kind === 0) return { kind: 'compact', data: cursor.take(cursor.number(4)) }
    if (kind === 1) return { kind: 'contiguous', address }
    if (kind === 2) return { kind: 'chunked', tree: address, chunk: sizes.slice(0, -1) }
  } else throw damaged(where, `it has a data layout of version ${version}`)
  throw new UnsupportedError(
    'unsupported.hdf5',
    `${where} lies in the file in a way that only h5py's libver="latest" writes; save it with h5py's defaults.`,
  )
}

export function readFilters(cursor: Cursor, where: string): Filter[] {
  const version = cursor.number(1)
  const count = cursor.number(1)
  if (version === 1) cursor.skip(6)
  return Array.from({ length: count }, () => {
    const id = cursor.number(2)
    const nameSize = version === 1 || id >= 256 ? cursor.number(2) : 0
    cursor.skip(2)
    const values = cursor.number(2)
    cursor.skip(version === 1 ? Math.ceil(nameSize / 8) * 8 : nameSize)
    const parameters = Array.from({ length: values }, () => cursor.number(4))
    if (version === 1 && values % 2) cursor.skip(4)
    if (![DEFLATE, SHUFFLE, FLETCHER].includes(id))
      throw new UnsupportedError(
        'unsupported.hdf5-filter',
        `${where} is packed by the filter ${FILTER_NAMES[id] ?? id}; save it with gzip or without compression.`,
      )
    return { id, parameters }
  })
}

export interface ChunkedValues {
  readonly shape: readonly number[]
  readonly chunk: readonly number[]
  /** Bytes of one element. */
  readonly size: number
  readonly filters: readonly Filter[]
}

/** All values of a chunked dataset, row-major. Chunks that were never written are zeros. */
export async function readChunks(
  source: ByteSource,
  read: PageReader,
  tree: number | undefined,
  values: ChunkedValues,
  where: string,
): Promise<Uint8Array<ArrayBuffer>> {
  const { shape, chunk, size, filters } = values
  const result = new Uint8Array(shape.reduce((product, length) => product * length, size))
  const chunkBytes = chunk.reduce((product, length) => product * length, size)
  const seen = new Set<number>()
  const places = new Set<string>()
  const nodes = tree === undefined ? [] : [tree]
  for (let at = nodes.pop(); at !== undefined; at = nodes.pop()) {
    if (seen.has(at)) throw damaged(where, `its tree of chunks comes back to byte ${at}`)
    seen.add(at)
    const head = cursorOf(await read(at, 24), where)
    if (decodeText(head.take(4)) !== 'TREE' || head.number(1) !== 1)
      throw damaged(where, `there is no tree of chunks at byte ${at}`)
    const level = head.number(1)
    const count = head.number(2)
    const entries = cursorOf(await read(at + 24, count * (8 * shape.length + 24)), where)
    for (let i = 0; i < count; i++) {
      const [stored, mask] = [entries.number(4), entries.number(4)]
      const place = shape.map(() => entries.number(8))
      entries.skip(8)
      const child = entries.number(8)
      if (level > 0) nodes.push(child)
      else {
        if (place.some((from, axis) => from >= shape[axis] || from % chunk[axis] !== 0))
          throw damaged(where, `a chunk at [${place}] has no place in [${shape}]`)
        if (places.has(String(place))) throw damaged(where, `there are two chunks at [${place}]`)
        places.add(String(place))
        const packed = await source.slice(child, child + stored)
        const used = filters.filter((_, index) => !(mask & (1 << index)))
        copyChunk(unpack(packed, used, chunkBytes, size, where), result, place, values)
      }
    }
  }
  return result
}

/** Filters undone, from the last to the first. */
function unpack(
  packed: Uint8Array<ArrayBuffer>,
  filters: readonly Filter[],
  length: number,
  elementSize: number,
  where: string,
): Uint8Array<ArrayBuffer> {
  let bytes = packed
  for (const { id, parameters } of filters.toReversed()) {
    if (id === FLETCHER) bytes = bytes.subarray(0, Math.max(0, bytes.length - 4))
    else if (id === SHUFFLE) bytes = unshuffled(bytes, parameters[0] ?? elementSize)
    else bytes = inflated(bytes, length + 4, where)
  }
  if (bytes.length !== length) throw damaged(where, `a chunk has ${bytes.length} bytes instead of ${length}`)
  return bytes
}

/** Packed bytes unpacked at a time: what they unpack to is bounded. */
const STEP = 2 ** 14

/** @param most bytes it may unpack to; nothing beyond is kept, nor unpacked by more than one step. */
function inflated(packed: Uint8Array, most: number, where: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(most)
  let filled = 0
  let isLong = false
  const inflate = new Unzlib(piece => {
    isLong ||= filled + piece.length > most
    if (!isLong) bytes.set(piece, filled)
    filled += piece.length
  })
  try {
    for (let at = 0; at < packed.length && !isLong; at += STEP)
      inflate.push(packed.subarray(at, at + STEP), at + STEP >= packed.length)
  } catch (error) {
    throw damaged(where, `a chunk cannot be unpacked (${error instanceof Error ? error.message : error})`)
  }
  if (isLong) throw damaged(where, `a chunk unpacks to more than its ${most} bytes`)
  return bytes.subarray(0, filled)
}

/** Bytes were stored by their place in the element: all first bytes, then all second ones. */
function unshuffled(bytes: Uint8Array<ArrayBuffer>, size: number): Uint8Array<ArrayBuffer> {
  if (size <= 1) return bytes
  const count = Math.floor(bytes.length / size)
  const result = bytes.slice()
  for (let part = 0, from = 0; part < size; part++)
    for (let i = 0; i < count; i++) result[i * size + part] = bytes[from++]
  return result
}

/** Copies the rows of a chunk that lie inside the dataset. */
function copyChunk(
  bytes: Uint8Array,
  result: Uint8Array,
  place: readonly number[],
  { shape, chunk, size }: ChunkedValues,
): void {
  const inside = chunk.map((length, axis) => Math.min(length, shape[axis] - place[axis]))
  const last = shape.length - 1
  const row = inside[last] * size
  const index = new Array<number>(shape.length).fill(0)
  const offsetIn = (sizes: readonly number[], from: readonly number[]) =>
    index.reduce((offset, i, axis) => offset * sizes[axis] + i + from[axis], 0) * size
  const origin = shape.map(() => 0)
  for (;;) {
    const from = offsetIn(chunk, origin)
    result.set(bytes.subarray(from, from + row), offsetIn(shape, place))
    let axis = last - 1
    while (axis >= 0 && ++index[axis] >= inside[axis]) index[axis--] = 0
    if (axis < 0) return
  }
}
