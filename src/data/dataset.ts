/**
 * What a data set is: examples to train on and to test on, each with a class or with numbers to predict. Everything
 * that trains or measures a network takes this type; `tasks/` builds more of them.
 */
import { UsageError } from '../errors.ts'
import type { WatchOptions } from '../progress.ts'
import { elementCount } from '../tensor/tensor.ts'

/** A part of a data set. It has `labels` or `targets`, never both. */
export interface Split {
  /** [examples × shape], row-major, as stored; see {@link Dataset.divisor}. */
  readonly inputs: Uint8Array | Float32Array
  /** The class of each example, [examples × heads]: integers from 0. */
  readonly labels?: Int32Array
  /** Numbers to predict, [examples × outputs]. */
  readonly targets?: Float32Array
  /** Where two data sets were mixed: 1 for an example of the second, [examples]. */
  readonly fromSecond?: Uint8Array
}

export interface Dataset {
  /** As {@link loadTask} takes it, e.g. `halves_mnist`. */
  readonly name: string
  /** Of one example, without the batch. Images are [channels, height, width]. */
  readonly shape: readonly number[]
  /**
   * What stored inputs are divided by when they become numbers: 255 for pixels, which are stored from 0 to 255
   * (integers in a Uint8Array, resized images in a Float32Array), 1 for inputs that are numbers already.
   */
  readonly divisor: number
  /** Classes of one head, in the order of the labels; absent where the task is regression. */
  readonly classes?: readonly string[]
  /** Labels per example. Above 1 only where an output has several parts, such as the digits of a number. */
  readonly heads: number
  /** Numbers the network gives for one example: heads × classes, or the length of a target. */
  readonly outputs: number
  readonly train: Split
  /** `test`, and where a task has several, the others by name. */
  readonly tests: { readonly test: Split; readonly [name: string]: Split }
  /** Whether training should visit the examples in a new order in each epoch. Default: it should. */
  readonly shuffle: boolean
  /** Where it comes from and how it was made, as a sentence. */
  readonly provenance: string
}

/** Sets of real images, and `digits`, which is drawn by the program itself. */
export const IMAGE_SETS = ['digits', 'mnist', 'fashion', 'kmnist', 'cifar10'] as const
export type ImageSet = (typeof IMAGE_SETS)[number]

/** Where image sets are found: in Node on disk or by download (`dataStore`), in a browser from files the user chose. */
export interface DataStore {
  /** @throws UsageError or ResourceError that names the set and says how to get it. */
  load(name: Exclude<ImageSet, 'digits'>, options?: WatchOptions): Promise<Dataset>
}

export const DIGIT_NAMES = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'] as const

/** Numbers in one example. */
export function exampleSize({ shape }: Pick<Dataset, 'shape'>): number {
  return elementCount(shape)
}

/** Examples in a split of this data set. */
export function exampleCount(dataset: Pick<Dataset, 'shape'>, split: Split): number {
  return split.inputs.length / exampleSize(dataset)
}

/** Examples `from` to `to` (default: all) as the numbers a network sees: stored values divided by the divisor. */
export function networkInputs(
  dataset: Pick<Dataset, 'shape' | 'divisor'>,
  split: Split,
  from = 0,
  to = exampleCount(dataset, split),
): Float32Array {
  const size = exampleSize(dataset)
  const stored = split.inputs.subarray(from * size, to * size)
  const { divisor } = dataset
  const values = new Float32Array(stored.length)
  for (let i = 0; i < values.length; i++) values[i] = stored[i] / divisor
  return values
}

/** The examples with these indices, in this order. */
export function selectExamples(split: Split, indices: ArrayLike<number>, examples: number): Split {
  const pick = <T extends Uint8Array | Float32Array | Int32Array>(values: T): T => {
    const size = values.length / examples
    const picked = new (values.constructor as new (length: number) => T)(indices.length * size)
    for (let i = 0; i < indices.length; i++)
      picked.set(values.subarray(indices[i] * size, (indices[i] + 1) * size), i * size)
    return picked
  }
  return mapSplit(split, pick)
}

/** The first `count` examples; shares memory with the split. */
export function firstExamples(split: Split, count: number, examples: number): Split {
  return mapSplit(split, values => values.subarray(0, (values.length / examples) * count) as typeof values)
}

function mapSplit(split: Split, map: <T extends Uint8Array | Float32Array | Int32Array>(values: T) => T): Split {
  return {
    inputs: map(split.inputs),
    ...(split.labels && { labels: map(split.labels) }),
    ...(split.targets && { targets: map(split.targets) }),
    ...(split.fromSecond && { fromSecond: map(split.fromSecond) }),
  }
}

/**
 * Checks that sizes agree and labels lie within the classes; gives the data set back.
 *
 * @throws UsageError naming the split and, for a label, the example.
 */
export function checkDataset(dataset: Dataset): Dataset {
  const size = exampleSize(dataset)
  for (const [name, split] of Object.entries({ train: dataset.train, ...dataset.tests })) {
    const where = `${dataset.name}, ${name}`
    const examples = split.inputs.length / size
    if (!Number.isInteger(examples))
      throw wrong(
        `${where}: ${split.inputs.length} values are no whole number of examples of shape [${dataset.shape}].`,
      )
    const width = split.labels ? dataset.heads : dataset.outputs
    const answers = split.labels ?? split.targets
    if (!answers || answers.length !== examples * width)
      throw wrong(
        `${where}: ${examples} examples need ${examples * width} labels or targets, not ${answers?.length ?? 0}.`,
      )
    if (split.labels) checkLabels(split.labels, dataset, where)
  }
  return dataset
}

function checkLabels(labels: Int32Array, { classes = [], heads }: Dataset, where: string): void {
  const at = labels.findIndex(label => label < 0 || label >= classes.length)
  if (at < 0) return
  throw wrong(
    `${where}: example ${Math.floor(at / heads)} has the label ${labels[at]}, but there are ${classes.length} classes, 0 to ${classes.length - 1}.`,
  )
}

function wrong(message: string): UsageError {
  return new UsageError('usage.data', `${message} Repair the data set.`)
}
