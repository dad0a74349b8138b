import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { resizePlanes } from '../../src/tasks/resize.ts'

const picture = Uint8Array.from({ length: 48 }, (_, i) => (i * 37) % 256)

describe('resizePlanes', () => {
  // Values of scikit-image 0.19.3, resize(picture, shape, anti_aliasing=True) × 255.
  it.each([
    [
      [2, 3],
      [129.443727, 81.91052, 107.946417, 99.354805, 152.251489, 144.936196],
    ],
    [
      [8, 3],
      [22.467968, 92.5, 162.532032, 102.774719, 58.533775, 128.532032, 196.740945, 38.193248, 94.532032],
    ],
    [
      [7, 5],
      [17.728571, 45.671429, 90.071429, 134.471429, 178.871429, 198.3, 45.214286, 51.214286, 95.614286, 140.014286],
    ],
  ] as const)('gives scikit-image’s values at %j', (shape, expected) => {
    const resized = resizePlanes(picture, [8, 6], shape)
    expect(resized).toHaveLength(shape[0] * shape[1])
    expected.forEach((value, i) => {
      expect(Math.abs(resized[i] - value)).toBeLessThan(2e-5)
    })
  })

  it('keeps every plane apart', () => {
    const two = new Uint8Array(96)
    two.set(picture, 48)
    const resized = resizePlanes(two, [8, 6], [4, 3])
    expect(resized.slice(0, 12)).toEqual(new Float32Array(12))
    expect(resized.slice(12)).toEqual(resizePlanes(picture, [8, 6], [4, 3]))
  })

  it('leaves even brightness as it is and never leaves the range', () => {
    const side = fc.integer({ min: 1, max: 12 })
    fc.assert(
      fc.property(side, side, side, side, fc.uint8Array({ minLength: 144, maxLength: 144 }), (h, w, th, tw, values) => {
        const even = resizePlanes(new Uint8Array(h * w).fill(200), [h, w], [th, tw])
        for (const value of even) expect(Math.abs(value - 200)).toBeLessThan(1e-4)
        const image = values.subarray(0, h * w)
        for (const value of resizePlanes(image, [h, w], [th, tw])) {
          expect(value).toBeGreaterThanOrEqual(Math.min(...image) - 1e-4)
          expect(value).toBeLessThanOrEqual(Math.max(...image) + 1e-4)
        }
      }),
    )
  })
})
