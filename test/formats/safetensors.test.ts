import { describe, expect, it } from 'vitest'
import { FormatError, UnsupportedError } from '../../src/errors.ts'
import { memorySource } from '../../src/formats/memory-source.ts'
import { openNetwork } from '../../src/formats/open.ts'
import { type Entry, float32File, safetensorsFile, withHeader } from './safetensors-file.ts'

const open = (bytes: Uint8Array<ArrayBuffer>, name = 'net.safetensors') =>
  openNetwork(memorySource(bytes, { name }), { orientation: 'out-in' })

/** A 1 × n matrix of the given stored numbers. */
function row(dtype: string, stored: ArrayLike<number | bigint> & { buffer: ArrayBufferLike }): Entry {
  return { dtype, shape: [1, stored.length], bytes: new Uint8Array(stored.buffer as ArrayBuffer) }
}

describe('a safetensors file', () => {
  it.each<[string, Entry, string, number[]]>([
    ['F64', row('F64', new Float64Array([0.1, -2])), 'float64', [0.1, -2]],
    ['F32', row('F32', new Float32Array([0.5, -2])), 'float32', [0.5, -2]],
    ['F16', row('F16', new Uint16Array([0x3c00, 0xc500, 0x0001])), 'float16', [1, -5, 2 ** -24]],
    ['BF16', row('BF16', new Uint16Array([0x3f80, 0xc0a0])), 'bfloat16', [1, -5]],
    ['F8_E4M3', row('F8_E4M3', new Uint8Array([0x38, 0xb8, 0x7e])), 'float8e4m3', [1, -1, 448]],
    ['F8_E5M2', row('F8_E5M2', new Uint8Array([0x3c, 0xbc, 0x7b])), 'float8e5m2', [1, -1, 57344]],
    ['I64', row('I64', new BigInt64Array([-3n, 4n])), 'int64', [-3, 4]],
    ['I32', row('I32', new Int32Array([-3, 4])), 'int32', [-3, 4]],
    ['I16', row('I16', new Int16Array([-3, 4])), 'int16', [-3, 4]],
    ['I8', row('I8', new Int8Array([-3, 4])), 'int8', [-3, 4]],
    ['U64', row('U64', new BigUint64Array([3n, 4n])), 'uint64', [3, 4]],
    ['U32', row('U32', new Uint32Array([3, 4])), 'uint32', [3, 4]],
    ['U16', row('U16', new Uint16Array([3, 4])), 'uint16', [3, 4]],
    ['U8', row('U8', new Uint8Array([3, 4])), 'uint8', [3, 4]],
    ['BOOL', row('BOOL', new Uint8Array([1, 0])), 'bool', [1, 0]],
  ])('with %s is read to the value, at any offset', async (_, entry, dtype, values) => {
    for (let padding = 0; padding < 8; padding++) {
      const network = await open(safetensorsFile({ weight: entry }, { padding }))
      const weight = await network.weights.get('weight')!.read()
      expect(weight.dtype).toBe(dtype)
      expect(Array.from(weight.data, Number)).toEqual(values)
    }
  })

  it('is opened by its header alone', async () => {
    const bytes = float32File({ 'fc.weight': [100, 300], 'fc.bias': [100] })
    const memory = memorySource(bytes, { name: 'net.safetensors' })
    let furthest = 0
    const slice = (start: number, end: number) => {
      if (end > 512) furthest = Math.max(furthest, end)
      return memory.slice(start, end)
    }
    const network = await openNetwork({ ...memory, slice })
    expect(furthest).toBe(0)
    expect((await network.weights.get('fc.bias')!.read()).data).toHaveLength(100)
    expect(furthest).toBe(bytes.length)
  })

  it('that begins with the byte of a brace is not taken for JSON', async () => {
    const json = JSON.stringify({ weight: { dtype: 'U8', shape: [1, 2], data_offsets: [0, 2] } })
    const network = await open(withHeader(json.padEnd(0x7b), 2), 'net')
    expect(network.inputs[0].shape).toEqual([null, 2])
  })
})

