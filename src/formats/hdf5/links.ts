/**
 * What a group of an HDF5 file holds, by name: old groups keep their links in a B-tree over symbol nodes (III.A.1,
 * III.B) with names in a local heap (III.D), new ones in messages of their own header (IV.A.2.g), or by the hundreds in
 * a heap of their own. Only hard links are followed: soft ones only give another name, external ones leave the file.
 */
import { type Cursor, cursorOf, damaged, decodeText, type PageReader } from './bytes.ts'
import { readDenseLinks } from './dense-links.ts'
import { MESSAGE, type Message } from './object-header.ts'

/** Address of each member's object header. */
export type Links = ReadonlyMap<string, number>

/** Far above every file in use. */
const MOST_LINKS = 200_000

/** Undefined where the object is no group. */
export async function readLinks(
  messages: readonly Message[],
  read: PageReader,
  where: string,
): Promise<Links | undefined> {
  const links = new Map<string, number>()
  const add = (name: string, address: number) => {
    if (links.has(name)) throw damaged(where, `it has two members called "${name.slice(0, 80)}"`)
    if (links.size >= MOST_LINKS) throw damaged(where, `it has more than ${MOST_LINKS} members`)
    links.set(name, address)
  }
  let isGroup = false
  for (const { type, data } of messages) {
    const cursor = cursorOf(data, where)
    if (type === MESSAGE.symbolTable) {
      isGroup = true
      await readSymbolTable(cursor.number(8), cursor.number(8), read, add, where)
    } else if (type === MESSAGE.linkInfo) {
      isGroup = true
      await readLinkInfo(cursor, read, add, where)
    } else if (type === MESSAGE.link) {
      isGroup = true
      readLink(cursor, add)
    }
  }
  return isGroup ? links : undefined
}

type Add = (name: string, address: number) => void

/** Groups of many members in the newer form keep their links elsewhere. */
async function readLinkInfo(cursor: Cursor, read: PageReader, add: Add, where: string): Promise<void> {
  cursor.skip(1)
  if (cursor.number(1) & 1) cursor.skip(8)
  const [heap, tree] = [cursor.address(), cursor.address()]
  if (heap === undefined || tree === undefined) return
  for (const link of await readDenseLinks(read, heap, tree, where)) readLink(cursorOf(link, where), add)
}

function readLink(cursor: Cursor, add: Add): void {
  cursor.skip(1)
  const flags = cursor.number(1)
  const type = flags & 8 ? cursor.number(1) : 0
  if (flags & 4) cursor.skip(8)
  if (flags & 16) cursor.skip(1)
  const name = decodeText(cursor.take(cursor.number(1 << (flags & 3))))
  if (type === 0) add(name, cursor.number(8))
}

async function readSymbolTable(
  tree: number,
  heapAddress: number,
  read: PageReader,
  add: Add,
  where: string,
): Promise<void> {
  const heap = cursorOf(await read(heapAddress, 32), where)
  if (decodeText(heap.take(4)) !== 'HEAP') throw damaged(where, `there is no heap at byte ${heapAddress}`)
  heap.skip(4)
  const size = heap.number(8)
  heap.skip(8)
  const start = heap.number(8)
  const nameAt = async (offset: number) => {
    if (offset >= size) throw damaged(where, `a name lies beyond its heap of ${size} bytes`)
    const names = await read(start + offset, Math.min(size - offset, 256))
    const whole = names.includes(0) ? names : await read(start + offset, Math.min(size - offset, 2 ** 16))
    return cursorOf(whole, where).text()
  }
  const seen = new Set<number>()
  const nodes = [tree]
  for (let at = nodes.pop(); at !== undefined; at = nodes.pop()) {
    if (seen.has(at)) throw damaged(where, `its tree of members comes back to byte ${at}`)
    seen.add(at)
    const head = decodeText((await read(at, 4)).subarray(0, 4))
    if (head === 'TREE') nodes.push(...(await treeChildren(at, read, where)).reverse())
    else if (head === 'SNOD') await readSymbols(at, read, nameAt, add, where)
    else throw damaged(where, `there is no node of its tree at byte ${at}`)
  }
}

async function treeChildren(at: number, read: PageReader, where: string): Promise<number[]> {
  const head = cursorOf(await read(at + 4, 4), where)
  if (head.number(1) !== 0) throw damaged(where, `the tree at byte ${at} is none of names`)
  head.skip(1)
  const count = head.number(2)
  const entries = cursorOf(await read(at + 24, 16 * count + 8), where)
  return Array.from({ length: count }, () => {
    entries.skip(8)
    return entries.number(8)
  })
}

async function readSymbols(
  at: number,
  read: PageReader,
  nameAt: (offset: number) => Promise<string>,
  add: Add,
  where: string,
): Promise<void> {
  const count = cursorOf(await read(at + 6, 2), where).number(2)
  const entries = cursorOf(await read(at + 8, 40 * count), where)
  for (let i = 0; i < count; i++) {
    const [offset, address, cached] = [entries.number(8), entries.address(), entries.number(4)]
    entries.skip(20)
    // 2 marks a soft link.
    if (cached !== 2 && address !== undefined) add(await nameAt(offset), address)
  }
}
