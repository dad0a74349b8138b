import { describe, expect, it } from 'vitest'
import { datasetHash } from '../../src/data/content-hash.ts'
import { checkDataset, type Dataset, firstExamples, networkInputs, selectExamples } from '../../src/data/dataset.ts'
import { UsageError } from '../../src/errors.ts'

const split = { inputs: Uint8Array.of(0, 51, 102, 153, 204, 255), labels: Int32Array.of(0, 1, 1) }
const set: Dataset = {
  name: 'pairs',
  shape: [2],
  divisor: 255,
  classes: ['no', 'yes'],
  heads: 1,
  outputs: 2,
  train: split,
  tests: { test: split },
  shuffle: true,
  provenance: '',
}

describe('Dataset', () => {
  it('gives the numbers a network sees', () => {
    expect(networkInputs(set, split)).toEqual(Float32Array.of(0, 0.2, 0.4, 0.6, 0.8, 1))
    expect(networkInputs(set, split, 1, 2)).toEqual(Float32Array.of(0.4, 0.6))
  })

  it('picks examples, inputs and labels alike', () => {
    expect(selectExamples(split, [2, 0], 3)).toEqual({
      inputs: Uint8Array.of(204, 255, 0, 51),
      labels: Int32Array.of(1, 0),
    })
    expect(firstExamples(split, 1, 3)).toEqual({ inputs: Uint8Array.of(0, 51), labels: Int32Array.of(0) })
  })

  it.each([
    [
      'labels out of range',
      { labels: Int32Array.of(0, 1, 2) },
      /pairs, train: example 2 has the label 2, but there are 2 classes/,
    ],
    ['too few labels', { labels: Int32Array.of(0, 1) }, /3 examples need 3 labels/],
    ['half an example', { inputs: new Uint8Array(5) }, /5 values are no whole number of examples/],
    ['no answers', { labels: undefined }, /need 6 labels or targets, not 0/],
  ])('refuses %s', (_, wrong, message) => {
    const bad = { ...set, train: { ...split, ...wrong } }
    expect(() => checkDataset(bad)).toThrow(UsageError)
    expect(() => checkDataset(bad)).toThrow(message)
  })

  it('has a hash of its values, not of its name', () => {
    expect(datasetHash({ ...set, name: 'other', provenance: 'elsewhere' })).toBe(datasetHash(set))
    const relabelled = { ...set, train: { ...split, labels: Int32Array.of(0, 1, 0) } }
    expect(datasetHash(relabelled)).not.toBe(datasetHash(set))
  })
})
