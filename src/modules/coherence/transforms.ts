/**
 * Random changes of the image before each step, so that what is found does not hang on single pixels (Olah et al. 2017):
 * moved by up to `jitter` pixels, turned by up to `rotate` degrees, scaled by up to ±`zoom`, all evenly. One change a step
 * for the whole batch. The image is looked up at the changed places by bilinear interpolation: four neighbours for each
 * pixel, whose numbers and weights are fed. Beyond the border lies the border's own value.
 */
import type { GraphDraft } from '../../network/graph-draft.ts'
import type { ValueInfo } from '../../network/network.ts'
import type { Random } from '../../random.ts'

export interface TransformOptions {
  /** Pixels. Default: 0. */
  readonly jitter?: number
  /** Degrees. Default: 0. */
  readonly rotate?: number
  /** Share of the size. Default: 0. */
  readonly zoom?: number
}

const NEIGHBOURS = 4

/** What is fed for a step, by name. */
export const TRANSFORM = {
  places: 'transform/places',
  shares: 'transform/shares',
  inputs: (pixels: number): ValueInfo[] => [
    { name: TRANSFORM.places, dtype: 'int64', shape: [NEIGHBOURS * pixels] },
    { name: TRANSFORM.shares, dtype: 'float32', shape: [NEIGHBOURS * pixels] },
  ],
}

export const isTransformed = ({ jitter = 0, rotate = 0, zoom = 0 }: TransformOptions) =>
  jitter > 0 || rotate > 0 || zoom > 0

/** Appends the look-up to a value [batch × channels × pixels]. */
export function transformed({ op, integers }: GraphDraft, value: string, channels: number, pixels: number): string {
  const found = op('transform/found', 'Gather', [value, TRANSFORM.places], { axis: 2 })
  const shared = op('transform/shared', 'Mul', [found, TRANSFORM.shares])
  const apart = op('transform/apart', 'Reshape', [
    shared,
    integers('transform/apart-shape', [0, channels, NEIGHBOURS, pixels]),
  ])
  return op('transform/moved', 'ReduceSum', [apart, integers('transform/neighbours', [2])], { keepdims: 0 })
}

/** Places and shares of one step: [4 × pixels] each, written from `at` on. */
export function drawTransform(
  { jitter = 0, rotate = 0, zoom = 0 }: TransformOptions,
  size: { readonly height: number; readonly width: number },
  random: Random,
  into: { readonly places: BigInt64Array; readonly shares: Float32Array; readonly at: number },
): void {
  const { height, width } = size
  const even = (most: number) => (2 * random.uniform() - 1) * most
  const [right, down] = [even(jitter), even(jitter)]
  const angle = (even(rotate) * Math.PI) / 180
  const factor = 1 + even(zoom)
  const [cos, sin] = [Math.cos(angle) / factor, Math.sin(angle) / factor]
  const [middleY, middleX] = [(height - 1) / 2, (width - 1) / 2]
  const pixels = height * width
  for (let pixel = 0; pixel < pixels; pixel++) {
    const [dy, dx] = [Math.floor(pixel / width) - middleY, (pixel % width) - middleX]
    const y = clamp(middleY + sin * dx + cos * dy + down, height)
    const x = clamp(middleX + cos * dx - sin * dy + right, width)
    const [top, left] = [
      Math.min(Math.floor(y), Math.max(0, height - 2)),
      Math.min(Math.floor(x), Math.max(0, width - 2)),
    ]
    const [below, beside] = [Math.min(top + 1, height - 1), Math.min(left + 1, width - 1)]
    const [v, u] = [y - top, x - left]
    const corners = [
      [top, left, (1 - v) * (1 - u)],
      [top, beside, (1 - v) * u],
      [below, left, v * (1 - u)],
      [below, beside, v * u],
    ]
    corners.forEach(([row, column, share], neighbour) => {
      const at = into.at + neighbour * pixels + pixel
      into.places[at] = BigInt(row * width + column)
      into.shares[at] = share
    })
  }
}

const clamp = (at: number, size: number) => Math.min(Math.max(at, 0), size - 1)
