/**
 * The central directory of a zip file (PKWARE APPNOTE 6.3, sections 4.3.12 to 4.3.16), zip64 included. The directory is
 * believed over the members' own headers, as every reader does; members that overlap, or claim to unpack to more than
 * deflate can hold, are refused here, before anything is unpacked.
 */
import { FormatError, UnsupportedError } from '../errors.ts'
import type { ByteSource } from './source.ts'

export interface ZipMember {
  readonly name: string
  readonly compression: 'stored' | 'deflate'
  /** Bytes in the archive. */
  readonly packedSize: number
  /** Bytes unpacked. */
  readonly size: number
  readonly crc: number
  /** Where the member's own header begins. */
  readonly offset: number
}

const END = { signature: 0x06054b50, size: 22 }
const END64 = { signature: 0x06064b50, size: 56 }
const LOCATOR64 = { signature: 0x07064b50, size: 20 }
const CENTRAL = { signature: 0x02014b50, size: 46 }
/** Smallest member header, section 4.3.7. */
export const LOCAL = { signature: 0x04034b50, size: 30 }
const LONGEST_COMMENT = 65_535
/** Deflate turns two bits into at most 258 bytes. */
const MOST_PER_BYTE = 1032

/** All members, in the order of the directory. Reads the directory and the end of the file, nothing else. */
export async function readZipDirectory(source: ByteSource): Promise<ZipMember[]> {
  const { count, start, end } = await findDirectory(source)
  const bytes = await source.slice(start, end)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const members: ZipMember[] = []
  let at = 0
  for (let i = 0; i < count; i++) {
    if (at + CENTRAL.size > bytes.length || view.getUint32(at, true) !== CENTRAL.signature)
      throw damaged(source, `entry ${i} of ${count} of its directory is not where it should be`)
    const nameEnd = at + CENTRAL.size + view.getUint16(at + 28, true)
    const extraEnd = nameEnd + view.getUint16(at + 30, true)
    const next = extraEnd + view.getUint16(at + 32, true)
    if (next > bytes.length) throw damaged(source, `entry ${i} of ${count} of its directory is cut off`)
    const name = new TextDecoder('utf-8').decode(bytes.subarray(at + CENTRAL.size, nameEnd))
    const extra = new DataView(bytes.buffer, bytes.byteOffset + nameEnd, extraEnd - nameEnd)
    members.push(parseMember(source, new DataView(bytes.buffer, bytes.byteOffset + at, CENTRAL.size), name, extra))
    at = next
  }
  checkMembers(source, members, start)
  return members
}

/** The directory's place and number of entries, from the record at the end of the file. */
async function findDirectory(source: ByteSource): Promise<{ count: number; start: number; end: number }> {
  const tailStart = Math.max(0, source.byteLength - END.size - LONGEST_COMMENT)
  const tail = await source.slice(tailStart, source.byteLength)
  const view = new DataView(tail.buffer, tail.byteOffset, tail.byteLength)
  let at = tail.length - END.size
  while (
    at >= 0 &&
    !(view.getUint32(at, true) === END.signature && at + END.size + view.getUint16(at + 20, true) === tail.length)
  )
    at--
  if (at < 0) throw damaged(source, 'the record that ends a zip is missing; the file may be cut off')
  let count = view.getUint16(at + 10, true)
  let size = view.getUint32(at + 12, true)
  let start = view.getUint32(at + 16, true)
  let limit = tailStart + at
  if (limit >= LOCATOR64.size) {
    const locator = await readView(source, limit - LOCATOR64.size, LOCATOR64.size)
    if (locator.getUint32(0, true) === LOCATOR64.signature) {
      const record = toNumber(source, locator.getBigUint64(8, true))
      if (record + END64.size > limit - LOCATOR64.size) throw damaged(source, `its zip64 record cannot be at ${record}`)
      const end64 = await readView(source, record, END64.size)
      if (end64.getUint32(0, true) !== END64.signature) throw damaged(source, `there is no zip64 record at ${record}`)
      count = toNumber(source, end64.getBigUint64(32, true))
      size = toNumber(source, end64.getBigUint64(40, true))
      start = toNumber(source, end64.getBigUint64(48, true))
      limit = record
    }
  }
  if (start + size > limit || count * CENTRAL.size > size)
    throw damaged(source, `a directory of ${count} entries and ${size} bytes at ${start} does not fit the file`)
  return { count, start, end: start + size }
}

function parseMember(source: ByteSource, view: DataView, name: string, extra: DataView): ZipMember {
  const flags = view.getUint16(8, true)
  const method = view.getUint16(10, true)
  if (flags & 1)
    throw new UnsupportedError('unsupported.zip', `${source.name}: member "${name}" is encrypted; unpack it.`)
  if (method !== 0 && method !== 8)
    throw new UnsupportedError(
      'unsupported.zip',
      `${source.name}: member "${name}" is packed by method ${method}; stored (0) and deflate (8) are read.`,
    )
  let packedSize = view.getUint32(20, true)
  let size = view.getUint32(24, true)
  let offset = view.getUint32(42, true)
  const wide = zip64Values(source, extra)
  if (size === 0xffffffff) size = wide.shift() ?? size
  if (packedSize === 0xffffffff) packedSize = wide.shift() ?? packedSize
  if (offset === 0xffffffff) offset = wide.shift() ?? offset
  return { name, compression: method ? 'deflate' : 'stored', packedSize, size, crc: view.getUint32(16, true), offset }
}

/** The 64-bit numbers in the zip64 extra field, which stand for those that are all ones, in this order. */
function zip64Values(source: ByteSource, extra: DataView): number[] {
  const values: number[] = []
  for (let at = 0; at + 4 <= extra.byteLength; ) {
    const end = at + 4 + extra.getUint16(at + 2, true)
    if (extra.getUint16(at, true) === 1)
      for (let i = at + 4; i + 8 <= Math.min(end, extra.byteLength); i += 8)
        values.push(toNumber(source, extra.getBigUint64(i, true)))
    at = end
  }
  return values
}

function checkMembers(source: ByteSource, members: readonly ZipMember[], limit: number): void {
  const names = new Set<string>()
  let previous: ZipMember | undefined
  for (const member of members.toSorted((a, b) => a.offset - b.offset)) {
    const { name, size, packedSize, compression } = member
    if (names.has(name)) throw damaged(source, `two members are called "${name}"`)
    names.add(name)
    if (member.offset + LOCAL.size + packedSize > limit)
      throw damaged(source, `member "${name}" reaches beyond its end`)
    if (previous && previous.offset + LOCAL.size + previous.packedSize > member.offset)
      throw damaged(source, `members "${previous.name}" and "${name}" overlap`)
    if (compression === 'stored' ? size !== packedSize : size > packedSize * MOST_PER_BYTE)
      throw damaged(source, `member "${name}" cannot unpack from ${packedSize} to ${size} bytes`)
    previous = member
  }
}

async function readView(source: ByteSource, start: number, length: number): Promise<DataView> {
  const bytes = await source.slice(start, start + length)
  return new DataView(bytes.buffer, bytes.byteOffset, length)
}

function toNumber(source: ByteSource, value: bigint): number {
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw damaged(source, `it claims a size or place of ${value} bytes`)
  return Number(value)
}

export function damaged(source: ByteSource, problem: string): FormatError {
  return new FormatError('format.zip', `${source.name} is a damaged zip file: ${problem}.`)
}
