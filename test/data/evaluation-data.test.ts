import { describe, expect, it } from 'vitest'
import { chanceLevel, chanceWarning } from '../../src/data/chance.ts'
import { evaluationData } from '../../src/data/evaluation-data.ts'
import { idxExamples } from '../../src/data/idx-examples.ts'
import { npzExamples } from '../../src/data/npz-examples.ts'
import { datasetExamples, type StoredExamples } from '../../src/data/stored-examples.ts'
import { memorySource } from '../../src/formats/memory-source.ts'
import type { Network } from '../../src/network/network.ts'
import { loadTask } from '../../src/tasks/load.ts'
import { writeNpz } from '../../src/tensor/npz.ts'
import { type Tensor, tensor } from '../../src/tensor/tensor.ts'
import { idxBytes } from './idx-bytes.ts'

/** A network by what its ends look like. */
function ends(input: (number | null)[], outputs: number): Pick<Network, 'name' | 'inputs' | 'outputs' | 'shapes'> {
  return {
    name: 'net',
    inputs: [{ name: 'in', dtype: 'float32', shape: [null, ...input] }],
    outputs: [{ name: 'out', dtype: 'float32', shape: [null, outputs] }],
    shapes: new Map(),
  }
}

/** Two images of 2 × 2 pixels and 3 channels: 1, 2, 3 … in the stored order. */
const images: StoredExamples = {
  name: 'images',
  inputs: Float32Array.from({ length: 24 }, (_, i) => i),
  shape: [3, 2, 2],
  layout: 'nchw',
  divisor: 1,
  labels: Int32Array.of(0, 1),
  heads: 1,
  classes: ['cat', 'dog'],
  provenance: 'Made up.',
}
const turned = { ...images, shape: [2, 2, 3], layout: 'nhwc' } as const

const npz = (arrays: Record<string, Tensor>, labels?: string) =>
  npzExamples(memorySource(writeNpz(arrays), { name: 'mine.npz' }), labels)

describe('evaluation data', () => {
  it('gives a test split divided as for training, to the bit', async () => {
    const digits = await loadTask('digits', { train: 20, test: 30 })
    const data = evaluationData(ends([784], 10), datasetExamples(digits))
    expect(data).toMatchObject({ shape: [784], image: { channels: 1, height: 28, width: 28 }, notes: [] })
    expect(data.inputs).toEqual(Float32Array.from(digits.tests.test.inputs, value => value / 255))
    const scaled = evaluationData(ends([784], 10), datasetExamples(digits), { scale: 1 / 255 })
    expect(scaled.inputs).toEqual(data.inputs)
  })

  it('turns images where the input reads them the other way round', () => {
    const first = (data: { inputs: Float32Array }) => [...data.inputs.subarray(0, 12)]
    expect(first(evaluationData(ends([3, 2, 2], 2), images))).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11])
    expect(first(evaluationData(ends([2, 2, 3], 2), images))).toEqual([0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11])
    expect(first(evaluationData(ends([3, 2, 2], 2), turned))).toEqual([0, 3, 6, 9, 1, 4, 7, 10, 2, 5, 8, 11])
    expect(first(evaluationData(ends([null, null, 3], 2), images))).toEqual([0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11])
  })

  it('flattens as stored and says so, or as asked', () => {
    const asStored = evaluationData(ends([12], 2), images)
    expect(asStored.notes.join()).toContain('channel by channel')
    expect(asStored.image).toEqual({ channels: 3, height: 2, width: 2, layout: 'nchw' })
    const asked = evaluationData(ends([12], 2), images, { layout: 'nhwc' })
    expect([...asked.inputs.subarray(0, 6)]).toEqual([0, 4, 8, 1, 5, 9])
    expect(asked.notes).toEqual([])
  })

  it('normalises by channel, wherever the channels lie', () => {
    const options = { scale: 2, mean: [0, 10, 20], std: [1, 2, 4] }
    const first = evaluationData(ends([3, 2, 2], 2), images, options).inputs
    expect([first[0], first[4], first[8]]).toEqual([0, (8 - 10) / 2, (16 - 20) / 4])
    const last = evaluationData(ends([2, 2, 3], 2), images, options).inputs
    expect([...last.subarray(0, 3)]).toEqual([first[0], first[4], first[8]])
    expect(() => evaluationData(ends([3, 2, 2], 2), images, { mean: [1, 2] })).toThrow('2 numbers for mean, but 3')
    expect(() => evaluationData(ends([3, 2, 2], 2), images, { std: [0] })).toThrow('std not 0')
  })

  it('thins out evenly over the classes, and remembers which', async () => {
    const labels = Int32Array.from({ length: 100 }, (_, i) => (i < 90 ? 0 : i < 95 ? 1 : 2))
    const stored = { ...images, shape: [1], inputs: Float32Array.from(labels.keys()), labels, classes: undefined }
    const data = evaluationData(ends([1], 3), stored, { examples: 20, seed: 1 })
    const counts = [0, 1, 2].map(c => data.labels?.filter(label => label === c).length)
    expect(counts).toEqual([10, 5, 5])
    expect([...data.inputs]).toEqual([...data.indices])
    expect(evaluationData(ends([1], 3), stored, { examples: 20, seed: 2 }).indices).not.toEqual(data.indices)
  })

  it('refuses images of another size, naming both', () => {
    expect(() => evaluationData(ends([1, 28, 28], 2), images)).toThrow(
      'An example of images has the shape 3 × 2 × 2 (12 numbers), but the network reads 1 × 28 × 28 (784 numbers)',
    )
    expect(() => evaluationData(ends([4, 3, 1], 2), images)).toThrow('reads 4 × 3 × 1')
  })

  it('refuses labels that are no outputs, and numbers of another width', () => {
    expect(() => evaluationData(ends([12], 1), images)).toThrow(
      'example 1 has the label 1, but the network has 1 outputs: labels go from 0 to 0',
    )
    const { labels: _, ...bare } = images
    const targets = { ...bare, targets: new Float32Array(6).fill(0.5) }
    expect(() => evaluationData(ends([12], 2), targets)).toThrow('3 numbers to predict for each example')
    expect(evaluationData(ends([12], 3), targets).targets).toHaveLength(6)
  })

  it('takes whole floats for classes where there are several outputs', () => {
    const { labels: _, ...bare } = images
    const data = evaluationData(ends([12], 2), { ...bare, targets: Float32Array.of(1, 0) })
    expect(data.labels).toEqual(Int32Array.of(1, 0))
  })

  it('says what stands in for labels where there are none', () => {
    const { labels: _, ...bare } = images
    expect(evaluationData(ends([12], 2), bare, { layout: 'nchw' }).notes.join()).toContain('no labels')
  })
})

