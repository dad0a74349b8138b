/**
 * The two image tasks of Neural Sculpting (Patil, Michael and Dovrolis, arXiv 2305.18402, and its code): two digits side by
 * side, 28 × 56 pixels, as bits to predict.
 *
 *   two_digits_SET   both digits, one output for each digit of each place: 20 bits, two of them 1
 *   xor_digits_SET   digits below 8 alone: left XOR right in binary, most significant bit first: 3 bits
 *
 * Departure: the published images draw training and test digits from one pool of all of MNIST's; here test images are made
 * of test digits alone. Pairs are drawn with replacement, each pair of classes equally often.
 */
import { type Dataset, exampleSize, type Split } from '../data/dataset.ts'
import { UsageError } from '../errors.ts'
import { type Random, randomStream, shuffle } from '../random.ts'

export type TwoDigitTask = 'two_digits' | 'xor_digits'

/** Images for each pair of classes, as published: 800 to train on, 200 to test. */
const PUBLISHED = { train: 800, test: 200 }

/** `images` — grey, labelled, ten classes. `train`, `test` — examples; default: as published. */
export function twoDigits(
  images: Dataset,
  task: TwoDigitTask,
  seed: number,
  sizes: { readonly train?: number; readonly test?: number } = {},
): Dataset {
  const [channels, height, width] = images.shape
  if (channels !== 1 || images.shape.length !== 3 || !images.train.labels || images.classes?.length !== 10)
    throw new UsageError(
      'usage.task',
      `${task} needs grey images of ten classes, not ${images.name} [${images.shape}].`,
    )
  const classes = task === 'xor_digits' ? 8 : 10
  const outputs = task === 'xor_digits' ? 3 : 20
  const compose = (split: Split, count: number, number: number): Split => {
    const random = randomStream(seed, number)
    const pairs = drawPairs(split.labels as Int32Array, classes, count, random)
    const targets = new Float32Array(count * outputs)
    for (let i = 0; i < count; i++) {
      const [left, right] = [0, 1].map(side => (split.labels as Int32Array)[pairs[2 * i + side]])
      if (task === 'two_digits') {
        targets[i * outputs + left] = 1
        targets[i * outputs + 10 + right] = 1
      } else for (let bit = 0; bit < 3; bit++) targets[i * outputs + bit] = ((left ^ right) >> (2 - bit)) & 1
    }
    return { inputs: sideBySide(split.inputs, exampleSize(images), width, pairs), targets }
  }
  return {
    name: `${task}_${images.name}`,
    shape: [1, height, 2 * width],
    divisor: images.divisor,
    heads: 1,
    outputs,
    train: compose(images.train, sizes.train ?? PUBLISHED.train * classes ** 2, 0),
    tests: { test: compose(images.tests.test, sizes.test ?? PUBLISHED.test * classes ** 2, 1) },
    shuffle: true,
    provenance: `${images.provenance} Two side by side, ${task === 'xor_digits' ? 'XOR of the digits in binary' : 'both digits to tell'}, seed ${seed}.`,
  }
}

/** Two indices per example; every pair of classes as often as can be, in random order. */
function drawPairs(labels: Int32Array, classes: number, count: number, random: Random): Int32Array {
  const members = Array.from({ length: classes }, () => [] as number[])
  for (const [i, label] of labels.entries()) members[label]?.push(i)
  const kinds = shuffle(
    Int32Array.from({ length: count }, (_, i) => i % classes ** 2),
    random,
  )
  const pairs = new Int32Array(2 * count)
  kinds.forEach((kind, i) => {
    for (const [side, digit] of [Math.floor(kind / classes), kind % classes].entries())
      pairs[2 * i + side] = members[digit][random.below(members[digit].length)]
  })
  return pairs
}

function sideBySide(images: Uint8Array | Float32Array, size: number, width: number, pairs: Int32Array): Uint8Array {
  const result = new Uint8Array(pairs.length * size)
  const height = size / width
  for (let i = 0; i < pairs.length; i++) {
    const to = (i >> 1) * 2 * size + (i & 1) * width
    for (let row = 0; row < height; row++) {
      const from = pairs[i] * size + row * width
      result.set(images.subarray(from, from + width), to + row * 2 * width)
    }
  }
  return result
}
