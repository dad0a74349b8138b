/**
 * Examples made to fit a network: scaled, normalised by channel, laid out as its input reads them, thinned out evenly
 * over the classes. What lesions, coherence, activation graphs and the report measure on.
 */
import { ResourceError, UsageError } from '../errors.ts'
import type { Network } from '../network/network.ts'
import { elementCount } from '../tensor/tensor.ts'
import { balancedIndices } from './balanced-sample.ts'
import { fittingAnswers } from './fit-answers.ts'
import { fitShape } from './fit-shape.ts'
import type { ImageLayout, StoredExamples } from './stored-examples.ts'

export interface EvaluationOptions {
  /** At most so many, as evenly over the classes as they allow. Default: all. */
  readonly examples?: number
  /** Of the draw of these. Default: 0. */
  readonly seed?: number
  /** What stored values are multiplied by. Default: 1/255 for pixels, 1 for numbers. */
  readonly scale?: number
  /** Taken off after scaling: one number, or one per channel. Default: 0. */
  readonly mean?: readonly number[]
  /** Divided by after that, likewise. Default: 1. */
  readonly std?: readonly number[]
  /** Where the network reads the channels of an image. Default: as its input tells, else as the images are stored. */
  readonly layout?: ImageLayout
}

/** What can be measured on; it has `labels`, `targets`, or neither. */
export interface EvaluationData {
  readonly name: string
  /** What the network reads, [examples × shape], row-major. */
  readonly inputs: Float32Array
  /** Of one example, as it is fed. */
  readonly shape: readonly number[]
  /** Class of each example, [examples × heads]. */
  readonly labels?: Int32Array
  /** Numbers to predict, [examples × outputs]. */
  readonly targets?: Float32Array
  readonly heads: number
  /** Names of the classes, where examples have them. */
  readonly classes?: readonly string[]
  /** How an example is drawn, where it is an image. */
  readonly image?: ImageShape
  /** Number of each example in the file or data set, ascending. */
  readonly indices: Int32Array
  readonly preprocessing: Preprocessing
  readonly provenance: string
  /** What a user should know about how the data was understood, as sentences. */
  readonly notes: readonly string[]
}

/** value = (stored / divisor − mean) / std, channel by channel. */
interface Preprocessing {
  readonly divisor: number
  readonly mean: readonly number[]
  readonly std: readonly number[]
  readonly layout: ImageLayout
}

export interface ImageShape {
  readonly channels: number
  readonly height: number
  readonly width: number
  /** Of the inputs as they are fed. */
  readonly layout: ImageLayout
}

/** Numbers that fit into one array. */
const MOST_VALUES = 2 ** 29

/**
 * @throws UsageError when images or labels do not fit the network, naming both sizes; ResourceError above 2 GiB
 */
export function evaluationData(
  network: Pick<Network, 'name' | 'inputs' | 'outputs' | 'shapes'>,
  stored: StoredExamples,
  options: EvaluationOptions = {},
): EvaluationData {
  const all = stored.inputs.length / elementCount(stored.shape)
  const indices = balancedIndices(stored, all, options.examples ?? all, options.seed ?? 0)
  const fit = fitShape(network, stored, options.layout)
  const preprocessing = preprocessingOf(stored, fit.channels, fit.layout, options)
  const inputs = fedValues(stored, indices, fit.channels, fit.reorder, preprocessing)
  const answers = fittingAnswers(network, stored, indices, all)
  const unlabelled = !answers.labels && !answers.targets
  return {
    ...{ name: stored.name, inputs, shape: fit.shape, indices, preprocessing },
    ...answers,
    ...(stored.classes && answers.labels && { classes: stored.classes }),
    ...(fit.image && { image: fit.image }),
    provenance: stored.provenance,
    notes: [
      ...fit.notes,
      ...(unlabelled
        ? [
            'The data has no labels: a lesion is measured by how far it moves the answers of the intact network, and what counts as right is what that answers.',
          ]
        : []),
    ],
  }
}

function preprocessingOf(
  stored: StoredExamples,
  channels: number,
  layout: ImageLayout,
  { scale, mean = [0], std = [1] }: EvaluationOptions,
): Preprocessing {
  if (scale !== undefined && !(Number.isFinite(scale) && scale !== 0))
    throw new UsageError('usage.scale', `The scale must be a number other than 0, not ${scale}.`)
  for (const [name, values] of Object.entries({ mean, std }))
    if (values.length !== 1 && values.length !== channels)
      throw new UsageError(
        'usage.normalise',
        `There are ${values.length} numbers for ${name}, but ${channels} channel${channels === 1 ? '' : 's'}; give one number, or one for each channel.`,
      )
  const bad = [...mean, ...std].find(value => !Number.isFinite(value)) ?? std.find(value => value === 0)
  if (bad !== undefined)
    throw new UsageError('usage.normalise', `Mean and std must be finite and std not 0; one of them is ${bad}.`)
  const divisor = scale === undefined ? stored.divisor : divisorOf(scale)
  return { divisor, mean, std, layout }
}

/** A scale of 1/255 divides by exactly 255, as training did: the two differ in the last bit. */
function divisorOf(scale: number): number {
  const whole = Math.round(1 / scale)
  return Math.abs(whole * scale - 1) < 1e-12 ? whole : 1 / scale
}

/** `reorder`: position in a stored example of each value that is fed; undefined where both orders are the same. */
function fedValues(
  { inputs: from, shape, layout }: StoredExamples,
  indices: Int32Array,
  channels: number,
  reorder: Int32Array | undefined,
  { divisor, mean, std }: Preprocessing,
): Float32Array {
  const size = elementCount(shape)
  if (indices.length * size > MOST_VALUES)
    throw new ResourceError(
      'resource.data',
      `${indices.length} examples of ${size} numbers take more than 2 GiB; use at most ${Math.floor(MOST_VALUES / size)} of them (--examples).`,
    )
  const plane = size / channels
  const channelOf = (at: number) => (layout === 'nhwc' ? at % channels : Math.floor(at / plane))
  const means = Float64Array.from({ length: size }, (_, at) => mean[mean.length === 1 ? 0 : channelOf(at)])
  const stds = Float64Array.from({ length: size }, (_, at) => std[std.length === 1 ? 0 : channelOf(at)])
  const fed = new Float32Array(indices.length * size)
  for (let i = 0; i < indices.length; i++) {
    const start = indices[i] * size
    for (let j = 0; j < size; j++) {
      const at = reorder ? reorder[j] : j
      fed[i * size + j] = (from[start + at] / divisor - means[at]) / stds[at]
    }
  }
  return fed
}
