/**
 * Makes images smaller without aliasing, as scikit-image's `resize(…, anti_aliasing=True)` does: along each axis that
 * shrinks by a factor s, a Gaussian blur of σ = (s − 1)/2, cut off at ⌊4σ + ½⌋ pixels, the image mirrored about its
 * outermost pixels; then linear interpolation at (i + ½)·s − ½. Both steps are linear and separable, so they are one
 * sparse matrix per axis.
 */
import { exp } from '../stats/elementary.ts'

/** One row of the matrix: the pixels it reads, from `start` on, and their weights. */
interface Taps {
  readonly start: number
  readonly weights: Float64Array
}

/**
 * `images` — planes of [height × width], row-major, one after another; gives planes of [toHeight × toWidth], in the
 * same unit.
 */
export function resizePlanes(
  images: Uint8Array | Float32Array,
  [height, width]: readonly [number, number],
  [toHeight, toWidth]: readonly [number, number],
): Float32Array {
  const rows = axisTaps(height, toHeight)
  const columns = axisTaps(width, toWidth)
  const planes = images.length / (height * width)
  const result = new Float32Array(planes * toHeight * toWidth)
  const narrowed = new Float64Array(height * toWidth)
  for (let plane = 0; plane < planes; plane++) {
    const offset = plane * height * width
    for (let row = 0; row < height; row++) {
      for (let column = 0; column < toWidth; column++) {
        const { start, weights } = columns[column]
        const from = offset + row * width + start
        let sum = 0
        for (let tap = 0; tap < weights.length; tap++) sum += weights[tap] * images[from + tap]
        narrowed[row * toWidth + column] = sum
      }
    }
    for (let row = 0; row < toHeight; row++) {
      const { start, weights } = rows[row]
      for (let column = 0; column < toWidth; column++) {
        let sum = 0
        for (let tap = 0; tap < weights.length; tap++) sum += weights[tap] * narrowed[(start + tap) * toWidth + column]
        result[(plane * toHeight + row) * toWidth + column] = sum
      }
    }
  }
  return result
}

function axisTaps(from: number, to: number): Taps[] {
  const factor = from / to
  const blur = gaussian(Math.max(0, (factor - 1) / 2))
  const radius = (blur.length - 1) / 2
  return Array.from({ length: to }, (_, i) => {
    const at = (i + 0.5) * factor - 0.5
    const below = Math.floor(at)
    const row = new Float64Array(from)
    for (const [pixel, share] of [
      [below, 1 - (at - below)],
      [below + 1, at - below],
    ])
      for (let tap = -radius; tap <= radius; tap++) row[mirror(pixel + tap, from)] += share * blur[tap + radius]
    const start = row.findIndex(weight => weight > 0)
    return { start, weights: row.slice(start, row.findLastIndex(weight => weight > 0) + 1) }
  })
}

/** Weights that sum to one. */
function gaussian(sigma: number): Float64Array {
  const radius = Math.floor(4 * sigma + 0.5)
  if (radius === 0) return Float64Array.of(1)
  const weights = Float64Array.from({ length: 2 * radius + 1 }, (_, i) =>
    exp(-((i - radius) ** 2) / (2 * sigma * sigma)),
  )
  const sum = weights.reduce((total, weight) => total + weight, 0)
  return weights.map(weight => weight / sum)
}

/** Index of the pixel that a pixel outside the image mirrors. */
function mirror(index: number, size: number): number {
  if (size === 1) return 0
  const period = 2 * (size - 1)
  const within = ((index % period) + period) % period
  return within < size ? within : period - within
}
