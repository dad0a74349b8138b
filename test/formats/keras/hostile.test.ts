/** Mutated and malicious Keras files: refused by an error of ours, at once, and without memory the file has no bytes for. */
import { describe, expect, it } from 'vitest'
import { FormatError, LobesError, ResourceError } from '../../../src/errors.ts'
import { openHdf5 } from '../../../src/formats/hdf5/hdf5.ts'
import { memorySource } from '../../../src/formats/memory-source.ts'
import { openNetwork } from '../../../src/formats/open.ts'
import { type Random, randomStream } from '../../../src/random.ts'
import { tensor } from '../../../src/tensor/tensor.ts'
import { archive, h5Model, hdf5Bytes, layer, ramp, sequential, store } from './files.ts'

const CONFIG = sequential(
  [6, 6, 1],
  layer('Conv2D', 'c', { filters: 2, kernel_size: [3, 3], activation: 'relu' }),
  layer('Flatten', 'f'),
  layer('Dense', 'd', { units: 3 }),
)
const c = { kernel: ramp(3, 3, 1, 2), bias: ramp(2) }
const d = { kernel: ramp(32, 3), bias: ramp(3) }

/** Numbers that break readers, as bytes. */
const ABSURD = [
  [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
  [0, 0, 0, 0, 0, 0, 0, 0x10],
  [0xff, 0xff, 0xff, 0x7f],
  [0, 0, 0, 0, 0, 0, 0, 0],
  [0xff, 0xff, 0xff, 0, 0, 0, 0, 0],
]

function mutate(bytes: Uint8Array<ArrayBuffer>, random: Random): Uint8Array<ArrayBuffer> {
  const copy = bytes.slice()
  // Most structures lie in places that are not zero.
  const somewhere = () => {
    for (let trial = 0; trial < 20; trial++) {
      const at = random.below(bytes.length)
      if (bytes[at] !== 0) return at
    }
    return random.below(bytes.length)
  }
  for (let count = 1 + random.below(3); count > 0; count--) {
    const at = somewhere()
    switch (random.below(4)) {
      case 0:
        copy[at] ^= 1 << random.below(8)
        break
      case 1:
        copy.set(ABSURD[random.below(ABSURD.length)].slice(0, copy.length - at), at & ~7)
        break
      case 2: {
        // An address or a name of the file in another place.
        const from = random.below(bytes.length) & ~7
        copy.set(bytes.subarray(from, Math.min(from + 8, from + bytes.length - (at & ~7))), at & ~7)
        break
      }
      default:
        return random.below(4) === 0 ? copy.slice(0, at) : copy
    }
  }
  return copy
}

async function openAndRead(bytes: Uint8Array, name: string): Promise<void> {
  const network = await openNetwork(memorySource(bytes, { name }))
  for (const weight of network.weights.values()) await weight.read()
}

const packed = () =>
  hdf5Bytes(file => {
    const { data, shape } = ramp(20, 20)
    file.create_attribute('layer_names', ['d'])
    const group = file.create_group('d')
    group.create_attribute('weight_names', ['kernel'])
    group.create_dataset({
      name: 'kernel',
      data: data as Float32Array,
      shape: [...shape],
      chunks: [7, 7],
      compression: 4,
    })
  })
const dense = () =>
  hdf5Bytes(file => {
    for (let at = 0; at < 20; at++) store(file, `layers/dense_${at}/vars/0`, ramp(2, 2))
  }, 'v108')
const FILES = [
  ['net.h5', () => h5Model(CONFIG, { c, f: {}, d })],
  ['weights.h5', () => h5Model(undefined, { c, f: {}, d })],
  ['net.keras', () => archive(CONFIG, { conv2d: Object.values(c), dense: Object.values(d) })],
  ['packed.h5', packed],
  ['dense.h5', dense],
] as const

/** Of each file; 5,000 were run once. */
const MUTANTS = 80

describe('mutants open or are refused by a LobesError, quickly', () => {
  it.each(FILES)('%s', async (name, make) => {
    const bytes = await make()
    await openAndRead(bytes, name)
    const random = randomStream(2026)
    const codes = new Map<string, number>()
    for (let trial = 0; trial < MUTANTS; trial++) {
      const mutant = mutate(bytes, random)
      const start = performance.now()
      const code = await openAndRead(mutant, name).then(
        () => 'opened',
        error => {
          if (!(error instanceof LobesError)) throw new Error(`mutant ${trial}: ${error}`, { cause: error })
          return error.code
        },
      )
      codes.set(code, (codes.get(code) ?? 0) + 1)
      expect(performance.now() - start).toBeLessThan(5000)
    }
    expect(codes.size).toBeGreaterThan(1)
  })
})

const open = async (write: Parameters<typeof hdf5Bytes>[0], change: (bytes: Uint8Array<ArrayBuffer>) => void) => {
  const bytes = await hdf5Bytes(write)
  change(bytes)
  const file = await openHdf5(memorySource(bytes, { name: 'net.h5' }))
  return (await file.find(file.root, 'w'))!.dataset!.read()
}

/** Writes a number over every place where another stands. */
function replaced(bytes: Uint8Array<ArrayBuffer>, from: number, to: bigint, width: 4 | 8 = 8): number {
  const view = new DataView(bytes.buffer)
  let count = 0
  for (let at = 0; at + 8 <= bytes.length; at++) {
    const found = width === 8 ? view.getBigUint64(at, true) : BigInt(view.getUint32(at, true))
    if (found !== BigInt(from)) continue
    if (width === 8) view.setBigUint64(at, to, true)
    else view.setUint32(at, Number(to), true)
    count++
  }
  return count
}

describe('HDF5 that claims what it does not have', () => {
  const shape = [1237, 3]
  const values = tensor(new Float32Array(1237 * 3), shape)
  const chunked = (file: Parameters<Parameters<typeof hdf5Bytes>[0]>[0]) =>
    file.create_dataset({ name: 'w', data: values.data as Float32Array, shape, chunks: [619, 3], compression: 9 })

  it.each([2n ** 60n, 2n ** 40n, 2n ** 31n])('a dataset of %s rows', async rows => {
    const failure = await open(
      file => store(file, 'w', values),
      bytes => expect(replaced(bytes, 1237, rows)).toBeGreaterThan(0),
    ).catch(error => error)
    expect(failure).toBeInstanceOf(FormatError)
    expect(failure.message).toMatch(/"w".*(fits no file|more than the file has|claims a size)/)
  })

  it('a packed dataset of a thousand million rows', async () => {
    const failure = await open(chunked, bytes => replaced(bytes, 1237, 10n ** 9n)).catch(error => error)
    expect(failure).toBeInstanceOf(ResourceError)
  })

  it('chunks of two thousand million rows', async () => {
    const failure = await open(chunked, bytes => expect(replaced(bytes, 619, 2n ** 31n, 4)).toBeGreaterThan(0)).catch(
      e => e,
    )
    expect(failure).toBeInstanceOf(ResourceError)
    expect(failure.message).toMatch(/"w".*far more than the file/)
  })

  it('chunks that unpack to more than they should', async () => {
    await expect(open(chunked, bytes => replaced(bytes, 619, 100n, 4))).rejects.toThrow(/"w"/)
  })

  it('one list of names for thousands of layers', async () => {
    const names = Array.from({ length: 3000 }, (_, i) => `n${i}`)
    const bytes = await hdf5Bytes(file => {
      const group = file.create_group('n0')
      group.create_attribute('weight_names', names)
      group.create_dataset({ name: 'n0', data: Float32Array.of(1), shape: [1] })
      for (const name of names.slice(1)) {
        file.create_hard_link('n0', name)
        file.create_hard_link('n0/n0', `n0/${name}`)
      }
      file.create_attribute('layer_names', names)
    })
    await expect(openAndRead(bytes, 'net.h5')).rejects.toThrow(/texts of the file are many times as long/)
  })

  it('values in more packed chunks than any program makes', async () => {
    const failure = await open(
      file =>
        file.create_dataset({ name: 'w', data: new Float32Array(9000), shape: [9000], chunks: [1], compression: 1 }),
      () => {},
    ).catch(error => error)
    expect(failure.message).toMatch(/"w": it lies in 9000 packed chunks/)
  })

  it('a group that is a member of itself', async () => {
    const bytes = await hdf5Bytes(file => file.create_group('layers'))
    const file = await openHdf5(memorySource(bytes))
    const own = file.root.links!.get('layers')!
    // The root's address in the place of the member's.
    const root = Number(new DataView(bytes.buffer).getBigUint64(64, true))
    expect(replaced(bytes, own, BigInt(root))).toBeGreaterThan(0)
    await expect(openAndRead(bytes, 'net.h5')).rejects.toThrow(/nested more than 20 deep/)
  })
})
