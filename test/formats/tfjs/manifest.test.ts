/** The weights of TensorFlow.js models: shards, quantisation, and what a manifest may not claim. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { FormatError, LobesError, UnsupportedError } from '../../../src/errors.ts'
import { memorySource } from '../../../src/formats/memory-source.ts'
import type { ByteSource } from '../../../src/formats/source.ts'
import { readManifest } from '../../../src/formats/tfjs/manifest.ts'
import { joined } from './model-files.ts'

const bytesOf = (array: Float32Array | Uint16Array | Int32Array) => new Uint8Array(array.buffer)
const source = (siblings: Readonly<Record<string, Uint8Array>>) =>
  memorySource(new Uint8Array(1), { name: 'model.json', siblings })
const valuesOf = async (read: () => Promise<{ data: ArrayLike<number | bigint> }>) => Array.from((await read()).data)

test('weights lie one after the other, across shards', async () => {
  const values = Float32Array.from({ length: 12 }, (_, i) => i / 2)
  const bytes = bytesOf(values)
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 48 }), { maxLength: 4 }), async cuts => {
      const ends = [...cuts.sort((a, b) => a - b), 48]
      const files = Object.fromEntries(ends.map((end, i) => [`shard${i}`, bytes.slice(ends[i - 1] ?? 0, end)]))
      const weights = [
        { name: 'a', shape: [2, 3], dtype: 'float32' },
        { name: 'none', shape: [0], dtype: 'float32' },
        { name: 'b', shape: [6], dtype: 'float32' },
      ]
      const [a, none, b] = await readManifest(source(files), [{ paths: Object.keys(files), weights }])
      expect(await valuesOf(a.read)).toEqual([0, 0.5, 1, 1.5, 2, 2.5])
      expect(await valuesOf(none.read)).toEqual([])
      expect(await valuesOf(b.read)).toEqual([3, 3.5, 4, 4.5, 5, 5.5])
    }),
  )
})

test('groups have shards of their own; a weight reads its own bytes alone', async () => {
  const reads: string[] = []
  const counting = (file: ByteSource): ByteSource => ({
    ...file,
    slice(start, end) {
      reads.push(`${file.name} ${start}–${end}`)
      return file.slice(start, end)
    },
  })
  const inner = source({ one: bytesOf(Int32Array.of(7, 8, 9)), two: Uint8Array.of(1, 0) })
  const outer = { ...inner, sibling: async (path: string) => counting((await inner.sibling!(path))!) }
  const weights = await readManifest(outer, [
    {
      paths: ['one'],
      weights: [
        { name: 'a', shape: [2], dtype: 'int32' },
        { name: 'b', shape: [], dtype: 'int32' },
      ],
    },
    { paths: ['two'], weights: [{ name: 'c', shape: [2], dtype: 'bool' }] },
  ])
  expect(weights.map(({ name, dtype, shape }) => [name, dtype, shape])).toEqual([
    ['a', 'int32', [2]],
    ['b', 'int32', []],
    ['c', 'bool', [2]],
  ])
  expect(reads).toEqual([])
  expect(await valuesOf(weights[1].read)).toEqual([9])
  expect(reads).toEqual(['one 8–12'])
})

describe('quantised weights', () => {
  const read = async (bytes: Uint8Array, entry: object) => {
    const [weight] = await readManifest(source({ w: bytes }), [
      { paths: ['w'], weights: [{ name: 'w', dtype: 'float32', ...entry }] },
    ])
    expect(weight.dtype).toBe('float32')
    return valuesOf(weight.read)
  }

  test('uint8: q · scale + min', async () => {
    const quantization = { dtype: 'uint8', scale: 0.5, min: -2 }
    expect(await read(Uint8Array.of(0, 4, 255), { shape: [3], quantization })).toEqual([-2, 0, 125.5])
  })

  test('uint16', async () => {
    const quantization = { dtype: 'uint16', scale: 0.25, min: 1 }
    expect(await read(bytesOf(Uint16Array.of(0, 65535)), { shape: [2], quantization })).toEqual([1, 16384.75])
  })

  test('float16', async () => {
    const bits = bytesOf(Uint16Array.of(0x3c00, 0xc100, 0x0001))
    expect(await read(bits, { shape: [3], quantization: { dtype: 'float16' } })).toEqual([1, -2.5, 2 ** -24])
  })

  test('integers are rounded', async () => {
    const weights = [{ name: 'w', shape: [2], dtype: 'int32', quantization: { dtype: 'uint8', scale: 0.6, min: -1 } }]
    const [weight] = await readManifest(source({ w: Uint8Array.of(1, 5) }), [{ paths: ['w'], weights }])
    expect((await weight.read()).data).toEqual(Int32Array.of(0, 2))
  })
})

describe('refused', () => {
  const floats = (count: number) => new Uint8Array(4 * count)
  const refusal = async (manifest: unknown, files: Readonly<Record<string, Uint8Array>> = { w: floats(4) }) => {
    const failure = await readManifest(source(files), manifest).catch(error => error)
    expect(failure).toBeInstanceOf(LobesError)
    return failure as LobesError
  }
  const weight = (entry: object) => [{ paths: ['w'], weights: [{ name: 'x', shape: [4], dtype: 'float32', ...entry }] }]

  test.each([
    '../w',
    '/etc/passwd',
    'https://example.org/w',
    'file:///etc/passwd',
    '\\\\server\\w',
    'c:w',
    'a/../../w',
    '',
    'w\0',
    'w/',
  ])('the shard %j outside the folder', async path => {
    const failure = await refusal([{ paths: [path], weights: [] }])
    expect(failure).toBeInstanceOf(FormatError)
    expect(failure.code).toBe('format.path')
  })

  test.each([
    ['a missing shard', [{ paths: ['other'], weights: [] }], /"other" beside it/],
    ['a shard listed twice', [{ paths: ['w', 'w'], weights: [] }], /"w" twice/],
    ['no list', { paths: [] }, /not a list/],
    ['a group that is null', [null], /lacks its lists/],
    ['weights that are no list', [{ paths: ['w'], weights: {} }], /lacks its lists/],
    ['a weight that is null', [{ paths: ['w'], weights: [null] }], /has the name undefined/],
    [
      'a weight twice',
      [{ paths: ['w'], weights: [...weight({ shape: [2] })[0].weights, ...weight({ shape: [2] })[0].weights] }],
      /"x" twice/,
    ],
    ['more than the shards hold', weight({ shape: [5] }), /"x" ends at byte 20.*hold 16/],
    ['less than the shards hold', weight({ shape: [3] }), /describes 12 bytes of w, which hold 16/],
    ['sizes that overflow', weight({ shape: [2 ** 31, 2 ** 31] }), /impossibly large/],
    ['a negative size', weight({ shape: [-1, 4] }), /has the shape \[-1,4\]/],
    ['half a size', weight({ shape: [1.5] }), /has the shape/],
    ['a size in text', weight({ shape: ['4'] }), /has the shape/],
    ['a hundred axes', weight({ shape: new Array(100).fill(1) }), /has the shape/],
    ['an unknown dtype', weight({ dtype: 'float128' }), /dtype "float128"/],
    ['a built-in name as dtype', weight({ dtype: 'constructor' }), /dtype "constructor"/],
    ['quantisation without a scale', weight({ quantization: { dtype: 'uint8', min: 0 } }), /quantization/],
    ['quantisation without a minimum', weight({ quantization: { dtype: 'uint8', scale: 1 } }), /quantization/],
    ['a scale in text', weight({ quantization: { dtype: 'uint8', scale: '1', min: 0 } }), /quantization/],
    ['quantisation to nothing known', weight({ quantization: { dtype: 'int4', scale: 1, min: 0 } }), /quantization/],
    ['quantisation that is null', weight({ quantization: null }), /quantization/],
  ])('%s', async (_, manifest, message) => {
    const failure = await refusal(manifest)
    expect(failure).toBeInstanceOf(FormatError)
    expect(failure.message).toMatch(message)
  })

  test('text and complex numbers', async () => {
    const failure = await refusal(weight({ dtype: 'string' }), { w: joined([floats(4)]) })
    expect(failure).toBeInstanceOf(UnsupportedError)
    expect(failure.message).toMatch(/"x" holds string/)
  })
})
