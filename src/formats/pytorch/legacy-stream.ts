/**
 * The stream of torch.save before PyTorch 1.6 (torch/serialization.py, `_legacy_save`): five pickles one after another
 * (a magic number, the protocol, what machine it was, the object, the keys of its storages) and then the storages in
 * the order of the keys, each with its number of elements in 8 bytes before it.
 */
import { FormatError, UnsupportedError } from '../../errors.ts'
import { bytesPerElement } from '../../tensor/dtype.ts'
import type { ByteSource } from '../source.ts'
import { type TorchHost, torchHost } from './globals.ts'
import { type PickleValue, quoted, unpickle } from './pickle.ts'
import { bigEndian, type Checkpoint, LARGEST_PICKLE } from './zip-container.ts'

const MAGIC = 0x1950a86a20f9469cfc6cn
const PROTOCOL = 1001
/** Most pickles are shorter; where one is not, twice as much is read, and so on. */
const FIRST_WINDOW = 2 ** 16

export async function readLegacyCheckpoint(source: ByteSource): Promise<Checkpoint> {
  const magic = await pickleAt(source, 0)
  if (magic.value !== MAGIC)
    throw new UnsupportedError(
      'unsupported.pickle',
      `${source.name} is a Python pickle, but not one of torch.save; save the weights with torch.save(model.state_dict(), "weights.pt").`,
    )
  const protocol = await pickleAt(source, magic.end)
  if (protocol.value !== PROTOCOL)
    throw new UnsupportedError(
      'unsupported.pickle',
      `${source.name} has version ${String(protocol.value).slice(0, 40)} of PyTorch's format; ${PROTOCOL} is read.`,
    )
  const system = await pickleAt(source, protocol.end)
  if (system.value instanceof Map && system.value.get('little_endian') === false) throw bigEndian(source, 'big')
  const object = await pickleAt(source, system.end)
  const keys = await pickleAt(source, object.end)
  const places = await locateStorages(source, keys.value, object.host, keys.end)
  return {
    value: object.value,
    readStorage: (key, start, end) => source.slice(places.get(key)! + start, places.get(key)! + end),
  }
}

/** The pickle that begins at a byte, whose length nothing tells. */
async function pickleAt(source: ByteSource, start: number) {
  for (let window = FIRST_WINDOW; ; window *= 2) {
    const bytes = await source.slice(start, Math.min(source.byteLength, start + window))
    const host = torchHost(source.name, bytes)
    try {
      const { value, end } = unpickle(bytes, 0, host)
      return { value, end: start + end, host }
    } catch (error) {
      const isCut = error instanceof FormatError && error.code === 'format.pickle-cut'
      if (!isCut || bytes.length < window || window >= LARGEST_PICKLE) throw error
    }
  }
}

/** Where the bytes of each storage begin. Reads the numbers before them and nothing else. */
async function locateStorages(
  source: ByteSource,
  keys: PickleValue,
  { storages }: TorchHost,
  start: number,
): Promise<ReadonlyMap<string, number>> {
  const damaged = (problem: string) => new FormatError('format.storage', `${source.name} is damaged: ${problem}.`)
  const places = new Map<string, number>()
  let at = start
  for (const key of Array.isArray(keys) ? keys : []) {
    const storage = typeof key === 'string' ? storages.get(key) : undefined
    if (!storage || places.has(storage.key)) throw damaged('a storage follows that no tensor lies in')
    const head = await source.slice(at, at + 8)
    const count = new DataView(head.buffer, head.byteOffset).getBigUint64(0, true)
    const size = storage.bytes
    if (count * BigInt(bytesPerElement(storage.dtype)) !== BigInt(size))
      throw damaged(`storage ${quoted(storage.key)} has ${count} elements in one place and ${size} bytes in another`)
    places.set(storage.key, at + 8)
    at += 8 + size
    if (at > source.byteLength)
      throw new FormatError(
        'format.truncated',
        `${source.name}: storage ${quoted(storage.key)} ends at byte ${at}, but the file has ${source.byteLength}; it is cut off.`,
      )
  }
  for (const key of storages.keys()) if (!places.has(key)) throw damaged(`storage ${quoted(key)} is missing`)
  return places
}
