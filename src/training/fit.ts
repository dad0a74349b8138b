/**
 * Training: epochs of steps through a runtime, with validation, hooks, checkpoints and the choice of the epoch that is
 * kept. Steps run in groups (`scan-graph.ts`) that end where something is due in between: a hook, a checkpoint, the end
 * of an epoch. How steps are grouped changes no bit of the result.
 */
import { type Dataset, exampleCount } from '../data/dataset.ts'
import type { Network } from '../network/network.ts'
import { throwIfAborted } from '../progress.ts'
import { chooseRuntime } from '../runtime/choose.ts'
import type { RuntimeUsed } from '../runtime/runtime.ts'
import { elementCount } from '../tensor/tensor.ts'
import { nextGroup, stepsPerEpoch } from './batches.ts'
import { type Checkpoint, checkConfig, decodeCheckpoint, encodeCheckpoint, type Stall } from './checkpoint.ts'
import { checkLosses, diverged, hasOnlyNumbers } from './divergence.ts'
import { dropoutSites } from './dropout.ts'
import { loadEvaluator } from './evaluate.ts'
import { feeder } from './feeder.ts'
import { checkByParameter, type FitOptions, type FitPlan, penalties, planFit } from './fit-options.ts'
import { groupPace } from './group-pace.ts'
import { type EpochRecord, hookMeans, newSums } from './history.ts'
import {
  applyMasks,
  callHooks,
  gradientsInForce,
  type HookEffects,
  restoredEffects,
  savedEffects,
} from './hook-round.ts'
import type { TrainingHook } from './hooks.ts'
import { isKept, scoreOf } from './keep.ts'
import { layoutOf } from './layout.ts'
import { trainingObjective } from './objective.ts'
import { withOpenBatch } from './open-batch.ts'
import { updateRule } from './optimiser.ts'
import { rateAt } from './schedule.ts'
import { stepRunner } from './step-runner.ts'
import { copyTrained, initialState, type TrainedState, trainedWeights, withTrained } from './trained-state.ts'

export interface FitResult {
  /** With the weights of the epoch that was kept. */
  readonly network: Network
  readonly history: readonly EpochRecord[]
  /** From 1. */
  readonly keptEpoch: number
  /** Steps made in all. */
  readonly steps: number
  readonly stoppedEarly: boolean
  /** Masks in force at the end, by parameter. */
  readonly masks: ReadonlyMap<string, Float32Array>
  readonly seed: number
  readonly runtime: RuntimeUsed
}

/**
 * Trains a network on the `train` split of a data set. The network given stays as it is.
 *
 * A checkpoint that is found under the name given is taken up, and the run ends with the same bits as one that was not
 * stopped (on the same runtime, with as many threads).
 *
 * @throws UsageError before anything is trained, naming the option or the example that is wrong; and with the code
 * `usage.diverged` when the loss is no finite number any more: the message tells the step, the checkpoint is the last
 * good one
 */
