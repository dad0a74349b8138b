/**
 * `digits`: handwritten-looking digits, 28 × 28, drawn by the program, so that everything works without a download.
 *
 * Each image takes a style of its digit, moves the points of its strokes a little, bends the field they lie on by a
 * smooth random displacement (bilinear between 4 × 4 knots), turns, slants, stretches and shifts it, and draws it with
 * a pen of its own width and darkness. Then come clutter (stray marks) and grain. Only + − × ÷ √ on seeded integers:
 * the same seed gives the same bytes on every engine. Image i of a split draws from stream (seed, split, i) alone.
 *
 * Difficulty, measured with scikit-learn on the default set: see docs/tasks.md.
 */
import { type Random, randomStream } from '../random.ts'
import { type Dataset, DIGIT_NAMES, type Split } from './dataset.ts'
import { DIGIT_STROKES } from './digit-strokes.ts'
import { curveThrough, inkCurve } from './pen.ts'

export interface DigitsOptions {
  /** Default 42. */
  readonly seed?: number
  /** Images to train on, default 12,000. */
  readonly train?: number
  /** Images to test on, default 2,000. */
  readonly test?: number
}

const SIZE = 28
/** Side of the box a digit fills before it is distorted. */
const BOX = 19
/** Knots of the bending field along each side. */
const KNOTS = 4

/** Largest moves of a stroke's points and of the knots that bend the field, in hundredths of the box. */
const JITTER = 5.2
const BEND = 14
/** Largest tangent of half the angle an image is turned by, and largest slant (shift per height). */
const TURN = 0.2
const SLANT = 0.5
/** Largest shift, in pixels. */
const SHIFT = 2.6
/** Share of the images with stray marks. */
const CLUTTERED = 0.5

/** The drawn digits; classes come in random order, about equally often. */
export function digits(options: DigitsOptions = {}): Dataset {
  const { seed = 42, train = 12_000, test = 2_000 } = options
  return {
    name: 'digits',
    shape: [1, SIZE, SIZE],
    divisor: 255,
    classes: DIGIT_NAMES,
    heads: 1,
    outputs: DIGIT_NAMES.length,
    train: drawSplit(seed, 0, train),
    tests: { test: drawSplit(seed, 1, test) },
    shuffle: true,
    provenance: `Digits drawn by lobes with seed ${seed}.`,
  }
}

function drawSplit(seed: number, split: number, count: number): Split {
  const inputs = new Uint8Array(count * SIZE * SIZE)
  const labels = new Int32Array(count)
  const ink = new Float64Array(SIZE * SIZE)
  for (let i = 0; i < count; i++) {
    const random = randomStream(seed, split, i)
    labels[i] = random.below(DIGIT_NAMES.length)
    ink.fill(0)
    drawDigit(ink, labels[i], random)
    if (random.uniform() < CLUTTERED) drawClutter(ink, random)
    develop(ink, inputs.subarray(i * SIZE * SIZE, (i + 1) * SIZE * SIZE), random)
  }
  return { inputs, labels }
}

/** Bell-shaped in (−1, 1), spread .41: the mean of two uniform draws, doubled and centred. */
function bell(random: Random): number {
  return random.uniform() + random.uniform() - 1
}

function between(random: Random, low: number, high: number): number {
  return low + (high - low) * random.uniform()
}

function drawDigit(ink: Float64Array, digit: number, random: Random): void {
  const styles = DIGIT_STROKES[digit]
  const style = styles[random.below(styles.length)]
  const place = placement(random)
  const radius = between(random, 0.75, 1.55)
  const darkness = between(random, 0.75, 1)
  for (const { points, corners } of style) {
    const moved = points.map(value => value + JITTER * bell(random))
    const curve = curveThrough(moved, corners)
    for (let i = 0; i < curve.length; i += 2) place(curve, i)
    inkCurve(ink, SIZE, curve, radius * between(random, 0.8, 1.2), radius * between(random, 0.7, 1.2), darkness)
  }
}

/** A random map from the field of the strokes to pixels: bend, then turn, slant, stretch, shift. */
function placement(random: Random): (points: Float64Array, at: number) => void {
  const bend = Float64Array.from({ length: 2 * KNOTS * KNOTS }, () => BEND * bell(random))
  // A turn by twice the angle whose tangent is t, from arithmetic alone.
  const t = TURN * bell(random)
  const cosine = (1 - t * t) / (1 + t * t)
  const sine = (2 * t) / (1 + t * t)
  const slant = 0.08 + SLANT * bell(random)
  const width = (BOX * between(random, 0.75, 1.1)) / 100
  const height = (BOX * between(random, 0.85, 1.1)) / 100
  const x0 = SIZE / 2 + SHIFT * bell(random)
  const y0 = SIZE / 2 + SHIFT * bell(random)
  return (points, at) => {
    const x = points[at] + bilinear(bend, 0, points[at], points[at + 1]) - 50
    const y = points[at + 1] + bilinear(bend, 1, points[at], points[at + 1]) - 50
    const u = width * (x - slant * y)
    const v = height * y
    points[at] = x0 + cosine * u - sine * v
    points[at + 1] = y0 + sine * u + cosine * v
  }
}

/** Component `axis` of the bending field at a point of the field of the strokes. */
function bilinear(knots: Float64Array, axis: number, x: number, y: number): number {
  const gx = Math.max(0, Math.min(KNOTS - 1.000001, (x * (KNOTS - 1)) / 100))
  const gy = Math.max(0, Math.min(KNOTS - 1.000001, (y * (KNOTS - 1)) / 100))
  const column = Math.floor(gx)
  const row = Math.floor(gy)
  const fx = gx - column
  const fy = gy - row
  const knot = (r: number, c: number) => knots[2 * (r * KNOTS + c) + axis]
  const upper = knot(row, column) * (1 - fx) + knot(row, column + 1) * fx
  const lower = knot(row + 1, column) * (1 - fx) + knot(row + 1, column + 1) * fx
  return upper * (1 - fy) + lower * fy
}

/** One or two stray marks, fainter than the digit. */
function drawClutter(ink: Float64Array, random: Random): void {
  for (let mark = random.below(2); mark >= 0; mark--) {
    const x = SIZE * random.uniform()
    const y = SIZE * random.uniform()
    const dx = 7 * bell(random)
    const dy = 7 * bell(random)
    const bow = 2 * bell(random)
    const curve = Float64Array.of(x, y, x + dx / 2 - bow, y + dy / 2 + bow, x + dx, y + dy)
    const darkness = between(random, 0.2, 0.7)
    inkCurve(ink, SIZE, curve, between(random, 0.4, 0.9), between(random, 0.3, 0.8), darkness)
  }
}

/** Ink to pixels from 0 to 255, with grain on the ink and a little on the paper. */
function develop(ink: Float64Array, pixels: Uint8Array, random: Random): void {
  const grain = between(random, 0.02, 0.16)
  const paper = between(random, 0, 0.05)
  for (let i = 0; i < pixels.length; i++) {
    const draw = random.bits() / 4294967296
    const value = ink[i] * (1 - grain * draw) + paper * (draw * draw)
    pixels[i] = Math.floor(255 * Math.min(1, value) + 0.5)
  }
}
