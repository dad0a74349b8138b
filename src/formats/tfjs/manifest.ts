/**
 * The weights of a TensorFlow.js model: groups of tensors, each group one run of bytes cut into shards beside
 * `model.json`. All that the manifest claims is checked against the sizes of the shards before a weight is read; a
 * weight then reads its own bytes alone. Integers of a quantised weight are q · scale + min.
 */
import { FormatError, UnsupportedError } from '../../errors.ts'
import type { WeightTensor } from '../../network/network.ts'
import { bytesPerElement, decode } from '../../tensor/dtype.ts'
import { type DType, elementCount, type TensorData } from '../../tensor/tensor.ts'
import type { ByteSource } from '../source.ts'

/** The largest rank that ONNX files are allowed here; TensorFlow.js itself stops at 6. */
const MOST_AXES = 64
const LONGEST_NAME = 1000
const MOST_SHARDS = 10_000

const DTYPES: Readonly<Record<string, DType>> = {
  float32: 'float32',
  int32: 'int32',
  bool: 'bool',
  uint8: 'uint8',
  float16: 'float16',
}
const QUANTISED: readonly unknown[] = ['uint8', 'uint16', 'float16'] satisfies DType[]

/** Where a weight lies in its group, and how its bytes become values. */
interface Entry {
  readonly name: string
  readonly shape: readonly number[]
  readonly dtype: DType
  /** Element type in the shards. */
  readonly stored: DType
  readonly scale: number
  readonly min: number
  /** Bytes in the shards. */
  readonly byteLength: number
}

/**
 * The weights that `weightsManifest` lists, in its order.
 * @throws FormatError when the manifest is damaged, a shard is missing or outside the folder, or sizes disagree
 */
export async function readManifest(source: ByteSource, manifest: unknown): Promise<WeightTensor[]> {
  const groups = checkGroups(source, manifest)
  const opened = await openShards(source, groups)
  const weights = new Map<string, WeightTensor>()
  groups.forEach(({ paths, entries }, index) => {
    const bytes = new GroupBytes(opened[index])
    let start = 0
    for (const given of entries) {
      const entry = checkEntry(source, given)
      if (weights.has(entry.name)) throw damaged(source, `it lists the weight "${entry.name}" twice`)
      weights.set(entry.name, weightOf(entry, bytes, start))
      start += entry.byteLength
      if (start > bytes.byteLength)
        throw new FormatError(
          'format.truncated',
          `${source.name}: the weight "${entry.name}" ends at byte ${start} of its group, but ${named(paths)} hold ${bytes.byteLength}; a file is cut off, or belongs to another model.`,
        )
    }
    if (start < bytes.byteLength)
      throw damaged(source, `it describes ${start} bytes of ${named(paths)}, which hold ${bytes.byteLength}`)
  })
  return [...weights.values()]
}

interface Group {
  readonly paths: readonly string[]
  readonly entries: readonly unknown[]
}

function checkGroups(source: ByteSource, manifest: unknown): Group[] {
  if (!Array.isArray(manifest)) throw damaged(source, 'it is not a list')
  const seen = new Set<string>()
  return manifest.map(group => {
    const { paths, weights: entries } = (group ?? {}) as { paths?: unknown; weights?: unknown }
    if (!Array.isArray(paths) || !paths.every(path => typeof path === 'string') || !Array.isArray(entries))
      throw damaged(source, 'a group lacks its lists of "paths" and "weights"')
    for (const path of paths) {
      // The same file under another path, and so on without end.
      const plain = path.split('/').filter(part => part !== '.')
      if (seen.has(plain.join('/'))) throw damaged(source, `it lists the file ${shown(path)} twice`)
      seen.add(plain.join('/'))
    }
    if (seen.size > MOST_SHARDS) throw damaged(source, `it lists more than ${MOST_SHARDS} files`)
    return { paths, entries }
  })
}

/** All at once: over a network, one after the other would take long. */
function openShards(source: ByteSource, groups: readonly Group[]): Promise<ByteSource[][]> {
  return Promise.all(groups.map(({ paths }) => Promise.all(paths.map(path => openShard(source, path)))))
}

async function openShard(source: ByteSource, path: string): Promise<ByteSource> {
  const shard = await source.sibling?.(path)
  if (!shard)
    throw new FormatError('format.shards', `${source.name} needs the file ${shown(path)} beside it; it is missing.`)
  return shard
}

