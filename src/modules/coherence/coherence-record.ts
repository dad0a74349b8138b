/** What stands in a coherence study for one sub-module. */
import type { Comparison } from './comparison.ts'
import type { CoherencePicture } from './picture.ts'

/** The inputs that drive a sub-module most, and whether they belong together. */
export interface TopInputs {
  /** Numbers of the examples in the data, largest activation first. */
  readonly examples: readonly number[]
  /** Their classes; null without labels. */
  readonly labels: readonly number[] | null
  readonly pictures: readonly CoherencePicture[]
  /** Entropy of their labels in nats, small is coherent; null without labels. */
  readonly labelEntropy: Comparison | null
}

/** How activation goes with each pixel: mid-grey is no correlation, white the largest in the row of pictures. */
export interface CorrelationPictures {
  readonly picture: CoherencePicture
  /** Of the first random sets. */
  readonly controls: readonly CoherencePicture[]
  /** The correlation that is drawn white, and its negative black. */
  readonly largest: number
}

export interface CoherenceRecord {
  /** Index of the layer in the unit graph, and its name. */
  readonly layer: number
  readonly name: string
  readonly module: number
  readonly units: readonly number[]
  /** Share of its layer's live units. */
  readonly share: number
  /** The input that drives the sub-module most, as gradient ascent found it. */
  readonly picture: CoherencePicture
  /** The same for the first random sets. */
  readonly controlPictures: readonly CoherencePicture[]
  /** Objective reached by the picture, large is coherent. */
  readonly score: Comparison
  /** Entropy of the softmax of the network's answer to the picture, in nats, small is coherent; null for one output. */
  readonly entropy: Comparison | null
  /** Standard deviation of the units' activations on the picture, small is coherent. */
  readonly dispersion: Comparison
  /** What the network takes the picture for, and how sure it is; null for one output. */
  readonly answer: { readonly class: number; readonly probability: number } | null
  /** Null without data. */
  readonly top: TopInputs | null
  readonly correlation: CorrelationPictures | null
  /** How many of its units stand for each class most; null without labels. */
  readonly classes: readonly number[] | null
}
