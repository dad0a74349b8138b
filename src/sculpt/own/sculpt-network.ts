/**
 * Sculpting a user's network (Neural Sculpting, arXiv 2305.18402, on chains of dense layers and convolutions): units and
 * then edges are pruned with back-off, trained on after each step, as long as test accuracy stays within `drop` of what
 * it was. Trained by ONNX Runtime, so results agree between machines to a tolerance, not to the bit.
 *
 * A unit is worth the mean |w| of its incoming plus that of its outgoing edges, over the mean in its layer; an edge the
 * mean |w| of its weights. Departure from the paper, which scores units by activation × gradient: magnitudes need no
 * pass over the data. Merging at .6 and the gate at .3 are what the paper takes for images.
 */
import { type Dataset, exampleCount } from '../../data/dataset.ts'
import { UsageError } from '../../errors.ts'
import type { Network } from '../../network/network.ts'
import { throwIfAborted, type WatchOptions } from '../../progress.ts'
import { chooseRuntime } from '../../runtime/choose.ts'
import type { Runtime, RuntimeUsed } from '../../runtime/runtime.ts'
import { loadEvaluator } from '../../training/evaluate.ts'
import { fit } from '../../training/fit.ts'
import { scoreOf } from '../../training/keep.ts'
import type { Loss } from '../../training/objective.ts'
import { withOpenBatch } from '../../training/open-batch.ts'
import type { DetectOptions } from '../detect.ts'
import type { MaskedNetwork } from '../masked-network.ts'
import { backOff } from '../pruning/back-off.ts'
import { percentile } from '../pruning/percentile.ts'
import { pruningSchedule } from '../pruning/schedules.ts'
import { type ChainLayer, readChain } from './chain.ts'
import { allEdges, type EdgeMasks, edgeMagnitudes, maskedChain, weightMasks, withoutDeadEdges } from './chain-masks.ts'

export interface SculptNetworkOptions extends WatchOptions {
  readonly seed: number
  /** What pruning may cost, as a share of the answers. Default .01. */
  readonly drop?: number
  /** Epochs of every retraining. Default 1. */
  readonly epochs?: number
  /** Default 128. */
  readonly batch?: number
  /** Default 1e-3. */
  readonly rate?: number
  /** First steps of the loops in per cent, and the smallest one worth trying. Defaults 40, 20 and 2. */
  readonly unitStep?: number
  readonly edgeStep?: number
  readonly smallest?: number
  readonly runtime?: Runtime
  readonly threads?: number
}

export interface SculptedOwn {
  /** With exact zeros where edges are gone. */
  readonly network: Network
  readonly masked: MaskedNetwork
  /** Share of edges that are gone, and accuracies on the test split: 0 … 1. */
  readonly sparsity: number
  readonly accuracyBefore: number
  readonly accuracy: number
  readonly runtime: RuntimeUsed
}

/** How modules of networks for images are detected, as the paper does. */
export const IMAGE_DETECTION: DetectOptions = { mergeThreshold: 0.6, modularityThreshold: 0.3 }

/**
 * @throws UnsupportedError naming an operator that cannot be sculpted; UsageError for options out of range or data that
 *   do not fit; LobesError `interrupted`.
 */
export async function sculptNetwork(
  network: Network,
  dataset: Dataset,
  options: SculptNetworkOptions,
): Promise<SculptedOwn> {
  const { drop = 0.01, unitStep = 40, edgeStep = 20, smallest = 2 } = options
  for (const [name, value] of Object.entries({ unitStep, edgeStep, smallest }))
    if (!(value > 0 && value < 100))
      throw new UsageError('usage.sculpt', `"${name}" must lie between 0 and 100 per cent, not at ${value}.`)
  if (!(drop >= 0 && drop < 1)) throw new UsageError('usage.sculpt', `"drop" must lie from 0 to 1, not at ${drop}.`)
  const chain = readChain(network)
  const runtime = options.runtime ?? (await chooseRuntime())
  const before = await accuracyOf(network, dataset, runtime)
  const state = {
    ...{ chain, dataset, runtime, options, threshold: before.accuracy - drop },
    ...{ network, masks: allEdges(chain) as EdgeMasks, accuracy: before.accuracy },
  }
  const units = chain.slice(0, -1).reduce((sum, layer) => sum + layer.units, 0)
  await prune(state, 'units', pruningSchedule({ gradient: unitStep }), Math.max(smallest, 100 / units), 0, removeUnits)
  const start = 100 * sparsityOf(state.masks)
  const schedule = pruningSchedule({ schedule: 'lth', gradient: edgeStep, start })
  await prune(state, 'edges', schedule, (smallest * (100 - start)) / 100, start, removeEdges)
  const magnitudes = await edgeMagnitudes(state.network, chain, state.masks)
  return {
    network: state.network,
    masked: maskedChain(chain, state.masks, magnitudes),
    sparsity: sparsityOf(state.masks),
    accuracyBefore: before.accuracy,
    accuracy: state.accuracy,
    runtime: before.runtime,
  }
}

interface State {
  readonly chain: readonly ChainLayer[]
  readonly dataset: Dataset
  readonly runtime: Runtime
  readonly options: SculptNetworkOptions
  readonly threshold: number
  network: Network
  masks: EdgeMasks
  accuracy: number
}

