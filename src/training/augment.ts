/**
 * Random changes of images while training: rotation about the centre, shifts, and mirror images left to right, in this
 * order for the picture; values are read at the place the inverse of that gives, bilinearly, and what lies outside takes
 * the value of the nearest edge pixel, as Keras' image generator fills it. Each image draws an angle and two shifts
 * uniformly from their ranges and a coin for the flip.
 */
import type { Dataset } from '../data/dataset.ts'
import { UsageError } from '../errors.ts'
import type { Random } from '../random.ts'
import { checkOptions, checkRange } from './option-checks.ts'

export interface Augmentation {
  /** Largest shift, as a share of the image's height and width. Default: 0. */
  readonly shift?: number
  /** Largest rotation, in degrees, either way. Default: 0. */
  readonly rotate?: number
  /** Whether half the images are mirrored left to right. Default: false. */
  readonly flip?: boolean
}

/** @throws UsageError naming the key under `augment`, or the data set when its examples are no images */
export function checkAugmentation(augmentation: Augmentation, dataset: Pick<Dataset, 'name' | 'shape'>): void {
  checkOptions('augment', augmentation, ['shift', 'rotate', 'flip'])
  checkRange('augment.shift', augmentation.shift ?? 0, { least: 0, below: 1 })
  checkRange('augment.rotate', augmentation.rotate ?? 0, { least: 0, most: 180 })
  if (dataset.shape.length !== 3)
    throw new UsageError(
      'usage.option',
      `"augment" needs images of channels × height × width; "${dataset.name}" has examples of shape [${dataset.shape}].`,
    )
}

/** Changes one image, [channels × height × width], into another array. */
export function augmentImage(
  from: Uint8Array | Float32Array,
  into: Float32Array,
  shape: readonly number[],
  { shift = 0, rotate = 0, flip = false }: Augmentation,
  random: Random,
): void {
  const [channels, height, width] = shape
  const angle = ((2 * random.uniform() - 1) * rotate * Math.PI) / 180
  const down = (2 * random.uniform() - 1) * shift * height
  const right = (2 * random.uniform() - 1) * shift * width
  const mirrored = flip && random.bits() % 2 === 1
  const [c, s] = rotate ? [Math.cos(angle), Math.sin(angle)] : [1, 0]
  const [middleRow, middleColumn] = [(height - 1) / 2, (width - 1) / 2]
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const y = row - middleRow - down
      const x = (mirrored ? width - 1 - column : column) - middleColumn - right
      const atRow = Math.min(height - 1, Math.max(0, c * y - s * x + middleRow))
      const atColumn = Math.min(width - 1, Math.max(0, s * y + c * x + middleColumn))
      const top = Math.min(height - 1, Math.floor(atRow))
      const left = Math.min(width - 1, Math.floor(atColumn))
      const below = Math.min(height - 1, top + 1) - top
      const beside = Math.min(width - 1, left + 1) - left
      const [v, h] = [atRow - top, atColumn - left]
      for (let channel = 0; channel < channels; channel++) {
        const corner = (channel * height + top) * width + left
        const upper = from[corner] * (1 - h) + from[corner + beside] * h
        const lower = from[corner + below * width] * (1 - h) + from[corner + below * width + beside] * h
        into[(channel * height + row) * width + column] = upper * (1 - v) + lower * v
      }
    }
  }
}
