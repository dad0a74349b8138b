/** Grey images for tests: `size` × `size`, image i filled with its own brightness, labels as given. */
import type { Dataset, Split } from '../../src/data/dataset.ts'
import { DIGIT_NAMES } from '../../src/data/dataset.ts'

export function plainImages(name: string, train: readonly number[], test: readonly number[], size = 4): Dataset {
  const split = (labels: readonly number[]): Split => ({
    inputs: Uint8Array.from({ length: labels.length * size * size }, (_, i) => 255 - Math.floor(i / (size * size))),
    labels: Int32Array.from(labels),
  })
  return {
    name,
    shape: [1, size, size],
    divisor: 255,
    classes: DIGIT_NAMES,
    heads: 1,
    outputs: 10,
    train: split(train),
    tests: { test: split(test) },
    shuffle: true,
    provenance: '',
  }
}

/** Which of `plainImages` a brightness belongs to. */
export const imageOf = (brightness: number) => 255 - brightness
