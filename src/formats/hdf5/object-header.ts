/**
 * Object headers of an HDF5 file (format specification 3.0, IV.A): the messages that say what an object is, in one block
 * and its continuations. Blocks are read once each and cannot be larger than the file together.
 */
import { UnsupportedError } from '../../errors.ts'
import { type Cursor, cursorOf, damaged, decodeText, type PageReader } from './bytes.ts'

/** What the messages are about, of those that are read. */
export const MESSAGE = {
  dataspace: 0x01,
  linkInfo: 0x02,
  datatype: 0x03,
  link: 0x06,
  layout: 0x08,
  filters: 0x0b,
  attribute: 0x0c,
  continuation: 0x10,
  symbolTable: 0x11,
  attributeInfo: 0x15,
} as const

export interface Message {
  readonly type: number
  readonly data: Uint8Array<ArrayBuffer>
}

/** Far above every file in use: an object has few messages, and an attribute at most 64 KiB. */
const MOST_MESSAGES = 50_000
const LARGEST_BLOCK = 2 ** 24
/** The message lies elsewhere and is shared by several objects. */
const SHARED = 2

export async function readMessages(read: PageReader, address: number, where: string): Promise<Message[]> {
  const start = await read(address, 16)
  const isNew = decodeText(start.subarray(0, 4)) === 'OHDR'
  if (!isNew && start[0] !== 1) throw damaged(where, `there is no object at byte ${address}`)
  const { from, length, ordered } = isNew ? await newHeader(read, address, where) : oldHeader(start, address, where)
  const blocks = [{ from, length }]
  const messages: Message[] = []
  const seen = new Set<number>()
  for (let b = 0; b < blocks.length; b++) {
    const { from, length } = blocks[b]
    if (seen.has(from) || length > LARGEST_BLOCK) throw damaged(where, `its header goes on without end at byte ${from}`)
    seen.add(from)
    const block = cursorOf(await read(from, length), where)
    for (const message of messagesIn(block, isNew, ordered, where)) {
      if (message.type === MESSAGE.continuation) {
        const target = cursorOf(message.data, where)
        const next = { from: target.number(8), length: target.number(8) }
        // Between the signature and the checksum.
        blocks.push(isNew ? { from: next.from + 4, length: Math.max(0, next.length - 8) } : next)
      } else messages.push(message)
      if (messages.length > MOST_MESSAGES) throw damaged(where, `it has more than ${MOST_MESSAGES} header messages`)
    }
  }
  return messages
}

interface FirstBlock {
  readonly from: number
  readonly length: number
  /** Whether messages carry the order of their creation. */
  readonly ordered: boolean
}

function oldHeader(start: Uint8Array<ArrayBuffer>, address: number, where: string): FirstBlock {
  const cursor = cursorOf(start, where)
  cursor.skip(8)
  return { from: address + 16, length: cursor.number(4), ordered: false }
}

async function newHeader(read: PageReader, address: number, where: string): Promise<FirstBlock> {
  const flags = (await read(address + 5, 1))[0]
  const before = 6 + (flags & 0x20 ? 16 : 0) + (flags & 0x10 ? 4 : 0)
  const width = 1 << (flags & 3)
  const length = cursorOf(await read(address + before, width), where).number(width)
  return { from: address + before + width, length, ordered: (flags & 4) !== 0 }
}

function* messagesIn(block: Cursor, isNew: boolean, ordered: boolean, where: string): Generator<Message> {
  const head = isNew ? (ordered ? 6 : 4) : 8
  // What is left at the end is a gap.
  while (block.left >= head) {
    const type = block.number(isNew ? 1 : 2)
    const size = block.number(2)
    const flags = block.number(1)
    block.skip(head - (isNew ? 4 : 5))
    const data = block.take(size)
    const isRead = Object.values<number>(MESSAGE).includes(type)
    if (isRead && flags & SHARED)
      throw new UnsupportedError('unsupported.hdf5', `${where} shares a header message; save the file anew with h5py.`)
    if (isRead) yield { type, data }
  }
}
