/** How stored examples become a network's input: as they are, flattened, with a channel axis more or less, or turned. */
import { UsageError } from '../errors.ts'
import type { Network } from '../network/network.ts'
import { elementCount } from '../tensor/tensor.ts'
import type { ImageShape } from './evaluation-data.ts'
import type { ImageLayout, StoredExamples } from './stored-examples.ts'

export interface Fit {
  /** Of one example as it is fed. */
  readonly shape: readonly number[]
  /** 1 where examples are no images. */
  readonly channels: number
  readonly layout: ImageLayout
  /** Position in a stored example of each value that is fed; undefined where both orders are the same. */
  readonly reorder?: Int32Array
  readonly image?: ImageShape
  readonly notes: readonly string[]
}

/** @throws UsageError naming both shapes where they do not fit, or a network of several inputs. */
export function fitShape(
  network: Pick<Network, 'name' | 'inputs'>,
  stored: Pick<StoredExamples, 'name' | 'shape' | 'layout'>,
  wanted?: ImageLayout,
): Fit {
  if (network.inputs.length !== 1)
    throw new UsageError(
      'usage.network',
      `Data can be fed to a network of one input; "${network.name}" has ${network.inputs.length}: ${network.inputs.map(({ name }) => name).join(', ')}.`,
    )
  const declared = network.inputs[0].shape.slice(1)
  const image = imageOf(stored)
  const size = elementCount(stored.shape)
  const read = readLayout(declared, image, wanted) ?? stored.layout
  const shape = fedShape(declared, stored.shape, image && turned(image, read), size)
  if (!shape) throw misfit(stored, declared, size)
  const flat = declared.length < 3
  if (!image) return { shape, channels: 1, layout: read, notes: [] }
  const isTurned = image.channels > 1 && read !== stored.layout
  return {
    ...{ shape, channels: image.channels, layout: read, image: { ...image, layout: read } },
    ...(isTurned && { reorder: turnedOrder(image, stored.layout) }),
    notes:
      flat && image.channels > 1 && wanted === undefined
        ? [
            `The network reads images as ${size} numbers; they are given ${read === 'nchw' ? 'channel by channel (nchw)' : 'pixel by pixel (nhwc)'}, as they are stored. --layout turns that around.`,
          ]
        : [],
  }
}

type Plane = Pick<ImageShape, 'channels' | 'height' | 'width'>

function imageOf({ shape, layout }: Pick<StoredExamples, 'shape' | 'layout'>): Plane | undefined {
  if (shape.length === 2) return { channels: 1, height: shape[0], width: shape[1] }
  if (shape.length === 1) return squareOf(shape[0])
  if (shape.length !== 3) return undefined
  const [a, b, c] = shape
  return layout === 'nhwc' ? { channels: c, height: a, width: b } : { channels: a, height: b, width: c }
}

/** The pixels of MNIST and its kin, which often lie flat. */
function squareOf(size: number): Plane | undefined {
  return [784, 1024].includes(size) ? { channels: 1, height: Math.sqrt(size), width: Math.sqrt(size) } : undefined
}

const turned = ({ channels, height, width }: Plane, layout: ImageLayout) =>
  layout === 'nchw' ? [channels, height, width] : [height, width, channels]

/** What the input tells: the order that fits it where the other does not. */
function readLayout(
  declared: readonly (number | null)[],
  image: Plane | undefined,
  wanted: ImageLayout | undefined,
): ImageLayout | undefined {
  if (!image || declared.length !== 3) return wanted
  const fits = (['nchw', 'nhwc'] as const).filter(layout => matches(declared, turned(image, layout)))
  return fits.length === 1 ? fits[0] : wanted
}

const matches = (declared: readonly (number | null)[], shape: readonly number[]) =>
  declared.length === shape.length && declared.every((n, axis) => n === null || n === shape[axis])

function fedShape(
  declared: readonly (number | null)[],
  stored: readonly number[],
  image: readonly number[] | undefined,
  size: number,
): readonly number[] | undefined {
  if (image && matches(declared, image)) return image
  if (matches(declared, stored)) return stored
  // Flat, or with an axis of length one more or less: the same numbers in the same order.
  const squeezed = declared.filter(n => n !== 1)
  const known = declared.every(n => n !== null) && elementCount(declared as number[]) === size
  const sameAxes = [image, stored].some(
    shape =>
      shape &&
      matches(
        squeezed,
        shape.filter(n => n !== 1),
      ),
  )
  if (known && (declared.length < 3 || sameAxes || stored.length === 1)) return declared as number[]
  if (declared.length === 1 && declared[0] === null) return [size]
  return undefined
}

/** Where each value of the other order lies in a stored image. */
function turnedOrder({ channels, height, width }: Plane, from: ImageLayout): Int32Array {
  const plane = height * width
  return Int32Array.from({ length: channels * plane }, (_, to) =>
    from === 'nchw'
      ? (to % channels) * plane + Math.floor(to / channels)
      : (to % plane) * channels + Math.floor(to / plane),
  )
}

function misfit(
  { name, shape }: Pick<StoredExamples, 'name' | 'shape'>,
  declared: readonly (number | null)[],
  size: number,
): UsageError {
  const reads = declared.map(n => n ?? 'any').join(' × ')
  const numbers = declared.every(n => n !== null) ? ` (${elementCount(declared as number[])} numbers)` : ''
  const colour =
    name === 'cifar10' && declared.includes(3)
      ? ' cifar10 is grey, as in the papers; in colour it is cifar10_full.'
      : ''
  return new UsageError(
    'usage.data',
    `An example of ${name} has the shape ${shape.join(' × ')} (${size} numbers), but the network reads ${reads}${numbers}; give examples of that size.${colour}`,
  )
}
