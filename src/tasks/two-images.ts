/**
 * Tasks whose examples hold two images of one set (arXiv 2103.03386 and its code): side by side as halves, each squeezed
 * to half its width, or stacked as two channels. Either two images drawn at random, with replacement, and the sum of
 * their classes modulo ten as label; or ("same") image n and a random one of its class, with that class as label.
 *
 * Halves are rescaled so that the brightest pixel of the split is 255, and rounded. In the "same" form, as in the code,
 * the second image is one of the first m of its class, m being the size of the smallest class.
 */
import { type Dataset, DIGIT_NAMES, exampleCount, exampleSize, type Split } from '../data/dataset.ts'
import { UsageError } from '../errors.ts'
import { type Random, randomStream } from '../random.ts'
import { mapSplits } from './images.ts'
import { resizePlanes } from './resize.ts'

export type Layout = 'halves' | 'stacked'

/** `images` — grey, one label each. Examples per split: as many as the set has. */
export function twoImages(images: Dataset, layout: Layout, same: boolean, seed: number): Dataset {
  const [, height, width] = images.shape
  if (images.shape[0] !== 1 || width % 2 !== 0 || !images.train.labels)
    throw new UsageError('usage.task', `${layout} need grey images of even width with labels, not [${images.shape}].`)
  const compose = (split: Split, number: number): Split => {
    const examples = exampleCount(images, split)
    const labels = split.labels as Int32Array
    const random = randomStream(seed, number)
    const pairs = same ? sameClass(labels, random) : anyTwo(examples, random)
    const inputs =
      layout === 'stacked'
        ? stack(split.inputs, exampleSize(images), pairs)
        : abut(halfWidth(split.inputs, height, width), height, width / 2, pairs)
    if (same) return { inputs, labels }
    return {
      inputs,
      labels: labels.map((_, i) => (labels[pairs[2 * i]] + labels[pairs[2 * i + 1]]) % DIGIT_NAMES.length),
    }
  }
  const placed = layout === 'stacked' ? 'as two channels' : 'side by side'
  return {
    ...mapSplits(images, compose),
    name: `${layout}_${same ? 'same_' : ''}${images.name}`,
    shape: layout === 'stacked' ? [2, height, width] : images.shape,
    classes: same ? images.classes : DIGIT_NAMES,
    provenance: `${images.provenance} Two ${same ? 'of one class' : 'at random'}, ${placed}, seed ${seed}.`,
  }
}

/** Two indices per example. */
function anyTwo(examples: number, random: Random): Int32Array {
  return Int32Array.from({ length: 2 * examples }, () => random.below(examples))
}

function sameClass(labels: Int32Array, random: Random): Int32Array {
  const members: number[][] = []
  labels.forEach((label, i) => {
    members[label] ??= []
    members[label].push(i)
  })
  const smallest = Math.min(...members.filter(Boolean).map(ofClass => ofClass.length))
  const pairs = new Int32Array(2 * labels.length)
  labels.forEach((label, i) => {
    pairs[2 * i] = i
    pairs[2 * i + 1] = members[label][random.below(smallest)]
  })
  return pairs
}

function stack(images: Uint8Array | Float32Array, size: number, pairs: Int32Array): Uint8Array | Float32Array {
  const stacked =
    images instanceof Uint8Array ? new Uint8Array(pairs.length * size) : new Float32Array(pairs.length * size)
  for (let i = 0; i < pairs.length; i++) stacked.set(images.subarray(pairs[i] * size, (pairs[i] + 1) * size), i * size)
  return stacked
}

function halfWidth(images: Uint8Array | Float32Array, height: number, width: number): Uint8Array {
  const halves = resizePlanes(images, [height, width], [height, width / 2])
  let brightest = 0
  for (let i = 0; i < halves.length; i++) if (halves[i] > brightest) brightest = halves[i]
  const pixels = new Uint8Array(halves.length)
  if (brightest === 0) return pixels
  for (let i = 0; i < halves.length; i++) {
    const scaled = (halves[i] * 255) / brightest
    const rounded = Math.floor(scaled + 0.5)
    // Ties to the even integer, as NumPy rounds.
    pixels[i] = rounded - scaled === 0.5 ? 2 * Math.floor(rounded / 2) : rounded
  }
  return pixels
}

function abut(halves: Uint8Array, height: number, width: number, pairs: Int32Array): Uint8Array {
  const size = height * width
  const result = new Uint8Array(pairs.length * size)
  for (let i = 0; i < pairs.length; i++) {
    // Example i/2, left half for even i.
    const to = (i >> 1) * 2 * size + (i & 1) * width
    for (let row = 0; row < height; row++) {
      const from = pairs[i] * size + row * width
      result.set(halves.subarray(from, from + width), to + row * 2 * width)
    }
  }
  return result
}
