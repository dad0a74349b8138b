/**
 * Pruning while training: each tensor loses its weights of smallest magnitude (masks.ts), more of them from one call to
 * the next. A hook, so the loop keeps pruned weights at exactly zero between calls.
 *
 * Schedules, at step t of T:
 * - `polynomialDecay` (Zhu and Gupta 2017, as tfmot and the clusterability papers, arXiv 2103.03386, use it):
 *   s(t) = final + (initial − final)(1 − t/T)³, from .5 to .9, every 10 steps from step 0. The masks are drawn once
 *   more after the last step (departure: the papers stop at the last multiple of 10 before T, which leaves out a
 *   weight or two of large tensors; there is no training after either).
 * - `zhuGupta` (nn-clustering-pytorch): s_n = final · (1 − (1 − n/N)³) at step 100 n, N = ⌊T/100⌋. That code counts
 *   what is left and removes a share of it; the count here is of the whole tensor, the same up to rounding. When T is a
 *   multiple of 100 it never reaches the last level; here the call after the last step does.
 *
 * A pruned weight is zero and so among the smallest: while the number kept does not grow, it stays pruned.
 */
import { UsageError } from '../errors.ts'
import type { Network } from '../network/network.ts'
import type { HookState, TrainingHook } from './hooks.ts'
import { checkSparsity, keptCount, magnitudeMask, prunableWeights } from './masks.ts'

export interface PruningSchedule {
  /** Steps from one mask to the next. */
  readonly every: number
  /** Share of zeros at a step; `step === totalSteps` is the end. */
  sparsity(step: number, totalSteps: number): number
}

export interface PolynomialDecay {
  /** Default: .5. */
  readonly initial?: number
  /** Default: .9. */
  readonly final?: number
  /** Default: 10. */
  readonly every?: number
}

/** The papers' schedule. */
export function polynomialDecay(options: PolynomialDecay = {}): PruningSchedule {
  const { initial = 0.5, final = 0.9, every = 10 } = options
  checkSparsity(initial)
  checkSparsity(final)
  return {
    every: checkEvery(every),
    sparsity: (step, totalSteps) => {
      const left = totalSteps === 0 ? 0 : 1 - Math.min(1, step / totalSteps)
      return final + (initial - final) * (left * left * left)
    },
  }
}

/** nn-clustering-pytorch's schedule. Defaults: final .9, every 100. */
export function zhuGupta(options: Omit<PolynomialDecay, 'initial'> = {}): PruningSchedule {
  const { final = 0.9, every = 100 } = options
  checkSparsity(final)
  checkEvery(every)
  return {
    every,
    sparsity: (step, totalSteps) => {
      const prunings = Math.floor(totalSteps / every)
      const n = step === totalSteps ? prunings : Math.min(prunings, Math.floor(step / every))
      const left = prunings === 0 ? 0 : 1 - n / prunings
      return final * (1 - left * left * left)
    },
  }
}

export interface PruningOptions {
  /** Default: `polynomialDecay()`. */
  readonly schedule?: PruningSchedule
  /** Names of the weights to prune. Default: all matrices and kernels. */
  readonly weights?: readonly string[]
}

export interface PruningHook extends TrainingHook {
  /** Smallest magnitude kept in each tensor by its last mask; empty before the first. */
  readonly thresholds: ReadonlyMap<string, number>
}

/**
 * The hook that prunes a network while it is trained; its masks are the loop's.
 * @throws UsageError `usage.prune` for a name that is not one of the network's weights, or when none is left
 */
export function magnitudePruning(network: Network, options: PruningOptions = {}): PruningHook {
  const { schedule = polynomialDecay(), weights = prunableWeights(network) } = options
  const stranger = weights.find(name => !network.weights.has(name))
  if (weights.length === 0 || stranger !== undefined)
    throw new UsageError(
      'usage.prune',
      stranger === undefined
        ? 'There are no weights to prune.'
        : `There is no weight "${stranger}" to prune; the network has ${prunableWeights(network).join(', ')}.`,
    )
  const thresholds = new Map<string, number>()
  return {
    name: 'pruning',
    every: schedule.every,
    atEnd: true,
    thresholds,
    apply({ step, totalSteps, parameters }: HookState) {
      const sparsity = schedule.sparsity(step, totalSteps)
      const masks = new Map<string, Float32Array>()
      for (const name of weights) {
        const values = parameters.get(name)?.data
        if (!(values instanceof Float32Array))
          throw new UsageError('usage.prune', `The weight "${name}" is to be pruned but is not trained.`)
        const { mask, threshold } = magnitudeMask(values, keptCount(values.length, sparsity))
        masks.set(name, mask)
        thresholds.set(name, threshold)
      }
      return { masks, metrics: { sparsity } }
    },
    save: () => ({
      thresholds: {
        dtype: 'float64',
        shape: [weights.length],
        data: Float64Array.from(weights, name => thresholds.get(name) ?? 0),
      },
    }),
    restore(saved) {
      weights.forEach((name, i) => {
        thresholds.set(name, Number(saved.thresholds.data[i]))
      })
    },
  }
}

function checkEvery(every: number): number {
  if (!Number.isInteger(every) || every < 1)
    throw new UsageError('usage.every', `Pruning happens every 1, 2, 3 … steps, not every ${every}.`)
  return every
}
