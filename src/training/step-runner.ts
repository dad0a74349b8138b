/**
 * Runs groups of training steps on a runtime. The graph has forms with and without masks and fed gradients; each is
 * loaded when it is first needed.
 */
import type { Runtime, RuntimeUsed, Session } from '../runtime/runtime.ts'
import { type Tensor, tensor } from '../tensor/tensor.ts'
import { arrange, type Layout, parametersIn } from './layout.ts'
import type { Objective } from './objective.ts'
import { scanGraph } from './scan-graph.ts'
import { NAMES, type StepOptions, stepGraph } from './step-graph.ts'
import type { TrainedState } from './trained-state.ts'

/** What a group of steps is fed. */
export interface Group {
  readonly steps: number
  /** [steps × batch] or [steps × replicas × batch], into `examples` and `answers`. */
  readonly indices: Tensor
  readonly examples: Tensor
  readonly answers: Tensor
  /** Dropout masks by input, each [steps × batch × …] of bytes. */
  readonly dropout: ReadonlyMap<string, Tensor>
  /** Learning rate of each step. */
  readonly rates: readonly number[]
  /** Updates made before this group. */
  readonly updates: number
  /** Weight masks by parameter. */
  readonly masks: ReadonlyMap<string, Float32Array>
  /** Gradients to add, by parameter, and the factor they have in each step. */
  readonly extra?: { readonly gradients: ReadonlyMap<string, Float32Array>; readonly scales: readonly number[] }
}

export interface StepRunner {
  /** Runs the steps. Gives the state after them and, for each report, the values of every step. */
  run(state: TrainedState, group: Group): Promise<{ readonly state: TrainedState; readonly reports: Float32Array[] }>
  /** What ran; undefined before the first group. */
  readonly used: () => RuntimeUsed | undefined
  release(): Promise<void>
}

export interface RunnerOptions extends Omit<StepOptions, 'masked' | 'extraGradient' | 'layout'> {
  readonly runtime: Runtime
  readonly threads: number
}

export function stepRunner(objective: Objective, layout: Layout, options: RunnerOptions): StepRunner {
  const { rule, runtime, threads } = options
  const sessions = new Map<string, Session>()
  let used: RuntimeUsed | undefined
  const load = async (masked: boolean, extraGradient: boolean) => {
    const key = `${masked} ${extraGradient}`
    const known = sessions.get(key)
    if (known) return known
    const graph = await stepGraph(objective, { ...options, layout, masked, extraGradient })
    const session = await runtime.load(scanGraph(graph), { threads })
    sessions.set(key, session)
    used = session.runtime
    return session
  }
  /** Masks change seldom: they are arranged once for each change. */
  let arranged: { readonly of: Group['masks']; readonly tensors: TrainedState } | undefined
  const masksOf = (masks: Group['masks']) => {
    if (arranged?.of !== masks) arranged = { of: masks, tensors: arrange(layout, masks, 1) }
    return arranged.tensors
  }
  /** Extra gradients may change with every step: they are copied into tensors that stay. */
  let standing: { readonly tensors: TrainedState; readonly views: ReadonlyMap<string, Tensor> } | undefined
  const extraOf = (gradients: NonNullable<Group['extra']>['gradients']) => {
    if (!standing) {
      const tensors = arrange(layout, new Map(), 0)
      standing = { tensors, views: parametersIn(tensors, layout) }
    }
    for (const [name, { data }] of standing.views) {
      const given = gradients.get(name)
      if (given) (data as Float32Array).set(given)
      else (data as Float32Array).fill(0)
    }
    return standing.tensors
  }
  return {
    used: () => used,
    async run(state, group) {
      const masked = group.masks.size > 0
      const session = await load(masked, group.extra !== undefined)
      const feeds: Record<string, Tensor> = {
        ...Object.fromEntries(state),
        [NAMES.indices]: group.indices,
        [NAMES.examples]: group.examples,
        [NAMES.answers]: group.answers,
        ...Object.fromEntries(group.dropout),
      }
      const coefficients = group.rates.map((rate, at) => rule.coefficientsAt(group.updates + at, rate))
      rule.coefficients.forEach((name, at) => {
        feeds[NAMES.coefficient(name)] = tensor(
          Float32Array.from(coefficients, values => values[at]),
          [group.steps],
        )
      })
      if (masked) for (const [name, mask] of masksOf(group.masks)) feeds[NAMES.mask(name)] = mask
      if (group.extra) {
        for (const [name, gradient] of extraOf(group.extra.gradients)) feeds[NAMES.extra(name)] = gradient
        feeds[NAMES.extraScale] = tensor(Float32Array.from(group.extra.scales), [group.steps])
      }
      const results = await session.run(feeds)
      return {
        state: new Map(Array.from(state.keys(), name => [name, results[NAMES.next(name)]])),
        reports: objective.reports.map(({ name }) => results[NAMES.next(name)].data as Float32Array),
      }
    },
    async release() {
      for (const session of sessions.values()) await session.release()
    },
  }
}
