/**
 * Training many networks of one architecture as one graph (stacked-network.ts): other initial weights, other seeds and
 * so other orders of the examples, other masks if need be. Each ends as it would by itself, up to rounding.
 */
import { type Dataset, exampleCount, networkInputs } from '../data/dataset.ts'
import { UnsupportedError, UsageError } from '../errors.ts'
import type { Network } from '../network/network.ts'
import { throwIfAborted, type WatchOptions } from '../progress.ts'
import { chooseRuntime } from '../runtime/choose.ts'
import { tensor } from '../tensor/tensor.ts'
import { epochOrder, nextGroup, stepsPerEpoch } from './batches.ts'
import { checkLosses } from './divergence.ts'
import { loadEvaluator } from './evaluate.ts'
import type { FitResult } from './fit.ts'
import { checkByParameter, type FitOptions, penalties, planFit } from './fit-options.ts'
import { groupPace } from './group-pace.ts'
import type { EpochRecord } from './history.ts'
import { isKept, type Score, scoreOf } from './keep.ts'
import { layoutOf } from './layout.ts'
import { trainingObjective } from './objective.ts'
import { updateRule } from './optimiser.ts'
import { rateAt } from './schedule.ts'
import { stackNetworks } from './stacked-network.ts'
import { stepRunner } from './step-runner.ts'
import { initialState, trainedWeights, withTrained } from './trained-state.ts'

type SharedOption = 'epochs' | 'batch' | 'optimiser' | 'rate' | 'schedule' | 'loss' | 'l1' | 'l2' | 'straightThrough'
type RunOption = 'shuffle' | 'validation' | 'keep' | 'deadUnits' | 'runtime' | 'threads'

export interface ReplicaOptions extends WatchOptions, Pick<FitOptions, SharedOption | RunOption> {
  /** One for each network: the order of its examples. */
  readonly seeds: readonly number[]
  /** Weight masks for each network, by parameter; all networks mask the same parameters. Default: none. */
  readonly masks?: readonly ReadonlyMap<string, Float32Array>[]
}

/** What `fit` gives for each network, as far as it applies. */
export type ReplicaResult = Pick<FitResult, 'network' | 'history' | 'keptEpoch' | 'seed' | 'runtime'>

/**
 * @throws UsageError naming what is wrong, before anything is trained, and when the loss of a network diverges
 * @throws UnsupportedError when the networks are not made of dense layers and activations
 */
