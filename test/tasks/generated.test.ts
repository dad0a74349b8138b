import { describe, expect, it } from 'vitest'
import { datasetHash } from '../../src/data/content-hash.ts'
import { checkDataset } from '../../src/data/dataset.ts'
import { generatedImages } from '../../src/tasks/generated.ts'

const pictures = (inputs: Uint8Array | Float32Array) =>
  Array.from({ length: inputs.length / 784 }, (_, i) => Array.from(inputs.subarray(i * 784, (i + 1) * 784)))

describe('line', () => {
  it('holds as many white columns as its class is called', () => {
    const set = checkDataset(generatedImages('line', 300, 10, 42))
    const counts = new Set<string>()
    pictures(set.train.inputs).forEach((picture, i) => {
      const white = Array.from({ length: 28 }, (_, column) => picture[column] === 255)
      expect(picture).toEqual(Array.from({ length: 784 }, (_, p) => (white[p % 28] ? 255 : 0)))
      const name = set.classes?.[set.train.labels?.[i] ?? -1] ?? ''
      expect(String(white.filter(Boolean).length)).toBe(name)
      counts.add(name)
    })
    expect(counts.size).toBe(10)
  })
})

describe('circle', () => {
  it('holds outlines of radius 4, as scikit-image draws them, cut at the border', () => {
    const set = checkDataset(generatedImages('circle', 400, 10, 42))
    const one = (set.train.labels as Int32Array).indexOf(1)
    const [picture] = pictures(set.train.inputs.subarray(one * 784, (one + 1) * 784))
    const quarter = [
      [0, 4],
      [1, 4],
      [2, 3],
      [3, 3],
      [3, 2],
      [4, 1],
      [4, 0],
    ]
    const outline = (row: number, column: number) => {
      const drawn = new Array(784).fill(0)
      for (const [dy, dx] of quarter.flatMap(([a, b]) => [
        [a, b],
        [a, -b],
        [-a, b],
        [-a, -b],
      ]))
        if (row + dy >= 0 && row + dy < 28 && column + dx >= 0 && column + dx < 28)
          drawn[(row + dy) * 28 + column + dx] = 255
      return drawn.join()
    }
    const possible = Array.from({ length: 784 }, (_, centre) => outline(Math.floor(centre / 28), centre % 28))
    expect(possible).toContain(picture.join())
    const none = (set.train.labels as Int32Array).indexOf(0)
    expect(set.train.inputs.subarray(none * 784, (none + 1) * 784).every(value => value === 0)).toBe(true)
  })
})

describe('random', () => {
  it('has every pixel value and every label about equally often', () => {
    const { train } = generatedImages('random', 1000, 10, 42)
    const values = new Array(256).fill(0)
    for (const value of train.inputs) values[value]++
    // Six standard deviations (55) about 3062.5.
    expect(Math.min(...values)).toBeGreaterThan(2730)
    expect(Math.max(...values)).toBeLessThan(3395)
    expect(new Set(train.labels).size).toBe(10)
  })
})

it.each([
  ['line', '8a8c1767acaaa7b7b25faf123654c82090dc439dd9386bd52282c59c3eaa2e04'],
  ['circle', 'b6f236b4a4bdd7631c32275f09a1dad2be5f41d719deaca46450487d3b2c3d04'],
  ['random', '14af0a78272bbe92cc33909664ae6c500bb6b372e5954b85c44b6fe58fc09107'],
] as const)('%s is the same on every engine', (name, hash) => {
  expect(datasetHash(generatedImages(name, 1000, 100, 42))).toBe(hash)
})