describe('npz files', () => {
  const x = tensor(new Float32Array(6), [3, 2])
  const y = tensor(Int32Array.of(0, 1, 2), [3])

  it.each([
    ['X', 'y'],
    ['x', 'labels'],
    ['images', 'labels'],
    ['data', 'target'],
    ['x_test', 'y_test'],
    ['arr_0', 'arr_1'],
  ])('are read with %s and %s', async (inputs, labels) => {
    const set = await npz({ [inputs]: x, [labels]: y })
    expect(set.labels).toEqual(Int32Array.of(0, 1, 2))
    expect(set.provenance).toBe(`${inputs} and ${labels} of mine.npz.`)
  })

  it('take the test split before the training split', async () => {
    const test = tensor(new Float32Array(2), [1, 2])
    const set = await npz({ x_train: x, y_train: y, x_test: test, y_test: tensor(Int32Array.of(1), [1]) })
    expect(set.inputs).toHaveLength(2)
  })

  it('with one-hot rows hold classes, with other floats numbers to predict', async () => {
    expect((await npz({ X: x, y: tensor(Float32Array.of(0, 1, 1, 0, 0, 1), [3, 2]) })).labels).toEqual(
      Int32Array.of(1, 0, 1),
    )
    expect((await npz({ X: x, y: tensor(Float32Array.of(0, 1, 1, 0, 0, 0.5), [3, 2]) })).targets).toHaveLength(6)
  })

  it('may have labels by another name, or none', async () => {
    expect((await npz({ X: x, y, digit: tensor(Int32Array.of(2, 2, 2), [3]) }, 'digit')).labels?.[0]).toBe(2)
    expect((await npz({ X: x, y }, 'none')).labels).toBeUndefined()
    expect((await npz({ X: x })).labels).toBeUndefined()
    await expect(npz({ X: x, y }, 'z')).rejects.toThrow('no array "z" for the labels; it holds X, y')
  })

  it('without examples, with too few labels or with values that are no numbers are refused', async () => {
    await expect(npz({ weights: x })).rejects.toThrow('mine.npz holds weights; examples are looked for under x_test')
    await expect(npz({ X: x, y: tensor(Int32Array.of(0), [1]) })).rejects.toThrow('there are 3 examples')
    await expect(npz({ X: tensor(Float32Array.of(1, Number.NaN), [1, 2]) })).rejects.toThrow('NaN at index 1')
    await expect(npz({ X: tensor(new Float32Array(0), [0, 2]) })).rejects.toThrow('has the shape [0,2]')
  })
})

describe('idx files', () => {
  it('go together in pairs', async () => {
    const pixels = idxBytes([2, 1, 3], [1, 2, 3, 4, 5, 6])
    const set = await idxExamples(pixels, idxBytes([2], [7, 3]), 'images.gz')
    expect(set).toMatchObject({ shape: [1, 1, 3], divisor: 255, name: 'images' })
    expect(set.labels).toEqual(Int32Array.of(7, 3))
    await expect(idxExamples(pixels, idxBytes([3], [1, 2, 3]), 'images')).rejects.toThrow('holds 2 examples')
    await expect(idxExamples(idxBytes([2], [7, 3]), undefined, 'labels')).rejects.toThrow('perhaps labels')
  })
})

describe('chance', () => {
  const labels = Int32Array.from({ length: 1000 }, (_, i) => i % 10)

  it('is the share of the most frequent class', () => {
    expect(chanceLevel(labels)).toBeCloseTo(0.1, 12)
    expect(chanceLevel(Int32Array.of(1, 1, 1, 0))).toBe(0.75)
  })

  it('is warned of at and below it, not above', () => {
    expect(chanceWarning(0.1, labels)).toContain('10.0 % of the examples, no better than chance')
    expect(chanceWarning(0.05, labels)).toContain('--scale')
    expect(chanceWarning(0.2, labels)).toBeUndefined()
    expect(chanceWarning(1, Int32Array.of(3, 3))).toBeUndefined()
  })
})
