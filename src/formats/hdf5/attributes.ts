/** Attributes of HDF5 objects that hold text (IV.A.2.m): Keras keeps configurations and lists of names in them. */
import type { ByteSource } from '../source.ts'
import { cursorOf, damaged, decodeText, type PageReader } from './bytes.ts'
import { type Datatype, readDataspace, readDatatype } from './datatype.ts'

export interface Attribute {
  readonly name: string
  /** The texts it holds, row-major; none where it holds something else. */
  texts(): Promise<string[]>
}

type Collection = ReadonlyMap<number, Uint8Array<ArrayBuffer>>

export interface HeapAccess {
  readonly source: Pick<ByteSource, 'byteLength'>
  readonly read: PageReader
  readonly collections: Map<number, Promise<Collection>>
  /** Bytes of texts that may still be read: many names can be given to one list of texts. */
  textsLeft: number
}

/** What one text counts for beyond its own bytes, and how many all may come to. */
const PER_TEXT = 256
const MOST_TEXT = 2 ** 25
const MOST_TEXT_PER_BYTE = 2

export function textsAllowed(byteLength: number): number {
  return MOST_TEXT + MOST_TEXT_PER_BYTE * byteLength
}

export function readAttribute(data: Uint8Array<ArrayBuffer>, heap: HeapAccess, where: string): Attribute {
  const cursor = cursorOf(data, where)
  const version = cursor.number(1)
  if (version < 1 || version > 3) throw damaged(where, `it has an attribute of version ${version}`)
  const isShared = cursor.number(1) !== 0 && version > 1
  const [nameSize, typeSize, spaceSize] = [cursor.number(2), cursor.number(2), cursor.number(2)]
  if (version === 3) cursor.skip(1)
  const padded = (size: number) => cursor.take(version === 1 ? Math.ceil(size / 8) * 8 : size)
  const name = cursorOf(padded(nameSize), where).text()
  const inAttribute = `${where}, attribute "${name.slice(0, 80)}"`
  const typeBytes = padded(typeSize)
  const spaceBytes = padded(spaceSize)
  const values = cursor.take(cursor.left)
  return {
    name,
    texts: async () => {
      if (isShared) return []
      const type = readDatatype(cursorOf(typeBytes, inAttribute))
      const shape = readDataspace(cursorOf(spaceBytes, inAttribute), inAttribute)
      return shape ? textsOf(values, type, shape, heap, inAttribute) : []
    },
  }
}

async function textsOf(
  values: Uint8Array<ArrayBuffer>,
  { kind, size }: Datatype,
  shape: readonly number[],
  heap: HeapAccess,
  where: string,
): Promise<string[]> {
  if (kind !== 'text' && kind !== 'heap-text') return []
  const count = shape.reduce((product, length) => product * length, 1)
  if (count * size > values.length || (size === 0 && count > 0))
    throw damaged(where, `${count} texts of ${size} bytes are more than its ${values.length} bytes`)
  const cursor = cursorOf(values, where)
  const texts: string[] = []
  const spend = (length: number) => {
    heap.textsLeft -= length + PER_TEXT
    if (heap.textsLeft < 0) throw damaged(where, 'the texts of the file are many times as long as itself')
  }
  for (let i = 0; i < count; i++) {
    if (kind === 'text') {
      spend(size)
      texts.push(cursorOf(cursor.take(size), where).text())
    } else {
      const [length, address, index] = [cursor.number(4), cursor.number(8), cursor.number(4)]
      spend(length)
      texts.push(length === 0 ? '' : await heapText(heap, address, index, length, where))
    }
  }
  return texts
}

/** Texts of a global heap collection (III.E) by their index. The collections are kept: names lie in one together. */
async function heapText(heap: HeapAccess, address: number, index: number, length: number, where: string) {
  const objects = heap.collections.get(address) ?? readCollection(heap, address, where)
  heap.collections.set(address, objects)
  const bytes = (await objects).get(index)
  if (!bytes || bytes.length < length)
    throw damaged(where, `a text of ${length} bytes is not in the heap at byte ${address}`)
  return decodeText(bytes.subarray(0, length))
}

async function readCollection({ read }: HeapAccess, address: number, where: string): Promise<Collection> {
  const head = cursorOf(await read(address, 16), where)
  if (decodeText(head.take(4)) !== 'GCOL') throw damaged(where, `there is no heap at byte ${address}`)
  head.skip(4)
  const cursor = cursorOf(await read(address + 16, Math.max(0, head.number(8) - 16)), where)
  const objects = new Map<number, Uint8Array<ArrayBuffer>>()
  while (cursor.left >= 16) {
    const index = cursor.number(2)
    cursor.skip(6)
    const size = cursor.number(8)
    // Index 0 is what is free, up to the end.
    if (index === 0) break
    objects.set(index, cursor.take(size))
    cursor.skip(Math.min(cursor.left, -size & 7))
  }
  return objects
}
