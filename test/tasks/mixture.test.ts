import { describe, expect, it } from 'vitest'
import { checkDataset, exampleCount } from '../../src/data/dataset.ts'
import { UsageError } from '../../src/errors.ts'
import { mixture } from '../../src/tasks/mixture.ts'
import { imageOf, plainImages } from './tiny-images.ts'

const labels = Array.from({ length: 60 }, (_, i) => i % 10)
const first = plainImages('a', labels, labels.slice(0, 20))
const second = plainImages('b', [...labels].reverse(), labels.slice(0, 10))

describe('mixture', () => {
  it('holds every example of both sets once, with its label and where it is from', () => {
    const set = checkDataset(mixture(first, second, false, 42))
    expect(set.name).toBe('a-b')
    const { inputs, labels: mixed, fromSecond } = set.train
    const seen = new Set<string>()
    for (let i = 0; i < 120; i++) {
      const image = imageOf(inputs[16 * i])
      expect(mixed?.[i]).toBe(fromSecond?.[i] ? labels[59 - image] : labels[image])
      seen.add(`${fromSecond?.[i]}:${image}`)
    }
    expect(seen.size).toBe(120)
    expect(exampleCount(set, set.tests.test)).toBe(30)
  })

  it('comes in random order', () => {
    const { fromSecond } = mixture(first, second, false, 42).train
    const early = fromSecond?.subarray(0, 60).reduce((a, b) => a + b, 0) ?? 0
    expect(early).toBeGreaterThan(15)
    expect(early).toBeLessThan(45)
    expect(mixture(first, second, false, 43).train.fromSecond).not.toEqual(fromSecond)
  })

  it('separated, keeps the lower classes of the first and the upper ones of the second', () => {
    const { train, name, classes } = mixture(first, { ...second, classes: [...'abcdefghij'] }, true, 42)
    expect(name).toBe('a-b-separated')
    expect(classes).toEqual(['0', '1', '2', '3', '4', 'f', 'g', 'h', 'i', 'j'])
    expect(train.labels).toHaveLength(60)
    train.labels?.forEach((label, i) => {
      expect(label >= 5).toBe(train.fromSecond?.[i] === 1)
    })
  })

  it('refuses sets of different shapes', () => {
    expect(() => mixture(first, plainImages('c', [0], [0], 6), false, 1)).toThrow(UsageError)
  })
})