type Remove = (chain: readonly ChainLayer[], magnitudes: readonly Float64Array[], percent: number) => Uint8Array[]

async function prune(
  state: State,
  stage: string,
  schedule: (step: number) => number,
  smallest: number,
  start: number,
  remove: Remove,
): Promise<void> {
  const { chain, options, threshold } = state
  const loop = backOff({ schedule, smallest, start })
  for (let asked = loop.next(); !asked.done; ) {
    throwIfAborted(options.signal)
    options.onProgress?.({ stage: `pruning ${stage}`, done: asked.value, total: 100 })
    const magnitudes = await edgeMagnitudes(state.network, chain, state.masks)
    const masks = withoutDeadEdges(chain, remove(chain, magnitudes, asked.value))
    const tried = isConnected(chain, masks) ? await retrain(state, masks) : undefined
    const accepted = tried !== undefined && tried.accuracy >= threshold
    if (accepted) Object.assign(state, tried, { masks })
    asked = loop.next(accepted)
  }
}

async function retrain(state: State, masks: EdgeMasks): Promise<Pick<State, 'network' | 'accuracy'>> {
  const { network, dataset, chain, runtime, options } = state
  const { seed, epochs = 1, batch = 128, rate = 1e-3, threads, signal } = options
  const {
    network: trained,
    history,
    keptEpoch,
  } = await fit(network, dataset, {
    ...{ seed, epochs, batch, rate, runtime, threads, signal, loss: lossFor(dataset) },
    ...{ masks: weightMasks(network, chain, masks), keep: 'sculpting', deadUnits: false },
  })
  const kept = history.find(({ epoch }) => epoch === keptEpoch)
  return { network: trained, accuracy: kept?.validation ? scoreOf(kept.validation).accuracy : 0 }
}

async function accuracyOf(network: Network, dataset: Dataset, runtime: Runtime) {
  if (exampleCount(dataset, dataset.tests.test) === 0)
    throw new UsageError('usage.data', `"${dataset.name}" has no test examples to judge by; give some.`)
  const open = await withOpenBatch(network)
  const evaluator = await loadEvaluator(open, dataset, { runtime, loss: lossFor(dataset), deadUnits: false })
  try {
    const metrics = await evaluator.measure(dataset.tests.test)
    return { accuracy: scoreOf(metrics).accuracy, runtime: evaluator.used }
  } finally {
    await evaluator.release()
  }
}

function lossFor({ train }: Dataset): Loss {
  return train.labels ? 'cross-entropy' : 'binary-cross-entropy'
}

/** Hidden units whose score is not above the percentile go with all their edges. */
const removeUnits: Remove = (chain, magnitudes, percent) => {
  const scores = chain.slice(0, -1).map((layer, l) => unitScoresOf(chain, magnitudes, l, layer.units))
  const threshold = percentile(
    scores.flatMap(layer => [...layer]),
    percent,
  )
  const gone = (l: number, unit: number) => l >= 0 && l < scores.length && !(scores[l][unit] > threshold)
  return chain.map(({ units, sources }, l) =>
    Uint8Array.from({ length: units * sources }, (_, e) => {
      const removed = magnitudes[l][e] === 0 || gone(l, Math.floor(e / sources)) || gone(l - 1, e % sources)
      return removed ? 0 : 1
    }),
  )
}

function unitScoresOf(
  chain: readonly ChainLayer[],
  magnitudes: readonly Float64Array[],
  l: number,
  units: number,
): Float64Array {
  const { sources } = chain[l]
  const above = chain[l + 1]
  const mean = (values: Float64Array) => {
    const left = values.filter(value => value > 0)
    return left.length > 0 ? left.reduce((sum, value) => sum + value, 0) / left.length : 0
  }
  const scores = Float64Array.from({ length: units }, (_, u) => {
    const incoming = magnitudes[l].subarray(u * sources, (u + 1) * sources)
    const outgoing = Float64Array.from({ length: above.units }, (_, t) => magnitudes[l + 1][t * above.sources + u])
    return mean(incoming) + mean(outgoing)
  })
  const typical = mean(scores)
  return typical > 0 ? scores.map(score => score / typical) : scores
}

/** Edges whose mean |w| is not above the percentile over all of them, gone ones as zeros. */
const removeEdges: Remove = (_chain, magnitudes, percent) => {
  const left = magnitudes.flatMap(layer => [...layer.filter(value => value > 0)])
  const all = magnitudes.reduce((sum, layer) => sum + layer.length, 0)
  const threshold = percentile(left, percent, all - left.length)
  return magnitudes.map(layer => Uint8Array.from(layer, value => (value > threshold ? 1 : 0)))
}

function isConnected(chain: readonly ChainLayer[], masks: EdgeMasks): boolean {
  const { units, sources } = chain[chain.length - 1]
  const last = masks[chain.length - 1]
  return Array.from({ length: units }, (_, u) => last.subarray(u * sources, (u + 1) * sources).includes(1)).every(
    Boolean,
  )
}

function sparsityOf(masks: EdgeMasks): number {
  const all = masks.reduce((sum, mask) => sum + mask.length, 0)
  return 1 - masks.reduce((sum, mask) => sum + mask.reduce((count, kept) => count + kept, 0), 0) / all
}
