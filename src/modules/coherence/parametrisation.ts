/**
 * What is optimised instead of pixels (Olah, Mordvintsev and Schubert, Feature Visualization, 2017, and Lucid's code):
 * the spectrum of the image, in which gradient ascent moves all frequencies alike, and for three channels a colour
 * space without correlations. A sigmoid keeps pixels in [0, 1]; the user's normalisation makes the network's input of
 * them. `pixel` optimises the numbers before the sigmoid directly: for inputs that are no images, and to compare with.
 *
 * Written as operators from the value `PARAMETERS` [batch × …] to the network's input. Values start as N(0, .01²).
 */
import { castTarget } from '../../autodiff/draft.ts'
import { UsageError } from '../../errors.ts'
import { type GraphDraft, graphDraft } from '../../network/graph-draft.ts'
import type { Network, Operator, ValueInfo, WeightTensor } from '../../network/network.ts'
import type { Random } from '../../random.ts'
import { normalDraws } from '../../stats/normal.ts'
import { elementCount, tensor } from '../../tensor/tensor.ts'
import { fourierBasis } from './fourier.ts'
import type { FedInput } from './input-image.ts'
import { TRANSFORM, transformed } from './transforms.ts'

export const PARAMETRISATIONS = ['fourier', 'pixel'] as const
export type ParametrisationName = (typeof PARAMETRISATIONS)[number]

export interface Normalisation {
  /** Taken off the image and divided by after that: one number, or one per channel. Default: 0 and 1. */
  readonly mean?: readonly number[]
  readonly std?: readonly number[]
  /** Values of black and white before that. Default: [0, 1]. */
  readonly range?: readonly [number, number]
}

export interface Parametrisation {
  /** Of one example. */
  readonly shape: readonly number[]
  /** Inputs of the operators: parameters, and what a transform is fed. */
  readonly inputs: readonly ValueInfo[]
  readonly operators: readonly Operator[]
  readonly weights: ReadonlyMap<string, WeightTensor>
  readonly shapes: ReadonlyMap<string, readonly (number | null)[]>
}

/** Names of values: what is optimised, and the image in [0, 1], [batch × channels × pixels]. */
export const PARAMETERS = 'picture/parameters'
export const PICTURE = 'picture/image'

/** Lucid's: columns are what an uncorrelated colour means in red, green, blue; as measured on ImageNet. */
const COLOURS = [0.26, 0.09, 0.02, 0.27, 0, -0.05, 0.27, -0.09, 0.03]
const LARGEST_COLOUR = Math.hypot(0.26, 0.27, 0.27)

export interface ParametrisationOptions extends Normalisation {
  readonly name: ParametrisationName
  /** Whether a random transform stands between image and network. */
  readonly transformed: boolean
}

/** @param input of the network that reads the picture; its `dtype` as declared there */
export function parametrisation(network: Network, input: FedInput, options: ParametrisationOptions): Parametrisation {
  const { image } = input
  const size = elementCount(input.shape)
  const channels = image?.channels ?? 1
  const pixels = size / channels
  const isFourier = options.name === 'fourier' && image !== undefined
  const basis = isFourier ? fourierBasis(image.height, image.width) : undefined
  const shape = basis ? [channels, basis.columns, 2 * image!.height] : [channels, pixels]
  const info: ValueInfo = { name: PARAMETERS, dtype: 'float32', shape: [null, ...shape] }
  const feeds = options.transformed ? TRANSFORM.inputs(pixels) : []
  const draft = graphDraft([info, ...feeds])
  const { op, integers, constant } = draft
  let value = PARAMETERS
  if (basis) {
    const [rows, columns] = [2 * image!.height, basis.columns]
    const scaled = op('picture/scaled', 'Mul', [value, constant('picture/scale', basis.scale)])
    const turned = op('picture/rows', 'MatMul', [scaled, constant('picture/row-basis', basis.alongRows)])
    const apart = integers('picture/apart', [0, channels, columns, 2, rows / 2])
    const parts = op('picture/parts', 'Reshape', [turned, apart])
    const swapped = op('picture/swapped', 'Transpose', [parts], { perm: [0, 1, 4, 3, 2] })
    const joined = op('picture/joined', 'Reshape', [
      swapped,
      integers('picture/together', [0, channels, rows / 2, 2 * columns]),
    ])
    const plane = op('picture/plane', 'MatMul', [joined, constant('picture/column-basis', basis.alongColumns)])
    value = op('picture/flat', 'Reshape', [plane, integers('picture/flat-shape', [0, channels, pixels])])
    if (channels === 3) {
      const colours = tensor(
        Float32Array.from(COLOURS, part => part / LARGEST_COLOUR),
        [3, 3],
      )
      value = op('picture/colours', 'MatMul', [constant('picture/colour-basis', colours), value])
    }
  }
  value = op(PICTURE, 'Sigmoid', [value])
  if (options.transformed) value = transformed(draft, value, channels, pixels)
  value = normalised(draft, value, channels, options)
  writeInput(draft, value, network, input)
  const made = draft.finish([input.name], { ...network })
  return { shape, inputs: made.inputs, operators: made.operators, weights: made.weights, shapes: made.shapes }
}

function normalised(
  { op, constant }: GraphDraft,
  value: string,
  channels: number,
  { mean = [0], std = [1], range: [low, high] = [0, 1] }: Normalisation,
): string {
  for (const [name, given] of Object.entries({ mean, std }))
    if (given.length !== 1 && given.length !== channels)
      throw new UsageError(
        'usage.normalise',
        `There are ${given.length} numbers for ${name}, but ${channels} channel${channels === 1 ? '' : 's'}; give one number, or one for each channel.`,
      )
  const each = (of: readonly number[], channel: number) => of[of.length === 1 ? 0 : channel]
  const column = (of: (channel: number) => number) =>
    tensor(
      Float32Array.from({ length: channels }, (_, channel) => of(channel)),
      [channels, 1],
    )
  const gain = column(channel => (high - low) / each(std, channel))
  const shift = column(channel => (low - each(mean, channel)) / each(std, channel))
  if (![...(gain.data as Float32Array), ...(shift.data as Float32Array)].every(Number.isFinite))
    throw new UsageError(
      'usage.normalise',
      `Mean, std and range must be finite and std not 0: ${mean}; ${std}; ${low}, ${high}.`,
    )
  const isIdentity =
    (gain.data as Float32Array).every(one => one === 1) && (shift.data as Float32Array).every(one => one === 0)
  if (isIdentity) return value
  const scaled = op('picture/gained', 'Mul', [value, constant('picture/gain', gain)])
  return op('picture/normalised', 'Add', [scaled, constant('picture/shift', shift)])
}

/** [batch × channels × pixels] in the order and type the network reads, under the name of its input. */
function writeInput(
  { op, integers }: GraphDraft,
  value: string,
  network: Network,
  { name, shape, image }: FedInput,
): void {
  const isTurned = image?.layout === 'nhwc' && image.channels > 1
  const ordered = isTurned ? op('picture/channels-last', 'Transpose', [value], { perm: [0, 2, 1] }) : value
  const { dtype } = network.inputs[0]
  const target = integers('picture/input-shape', [0, ...shape])
  if (dtype === 'float32') op(name, 'Reshape', [ordered, target])
  else op(name, 'Cast', [op('picture/shaped', 'Reshape', [ordered, target])], { to: castTarget(dtype) })
}

const START = 0.01

/** Numbers to start from: [examples × shape]. */
export function startValues(size: number, random: Random): Float32Array {
  const draw = normalDraws(random)
  return Float32Array.from({ length: size }, () => START * draw())
}
