/**
 * Images made by rule (arXiv 2003.04881 and its code), 28 × 28, black and white but for `random`:
 *
 * - `line`: 1 to 10 distinct columns are white; the class is their number.
 * - `circle`: 0 to 9 outlines of radius 4 about distinct centres, cut at the border; the class is their number. (The
 *   code's labels are one less, which makes −1 of none; nothing published uses them.)
 * - `random`: pixels and labels uniform, nothing to learn but by heart.
 */
import { type Dataset, DIGIT_NAMES, type Split } from '../data/dataset.ts'
import { type Random, randomStream } from '../random.ts'
import { SIDE } from './images.ts'

const PIXELS = SIDE * SIDE
const CLASSES = 10
const RADIUS = 4

/** Draws one image and gives its class. */
type Draw = (pixels: Uint8Array, random: Random) => number

const RULES: Readonly<
  Record<string, { readonly draw: Draw; readonly does: string; readonly classes: readonly string[] }>
> = {
  line: { draw: drawLines, does: 'White columns, to be counted', classes: DIGIT_NAMES.map((_, i) => String(i + 1)) },
  circle: { draw: drawCircles, does: 'Outlines of circles, to be counted', classes: DIGIT_NAMES },
  random: { draw: drawRandom, does: 'Random pixels with random labels', classes: DIGIT_NAMES },
}

export type GeneratedName = 'line' | 'circle' | 'random'

export function generatedImages(name: GeneratedName, train: number, test: number, seed: number): Dataset {
  const { draw, does, classes } = RULES[name]
  const split = (count: number, number: number): Split => {
    const random = randomStream(seed, number)
    const inputs = new Uint8Array(count * PIXELS)
    const labels = new Int32Array(count)
    for (let i = 0; i < count; i++) labels[i] = draw(inputs.subarray(i * PIXELS, (i + 1) * PIXELS), random)
    return { inputs, labels }
  }
  return {
    name,
    shape: [1, SIDE, SIDE],
    divisor: 255,
    classes,
    heads: 1,
    outputs: CLASSES,
    train: split(train, 0),
    tests: { test: split(test, 1) },
    shuffle: true,
    provenance: `${does}, seed ${seed}.`,
  }
}

function drawLines(pixels: Uint8Array, random: Random): number {
  const lines = 1 + random.below(CLASSES)
  for (let drawn = 0; drawn < lines; ) {
    const column = random.below(SIDE)
    if (pixels[column] > 0) continue
    for (let row = 0; row < SIDE; row++) pixels[row * SIDE + column] = 255
    drawn++
  }
  return lines - 1
}

function drawCircles(pixels: Uint8Array, random: Random): number {
  const circles = random.below(CLASSES)
  const centres = new Set<number>()
  while (centres.size < circles) centres.add(random.below(PIXELS))
  for (const centre of centres) {
    for (const [dy, dx] of OUTLINE) {
      const row = Math.floor(centre / SIDE) + dy
      const column = (centre % SIDE) + dx
      if (row >= 0 && row < SIDE && column >= 0 && column < SIDE) pixels[row * SIDE + column] = 255
    }
  }
  return circles
}

/** Bresenham's circle: for one eighth of it, step along and go inwards where the error turns; then mirror. */
const OUTLINE: readonly (readonly [number, number])[] = (() => {
  const points: [number, number][] = []
  let x = 0
  let y = RADIUS
  let error = 3 - 2 * RADIUS
  while (y >= x) {
    for (const [a, b] of [
      [x, y],
      [y, x],
    ])
      points.push([a, b], [a, -b], [-a, b], [-a, -b])
    if (error < 0) error += 4 * x + 6
    else {
      error += 4 * (x - y) + 10
      y--
    }
    x++
  }
  return points
})()

function drawRandom(pixels: Uint8Array, random: Random): number {
  // Four bytes of each draw.
  for (let i = 0; i < pixels.length; i += 4) {
    const bits = random.bits()
    pixels[i] = bits >>> 24
    pixels[i + 1] = bits >>> 16
    pixels[i + 2] = bits >>> 8
    pixels[i + 3] = bits
  }
  return random.below(CLASSES)
}
