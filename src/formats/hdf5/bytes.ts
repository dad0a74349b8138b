/** Bytes of an HDF5 file: pages that are read once, and little-endian fields read one after another, never past the end. */
import { FormatError } from '../../errors.ts'
import type { ByteSource } from '../source.ts'

const PAGE = 2 ** 16
/** Pages kept: metadata lies scattered, and an object's pieces are mostly near each other. */
const MOST_PAGES = 64
/** Bytes that one read counts for beyond its own, and how many all may come to: in files that are no trap, far fewer. */
const PER_READ = 256
const MOST_READ = 2 ** 26
const MOST_READ_PER_BYTE = 8

/**
 * Reads pieces of metadata, by pages. What all reads come to is bounded, so that structures that refer to each other in
 * circles, or lie over each other a thousandfold, end in an error soon.
 */
export type PageReader = (start: number, length: number) => Promise<Uint8Array<ArrayBuffer>>

export function pagesOf(source: ByteSource): PageReader {
  const pages = new Map<number, Promise<Uint8Array<ArrayBuffer>>>()
  let left = MOST_READ + MOST_READ_PER_BYTE * source.byteLength
  const page = (index: number) => {
    const kept = pages.get(index) ?? source.slice(index * PAGE, Math.min((index + 1) * PAGE, source.byteLength))
    pages.delete(index)
    pages.set(index, kept)
    if (pages.size > MOST_PAGES) pages.delete(pages.keys().next().value as number)
    return kept
  }
  return async (start, length) => {
    if (!(start >= 0 && start + length <= source.byteLength))
      throw damaged(source.name, `it points to bytes ${start} to ${start + length}, beyond its ${source.byteLength}`)
    left -= length + PER_READ
    if (left < 0) throw damaged(source.name, 'its structures refer to each other without end')
    const [first, last] = [Math.floor(start / PAGE), Math.floor((start + length) / PAGE)]
    if (last > first) return source.slice(start, start + length)
    return (await page(first)).slice(start - first * PAGE, start - first * PAGE + length)
  }
}

/** Fields of a block of metadata, in order. */
export interface Cursor {
  readonly at: number
  readonly left: number
  /** An unsigned number of 1, 2, 4 or 8 bytes. */
  number(bytes: number): number
  /** An address of 8 bytes; undefined where all bits are set: there is nothing. */
  address(): number | undefined
  skip(bytes: number): void
  take(bytes: number): Uint8Array<ArrayBuffer>
  /** Bytes up to a zero, which is skipped. */
  text(): string
}

/** @param where names the block in errors, with the file. */
export function cursorOf(bytes: Uint8Array<ArrayBuffer>, where: string): Cursor {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let at = 0
  const advance = (count: number) => {
    if (!(count >= 0 && at + count <= bytes.length))
      throw damaged(where, `${count} bytes are needed at ${at}, but there are only ${bytes.length}`)
    at += count
    return at - count
  }
  return {
    get at() {
      return at
    },
    get left() {
      return bytes.length - at
    },
    number(count) {
      const from = advance(count)
      if (count === 1) return view.getUint8(from)
      if (count === 2) return view.getUint16(from, true)
      if (count === 4) return view.getUint32(from, true)
      const value = view.getBigUint64(from, true)
      if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw damaged(where, `it claims a size or place of ${value}`)
      return Number(value)
    },
    address() {
      const from = advance(8)
      if (view.getBigUint64(from, true) === 0xffffffffffffffffn) return undefined
      at = from
      return this.number(8)
    },
    skip(count) {
      advance(count)
    },
    take(count) {
      const from = advance(count)
      return bytes.subarray(from, from + count)
    },
    text() {
      const end = bytes.indexOf(0, at)
      const taken = this.take((end < 0 ? bytes.length : end) - at)
      if (end >= 0) at++
      return decodeText(taken)
    },
  }
}

export function decodeText(bytes: Uint8Array): string {
  return new TextDecoder('utf-8').decode(bytes)
}

/** @param where the file, or the file and the object in it. */
export function damaged(where: string, problem: string): FormatError {
  return new FormatError('format.hdf5', `${where} is damaged HDF5: ${problem}.`)
}
