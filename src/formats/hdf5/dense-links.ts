/**
 * Groups of many members in HDF5's newer form: links lie in a fractal heap (format specification 3.0, III.G), and a
 * B-tree of the second version (III.A.2) over the hashes of their names says where. HDF5 2.0 writes large groups so.
 */
import { UnsupportedError } from '../../errors.ts'
import { type Cursor, cursorOf, damaged, decodeText, type PageReader } from './bytes.ts'

const DEEPEST = 16
/** B-tree records that are links by the hash of their names: the hash and the place in the heap. */
const NAMES = 5
const HASH = 4

/** The link messages of a group. */
export async function readDenseLinks(
  read: PageReader,
  heapAddress: number,
  treeAddress: number,
  where: string,
): Promise<Uint8Array<ArrayBuffer>[]> {
  const heap = await openHeap(read, heapAddress, where)
  const messages: Uint8Array<ArrayBuffer>[] = []
  for (const record of await treeRecords(read, treeAddress, where)) messages.push(await heapObject(heap, record))
  return messages
}

/** Opens a block by its signature and version. */
async function block(read: PageReader, at: number, length: number, signature: string, where: string): Promise<Cursor> {
  const cursor = cursorOf(await read(at, length), where)
  if (decodeText(cursor.take(4)) !== signature) throw damaged(where, `there is no ${signature} at byte ${at}`)
  cursor.skip(1)
  return cursor
}

/** The heap places of all links, in the order of the tree. */
async function treeRecords(read: PageReader, address: number, where: string): Promise<Uint8Array<ArrayBuffer>[]> {
  const header = await block(read, address, 38, 'BTHD', where)
  if (header.number(1) !== NAMES) throw damaged(where, 'its tree of links is of another kind')
  const [nodeSize, recordSize, depth] = [header.number(4), header.number(2), header.number(2)]
  header.skip(2)
  const root = header.address()
  const count = header.number(2)
  if (depth > DEEPEST || recordSize <= HASH || nodeSize <= recordSize + 10)
    throw damaged(where, `its tree of links has nodes of ${nodeSize} bytes in ${depth} levels`)
  // How many records a node can hold decides how many bytes their numbers take, level by level.
  const most = [Math.floor((nodeSize - 10) / recordSize)]
  const total = [...most]
  const width = bytesFor(most[0])
  const totalWidth = (level: number) => (level > 0 ? bytesFor(total[level]) : 0)
  for (let level = 1; level <= depth; level++) {
    const pointer = 8 + width + totalWidth(level - 1)
    most.push(Math.floor((nodeSize - 10 - pointer) / (recordSize + pointer)))
    total.push((most[level] + 1) * total[level - 1] + most[level])
  }
  const records: Uint8Array<ArrayBuffer>[] = []
  const seen = new Set<number>()
  const visit = async (at: number, held: number, level: number): Promise<void> => {
    if (seen.has(at) || held > most[level]) throw damaged(where, `its tree of links is entangled at byte ${at}`)
    seen.add(at)
    const node = await block(read, at, nodeSize, level > 0 ? 'BTIN' : 'BTLF', where)
    node.skip(1)
    for (let i = 0; i < held; i++) records.push(node.take(recordSize).subarray(HASH))
    for (let i = 0; level > 0 && i <= held; i++) {
      const [child, own] = [node.number(8), numberOf(node.take(width))]
      node.skip(totalWidth(level - 1))
      await visit(child, own, level - 1)
    }
  }
  if (root !== undefined) await visit(root, count, depth)
  return records
}

interface Heap {
  readonly read: PageReader
  readonly where: string
  readonly offsetBytes: number
  readonly lengthBytes: number
  /** Blocks in a row of the doubling table. */
  readonly width: number
  readonly startSize: number
  /** Rows whose blocks hold objects; those after them hold further tables. */
  readonly directRows: number
  readonly root: number
  /** Rows of the root table; 0 where the root is a block of objects itself. */
  readonly rows: number
}

async function openHeap(read: PageReader, address: number, where: string): Promise<Heap> {
  const header = await block(read, address, 142, 'FRHP', where)
  header.skip(2)
  const filters = header.number(2)
  if (filters > 0)
    throw new UnsupportedError('unsupported.hdf5', `${where} packs the names of its members; save it anew.`)
  header.skip(1)
  const largestObject = header.number(4)
  header.skip(96)
  const [width, startSize, largest, bits] = [header.number(2), header.number(8), header.number(8), header.number(2)]
  header.skip(2)
  const [root, rows] = [header.address(), header.number(2)]
  const isPower = (size: number) => Number.isInteger(Math.log2(size))
  if (!isPower(width) || !isPower(startSize) || !isPower(largest) || largest < startSize || bits > 64 || rows > 64)
    throw damaged(where, `its heap has blocks of ${startSize} to ${largest} bytes, ${width} in a row`)
  if (root === undefined) throw damaged(where, 'its heap is empty')
  return {
    ...{ read, where, width, startSize, root, rows },
    offsetBytes: Math.ceil(bits / 8),
    lengthBytes: Math.min(Math.ceil(Math.log2(largest) / 8), bytesFor(largestObject)),
    directRows: Math.log2(largest) - Math.log2(startSize) + 2,
  }
}

/** The object with this heap id. */
async function heapObject(heap: Heap, id: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  const { read, where, offsetBytes, lengthBytes } = heap
  const cursor = cursorOf(id, where)
  if (cursor.number(1) !== 0) throw damaged(where, 'a link lies outside of its heap')
  const offset = numberOf(cursor.take(offsetBytes))
  const length = numberOf(cursor.take(lengthBytes))
  const { at, left } =
    heap.rows > 0
      ? await place(heap, heap.root, heap.rows, offset, 0)
      : { at: heap.root + offset, left: Number.POSITIVE_INFINITY }
  if (length > left) throw damaged(where, 'a link is cut off by the end of its block')
  return read(at, length)
}

/** Where an offset of the heap's own space lies in the file. `base`: the offset at which the table begins. */
async function place(
  heap: Heap,
  table: number,
  rows: number,
  offset: number,
  depth: number,
): Promise<{ at: number; left: number }> {
  const { read, where, width, startSize, directRows, offsetBytes } = heap
  if (depth > DEEPEST) throw damaged(where, 'the tables of its heap are nested without end')
  const rowOf = Math.floor(offset / (width * startSize))
  const row = rowOf === 0 ? 0 : Math.floor(Math.log2(rowOf)) + 1
  const size = startSize * 2 ** Math.max(0, row - 1)
  const inRow = offset - (row === 0 ? 0 : width * size)
  if (row >= rows) throw damaged(where, `an offset of ${offset} lies beyond its heap`)
  const column = Math.floor(inRow / size)
  await block(read, table, 5, 'FHIB', where)
  const entry = table + 13 + offsetBytes + 8 * (row * width + column)
  const child = cursorOf(await read(entry, 8), where).address()
  if (child === undefined) throw damaged(where, 'a link lies in a block of its heap that is not there')
  const within = inRow - column * size
  if (row < directRows) return { at: child + within, left: size - within }
  return place(heap, child, Math.log2(size) - Math.log2(startSize * width) + 1, within, depth + 1)
}

/** Bytes that numbers up to this one take. */
function bytesFor(most: number): number {
  return Math.floor(Math.log2(Math.max(1, most)) / 8) + 1
}

function numberOf(bytes: Uint8Array): number {
  return bytes.reduceRight((value, byte) => value * 256 + byte, 0)
}
