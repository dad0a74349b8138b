/**
 * safetensors: named tensors without an architecture, in one file or in shards listed by `*.safetensors.index.json`.
 * Only headers are read on opening; a tensor's bytes are read when it is asked for.
 */
import { FormatError } from '../errors.ts'
import type { WeightTensor } from '../network/network.ts'
import { decodeTensor } from '../tensor/dtype.ts'
import type { Format } from './format.ts'
import { parseJson } from './json.ts'
import { LARGEST_HEADER, readSafetensorsHeader } from './safetensors-header.ts'
import type { ByteSource } from './source.ts'
import { networkFromWeights } from './weights.ts'

export const safetensors: Format = {
  name: 'safetensors',
  async open(source, options) {
    const notes: string[] = []
    const first = await source.slice(0, 1)
    const isIndex = source.name.toLowerCase().endsWith('.json') || (first[0] === 0x7b && !(await hasHeader(source)))
    const tensors = isIndex ? await readShards(source, notes) : await readTensors(source, notes)
    if (!isIndex && /-\d{5}-of-\d{5}\./.test(source.name))
      notes.push(`${source.name} is one shard of several; open its .safetensors.index.json for all of them.`)
    return networkFromWeights({ source, format: 'safetensors', tensors, notes }, options)
  },
}

/** Tells a file whose header length happens to begin with the byte of "{" from JSON. */
async function hasHeader(source: ByteSource): Promise<boolean> {
  if (source.byteLength < 9) return false
  const head = await source.slice(0, 9)
  return head[8] === 0x7b && head.subarray(3, 8).every(byte => byte === 0)
}

async function readTensors(source: ByteSource, notes: string[]): Promise<WeightTensor[]> {
  const { tensors, unclaimed } = await readSafetensorsHeader(source)
  if (unclaimed > 0) notes.push(`${unclaimed} bytes of ${source.name} belong to no tensor.`)
  return tensors.map(({ name, dtype, shape, start, end }) => ({
    name,
    dtype,
    shape,
    read: async () => decodeTensor(await source.slice(start, end), dtype, shape, `${source.name}, tensor "${name}"`),
  }))
}

/** The tensors that an index spreads over shards: each must be in the shard it is said to be in. */
async function readShards(source: ByteSource, notes: string[]): Promise<WeightTensor[]> {
  if (source.byteLength > LARGEST_HEADER)
    throw new FormatError(
      'format.json',
      `${source.name} has ${source.byteLength} bytes, too many for an index of shards.`,
    )
  const { weight_map: map } = parseJson(await source.slice(0, source.byteLength), source.name)
  if (typeof map !== 'object' || map === null || !Object.values(map).every(file => typeof file === 'string'))
    throw new FormatError('format.shards', `${source.name} has no "weight_map" from tensor names to file names.`)
  const entries = Object.entries(map as Record<string, string>)
  const found = new Map<string, WeightTensor>()
  for (const file of new Set(entries.map(([, file]) => file))) {
    const shard = await source.sibling?.(file)
    if (!shard)
      throw new FormatError(
        'format.shards',
        `${source.name} needs the file ${JSON.stringify(file)} beside it; it is missing.`,
      )
    for (const tensor of await readTensors(shard, notes)) found.set(`${file}\n${tensor.name}`, tensor)
  }
  return entries.map(([name, file]) => {
    const tensor = found.get(`${file}\n${name}`)
    if (!tensor)
      throw new FormatError('format.shards', `${source.name}: "${name}" is not in ${file}, where it should be.`)
    return tensor
  })
}
