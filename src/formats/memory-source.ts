/** Byte sources over memory: a Uint8Array, or a Blob (which the browser reads from disk piece by piece). */
import { type ByteSource, checkRange, siblingParts } from './source.ts'

export interface MemorySourceOptions {
  /** File name for messages and for telling formats apart. Default: the `name` of a `File`, else `memory`. */
  readonly name?: string
  /** Other files of the same folder by relative path, for external tensor data, shards and `layers.json`. */
  readonly siblings?: Readonly<Record<string, Uint8Array | Blob>>
}

/** The bytes of an array or a Blob. Slices are copies, so nothing a reader does changes the original. */
export function memorySource(bytes: Uint8Array | Blob, options: MemorySourceOptions = {}): ByteSource {
  const { siblings = {} } = options
  const name = options.name ?? (bytes instanceof Blob && 'name' in bytes ? String(bytes.name) : 'memory')
  const source: ByteSource = {
    name,
    byteLength: bytes instanceof Blob ? bytes.size : bytes.byteLength,
    async slice(start, end) {
      checkRange(source, start, end)
      if (bytes instanceof Blob) return new Uint8Array(await bytes.slice(start, end).arrayBuffer())
      return new Uint8Array(bytes.subarray(start, end))
    },
    async sibling(path) {
      const parts = siblingParts(name, path)
      const key = parts.join('/')
      if (!Object.hasOwn(siblings, key)) return undefined
      return memorySource(siblings[key], { name: parts[parts.length - 1], siblings })
    },
  }
  return source
}
