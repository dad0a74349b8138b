import { LobesError } from './errors.ts'

/** One step of long work, as handed to `onProgress`. */
export interface Progress {
  /** What is being done, e.g. `layer-nonzero: shuffled networks`. */
  readonly stage: string
  /** Steps finished so far. */
  readonly done: number
  /** Steps in all, or the most there can be when stopping early is possible. */
  readonly total: number
  /** How it stands, e.g. `epoch 3 of 20, loss 0.0812`. */
  readonly detail?: string
}

/** The options every long call takes. */
export interface WatchOptions {
  /** Stops the work: the call rejects with an error whose code is `interrupted`. */
  readonly signal?: AbortSignal
  /** Called after each finished step, always on the calling thread. */
  readonly onProgress?: (progress: Progress) => void
}

/** Throws the `interrupted` error when the caller has asked to stop. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new LobesError('interrupted', 'The work was interrupted before it finished.')
}
