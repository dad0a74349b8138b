/**
 * Mutated safetensors, .npz and .npy files: each opens and reads, or is refused with one of our errors, quickly, and
 * without memory being asked for that the file has no bytes for.
 */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LobesError } from '../../src/errors.ts'
import type { Format } from '../../src/formats/format.ts'
import { memorySource } from '../../src/formats/memory-source.ts'
import { npz } from '../../src/formats/npz.ts'
import { safetensors } from '../../src/formats/safetensors.ts'
import { writeNpy } from '../../src/tensor/npy.ts'
import { writeNpz } from '../../src/tensor/npz.ts'
import { tensor } from '../../src/tensor/tensor.ts'
import { float32File } from './safetensors-file.ts'
import { bytesOf, SAVEZ_COMPRESSED, SAVEZ_ZIP64 } from './zip-bytes.ts'

const zeros = (...shape: number[]) => tensor(new Float32Array(shape.reduce((a, b) => a * b)), shape)
const SHARD = 'a.safetensors'
const WEIGHTS = float32File({ 'conv1.weight': [4, 1, 3, 3], 'conv1.bias': [4], 'fc.weight': [3, 16], 'fc.bias': [3] })
const INDEX = new TextEncoder().encode(
  JSON.stringify({ weight_map: { 'fc.weight': SHARD, 'fc.bias': SHARD, 'conv1.weight': SHARD } }),
)

interface HostFile {
  readonly format: Format
  readonly name: string
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly orientation: 'out-in' | 'in-out'
}

const FILES: readonly HostFile[] = [
  { format: safetensors, name: 'net.safetensors', bytes: WEIGHTS, orientation: 'out-in' },
  { format: safetensors, name: 'net.safetensors.index.json', bytes: INDEX, orientation: 'out-in' },
  {
    format: npz,
    name: 'stored.npz',
    bytes: writeNpz({ W1: zeros(4, 3), b1: zeros(4), W2: zeros(2, 4) }),
    orientation: 'out-in',
  },
  { format: npz, name: 'deflated.npz', bytes: bytesOf(SAVEZ_COMPRESSED), orientation: 'in-out' },
  { format: npz, name: 'zip64.npz', bytes: bytesOf(SAVEZ_ZIP64), orientation: 'in-out' },
  { format: npz, name: 'matrix.npy', bytes: writeNpy(zeros(5, 3)), orientation: 'out-in' },
]

/** Numbers that break readers, as bytes. */
const ABSURD = [
  [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
  [0, 0, 0, 0, 0, 0, 0, 0x10],
  [0xff, 0xff, 0xff, 0x7f],
  [0, 0, 0, 0],
  [...'-1'].map(char => char.charCodeAt(0)),
  [...'1e308'].map(char => char.charCodeAt(0)),
  [...'99999999999'].map(char => char.charCodeAt(0)),
  [...'[[[[[[[['].map(char => char.charCodeAt(0)),
  [...'"__proto__"'].map(char => char.charCodeAt(0)),
]

type Mutation = (bytes: Uint8Array<ArrayBuffer>) => Uint8Array<ArrayBuffer>

/** Places are fractions, biased towards the two ends, where headers and directories are. */
const place = fc
  .tuple(fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }), fc.integer({ min: 0, max: 2 }))
  .map(([x, where]) => (where === 0 ? x * x * x : where === 1 ? 1 - x * x * x : x))
const at = (bytes: Uint8Array, fraction: number) =>
  Math.max(0, Math.min(bytes.length - 1, Math.floor(fraction * bytes.length)))

const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  fc.tuple(place, fc.nat(7)).map(
    ([x, bit]): Mutation =>
      bytes => {
        const copy = bytes.slice()
        if (copy.length) copy[at(copy, x)] ^= 1 << bit
        return copy
      },
  ),
  place.map(
    (x): Mutation =>
      bytes =>
        bytes.slice(0, at(bytes, x)),
  ),
  fc.tuple(place, fc.constantFrom(...ABSURD)).map(
    ([x, values]): Mutation =>
      bytes => {
        const copy = bytes.slice()
        copy.set(values.slice(0, copy.length - at(copy, x)), at(copy, x))
        return copy
      },
  ),
  fc.tuple(place, place, fc.nat(40)).map(
    ([x, y, length]): Mutation =>
      bytes => {
        const [from, to] = [at(bytes, x), at(bytes, y)]
        return new Uint8Array([...bytes.subarray(0, to), ...bytes.subarray(from, from + length), ...bytes.subarray(to)])
      },
  ),
  fc.tuple(place, fc.nat(40)).map(
    ([x, length]): Mutation =>
      bytes => {
        const from = at(bytes, x)
        return new Uint8Array([...bytes.subarray(0, from), ...bytes.subarray(from + length)])
      },
  ),
)

const mutatedFile = fc
  .record({ file: fc.constantFrom(...FILES), mutations: fc.array(mutation, { minLength: 1, maxLength: 2 }) })
  .map(({ file, mutations }) => ({ ...file, bytes: mutations.reduce((bytes, mutate) => mutate(bytes), file.bytes) }))

describe('3,000 mutated files', () => {
  it('each open and read, or are refused by name, within a second', async () => {
    const outcomes = { opened: 0, refused: 0 }
    let slowest = 0
    await fc.assert(
      fc.asyncProperty(mutatedFile, async ({ format, name, bytes, orientation }) => {
        const started = performance.now()
        try {
          const source = memorySource(bytes, { name, siblings: { [SHARD]: WEIGHTS } })
          const network = await format.open(source, { orientation })
          for (const weight of network.weights.values()) {
            const { data } = await weight.read()
            // Deflate, and nothing else, gives more bytes than the file has.
            expect(data.byteLength).toBeLessThanOrEqual(
              (name === 'deflated.npz' ? 1032 : 2) * (bytes.length + WEIGHTS.length),
            )
          }
          outcomes.opened++
        } catch (error) {
          if (!(error instanceof LobesError)) throw error
          expect(error.message.length).toBeGreaterThan(20)
          outcomes.refused++
        }
        slowest = Math.max(slowest, performance.now() - started)
      }),
      { seed: 20, numRuns: 3000 },
    )
    expect(slowest).toBeLessThan(1000)
    // Both happen often: the mutations neither miss the files nor ruin them all.
    expect(outcomes.opened).toBeGreaterThan(150)
    expect(outcomes.refused).toBeGreaterThan(1500)
  })

  it('would all open, unmutated', async () => {
    for (const { format, name, bytes, orientation } of FILES) {
      const source = memorySource(bytes, { name, siblings: { [SHARD]: WEIGHTS } })
      expect((await format.open(source, { orientation })).operators.length).toBeGreaterThan(0)
    }
  })
})