export async function fit(network: Network, dataset: Dataset, options: FitOptions): Promise<FitResult> {
  const plan = planFit(network, dataset, options)
  const open = await withOpenBatch(network)
  const { hooks = [], threads = 1, signal, checkpoint: saving } = options
  const objective = await trainingObjective(open, {
    loss: plan.loss,
    heads: plan.loss === 'cross-entropy' ? dataset.heads : 1,
    dropout: await dropoutSites(open, options.dropout),
  })
  const layout = layoutOf(objective.parameters)
  const sizes = new Map(objective.parameters.map(({ name, shape }) => [name, elementCount(shape)]))
  checkByParameter('The option "masks"', options.masks ?? new Map(), sizes)
  const [l1, l2] = (['l1', 'l2'] as const).map(key => penalties(key, options[key], objective.parameters))
  const runtime = options.runtime ?? (await chooseRuntime())
  const feed = feeder(dataset, objective, { ...plan, augment: options.augment, runtime: runtime.name })
  const rule = updateRule(plan.optimiser)
  const { straightThrough } = options
  const runner = stepRunner(objective, layout, {
    ...{ runtime, threads, rule, l1, l2, straightThrough, examples: feed.examples },
  })
  const trained = [...objective.parameters, ...objective.statistics].map(({ name }) => name)
  const evaluator = plan.validation
    ? await loadEvaluator(open, dataset, { ...options, runtime, loss: plan.loss, given: trained })
    : undefined

  const examples = exampleCount(dataset, dataset.train)
  const perEpoch = stepsPerEpoch(examples, plan.batch)
  const totalSteps = perEpoch * plan.epochs
  const config = configOf(network, dataset, options, plan)
  const run = await startRun(options, hooks, config, async () => await initialState(network, objective, layout, rule))
  if (run.step === 0) applyMasks(run.state, layout, run.effects.masks)
  const pace = groupPace()
  const note = saving ? '; the last good checkpoint is kept' : ''

  const save = async () => {
    // Weights that are no numbers show in the loss of the next step; they are not worth keeping.
    if (!saving || !hasOnlyNumbers(run.state)) return
    const checkpoint = { ...run, config, ...savedEffects(hooks, run.effects) }
    await saving.store.write(saving.name ?? 'training', encodeCheckpoint(checkpoint))
  }
  const isStopped = () => options.stop !== undefined && run.stall.epochs >= options.stop.patience
  const call = (due: readonly TrainingHook[]) =>
    callHooks(due, { step: run.step, totalSteps, stepsPerEpoch: perEpoch }, layout, run.state, run.effects, run.sums)

  try {
    while (run.step < totalSteps && !isStopped()) {
      throwIfAborted(signal)
      const { step } = run
      const epoch = Math.floor(step / perEpoch)
      await call(hooks.filter(({ every }) => step % every === 0))
      const events = [...hooks.map(({ every }) => every), ...(saving?.every ? [saving.every] : [])]
      const untilEvent = Math.min(pace.steps(), ...events.map(every => every - (step % every)))
      const inForce = gradientsInForce(run.effects, step, untilEvent)
      const group = nextGroup(examples, plan.batch, step - epoch * perEpoch, inForce.steps)
      const times = Array.from({ length: group.steps }, (_, at) => ({
        step: step + at,
        stepsPerEpoch: perEpoch,
        totalSteps,
      }))
      const rates = times.map(time => rateAt(plan.schedule, plan.rate, time))
      const fed = feed.feed(group, step, epoch)
      const began = performance.now()
      const { state, reports } = await runner.run(run.state, {
        ...{ ...fed, steps: group.steps, rates, updates: step, masks: run.effects.masks },
        extra: inForce.extra?.(group.steps),
      })
      pace.observe(group.steps, performance.now() - began)
      const [losses, right] = reports
      checkLosses(losses, group.steps, step, perEpoch, note)
      run.state = state
      run.step += group.steps
      run.sums.examples += group.steps * group.batch
      for (let at = 0; at < group.steps; at++) {
        run.sums.loss += losses[at] * group.batch
        run.sums.right += (right?.[at] ?? 0) * group.batch
      }
      options.onProgress?.({
        ...{ stage: 'training', done: run.step, total: totalSteps },
        detail: `epoch ${epoch + 1} of ${plan.epochs}, loss ${(run.sums.loss / run.sums.examples).toPrecision(3)}`,
      })
      if (run.step === totalSteps) await call(hooks.filter(({ atEnd }) => atEnd))
      if (run.step % perEpoch === 0) await endEpoch(rates[rates.length - 1])
      const isDue = saving && run.step % (saving.every ?? perEpoch) === 0
      if (isDue || run.step === totalSteps) await save()
    }
    if (!hasOnlyNumbers(run.state)) diverged(run.step, perEpoch, note)
  } finally {
    await runner.release()
    await evaluator?.release()
  }

  async function endEpoch(rate: number): Promise<void> {
    const epoch = run.step / perEpoch
    const { sums } = run
    const weights = trainedWeights(run.state, layout, objective)
    const validation = await evaluator?.measure(dataset.tests[plan.validation!], weights, { signal })
    const record: EpochRecord = {
      ...{ epoch, step: run.step, rate, loss: sums.loss / sums.examples },
      ...(plan.loss !== 'mse' && { accuracy: sums.right / sums.examples }),
      ...(validation && { validation }),
      ...(Object.keys(sums.hooks).length > 0 && { hooks: hookMeans(sums) }),
    }
    run.history = [...run.history, record]
    run.sums = newSums()
    run.stall = nextStall(run.stall, validation?.loss, options.stop?.least ?? 0)
    const score = validation && scoreOf(validation)
    if (plan.keep !== 'last' && isKept(plan.keep, score, run.kept?.score))
      run.kept = { epoch, score, weights: copyTrained(run.state, layout, objective) }
    options.onEpoch?.(record)
  }

  const final = run.kept?.weights ?? copyTrained(run.state, layout, objective)
  return {
    network: withTrained(network, final),
    history: run.history,
    keptEpoch: run.kept?.epoch ?? Math.floor(run.step / perEpoch),
    steps: run.step,
    stoppedEarly: run.step < totalSteps,
    masks: run.effects.masks,
    seed: plan.seed,
    runtime: runner.used() ?? { name: runtime.name, version: runtime.version, threads },
  }
}

/** A run between two steps, as it changes. */
interface Run {
  step: number
  state: TrainedState
  sums: Checkpoint['sums']
  history: readonly EpochRecord[]
  stall: Stall
  kept?: Checkpoint['kept']
  readonly effects: HookEffects
}

/** From the checkpoint, if there is one, else from the start. */
async function startRun(
  { checkpoint: saving, masks = new Map() }: FitOptions,
  hooks: readonly TrainingHook[],
  config: Checkpoint['config'],
  start: () => Promise<TrainedState>,
): Promise<Run> {
  const name = saving?.name ?? 'training'
  const bytes = await saving?.store.read(name)
  if (!bytes)
    return {
      ...{ step: 0, state: await start(), sums: newSums(), history: [], stall: { epochs: 0, best: null } },
      effects: { masks, gradients: new Map() },
    }
  const found = await decodeCheckpoint(bytes, name)
  checkConfig(found.config, config, name)
  const { step, sums, history, stall, kept } = found
  return { step, state: new Map(found.state), sums, history, stall, kept, effects: restoredEffects(hooks, found) }
}

/** What must be equal for a checkpoint to be taken up. */
function configOf(network: Network, dataset: Dataset, options: FitOptions, plan: FitPlan): Checkpoint['config'] {
  const { l1, l2, dropout, augment, straightThrough, stop, hooks = [] } = options
  return {
    ...plan,
    ...{ l1, l2, dropout, augment, straightThrough, stop },
    hooks: hooks.map(({ name, every }) => `${name} every ${every}`),
    network: Array.from(network.weights.values(), ({ name, shape }) => `${name} ${shape.join('x')}`),
    dataset: `${dataset.name}, ${exampleCount(dataset, dataset.train)} examples`,
  }
}

function nextStall({ epochs, best }: Stall, loss: number | undefined, least: number): Stall {
  if (loss === undefined) return { epochs, best }
  const fell = best === null || loss < best - least
  return fell ? { epochs: 0, best: loss } : { epochs: epochs + 1, best }
}
