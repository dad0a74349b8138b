/**
 * The order in which examples are visited. Each epoch has a permutation of its own, drawn from a stream of seed and
 * epoch, so that a resumed run continues where it was without any stored state. As in Keras, the last batch of an epoch
 * is smaller when the examples do not divide, and counts as a step like any other.
 */
import { randomStream, shuffle } from '../random.ts'

/** Streams of randomness in training, each addressed by what it belongs to. */
export const STREAMS = { shuffle: 0, dropout: 1, augment: 2, noise: 3 } as const

/** Indices of all examples in the order of an epoch, counted from 0. */
export function epochOrder(examples: number, seed: number, epoch: number, shuffled: boolean): Int32Array {
  const order = Int32Array.from({ length: examples }, (_, index) => index)
  return shuffled ? shuffle(order, randomStream(seed, STREAMS.shuffle, epoch)) : order
}

export function stepsPerEpoch(examples: number, batch: number): number {
  return Math.ceil(examples / batch)
}

export interface GroupPlan {
  readonly steps: number
  /** Examples in each of its batches. */
  readonly batch: number
  /** Position of its first example in the order of the epoch. */
  readonly start: number
}

/**
 * The steps from `step` (within its epoch) on that can run as one group: batches of one size, at most `most`.
 */
export function nextGroup(examples: number, batch: number, step: number, most: number): GroupPlan {
  const full = Math.floor(examples / batch)
  const start = step * batch
  if (step >= full) return { steps: 1, batch: examples - start, start }
  return { steps: Math.min(most, full - step), batch, start }
}