describe('a sharded safetensors file', () => {
  const shards = {
    'a.safetensors': float32File({ 'fc1.weight': [5, 3], 'fc1.bias': [5] }),
    'b.safetensors': float32File({ 'fc2.weight': [2, 5], unused: [1, 1] }),
  }
  const index = (map: unknown) => new TextEncoder().encode(JSON.stringify({ metadata: {}, weight_map: map }))
  const map = { 'fc1.weight': 'a.safetensors', 'fc1.bias': 'a.safetensors', 'fc2.weight': 'b.safetensors' }
  const openIndex = (weightMap: unknown, siblings: Record<string, Uint8Array> = shards) =>
    openNetwork(memorySource(index(weightMap), { name: 'm.safetensors.index.json', siblings }))

  it('opens to the tensors of its index', async () => {
    const network = await openIndex(map)
    expect(network.operators.map(({ name }) => name)).toEqual(['fc1', 'fc2'])
    expect((await network.weights.get('fc2.weight')!.read()).data).toHaveLength(10)
  })

  it.each([
    ['a shard that is missing', { ...map, x: 'c.safetensors' }, /"c.safetensors" beside it/],
    ['a tensor that is not in its shard', { ...map, x: 'a.safetensors' }, /"x" is not in a.safetensors/],
    ['a shard outside its folder', { ...map, x: '../a.safetensors' }, /\.\.\/a.safetensors/],
    ['no map', 7, /weight_map/],
  ])('with %s is refused', async (_, weightMap, message) => {
    await expect(openIndex(weightMap)).rejects.toThrow(FormatError)
    await expect(openIndex(weightMap)).rejects.toThrow(message)
  })

  it('says so when one shard is opened alone', async () => {
    const network = await open(shards['a.safetensors'], 'model-00001-of-00002.safetensors')
    expect(network.notes.join()).toMatch(/one shard of several/)
  })
})

describe('a damaged safetensors file', () => {
  const entry = (fields: object) =>
    JSON.stringify({ w: { dtype: 'F32', shape: [1, 2], data_offsets: [0, 8], ...fields } })
  const w = entry({}).slice(1, -1)

  it.each([
    ['a header longer than the file', withHeader(entry({}), 8, 2n ** 60n), /claims 1152921504606846976 bytes/],
    ['a header cut in two', withHeader(entry({}), 8, 20n), /no valid JSON/],
    ['a header that is a list', withHeader('[1]', 8), /not an object/],
    ['a tensor twice', withHeader(`{${w},${w}}`, 8), /the key "w" stands in it twice/],
    [
      'a tensor twice, spelled differently',
      withHeader(`{${w},${w.replace('w', '\\u0077')}}`, 8),
      /"w" stands in it twice/,
    ],
    ['a shape of 2^60', withHeader(entry({ shape: [2 ** 60, 1] }), 8), /"w" has the shape/],
    ['a shape whose product is huge', withHeader(entry({ shape: [2 ** 40, 2 ** 40] }), 8), /"w", F32 of shape/],
    ['a negative size', withHeader(entry({ shape: [-1, -2] }), 8), /shape \[-1,-2\]/],
    ['a broken size', withHeader(entry({ shape: [0.5, 4] }), 8), /shape \[0.5,4\]/],
    ['offsets beyond the end', withHeader(entry({ data_offsets: [8, 16] }), 8), /ends at byte/],
    ['offsets in the wrong order', withHeader(entry({ data_offsets: [8, 0] }), 8), /data_offsets \[8,0\]/],
    ['bytes that do not fit the shape', withHeader(entry({ shape: [1, 1] }), 8), /takes 4 bytes but is given 8/],
    ['an unknown element type', withHeader(entry({ dtype: 'F31' }), 8), /unknown dtype "F31"/],
    ['an element type that is a property of objects', withHeader(entry({ dtype: 'toString' }), 8), /"toString"/],
    ['tensors that overlap', withHeader(`{${w},${w.replace('"w"', '"v"')}}`, 8), /"w" and "v" overlap/],
    ['bytes that are no text', withHeader(`{"\u0000":1}`, 0), /no valid JSON/],
  ])('with %s is refused, naming the place', async (_, bytes, message) => {
    await expect(open(bytes)).rejects.toThrow(FormatError)
    await expect(open(bytes)).rejects.toThrow(message)
  })

  it('with elements smaller than a byte is unsupported', async () => {
    await expect(open(withHeader(entry({ dtype: 'F4' }), 8))).rejects.toThrow(UnsupportedError)
  })

  it('is refused wherever it is cut off', async () => {
    const bytes = float32File({ 'fc.weight': [2, 3], 'fc.bias': [2] })
    for (let length = 1; length < bytes.length; length += 5)
      await expect(open(bytes.slice(0, length))).rejects.toThrow(FormatError)
  })

  it('with bytes that belong to no tensor opens, and says so', async () => {
    expect((await open(withHeader(entry({}), 12))).notes[0]).toMatch(/^4 bytes of net.safetensors belong to no tensor/)
  })
})
