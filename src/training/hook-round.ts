/** Calls hooks when they are due and carries out what they ask for. */
import { UsageError } from '../errors.ts'
import { elementCount, tensor } from '../tensor/tensor.ts'
import type { Checkpoint } from './checkpoint.ts'
import { checkByParameter } from './fit-options.ts'
import type { EpochSums } from './history.ts'
import type { HookChanges, TrainingHook } from './hooks.ts'
import { type Layout, parametersIn, placesIn } from './layout.ts'
import type { Group } from './step-runner.ts'
import type { TrainedState } from './trained-state.ts'

/** What hooks have asked for so far. */
export interface HookEffects {
  /** Replaced as a whole when a mask changes. */
  masks: ReadonlyMap<string, Float32Array>
  /** Gradients in force: until which step, and by parameter. */
  readonly gradients: Map<string, { readonly until: number; readonly by: ReadonlyMap<string, Float32Array> }>
}

export interface HookTime {
  readonly step: number
  readonly totalSteps: number
  readonly stepsPerEpoch: number
}

/** Calls the hooks given, in order. Weights change in `state` itself. */
export async function callHooks(
  hooks: readonly TrainingHook[],
  time: HookTime,
  layout: Layout,
  state: TrainedState,
  effects: HookEffects,
  sums: EpochSums,
): Promise<void> {
  for (const hook of hooks) {
    const parameters = parametersIn(state, layout)
    const changes = await hook.apply({ ...time, parameters, masks: effects.masks })
    effects.gradients.delete(hook.name)
    if (!changes) continue
    checkChanges(hook, changes, layout)
    for (const [name, values] of changes.weights ?? []) (parameters.get(name)!.data as Float32Array).set(values)
    if (changes.masks) effects.masks = new Map([...effects.masks, ...changes.masks])
    if (changes.weights || changes.masks) applyMasks(state, layout, effects.masks)
    if (changes.gradients)
      effects.gradients.set(hook.name, { until: time.step + (changes.gradientSteps ?? 1), by: changes.gradients })
    for (const [key, value] of Object.entries(changes.metrics ?? {})) {
      const metric = (sums.hooks[`${hook.name}.${key}`] ??= { sum: 0, count: 0 })
      metric.sum += value
      metric.count++
    }
  }
}

/** Multiplies the weights by their masks. */
export function applyMasks(state: TrainedState, layout: Layout, masks: ReadonlyMap<string, Float32Array>): void {
  const parameters = parametersIn(state, layout)
  for (const [name, mask] of masks) {
    const values = parameters.get(name)!.data as Float32Array
    for (let i = 0; i < values.length; i++) values[i] *= mask[i]
  }
}

function checkChanges(hook: TrainingHook, changes: HookChanges, layout: Layout): void {
  const sizes = new Map(Array.from(placesIn(layout), ([name, { shape }]) => [name, elementCount(shape)]))
  for (const part of ['weights', 'masks', 'gradients'] as const)
    checkByParameter(`The training hook "${hook.name}" (${part})`, changes[part] ?? new Map(), sizes)
  const { gradientSteps = 1 } = changes
  if (!(gradientSteps >= 1))
    throw new UsageError('usage.hook', `The training hook "${hook.name}" gives gradients for ${gradientSteps} steps.`)
}

/** The sum of the gradients in force from `step` on, for a group of at most `most` steps, and how many it may have. */
export function gradientsInForce(
  effects: HookEffects,
  step: number,
  most: number,
): { readonly steps: number; readonly extra?: (steps: number) => NonNullable<Group['extra']> } {
  const active = [...effects.gradients.values()].filter(({ until }) => until > step)
  if (active.length === 0) return { steps: most }
  if (active.length === 1) {
    const [{ by, until }] = active
    const scale = (at: number) => (step + at < until ? 1 : 0)
    return {
      steps: most,
      extra: steps => ({ gradients: by, scales: Array.from({ length: steps }, (_, at) => scale(at)) }),
    }
  }
  // Several that end at different times cannot share a factor: the group ends with the first of them.
  const gradients = new Map<string, Float32Array>()
  for (const { by } of active)
    for (const [name, values] of by)
      gradients.set(name, gradients.get(name)?.map((sum, i) => sum + values[i]) ?? values)
  const end = Math.min(...active.map(({ until }) => until))
  return {
    steps: Math.min(most, end - step),
    extra: steps => ({ gradients, scales: new Array<number>(steps).fill(1) }),
  }
}

/** For a checkpoint. */
export function savedEffects(
  hooks: readonly TrainingHook[],
  effects: HookEffects,
): Pick<Checkpoint, 'masks' | 'gradients' | 'hooks'> {
  const tensors = (by: ReadonlyMap<string, Float32Array>) =>
    new Map(Array.from(by, ([name, values]) => [name, tensor(values, [values.length])]))
  return {
    masks: tensors(effects.masks),
    gradients: Array.from(effects.gradients, ([hook, { until, by }]) => ({ hook, until, by: tensors(by) })),
    hooks: new Map(hooks.flatMap(hook => (hook.save ? [[hook.name, hook.save()]] : []))),
  }
}

export function restoredEffects(
  hooks: readonly TrainingHook[],
  checkpoint: Pick<Checkpoint, 'masks' | 'gradients' | 'hooks'>,
): HookEffects {
  const arrays = (by: Checkpoint['masks']) =>
    new Map(Array.from(by, ([name, { data }]) => [name, data as Float32Array]))
  for (const hook of hooks) {
    const saved = checkpoint.hooks.get(hook.name)
    if (saved) hook.restore?.(saved)
  }
  return {
    masks: arrays(checkpoint.masks),
    gradients: new Map(checkpoint.gradients.map(({ hook, until, by }) => [hook, { until, by: arrays(by) }])),
  }
}
