/**
 * How a network's input is drawn: channels, rows and columns, and the order they lie in. Flat inputs whose length is a
 * square are grey images (784 → 28 × 28), unless the caller says otherwise.
 */
import type { ImageShape } from '../../data/evaluation-data.ts'
import { UnsupportedError, UsageError } from '../../errors.ts'
import type { Network } from '../../network/network.ts'
import { elementCount } from '../../tensor/tensor.ts'

/** An input as it is fed, without the batch, and the image it is; none where it is just a list of numbers. */
export interface FedInput {
  readonly name: string
  readonly shape: readonly number[]
  readonly image: ImageShape | undefined
}

/** Flat inputs below 7 × 7 are taken for lists of numbers. */
const LEAST_SIDE = 7

/**
 * @param given what the caller knows about the image: `lobes coherence --image`, or the data's own
 * @throws UsageError where that does not fit the input, or the input's size is open; UnsupportedError for several inputs
 */
export function fedInput({ name, inputs }: Network, given?: ImageShape): FedInput {
  if (inputs.length !== 1)
    throw new UnsupportedError(
      'unsupported.inputs',
      `Pictures are made for networks of one input; "${name}" has ${inputs.length}: ${inputs.map(input => input.name).join(', ')}.`,
    )
  const [input] = inputs
  const declared = input.shape.slice(1)
  const shape = given ? filled(declared, given) : declared
  if (shape?.every(size => size !== null) && (!given || elementCount(shape) === elementCount(sides(given))))
    return { name: input.name, shape, image: given ?? imageOf(shape) }
  const reads = declared.map(size => size ?? 'any').join(' × ')
  throw new UsageError(
    'usage.image',
    given
      ? `The network reads ${reads}, which is no image of ${sides(given).join(' × ')}; give one of that size as channels × rows × columns.`
      : `The network reads ${reads}: its input has no fixed size. Say which, as channels × rows × columns (--image 3x32x32).`,
  )
}

const sides = ({ channels, height, width }: ImageShape) => [channels, height, width]

/** Open sizes of the input, taken from the image. */
function filled(declared: readonly (number | null)[], image: ImageShape): readonly (number | null)[] {
  const [c, h, w] = sides(image)
  const own = image.layout === 'nhwc' ? [h, w, c] : [c, h, w]
  if (declared.length === 3) return declared.map((size, axis) => size ?? own[axis])
  return declared.length === 1 && declared[0] === null ? [c * h * w] : declared
}

function imageOf(shape: readonly number[]): ImageShape | undefined {
  const layout = 'nchw'
  if (shape.length === 2) return { channels: 1, height: shape[0], width: shape[1], layout }
  if (shape.length === 1) {
    const side = Math.round(Math.sqrt(shape[0]))
    return side * side === shape[0] && side >= LEAST_SIDE
      ? { channels: 1, height: side, width: side, layout }
      : undefined
  }
  if (shape.length !== 3) return undefined
  const [a, b, c] = shape
  const isLast = (c === 1 || c === 3) && a !== 1 && a !== 3
  return isLast ? { channels: c, height: a, width: b, layout: 'nhwc' } : { channels: a, height: b, width: c, layout }
}
