import { describe, expect, it } from 'vitest'
import { cifarDataset } from '../../src/data/cifar.ts'
import { gzipped } from './idx-bytes.ts'

const RECORD = 3073

function records(...labels: number[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(labels.length * RECORD)
  labels.forEach((label, i) => {
    bytes[i * RECORD] = label
    bytes.fill(10 * label + 1, i * RECORD + 1, i * RECORD + 1025) // red
    bytes.fill(10 * label + 2, i * RECORD + 1025, i * RECORD + 2049)
    bytes.fill(10 * label + 3, i * RECORD + 2049, (i + 1) * RECORD)
  })
  return bytes
}

describe('cifarDataset', () => {
  it('joins files, gzipped or not, and keeps colours as channels', async () => {
    const train = [
      { name: 'data_batch_1.bin', bytes: records(3, 9) },
      { name: 'data_batch_2.bin.gz', bytes: await gzipped(records(5)) },
    ]
    const set = await cifarDataset(train, [{ name: 'test_batch.bin', bytes: records(0) }])
    expect(set.shape).toEqual([3, 32, 32])
    expect(set.train.labels).toEqual(Int32Array.of(3, 9, 5))
    expect([0, 1024, 2048].map(at => set.train.inputs[2 * 3072 + at])).toEqual([51, 52, 53])
    expect(set.classes?.[9]).toBe('truck')
  })

  it.each([
    ['cut off', records(1, 2).slice(0, -1), /bad\.bin.*6145 bytes are no whole number of records/],
    ['empty', new Uint8Array(0), /bad\.bin/],
    ['with a label that is no class', records(1, 10), /bad\.bin.*record 1 has the label 10/],
  ])('refuses a file %s', async (_, bytes, message) => {
    const good = { name: 'test.bin', bytes: records(0) }
    await expect(cifarDataset([{ name: 'bad.bin', bytes }], [good])).rejects.toThrow(message)
  })
})