function checkEntry(source: ByteSource, given: unknown): Entry {
  const { name, shape, dtype, quantization } = (given ?? {}) as Readonly<Record<string, unknown>>
  if (typeof name !== 'string' || name === '' || name.length > LONGEST_NAME)
    throw damaged(source, `a weight has the name ${shown(name)}`)
  const where = `the weight "${name}"`
  if (typeof dtype === 'string' && /^(string|complex64)$/.test(dtype))
    throw new UnsupportedError(
      'unsupported.dtype',
      `${source.name}: ${where} holds ${dtype}, which lobes does not read.`,
    )
  if (typeof dtype !== 'string' || !Object.hasOwn(DTYPES, dtype))
    throw damaged(source, `${where} has the dtype ${shown(dtype)}`)
  const isShape = Array.isArray(shape) && shape.every(size => Number.isSafeInteger(size) && size >= 0)
  if (!isShape || shape.length > MOST_AXES) throw damaged(source, `${where} has the shape ${shown(shape)}`)
  const quantised = quantization === undefined ? undefined : checkQuantisation(source, where, quantization)
  const stored = quantised?.stored ?? DTYPES[dtype]
  const byteLength = elementCount(shape) * bytesPerElement(stored)
  if (!Number.isSafeInteger(byteLength)) throw damaged(source, `${where} of shape [${shape}] is impossibly large`)
  return { name, shape, dtype: DTYPES[dtype], stored, scale: 1, min: 0, byteLength, ...quantised }
}

function checkQuantisation(source: ByteSource, where: string, given: unknown) {
  const { dtype, scale = 1, min = 0, ...rest } = (given ?? {}) as Readonly<Record<string, unknown>>
  const isAffine = given !== null && 'scale' in (given as object) && 'min' in (given as object)
  const numbers = [scale, min].every(value => typeof value === 'number' && Number.isFinite(value))
  if (!QUANTISED.includes(dtype) || !numbers || (dtype !== 'float16' && !isAffine))
    throw damaged(
      source,
      `${where} has the quantization ${JSON.stringify({ dtype, scale, min, ...rest }).slice(0, 200)}`,
    )
  return { stored: dtype as DType, scale: scale as number, min: min as number }
}

function weightOf(entry: Entry, bytes: GroupBytes, start: number): WeightTensor {
  const { name, shape, dtype, stored, byteLength } = entry
  const widened = dtype === 'float16' ? 'float32' : dtype
  return {
    name,
    dtype: widened,
    shape,
    async read() {
      const data = decode(await bytes.slice(start, start + byteLength), stored)
      return { dtype: widened, shape, data: stored === dtype ? data : dequantised(entry, data) }
    },
  }
}

function dequantised({ dtype, scale, min }: Entry, data: TensorData): TensorData {
  const value = (q: number | bigint) => Number(q) * scale + min
  if (dtype === 'float32') return Float32Array.from(data as ArrayLike<number>, value)
  return dtype === 'int32'
    ? Int32Array.from(data as ArrayLike<number>, q => Math.round(value(q)))
    : Uint8Array.from(data as ArrayLike<number>, q => Math.round(value(q)))
}

/** The shards of a group as one run of bytes. */
class GroupBytes {
  readonly byteLength: number
  readonly #shards: readonly ByteSource[]

  constructor(shards: readonly ByteSource[]) {
    this.#shards = shards
    this.byteLength = shards.reduce((sum, shard) => sum + shard.byteLength, 0)
  }

  async slice(start: number, end: number): Promise<Uint8Array<ArrayBuffer>> {
    const parts: Uint8Array<ArrayBuffer>[] = []
    let offset = 0
    for (const shard of this.#shards) {
      const [from, to] = [start - offset, end - offset].map(at => Math.min(Math.max(at, 0), shard.byteLength))
      if (from < to) parts.push(await shard.slice(from, to))
      offset += shard.byteLength
    }
    if (parts.length === 1) return parts[0]
    const joined = new Uint8Array(end - start)
    let at = 0
    for (const part of parts) {
      joined.set(part, at)
      at += part.length
    }
    return joined
  }
}

/** Any value as JSON, cut short. */
function shown(value: unknown): string {
  return String(JSON.stringify(value)).slice(0, 200)
}

function named(paths: readonly string[]): string {
  return paths.join(', ').slice(0, 200)
}

function damaged(source: ByteSource, problem: string): FormatError {
  return new FormatError('format.tfjs-manifest', `The weightsManifest of ${source.name} is damaged: ${problem}.`)
}
