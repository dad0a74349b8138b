/** Writes pickles (protocol 2) and the containers of torch.save around them, for tests. */
import { zipSync } from 'fflate'

export interface Written {
  readonly write: readonly number[]
}

export type Source = null | boolean | number | string | readonly Source[] | Map<Source, Source> | Written

const utf8 = (text: string) => [...new TextEncoder().encode(text)]
const int32 = (value: number) => [value & 255, (value >> 8) & 255, (value >> 16) & 255, (value >> 24) & 255]

/** Opcodes as they are. */
export const raw = (...write: number[]): Written => ({ write })
export const named = (module: string, name: string): Written => ({ write: [...utf8(`c${module}\n${name}\n`)] })
/** A call of a global. */
export const called = (module: string, name: string, ...args: Source[]): Written => ({
  write: [...named(module, name).write, ...body(args), 0x52],
})
export const persistent = (...id: Source[]): Written => ({ write: [...body(id), 0x51] })
export const list = (...items: Source[]): Written => ({ write: [0x5d, 0x28, ...items.flatMap(body), 0x65] })
export const dict = (entries: Readonly<Record<string, Source>>): Source => new Map(Object.entries(entries))

function body(value: Source): readonly number[] {
  if (value === null) return [0x4e]
  if (typeof value === 'boolean') return [value ? 0x88 : 0x89]
  if (typeof value === 'number') return Number.isInteger(value) ? [0x4a, ...int32(value)] : [0x47, ...float(value)]
  if (typeof value === 'string') return [0x58, ...int32(utf8(value).length), ...utf8(value)]
  if (value instanceof Map) return [0x7d, 0x28, ...[...value].flat().flatMap(body), 0x75]
  if ('write' in value) return value.write
  return [0x28, ...value.flatMap(body), 0x74]
}

function float(value: number): Uint8Array {
  const bytes = new Uint8Array(8)
  new DataView(bytes.buffer).setFloat64(0, value)
  return bytes
}

export function pickled(value: Source): Uint8Array<ArrayBuffer> {
  return Uint8Array.from([0x80, 2, ...body(value), 0x2e])
}

export interface StoredBytes {
  /** Of `torch`, e.g. `FloatStorage`. */
  readonly type: string
  readonly count: number
  readonly bytes: Uint8Array
}

/** A tensor by `_rebuild_tensor_v2`, in a storage of that key. */
export function tensorOf(
  key: string,
  { type, count }: Omit<StoredBytes, 'bytes'>,
  sizes: readonly number[],
  strides: readonly number[] = rowMajor(sizes),
  offset = 0,
): Written {
  const storage = persistent('storage', named('torch', type), key, 'cpu', count)
  return called(
    'torch._utils',
    '_rebuild_tensor_v2',
    storage,
    offset,
    sizes,
    strides,
    false,
    called('collections', 'OrderedDict'),
  )
}

export function rowMajor(sizes: readonly number[]): number[] {
  return sizes.map((_, axis) => sizes.slice(axis + 1).reduce((a, b) => a * b, 1))
}

/** The zip of torch.save, or one with other members besides. */
export function torchZip(
  value: Source,
  storages: Readonly<Record<string, StoredBytes>>,
  more: Readonly<Record<string, Uint8Array>> = {},
): Uint8Array<ArrayBuffer> {
  const data = Object.fromEntries(Object.entries(storages).map(([key, { bytes }]) => [`archive/data/${key}`, bytes]))
  const members = { 'archive/data.pkl': pickled(value), ...data, 'archive/version': bytesOfText('3\n'), ...more }
  return new Uint8Array(zipSync(members, { level: 0 }))
}

/** The stream of torch.save before 1.6. */
export function torchLegacy(
  value: Source,
  storages: Readonly<Record<string, StoredBytes>>,
  { magic = MAGIC, littleEndian = true }: { magic?: Written; littleEndian?: boolean } = {},
): Uint8Array<ArrayBuffer> {
  const system = dict({ protocol_version: 1001, little_endian: littleEndian, type_sizes: dict({ int: 4 }) })
  const pickles = [magic, 1001, system, value, list(...Object.keys(storages))].map(pickled)
  const blocks = Object.values(storages).map(({ count, bytes }) => [...int32(count), 0, 0, 0, 0, ...bytes])
  return Uint8Array.from([...pickles.flatMap(bytes => [...bytes]), ...blocks.flat()])
}

const MAGIC = raw(0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19)

export function bytesOfText(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}

/** Ascending float32 values 0, 1, 2 … */
export function floatStorage(count: number): StoredBytes {
  return {
    type: 'FloatStorage',
    count,
    bytes: new Uint8Array(Float32Array.from({ length: count }, (_, i) => i).buffer),
  }
}