export async function fitReplicas(
  networks: readonly Network[],
  dataset: Dataset,
  options: ReplicaOptions,
): Promise<ReplicaResult[]> {
  const { seeds, masks, signal, onProgress, ...rest } = options
  if (seeds.length !== networks.length)
    throw new UsageError('usage.option', `"seeds" has ${seeds.length} members for ${networks.length} networks.`)
  const stacked = await stackNetworks(networks)
  const [network] = networks
  const [plan] = seeds.map(seed => planFit(network, dataset, { ...rest, seed }))
  if (dataset.heads > 1 && plan.loss === 'cross-entropy')
    throw new UnsupportedError(
      'unsupported.replicas',
      `"${dataset.name}" has ${dataset.heads} labels for an example; replicas take one. Train the networks one by one.`,
    )
  const { replicas } = stacked
  const objective = await trainingObjective(stacked.network, { loss: plan.loss, replicas: true })
  const layout = layoutOf(objective.parameters)
  const [l1, l2] = (['l1', 'l2'] as const).map(key => penalties(key, options[key], objective.parameters))
  const runtime = options.runtime ?? (await chooseRuntime())
  const threads = options.threads ?? 1
  const rule = updateRule(plan.optimiser)
  const { straightThrough } = options
  const examples = { dtype: 'float32', divisor: 1 } as const
  const runner = stepRunner(objective, layout, { runtime, threads, rule, l1, l2, straightThrough, examples })
  const names = objective.parameters.map(({ name }) => name)
  const evaluator = plan.validation
    ? await loadEvaluator(network, dataset, { ...options, runtime, loss: plan.loss, given: names })
    : undefined
  const stackedMasks = stackMasks(masks ?? [], networks, stacked.stack)

  const count = exampleCount(dataset, dataset.train)
  const perEpoch = stepsPerEpoch(count, plan.batch)
  const totalSteps = perEpoch * plan.epochs
  const inputs = tensor(networkInputs(dataset, dataset.train), [count, ...objective.input.shape.slice(2).map(Number)])
  const answers = (dataset.train.labels ?? dataset.train.targets)!
  const answerShape = objective.target.shape.slice(2).map(Number)
  const pace = groupPace()
  let state = await initialState(stacked.network, objective, layout, rule)
  for (const [name, mask] of stackedMasks) {
    const values = trainedWeights(state, layout, objective).get(name)!.data as Float32Array
    for (let i = 0; i < values.length; i++) values[i] *= mask[i]
  }
  const results = seeds.map(() => ({
    history: [] as EpochRecord[],
    kept: undefined as { epoch: number; score?: Score; network: Network } | undefined,
  }))

  try {
    for (let epoch = 0; epoch < plan.epochs; epoch++) {
      const orders = seeds.map(seed => epochOrder(count, seed, epoch, plan.shuffle))
      const sums = seeds.map(() => ({ loss: 0, right: 0 }))
      let rate = plan.rate
      for (let step = 0; step < perEpoch; ) {
        throwIfAborted(signal)
        const group = nextGroup(count, plan.batch, step, pace.steps())
        const done = epoch * perEpoch + step
        const times = Array.from({ length: group.steps }, (_, at) => done + at)
        const rates = times.map(at =>
          rateAt(plan.schedule, plan.rate, { step: at, stepsPerEpoch: perEpoch, totalSteps }),
        )
        const began = performance.now()
        const { state: next, reports } = await runner.run(state, {
          ...{ steps: group.steps, rates, updates: done, masks: stackedMasks, dropout: new Map() },
          indices: tensor(groupIndices(orders, group), [group.steps, replicas, group.batch]),
          examples: inputs,
          answers: tensor(answers, [count, ...answerShape]),
        })
        pace.observe(group.steps, performance.now() - began)
        const [losses, right] = reports
        checkLosses(losses, group.steps, done, perEpoch)
        losses.forEach((loss, at) => {
          sums[at % replicas].loss += loss * group.batch
          sums[at % replicas].right += (right?.[at] ?? 0) * group.batch
        })
        state = next
        step += group.steps
        rate = rates[rates.length - 1]
        onProgress?.({ stage: 'training', done: done + group.steps, total: totalSteps })
      }
      const weights = trainedWeights(state, layout, objective)
      for (const [replica, result] of results.entries()) {
        const own = stacked.unstack(weights, replica)
        const validation = await evaluator?.measure(dataset.tests[plan.validation!], own, { signal })
        result.history.push({
          ...{ epoch: epoch + 1, step: (epoch + 1) * perEpoch, rate, loss: sums[replica].loss / count },
          ...(plan.loss !== 'mse' && { accuracy: sums[replica].right / count }),
          ...(validation && { validation }),
        })
        const score = validation && scoreOf(validation)
        if (isKept(plan.keep, score, result.kept?.score) && (plan.keep !== 'last' || epoch === plan.epochs - 1))
          result.kept = { epoch: epoch + 1, score, network: withTrained(networks[replica], own) }
      }
    }
  } finally {
    await runner.release()
    await evaluator?.release()
  }
  const used = runner.used()!
  return results.map(({ history, kept }, replica) => ({
    ...{ history, keptEpoch: kept?.epoch ?? 0, network: kept?.network ?? networks[replica] },
    ...{ seed: seeds[replica], runtime: used },
  }))
}

/** [steps × replicas × batch]. */
function groupIndices(
  orders: readonly Int32Array[],
  { steps, batch, start }: { readonly steps: number; readonly batch: number; readonly start: number },
): Int32Array {
  const indices = new Int32Array(steps * orders.length * batch)
  for (let step = 0, at = 0; step < steps; step++)
    for (const order of orders) {
      indices.set(order.subarray(start + step * batch, start + (step + 1) * batch), at)
      at += batch
    }
  return indices
}

function stackMasks(
  masks: readonly ReadonlyMap<string, Float32Array>[],
  networks: readonly Network[],
  stack: (name: string, values: readonly Float32Array[]) => Float32Array,
): ReadonlyMap<string, Float32Array> {
  if (masks.length === 0) return new Map()
  if (masks.length !== networks.length)
    throw new UsageError('usage.option', `"masks" has ${masks.length} members for ${networks.length} networks.`)
  const sizes = new Map(
    Array.from(networks[0].weights, ([name, { shape }]) => [name, shape.reduce((a, b) => a * b, 1)]),
  )
  for (const own of masks) checkByParameter('The option "masks"', own, sizes)
  return new Map(
    Array.from(masks[0].keys(), name => [
      name,
      stack(
        name,
        masks.map(own => own.get(name) ?? missing(name)),
      ),
    ]),
  )
}

function missing(name: string): never {
  throw new UsageError('usage.option', `"masks" gives a mask for "${name}" to some networks and not to others.`)
}
