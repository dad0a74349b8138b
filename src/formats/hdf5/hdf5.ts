/**
 * A reader of the part of HDF5 that Keras and h5py write by default (format specification 3.0): superblocks 0 to 3,
 * groups of either form, attributes of text, datasets of numbers, compact, contiguous or chunked with gzip. Files come
 * from strangers: every address and size is checked against the file before anything is read or allocated, every tree is
 * walked with the nodes seen before in mind, and all datasets together can claim no more than the file can hold.
 */
import { ResourceError, UnsupportedError } from '../../errors.ts'
import { decode } from '../../tensor/dtype.ts'
import { swapBytes } from '../../tensor/npy.ts'
import type { DType, Tensor } from '../../tensor/tensor.ts'
import type { ByteSource } from '../source.ts'
import { type Attribute, type HeapAccess, readAttribute, textsAllowed } from './attributes.ts'
import { cursorOf, damaged, pagesOf } from './bytes.ts'
import { type Datatype, readDataspace, readDatatype } from './datatype.ts'
import { type Links, readLinks } from './links.ts'
import { MESSAGE, type Message, readMessages } from './object-header.ts'
import { type Filter, type Layout, readChunks, readFilters, readLayout } from './storage.ts'

export interface Hdf5File {
  readonly root: Hdf5Object
  /** The member of a group, by a path with `/`; undefined where there is none. */
  find(group: Hdf5Object, path: string): Promise<Hdf5Object | undefined>
}

export interface Hdf5Object {
  /** From the root, for messages: without a slash in front, and cut where it is long. */
  readonly path: string
  readonly attributes: ReadonlyMap<string, Attribute>
  /** Of a group. */
  readonly links?: Links
  readonly dataset?: Hdf5Dataset
}

interface Hdf5Dataset {
  readonly dtype: DType
  readonly shape: readonly number[]
  read(): Promise<Tensor>
}

/** What packed datasets may unpack to beyond the size of the file. */
const SLACK = 2 ** 27

/** Each takes half a millisecond to unpack, however small it is. */
const MOST_PACKED_CHUNKS = 8000
const LONGEST_PATH = 200

interface OpenFile extends HeapAccess {
  readonly source: ByteSource
  readonly objects: Map<number, Promise<Hdf5Object>>
  /** Bytes that datasets described so far take. */
  claimed: number
}

/** @throws FormatError where the file is damaged, UnsupportedError for what h5py does not write by default. */
export async function openHdf5(source: ByteSource): Promise<Hdf5File> {
  const file: OpenFile = {
    source,
    read: pagesOf(source),
    collections: new Map(),
    textsLeft: textsAllowed(source.byteLength),
    objects: new Map(),
    claimed: 0,
  }
  const root = await readObject(file, await rootAddress(file), '')
  const find = async (group: Hdf5Object, path: string) => {
    let found: Hdf5Object | undefined = group
    for (const part of path.split('/')) {
      const address = found?.links?.get(part)
      if (address === undefined) return undefined
      found = await readObject(file, address, `${found?.path && `${found.path}/`}${part}`.slice(0, LONGEST_PATH))
    }
    return found
  }
  return { root, find }
}

/** Where the root group's header lies, by the superblock (II). */
async function rootAddress({ source, read }: OpenFile): Promise<number> {
  const length = Math.min(96, source.byteLength)
  const cursor = cursorOf(await read(0, length), source.name)
  cursor.skip(8)
  const version = cursor.number(1)
  if (version > 3) throw damaged(source.name, `its superblock has the version ${version}`)
  if (version < 2) cursor.skip(4)
  const widths = [cursor.number(1), cursor.number(1)]
  if (widths.some(width => width !== 8))
    throw new UnsupportedError(
      'unsupported.hdf5',
      `${source.name} has addresses of ${widths[0]} and sizes of ${widths[1]} bytes; only 8 are read.`,
    )
  if (version >= 2) {
    cursor.skip(1)
    const base = cursor.number(8)
    cursor.skip(16)
    return checkBase(base, source) + cursor.number(8)
  }
  cursor.skip(9 + (version === 1 ? 4 : 0))
  const base = cursor.number(8)
  cursor.skip(32)
  return checkBase(base, source) + cursor.number(8)
}

function checkBase(base: number, { name }: ByteSource): number {
  if (base !== 0) throw new UnsupportedError('unsupported.hdf5', `${name} has a user block in front; save it without.`)
  return base
}

/** An object is described once, under the first of its names. */
function readObject(file: OpenFile, address: number, path: string): Promise<Hdf5Object> {
  const known = file.objects.get(address) ?? describe(file, address, path)
  file.objects.set(address, known)
  return known
}

async function describe(file: OpenFile, address: number, path: string): Promise<Hdf5Object> {
  const where = path ? `${file.source.name}, "${path}"` : file.source.name
  const messages = await readMessages(file.read, address, where)
  const attributes = new Map<string, Attribute>()
  for (const { type, data } of messages)
    if (type === MESSAGE.attribute) {
      const attribute = readAttribute(data, file, where)
      attributes.set(attribute.name, attribute)
    } else if (type === MESSAGE.attributeInfo) checkAttributeInfo(data, where)
  const links = await readLinks(messages, file.read, where)
  if (links) return { path, attributes, links }
  const dataset = await describeDataset(file, messages, attributes, where)
  return { path, attributes, ...(dataset && { dataset }) }
}

