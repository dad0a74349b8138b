import { describe, expect, it } from 'vitest'
import { datasetHash } from '../../src/data/content-hash.ts'
import type { Dataset } from '../../src/data/dataset.ts'
import { datasetToNpz, npzDataset } from '../../src/data/npz-dataset.ts'
import { memorySource } from '../../src/formats/memory-source.ts'
import { loadTask } from '../../src/tasks/load.ts'
import { writeNpz } from '../../src/tensor/npz.ts'
import { type Tensor, tensor } from '../../src/tensor/tensor.ts'

const read = (bytes: Uint8Array) => npzDataset(memorySource(bytes, { name: 'mine.npz' }))
const open = (arrays: Record<string, Tensor>) => read(writeNpz(arrays))

const good = {
  x_train: tensor(new Float32Array(6), [3, 2]),
  y_train: tensor(Int32Array.of(0, 1, 2), [3]),
  x_test: tensor(new Float32Array(4), [2, 2]),
  y_test: tensor(Int32Array.of(0, 1), [2]),
}

describe('npz data sets', () => {
  it.each(['digits', 'small_digits', 'stacked_digits', 'digits-line', 'poly', 'add_mul', 'many_fns_streamed'])(
    'give back %s as it was written, compressed or not',
    async name => {
      const set = await loadTask(name, { train: 20, test: 10 })
      for (const compress of [false, true]) {
        const back = await read(datasetToNpz(set, compress))
        expect(datasetHash(back)).toBe(datasetHash(set))
        expect(back.name).toBe('mine')
      }
    },
  )

  it('reads Keras’ layout: images without channels, labels of 64 bits, upper-case X', async () => {
    const set = await open({
      X_train: tensor(new Uint8Array(2 * 12), [2, 4, 3]),
      y_train: tensor(BigInt64Array.of(4n, 0n), [2]),
      X_test: tensor(new Uint8Array(12), [1, 4, 3]),
      y_test: tensor(BigInt64Array.of(1n), [1]),
    })
    expect(set).toMatchObject({ shape: [1, 4, 3], divisor: 255, outputs: 5, heads: 1 })
    expect(set.train.labels).toEqual(Int32Array.of(4, 0))
  })

  it('moves channels to the front where they must be last', async () => {
    const part = { data: Uint8Array.of(1, 2, 3, 4, 5, 6), shape: [1, 1, 2, 3] }
    const set = await open({
      x_train: tensor(part.data, [1, 2, 1, 3]),
      y_train: tensor(Int32Array.of(0), [1]),
      x_test: tensor(part.data, [1, 2, 1, 3]),
      y_test: tensor(Int32Array.of(0), [1]),
    })
    expect(set.shape).toEqual([3, 2, 1])
    expect(set.train.inputs).toEqual(Uint8Array.of(1, 4, 2, 5, 3, 6))
  })

  it('takes floats for numbers to predict', async () => {
    const set: Dataset = await open({
      ...good,
      y_train: tensor(Float64Array.of(0.5, 1, 2), [3]),
      y_test: tensor(Float64Array.of(1, 2), [2]),
    })
    expect(set).toMatchObject({ divisor: 1, outputs: 1, heads: 1 })
    expect(set.classes).toBeUndefined()
    expect(set.train.targets).toEqual(Float32Array.of(0.5, 1, 2))
  })

  const none = undefined as unknown as Tensor
  it.each([
    ['no test split', { x_test: none }, /mine\.npz holds .*needs x_train, y_train, x_test and y_test/],
    ['no labels', { y_test: none }, /holds x_test, but no y_test/],
    [
      'labels for others',
      { y_train: tensor(Int32Array.of(0, 1), [2]) },
      /y_train has shape \[2\], but must have \[3\]/,
    ],
    ['tests of another shape', { x_test: tensor(new Float32Array(6), [2, 3]) }, /x_test, y_test has examples of \[3\]/],
    ['a label below zero', { y_train: tensor(Int32Array.of(0, -1, 2), [3]) }, /example 1 has the label -1/],
    ['too few classes', { classes: tensor(Int32Array.of(2), []) }, /example 2 has the label 2, but there are 2/],
    [
      'numbers that are none',
      { x_train: tensor(Float32Array.of(0, 1, Number.NaN, 3, 4, 5), [3, 2]) },
      /x_train holds NaN at index 2/,
    ],
    ['examples of no shape', { x_train: tensor(new Float32Array(3), [3]) }, /x_train has the shape \[3\]/],
  ])('refuses a file with %s', async (_, wrong, message) => {
    const arrays = Object.entries({ ...good, ...wrong }).filter(([, array]) => array !== undefined)
    await expect(open(Object.fromEntries(arrays))).rejects.toThrow(message)
  })
})
