/** Examples as they lie in a file or a data set, before they are made to fit a network. */
import type { Dataset, Split } from './dataset.ts'

export interface StoredExamples {
  /** Of the file, folder or data set. */
  readonly name: string
  /** [examples × shape], row-major. */
  readonly inputs: Uint8Array | Float32Array
  /** Of one example, without the batch. */
  readonly shape: readonly number[]
  /** Where the channels of a stored image lie: before height and width, or after. */
  readonly layout: ImageLayout
  /** What stored values are divided by to become numbers, unless the caller says otherwise. */
  readonly divisor: number
  /** The class of each example, [examples × heads]. */
  readonly labels?: Int32Array
  /** Numbers to predict, [examples × outputs]. */
  readonly targets?: Float32Array
  /** Labels per example. */
  readonly heads: number
  readonly classes?: readonly string[]
  /** Where they come from, as a sentence. */
  readonly provenance: string
}

export type ImageLayout = 'nchw' | 'nhwc'

/** A split of a data set; by default the one to test on. */
export function datasetExamples(dataset: Dataset, split: Split = dataset.tests.test): StoredExamples {
  const { name, shape, divisor, heads, classes, provenance } = dataset
  const { inputs, labels, targets } = split
  return { name, inputs, shape, layout: 'nchw', divisor, labels, targets, heads, classes, provenance }
}

/** Whether an image of this shape has its channels last: the last axis can be one of channels, the first cannot. */
export function channelsLast(shape: readonly number[]): boolean {
  const CHANNELS = [1, 3, 4]
  return shape.length === 3 && CHANNELS.includes(shape[2]) && !CHANNELS.includes(shape[0])
}