function checkAttributeInfo(data: Uint8Array<ArrayBuffer>, where: string): void {
  const cursor = cursorOf(data, where)
  cursor.skip(1)
  if (cursor.number(1) & 1) cursor.skip(2)
  if (cursor.address() !== undefined)
    throw new UnsupportedError(
      'unsupported.hdf5',
      `${where} keeps its attributes in a fractal heap (h5py's libver="latest"); save the file with h5py's defaults.`,
    )
}

/** Undefined where the object holds no numbers. */
async function describeDataset(
  file: OpenFile,
  messages: readonly Message[],
  attributes: ReadonlyMap<string, Attribute>,
  where: string,
): Promise<Hdf5Dataset | undefined> {
  const cursor = (type: number) => {
    const message = messages.find(message => message.type === type)
    return message && cursorOf(message.data, where)
  }
  const [space, type, layoutAt, filtersAt] = [
    cursor(MESSAGE.dataspace),
    cursor(MESSAGE.datatype),
    cursor(MESSAGE.layout),
    cursor(MESSAGE.filters),
  ]
  if (!space || !type || !layoutAt) return undefined
  const datatype = await numbersOf(readDatatype(type), attributes)
  const shape = readDataspace(space, where)
  if (datatype?.kind !== 'number' || !shape) return undefined
  const layout = readLayout(layoutAt, where)
  const filters = filtersAt ? readFilters(filtersAt, where) : []
  const stored: Stored = { datatype, shape, layout, filters }
  checkStored(file, stored, where)
  return { dtype: datatype.dtype, shape, read: () => readStored(file, stored, where) }
}

type NumberType = Extract<Datatype, { kind: 'number' }>

interface Stored {
  readonly datatype: NumberType
  readonly shape: readonly number[]
  readonly layout: Layout
  readonly filters: readonly Filter[]
}

/** Keras keeps bfloat16 as two bytes without a meaning, and says so beside them. */
async function numbersOf(datatype: Datatype, attributes: ReadonlyMap<string, Attribute>): Promise<Datatype> {
  const isHalf = datatype.kind === 'opaque' && datatype.size === 2
  const named = isHalf ? await attributes.get('dtype')?.texts() : undefined
  return named?.[0] === 'bfloat16' ? { kind: 'number', dtype: 'bfloat16', size: 2, bigEndian: false } : datatype
}

const bytesOf = ({ shape, datatype }: Stored) => shape.reduce((product, length) => product * length, datatype.size)

/** Nothing is described that the file could not hold. */
function checkStored(file: OpenFile, stored: Stored, where: string): void {
  const { layout, shape } = stored
  const bytes = bytesOf(stored)
  const { byteLength } = file.source
  const told = `a shape of [${shape}] takes ${bytes} bytes`
  if (layout.kind === 'compact' && layout.data.length < bytes)
    throw damaged(where, `${told}, but there are ${layout.data.length}`)
  if (layout.kind === 'contiguous' && bytes > 0) {
    if (layout.address === undefined) throw damaged(where, 'its values were never written')
    if (layout.address + bytes > byteLength) throw damaged(where, `${told}, more than the file has`)
  }
  let unpacked = bytes
  if (layout.kind === 'chunked') {
    const { chunk } = layout
    if (chunk.length !== shape.length || chunk.length === 0 || chunk.some(length => length === 0))
      throw damaged(where, `its chunks of [${chunk}] do not fit its shape [${shape}]`)
    const chunkBytes = chunk.reduce((product, length) => product * length, stored.datatype.size)
    unpacked = shape.reduce((product, length, axis) => product * Math.ceil(length / chunk[axis]), chunkBytes)
    if (stored.filters.length > 0 && unpacked / chunkBytes > MOST_PACKED_CHUNKS)
      throw tooLarge(
        where,
        `it lies in ${unpacked / chunkBytes} packed chunks, more than the ${MOST_PACKED_CHUNKS} that are read`,
      )
    if (bytes + 2 * chunkBytes > 2 * byteLength + SLACK)
      throw tooLarge(where, `${told} in chunks of ${chunkBytes}, far more than the file of ${byteLength} bytes`)
  }
  file.claimed += unpacked
  if (file.claimed > byteLength + SLACK)
    throw tooLarge(
      where,
      `with it the datasets take ${file.claimed} bytes, far more than the file of ${byteLength} bytes`,
    )
}

function tooLarge(where: string, problem: string): ResourceError {
  return new ResourceError('resource.hdf5', `${where}: ${problem}; save it without compression.`)
}

async function readStored({ source, read }: OpenFile, stored: Stored, where: string): Promise<Tensor> {
  const { datatype, shape, layout, filters } = stored
  const { dtype, size, bigEndian } = datatype
  const length = bytesOf(stored)
  const bytes =
    layout.kind === 'chunked'
      ? await readChunks(source, read, layout.tree, { shape, chunk: layout.chunk, size, filters }, where)
      : layout.kind === 'compact'
        ? layout.data.slice(0, length)
        : await source.slice(layout.address ?? 0, (layout.address ?? 0) + length)
  if (bigEndian) swapBytes(bytes, size)
  return { dtype, shape, data: decode(bytes, dtype) }
}
