import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DIGIT_NAMES } from '../../src/data/dataset.ts'
import { idxDataset, readIdx } from '../../src/data/idx.ts'
import { FormatError, LobesError, UnsupportedError } from '../../src/errors.ts'
import { gzipped, idxBytes, tinySet } from './idx-bytes.ts'

const about = { name: 'tiny', classes: DIGIT_NAMES }

describe('readIdx', () => {
  it('reads shape and values, gzipped or not', async () => {
    const bytes = idxBytes([2, 3], [1, 2, 3, 4, 5, 255])
    const expected = { shape: [2, 3], data: Uint8Array.of(1, 2, 3, 4, 5, 255) }
    expect(await readIdx(bytes, 'x')).toEqual(expected)
    expect(await readIdx(await gzipped(bytes), 'x.gz')).toEqual(expected)
  })

  it('refuses a header that asks for more than there is, and names the file', async () => {
    const bytes = idxBytes([0xffffffff, 0xffffffff, 0xffffffff], [1])
    await expect(readIdx(bytes, 'huge.idx')).rejects.toThrow(/huge\.idx is a damaged idx file: shape \[4294967295,/)
  })

  it('refuses elements that are no unsigned bytes', async () => {
    const bytes = idxBytes([1], [1])
    bytes[2] = 0x0d
    await expect(readIdx(bytes, 'float.idx')).rejects.toThrow(UnsupportedError)
  })

  it('opens or refuses whatever the bytes are, gzipped ones too', async () => {
    const plain = idxBytes([4, 3], new Uint8Array(12))
    const packed = await gzipped(plain)
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(plain, packed),
        fc.nat({ max: 40 }),
        fc.array(fc.tuple(fc.nat({ max: 40 }), fc.nat({ max: 255 })), { maxLength: 3 }),
        async (whole, cut, changes) => {
          const bytes = whole.slice(0, Math.max(0, whole.length - cut))
          for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value
          const outcome = await readIdx(bytes, 'x').catch(error => error)
          if (outcome instanceof Error) expect(outcome).toBeInstanceOf(LobesError)
          else expect(outcome.data.length).toBe(outcome.shape.reduce((a: number, b: number) => a * b, 1))
        },
      ),
      { numRuns: 300 },
    )
  })

  it('refuses a gzip file that claims to hold more than it can before unpacking it', async () => {
    const packed = await gzipped(idxBytes([1], [7]))
    new DataView(packed.buffer).setUint32(packed.length - 4, 0xffffffff, true)
    await expect(readIdx(packed, 'bomb.gz')).rejects.toThrow(/bomb\.gz is a damaged gzip file: it claims/)
  })

  it('refuses a gzip file whose content was changed', async () => {
    const packed = await gzipped(
      idxBytes(
        [64],
        Uint8Array.from({ length: 64 }, (_, i) => (i * 37) % 256),
      ),
    )
    packed[packed.length - 7] ^= 1 // the checksum
    await expect(readIdx(packed, 'x.gz')).rejects.toThrow(FormatError)
  })
})

describe('idxDataset', () => {
  it('joins four files into a data set', async () => {
    const set = await idxDataset(tinySet(5, 3), about)
    expect(set).toMatchObject({ shape: [1, 2, 3], divisor: 255, heads: 1, outputs: 10 })
    expect(set.train.labels).toEqual(Int32Array.of(0, 1, 2, 3, 4))
    expect(set.tests.test.inputs.slice(6, 12)).toEqual(new Uint8Array(6).fill(1))
  })

  it.each([
    [
      'labels for other images',
      { trainLabels: idxBytes([4], [0, 1, 2, 3]) },
      /there are 5 images, but labels of shape \[4\]/,
    ],
    ['a label out of range', { testLabels: idxBytes([3], [0, 10, 2]) }, /tiny \(test\).*label 1 is 10/],
    ['images without rows', { trainImages: idxBytes([30], new Uint8Array(30)) }, /images have the shape \[30\]/],
    ['tests of another size', { testImages: idxBytes([3, 1, 1], [0, 0, 0]) }, /images to test on \[1,1\]/],
  ])('refuses %s', async (_, wrong, message) => {
    await expect(idxDataset({ ...tinySet(5, 3), ...wrong }, about)).rejects.toThrow(message)
  })
})
