/**
 * Members of a zip file, over a byte source: only the bytes of the member asked for are read. Sizes were checked against
 * the file by `zip-directory.ts`, so unpacking never takes more memory than the file's own size allows for.
 */
import { Inflate, inflateSync } from 'fflate'
import { ResourceError } from '../errors.ts'
import { memorySource } from './memory-source.ts'
import { type ByteSource, checkRange } from './source.ts'
import { damaged, LOCAL, type ZipMember } from './zip-directory.ts'

/** Bytes that a member may unpack to beyond the size of the file. */
const MOST_BEYOND = 2 ** 27
/** Packed bytes unpacked at a time while looking for the head of a member. */
const STEP = 256

/** The first `length` bytes of a member, or all of them where it is shorter. Unpacks no more than it needs. */
export async function readMemberHead(source: ByteSource, member: ZipMember, length: number): Promise<Uint8Array> {
  const start = await dataStart(source, member)
  const wanted = Math.min(length, member.size)
  if (member.compression === 'stored') return source.slice(start, start + wanted)
  const head = new Uint8Array(wanted)
  let filled = 0
  const inflate = new Inflate(chunk => {
    head.set(chunk.subarray(0, wanted - filled), filled)
    filled += Math.min(chunk.length, wanted - filled)
  })
  // Twice the length is more than deflate makes of anything, in practice; the loop goes on where it is not.
  for (let from = 0; from < member.packedSize && filled < wanted; ) {
    const to = Math.min(member.packedSize, from + Math.max(STEP, 2 * wanted))
    const packed = await source.slice(start + from, start + to)
    unpacking(source, member, () => {
      for (let at = 0; at < packed.length && filled < wanted; at += STEP)
        inflate.push(packed.subarray(at, at + STEP), from + at + STEP >= member.packedSize)
    })
    from = to
  }
  if (filled < wanted) throw damaged(source, `member "${member.name}" unpacks to less than it should`)
  return head
}

/** All bytes of a member, with its checksum verified. */
export async function readMember(source: ByteSource, member: ZipMember): Promise<Uint8Array<ArrayBuffer>> {
  const start = await dataStart(source, member)
  const packed = await source.slice(start, start + member.packedSize)
  const bytes =
    member.compression === 'stored'
      ? packed
      : unpacking(source, member, () => inflateSync(packed, { out: new Uint8Array(member.size) }))
  if (bytes.length !== member.size || crc32(bytes) !== member.crc)
    throw damaged(source, `the checksum of member "${member.name}" is wrong`)
  return bytes
}

/**
 * A member as a source of its own, to be read piece by piece: a stored one where it lies, a packed one unpacked as a whole.
 *
 * @throws ResourceError when unpacking would take far more memory than the file.
 */
export async function memberSource(source: ByteSource, member: ZipMember): Promise<ByteSource> {
  const name = `${source.name}/${member.name}`
  if (member.compression === 'deflate') {
    if (member.size > source.byteLength + MOST_BEYOND)
      throw new ResourceError(
        'resource.zip',
        `${name} would unpack to ${member.size} bytes, far more than the file of ${source.byteLength}; unpack it first.`,
      )
    return memorySource(await readMember(source, member), { name })
  }
  const start = await dataStart(source, member)
  const { size: byteLength } = member
  return {
    ...{ name, byteLength },
    slice: async (from, to) => {
      checkRange({ name, byteLength }, from, to)
      return source.slice(start + from, start + to)
    },
  }
}

/** Where the member's bytes begin: its own header tells how long it is. */
async function dataStart(source: ByteSource, member: ZipMember): Promise<number> {
  const header = await source.slice(member.offset, member.offset + LOCAL.size)
  const view = new DataView(header.buffer, header.byteOffset, header.byteLength)
  if (view.getUint32(0, true) !== LOCAL.signature) throw damaged(source, `there is no member at byte ${member.offset}`)
  const start = member.offset + LOCAL.size + view.getUint16(26, true) + view.getUint16(28, true)
  if (start + member.packedSize > source.byteLength) throw damaged(source, `member "${member.name}" is cut off`)
  return start
}

function unpacking<T>(source: ByteSource, member: ZipMember, unpack: () => T): T {
  try {
    return unpack()
  } catch (error) {
    throw damaged(
      source,
      `member "${member.name}" cannot be unpacked (${error instanceof Error ? error.message : error})`,
    )
  }
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1
  return crc
})

/** CRC-32 as in zip: reflected polynomial 0xEDB88320, start and end inverted. */
function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff
  for (let i = 0; i < bytes.length; i++) crc = CRC_TABLE[(crc ^ bytes[i]) & 255] ^ (crc >>> 8)
  return (crc ^ 0xffffffff) >>> 0
}
