import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodePicture } from '../../../src/data/image-file.ts'
import { comparison } from '../../../src/modules/coherence/comparison.ts'
import { fourierBasis } from '../../../src/modules/coherence/fourier.ts'
import { alignedMean } from '../../../src/modules/coherence/input-correlation.ts'
import { fedInput } from '../../../src/modules/coherence/input-image.ts'
import { picture } from '../../../src/modules/coherence/picture.ts'
import { pictureSheet } from '../../../src/modules/coherence/picture-sheet.ts'
import { coherenceProtocol } from '../../../src/modules/coherence/protocols.ts'
import { selectivity, unitSelectivity } from '../../../src/modules/coherence/selectivity.ts'
import { labelEntropy, topInputs } from '../../../src/modules/coherence/top-inputs.ts'
import { drawTransform } from '../../../src/modules/coherence/transforms.ts'
import { mlp } from '../../../src/network/architectures.ts'
import { randomStream } from '../../../src/random.ts'
import { normalDraws } from '../../../src/stats/normal.ts'

describe('the Fourier basis', () => {
  it.each([
    [4, 6],
    [5, 7],
    [3, 4],
    [1, 5],
  ])('is the inverse transform of a real image of %i × %i', (h, w) => {
    const { columns, alongRows, alongColumns, scale } = fourierBasis(h, w)
    const draw = normalDraws(randomStream(h, w))
    const spectrum = Float64Array.from({ length: columns * 2 * h }, draw)
    const [rows, across] = [alongRows.data, alongColumns.data].map(data => data as Float32Array)
    for (let y = 0; y < h; y++)
      for (let x = 0; x < w; x++) {
        let image = 0
        let expected = 0
        for (let kx = 0; kx < columns; kx++) {
          const twice = kx === 0 || 2 * kx === w ? 1 : 2
          for (let part = 0; part < 2; part++) {
            let turned = 0
            for (let at = 0; at < 2 * h; at++) turned += spectrum[kx * 2 * h + at] * rows[at * 2 * h + part * h + y]
            image += turned * across[(part * columns + kx) * w + x]
          }
          for (let ky = 0; ky < h; ky++) {
            const angle = 2 * Math.PI * ((ky * y) / h + (kx * x) / w)
            const [re, im] = [spectrum[kx * 2 * h + ky], spectrum[kx * 2 * h + h + ky]]
            expected += (twice * (re * Math.cos(angle) - im * Math.sin(angle))) / (h * w)
          }
        }
        expect(image).toBeCloseTo(expected, 5)
      }
    // Lucid: the slowest frequency weighs ¼ √(hw) max(w, h).
    expect((scale.data as Float32Array)[0]).toBeCloseTo(0.25 * Math.sqrt(h * w) * Math.max(h, w), 3)
  })
})

describe('an input as an image', () => {
  it('is a square when it is flat, or what it is told to be', () => {
    const network = mlp([784, 4, 2], { seed: 1 }).network
    expect(fedInput(network).image).toEqual({ channels: 1, height: 28, width: 28, layout: 'nchw' })
    expect(fedInput(mlp([12, 4, 2], { seed: 1 }).network).image).toBeUndefined()
    const told = { channels: 3, height: 2, width: 2, layout: 'nchw' } as const
    expect(fedInput(mlp([12, 4, 2], { seed: 1 }).network, told).image).toEqual(told)
    expect(() => fedInput(network, told)).toThrow(/reads 784, which is no image of 3 × 2 × 2/)
  })

  it('of open size needs to be told', () => {
    const network = mlp([9, 4, 2], { seed: 1 }).network
    const input = { name: 'input', dtype: 'float32', shape: [null, 3, null, null] } as const
    expect(() => fedInput({ ...network, inputs: [input] })).toThrow(/--image 3x32x32/)
    const image = { channels: 3, height: 8, width: 6, layout: 'nchw' } as const
    expect(fedInput({ ...network, inputs: [input] }, image).shape).toEqual([3, 8, 6])
    const last = { name: 'input', dtype: 'float32', shape: [null, 8, 6, 3] } as const
    expect(fedInput({ ...network, inputs: [last] }).image).toEqual({ ...image, layout: 'nhwc' })
  })
})

describe('a transform', () => {
  it('of nothing leaves every pixel where it is; shares always sum to 1', () => {
    const size = { height: 5, width: 4 }
    const pixels = 20
    for (const transform of [{}, { jitter: 2, rotate: 30, zoom: 0.2 }]) {
      const into = { places: new BigInt64Array(80), shares: new Float32Array(80), at: 0 }
      drawTransform(transform, size, randomStream(3), into)
      for (let pixel = 0; pixel < pixels; pixel++) {
        let sum = 0
        for (let n = 0; n < 4; n++) {
          const [place, share] = [Number(into.places[n * pixels + pixel]), into.shares[n * pixels + pixel]]
          sum += share
          expect(place).toBeLessThan(pixels)
          if (!('jitter' in transform) && share > 0) expect(place).toBe(pixel)
        }
        expect(sum).toBeCloseTo(1, 5)
      }
    }
  })
})

