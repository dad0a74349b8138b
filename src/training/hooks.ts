/**
 * Hooks: code that looks at the parameters between training steps and may change them. Pruning schedules, the
 * clusterability penalty and normalisers are hooks; the training loop knows none of them by name.
 *
 * A hook with `every: n` is called before steps 0, n, 2n … (and, with `atEnd`, once after the last). Steps between two
 * calls run grouped, without coming back to JavaScript, so a hook costs least when called seldom. Several hooks due at
 * one step are called in the order given, each seeing what those before it changed.
 */
import type { Tensor } from '../tensor/tensor.ts'

/** What a hook sees. The arrays are the loop's own: read them, return changed copies. */
export interface HookState {
  /** Steps finished in this run: 0 before the first. */
  readonly step: number
  /** Steps this run will take unless it stops early. */
  readonly totalSteps: number
  readonly stepsPerEpoch: number
  /** Trained weights by name, as in the network: float32, in the network's shapes. */
  readonly parameters: ReadonlyMap<string, Tensor>
  /** Masks in force, by parameter name; 0 and 1, in the parameter's order. */
  readonly masks: ReadonlyMap<string, Float32Array>
}

/** What a hook wants changed; members left out stay as they are. Names are those of `parameters`. */
export interface HookChanges {
  /** New values, used from the next step on. */
  readonly weights?: ReadonlyMap<string, Float32Array>
  /**
   * New multiplicative masks: the weights are multiplied by them at once and after every update, so that a zero is
   * exactly zero. A parameter keeps its mask until a hook gives another.
   */
  readonly masks?: ReadonlyMap<string, Float32Array>
  /** Added to the gradient of the loss in the next `gradientSteps` steps; replaces what this hook gave before. */
  readonly gradients?: ReadonlyMap<string, Float32Array>
  /** Default: 1, the next step alone. `every` means: until the next call. */
  readonly gradientSteps?: number
  /** Numbers to report with the epoch (the mean over its calls), e.g. `{ penalty: .3 }`. */
  readonly metrics?: Readonly<Record<string, number>>
}

export interface TrainingHook {
  /** For messages and checkpoints; unique within a run. */
  readonly name: string
  /** Steps from one call to the next, at least 1. */
  readonly every: number
  /** Whether it is called once more after the last step. Default: false. */
  readonly atEnd?: boolean
  apply(state: HookState): HookChanges | undefined | Promise<HookChanges | undefined>
  /** What a resumed run needs so that it ends with the same bits, e.g. warm-started eigenvectors. Default: nothing. */
  save?(): Readonly<Record<string, Tensor>>
  /** Takes back what `save` gave, before the first call of a resumed run. */
  restore?(saved: Readonly<Record<string, Tensor>>): void
}
