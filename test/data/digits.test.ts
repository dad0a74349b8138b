import { describe, expect, it } from 'vitest'
import { datasetHash } from '../../src/data/content-hash.ts'
import { checkDataset, networkInputs } from '../../src/data/dataset.ts'
import { digits } from '../../src/data/digits.ts'

describe('digits', () => {
  it('are the same bytes on every engine', () => {
    expect(datasetHash(digits())).toBe('5855bb7dc1225df92f1349d1f5089007f9858aa0ec133d2f289d7316523d503c')
  })

  it('come in ten classes, about equally often', () => {
    const { labels } = checkDataset(digits({ train: 5000, test: 1 })).train
    const counts = new Array(10).fill(0)
    for (const label of labels as Int32Array) counts[label]++
    // Five standard deviations about 500.
    expect(Math.min(...counts)).toBeGreaterThan(394)
    expect(Math.max(...counts)).toBeLessThan(606)
  })

  it('draw image i from the seed and i alone', () => {
    const few = digits({ seed: 7, train: 3, test: 2 })
    const many = digits({ seed: 7, train: 9, test: 1 })
    expect(many.train.inputs.slice(0, 3 * 784)).toEqual(few.train.inputs)
    expect(digits({ seed: 8, train: 3, test: 2 }).train.inputs).not.toEqual(few.train.inputs)
    expect(few.tests.test.inputs.slice(0, 784)).not.toEqual(few.train.inputs.slice(0, 784))
  })

  it('lie on dark paper, inked in the middle, from 0 to 255', () => {
    const set = digits({ train: 500, test: 1 })
    const pixels = networkInputs(set, set.train)
    let ink = 0
    let centre = 0
    for (let i = 0; i < pixels.length; i++) {
      const row = Math.floor((i % 784) / 28)
      ink += pixels[i]
      if (row >= 4 && row < 24 && i % 28 >= 4 && i % 28 < 24) centre += pixels[i]
    }
    expect(ink / pixels.length).toBeGreaterThan(0.06)
    expect(ink / pixels.length).toBeLessThan(0.2)
    expect(centre / ink).toBeGreaterThan(0.85)
    for (let i = 0; i < 500; i++)
      expect(Math.max(...set.train.inputs.subarray(i * 784, (i + 1) * 784))).toBeGreaterThan(150)
  })

  it('can be told apart: most are nearest to a digit of their own class', () => {
    const set = digits({ train: 2000, test: 100 })
    const [train, test] = [networkInputs(set, set.train), networkInputs(set, set.tests.test)]
    let right = 0
    for (let i = 0; i < 100; i++) {
      let best = Number.POSITIVE_INFINITY
      let label = -1
      for (let j = 0; j < 2000; j++) {
        let distance = 0
        for (let p = 0; p < 784 && distance < best; p++) distance += (test[i * 784 + p] - train[j * 784 + p]) ** 2
        if (distance < best) {
          best = distance
          label = set.train.labels?.[j] ?? -1
        }
      }
      if (label === set.tests.test.labels?.[i]) right++
    }
    expect(right).toBeGreaterThan(75)
  })
})