describe('top inputs', () => {
  it('are those with the largest sums', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -9, max: 9 }), { minLength: 12, maxLength: 60 }), numbers => {
        const examples = Math.floor(numbers.length / 2)
        const values = Float32Array.from(numbers.slice(0, 2 * examples))
        const layer = { name: 'a', size: 2, role: 'hidden', kind: 'neuron', values } as const
        const sums = Array.from({ length: examples }, (_, i) => Math.abs(values[i]) + Math.abs(values[examples + i]))
        const order = sums.map((_, i) => i).sort((a, b) => sums[b] - sums[a] || a - b)
        expect([...topInputs(layer, Int32Array.of(0, 1), 5)]).toEqual(order.slice(0, 5))
      }),
    )
  })

  it('have an entropy of their labels', () => {
    const labels = Int32Array.of(0, 0, 1, 1, 2)
    expect(labelEntropy(labels, Int32Array.of(0, 1))).toBe(0)
    expect(labelEntropy(labels, Int32Array.of(0, 1, 2, 3))).toBeCloseTo(Math.log(2), 12)
  })
})

describe('selectivity', () => {
  it('is the correlation with belonging to a class', () => {
    const labels = Int32Array.of(0, 0, 1, 1, 2, 2)
    const values = Float32Array.of(1, 1, 0, 0, 0, 0, 5, 4, 1, 0, 5, 5, 2, 2, 2, 2, 2, 2)
    const layer = { name: 'a', size: 3, role: 'hidden', kind: 'neuron', values } as const
    const { best, correlation, second } = unitSelectivity(layer, labels, 3)
    expect(best).toEqual([0, 1, -1])
    expect(correlation[0]).toBeCloseTo(1, 12)
    expect(correlation[1]).toBeLessThan(-0.9)
    expect(second[2]).toBe(-1)
  })

  it('tells modules that gather classes from those that do not', () => {
    const best = Array.from({ length: 40 }, (_, unit) => unit % 4)
    const layer = { layer: 1, best, correlation: best, second: best }
    expect(selectivity([layer], [Int32Array.from(best)], 1).nmi).toBeCloseTo(1, 12)
    expect(selectivity([layer], [Int32Array.from(best)], 1).nmiNull.p).toBe(0.001)
    const halves = Int32Array.from({ length: 40 }, (_, unit) => (unit < 20 ? 0 : 1))
    expect(selectivity([layer], [halves], 1).nmiNull.p).toBeGreaterThan(0.5)
  })
})

it('correlations with the input are averaged with their signs aligned', () => {
  const values = Float32Array.of(1, 0.5, 0, -1, -0.5, 0, 0.8, 0.6, 0.1)
  const mean = alignedMean({ values, inputs: 3 }, Int32Array.of(0, 1, 2), randomStream(1))
  expect([...mean]).toEqual([2.8 / 3, 1.6 / 3, 0.1 / 3].map(value => expect.closeTo(value, 5)))
})

describe('comparisons', () => {
  it('have effects as each protocol defines them', () => {
    expect(comparison(3, [1, 1], 'right', 'difference').effect).toBe(0.5)
    expect(comparison(1, [3, 3], 'left', 'difference').effect).toBe(2)
    expect(comparison(0, [0, 0], 'right', 'difference').effect).toBe(0)
    expect(comparison(2, [1, 3], 'right', 'ratio').effect).toBe(1)
    expect(comparison(2, [2, 6], 'right', 'share').effect).toBe(0.75)
    expect(comparison(-1, [2], 'right', 'share').effect).toBeNull()
    expect(comparison(0, [1], 'right', 'ratio').effect).toBeNull()
  })

  it('know only the protocols there are', () => {
    expect(() => coherenceProtocol('paper-2019')).toThrow(/default, paper-2020, paper-2021/)
  })
})

it('pictures are PNG files, side by side in a sheet', () => {
  const grey = picture(Float32Array.of(0, 0.5, 1, 2), { image: { channels: 1, height: 2, width: 2, layout: 'nchw' } })
  const bytes = (png: string) => Uint8Array.from(atob(png), character => character.charCodeAt(0))
  expect([...decodePicture(bytes(grey.png), 'grey').pixels]).toEqual([0, 128, 255, 255])
  const image = { channels: 3, height: 1, width: 2, layout: 'nhwc' } as const
  const colour = picture(Float32Array.of(1, 0, 0, 1, 0, 0), { image })
  expect(decodePicture(bytes(colour.png), 'colour')).toMatchObject({ channels: 3, height: 1, width: 2 })
  expect([...decodePicture(bytes(colour.png), 'colour').pixels]).toEqual([255, 0, 0, 255, 0, 0])
  const strip = picture(Float32Array.of(0, 1, 0), { image: undefined })
  expect([strip.width, strip.height]).toEqual([3, 1])
  const sheet = decodePicture(pictureSheet([[grey, grey], [grey]], true), 'sheet')
  // 48-fold, two rows and two columns with gaps.
  expect([sheet.height, sheet.width]).toEqual([2 + 2 * 98, 2 + 96 + 8 + 96 + 2])
})
