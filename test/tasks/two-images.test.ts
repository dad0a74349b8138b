import { describe, expect, it } from 'vitest'
import { exampleCount } from '../../src/data/dataset.ts'
import { UsageError } from '../../src/errors.ts'
import { twoImages } from '../../src/tasks/two-images.ts'
import { imageOf, plainImages } from './tiny-images.ts'

const labels = Array.from({ length: 200 }, (_, i) => (i * 7) % 10)
const images = plainImages('plain', labels, labels.slice(0, 30))

describe('halves', () => {
  it('hold two images side by side; the label is the sum of their classes modulo ten', () => {
    const { train, tests, ...set } = twoImages(images, 'halves', false, 42)
    expect(set).toMatchObject({ name: 'halves_plain', shape: [1, 4, 4], outputs: 10 })
    expect(exampleCount(set, tests.test)).toBe(30)
    const seen = new Set<number>()
    for (let i = 0; i < 200; i++) {
      const picture = train.inputs.subarray(i * 16, (i + 1) * 16)
      const [left, right] = [imageOf(picture[0]), imageOf(picture[3])]
      expect([...picture]).toEqual(Array.from({ length: 16 }, (_, p) => 255 - (p % 4 < 2 ? left : right)))
      expect(train.labels?.[i]).toBe((labels[left] + labels[right]) % 10)
      seen.add(left).add(right)
    }
    // 400 draws with replacement reach 1 − e⁻² of 200 images, 173 ± 5.
    expect(seen.size).toBeGreaterThan(145)
    expect(seen.size).toBeLessThan(195)
  })

  it('are rescaled so that the brightest pixel of a split is 255', () => {
    const dark = { ...images, train: { ...images.train, inputs: images.train.inputs.map(value => value >> 1) } }
    const { train } = twoImages(dark, 'halves', false, 42)
    expect(Math.max(...train.inputs)).toBe(255)
  })
})

describe('halves of one class', () => {
  it('hold image n on the left, on the right one of the first m of its class, m the smallest class', () => {
    const uneven = [...labels, ...new Array(40).fill(3)]
    const set = twoImages(plainImages('plain', uneven, labels), 'halves', true, 42)
    const ofThree = uneven.flatMap((label, i) => (label === 3 ? [i] : []))
    const partners = new Set<number>()
    for (let i = 0; i < uneven.length; i++) {
      const picture = set.train.inputs.subarray(i * 16, (i + 1) * 16)
      expect(imageOf(picture[0])).toBe(i)
      expect(uneven[imageOf(picture[3])]).toBe(uneven[i])
      if (uneven[i] === 3) partners.add(imageOf(picture[3]))
    }
    expect(set.train.labels).toEqual(Int32Array.from(uneven))
    expect(Math.max(...partners)).toBeLessThan(ofThree[20])
    expect(partners.size).toBeGreaterThan(10)
  })
})

describe('stacked', () => {
  it('hold two images as two channels, at full size', () => {
    const { train, shape } = twoImages(images, 'stacked', false, 1)
    expect(shape).toEqual([2, 4, 4])
    for (let i = 0; i < 200; i++) {
      const [a, b] = [imageOf(train.inputs[i * 32]), imageOf(train.inputs[i * 32 + 16])]
      expect(train.inputs[i * 32 + 31]).toBe(255 - b)
      expect(train.labels?.[i]).toBe((labels[a] + labels[b]) % 10)
    }
  })

  it('of one class keep image n as the first channel and its class as the label', () => {
    const { train } = twoImages(images, 'stacked', true, 1)
    for (let i = 0; i < 200; i++) {
      expect(imageOf(train.inputs[i * 32])).toBe(i)
      expect(labels[imageOf(train.inputs[i * 32 + 16])]).toBe(labels[i])
    }
    expect(train.labels).toEqual(Int32Array.from(labels))
  })
})

it('the seed decides which images meet', () => {
  const inputs = (seed: number) => twoImages(images, 'stacked', false, seed).train.inputs
  expect(inputs(1)).toEqual(inputs(1))
  expect(inputs(1)).not.toEqual(inputs(2))
})

it('refuses images with colours', () => {
  expect(() => twoImages({ ...images, shape: [4, 2, 2] }, 'halves', false, 1)).toThrow(UsageError)
})
