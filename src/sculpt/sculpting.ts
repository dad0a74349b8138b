/**
 * What sculpting a task gives: plain documents that survive JSON. One run is one (hidden layers, seed); the report draws
 * from these and nothing else.
 */
import type { MaskedNetwork } from './masked-network.ts'

/** One network that pruning left, and how it got there. */
export interface SculptedNetwork {
  /** Condensed by nothing: units keep their numbers of the dense network. */
  readonly network: MaskedNetwork
  /** Percentages of the first step of the unit and the edge loop that led here; null where that loop did not run, or
   * led to each function by itself. */
  readonly unitStep: number | null
  readonly edgeStep: number | null
  /** Share of all weights that are pruned, 0 … 1. */
  readonly sparsity: number
  /** Share of right output bits without noise, 0 … 1. */
  readonly accuracy: number
  /** Mean binary cross-entropy without noise, in nats. */
  readonly loss: number
}

/** All of one seed: the network that counts stands first, then its ties, then the others. */
export interface SculptingRun {
  readonly seed: number
  /** Units of each layer before pruning, inputs and outputs included. */
  readonly arch: readonly number[]
  readonly networks: readonly SculptedNetwork[]
  /** How many of `networks`, from the first, are equally good. */
  readonly tied: number
  /** Whether the first reaches the accuracy asked for. If not, it is the best so far, and the verdict is negative. */
  readonly solved: boolean
  /** Whether the network that counts is one of functions sculpted apart, put side by side. */
  readonly apart: boolean
}
