/**
 * Is a network more modular than shuffled networks? Its n-cut is compared with the n-cuts of networks drawn from null
 * models, each clustered from scratch with the same k (or choosing its own k in the same way) and the same seed.
 *
 * Per null: p = (b + 1)/(m + 1), b = shuffled networks at least as modular, ties included; z = (n-cut − mean)/sd; effect
 * = mean − n-cut in units of k − 1. With `shuffles: 'auto'` draws stop by Besag and Clifford's rule: at the 20th shuffled
 * network that is at least as modular (p = 20/l), or after 1,000. Verdict: modular when p ≤ alpha under every deciding
 * null. With several deciding nulls all must reject, so the verdict's error rate stays below alpha without correction.
 *
 * `protocol: 'paper'` counts as arXiv 2003.04881's code does: only strictly smaller n-cuts, so ties favour modularity, and draws the kernel density nulls with replacement.
 */
import { UsageError } from '../errors.ts'
import { type Executor, inlineExecutor } from '../executor.ts'
import type { UnitGraph } from '../graph/unit-graph.ts'
import { loadKernels } from '../kernels/kernels.ts'
import type { Partition } from '../partition/partition.ts'
import { throwIfAborted, type WatchOptions } from '../progress.ts'
import { checkSeed } from '../random.ts'
import { cohensD, meanInterval, moments, standardDeviation } from '../stats/effect.ts'
import { clopperPearson, countExtreme, type SequentialP, sequentialP } from '../stats/monte-carlo.ts'
import { withBaseline } from './baseline.ts'
import { isPermutationNull, NULL_MODELS, type Protocol } from './null-models.ts'
import { type ShuffledNcut, shuffledNcut } from './shuffled-ncut.ts'
import { partitionFor, type StatisticOptions, scoreOf } from './statistic.ts'
import type { NullComparison, NullModel, Verdict } from './verdict.ts'

export interface TestOptions extends StatisticOptions, WatchOptions {
  /**
   * Null models to compare with. Default: `layer`, `layer-nonzero`, `degree-preserving`; for graphs with edges within a
   * layer `edges` and `degree-preserving`.
   */
  readonly nulls?: readonly NullModel[]
  /** Those that decide. Default: `layer-nonzero` and `degree-preserving`, (`edges` too, where it is a default), or every permutation null in `nulls` if given. */
  readonly deciding?: readonly NullModel[]
  /** Shuffled networks per null, or `auto` for sequential stopping. Default 100. */
  readonly shuffles?: number | 'auto'
  /** Significance level. Default .05. */
  readonly alpha?: number
  /** The network's own partition, if it is at hand: found with the same k, seed and restarts. */
  readonly partition?: Partition
  readonly protocol?: Protocol
  /** Where the shuffles run. Default: the calling thread. */
  readonly executor?: Executor
  /** Called with each finished comparison, so that an interrupted test keeps what it has. */
  readonly onComparison?: (comparison: NullComparison) => void
}

const AUTO_HITS = 20
const AUTO_LIMIT = 1000
/** n-cuts this close (relative to k − 1) differ by rounding alone: they tie. */
const TIE = 1e-9

/**
 * Tests a unit graph against null models.
 * Throws `UsageError` for options that contradict each other, and `LobesError` with code `interrupted` when aborted.
 */
export async function testModularity(graph: UnitGraph, options: TestOptions): Promise<Verdict> {
  const plan = checkedPlan(graph, options)
  const { restarts, isolatedAfter, protocol, executor = inlineExecutor } = options
  const seed = checkSeed(options.seed)
  const k = typeof options.k === 'number' ? options.k : await withBaseline(graph, options.k, { ...options, seed })
  const partition = options.partition ?? partitionFor(await loadKernels(), graph, { k, seed, restarts, isolatedAfter })
  const context = { graph, k, seed, restarts, isolatedAfter, protocol }
  const comparisons: NullComparison[] = []
  for (const model of plan.nulls) {
    const draws: ShuffledNcut[] = []
    const own = scoreOf(partition, k)
    const atMost = own + (plan.strict ? 0 : TIE)
    const scores = () => draws.map(draw => scoreOf(draw, k))
    const finished = () =>
      plan.sequential ? sequentialP(atMost, scores(), AUTO_HITS, plan.limit) : fixedP(atMost, scores(), plan)
    let result = finished()
    while (!result) {
      throwIfAborted(options.signal)
      const done = draws.length
      const size = plan.sequential ? Math.max(20, 4 * executor.workers) : plan.limit
      const jobs = Array.from({ length: Math.min(size, plan.limit - done) }, (_, i) => ({
        null: model,
        index: done + i,
      }))
      const stage = `${model}: shuffled networks`
      const onProgress =
        options.onProgress &&
        ((step: { done: number }) => options.onProgress?.({ stage, done: done + step.done, total: plan.limit }))
      draws.push(...(await executor.map(shuffledNcut, context, jobs, { stage, signal: options.signal, onProgress })))
      result = finished()
    }
    draws.length = result.draws
    const ncuts = draws.map(draw => draw.ncut)
    const chosen = typeof k === 'number' ? {} : { ks: draws.map(draw => draw.k), scores: scores() }
    comparisons.push({
      null: model,
      ncuts,
      ...chosen,
      ...compare(own, ncuts, scores(), result, plan, typeof k !== 'number'),
    })
    options.onComparison?.(comparisons[comparisons.length - 1])
  }
  const score = typeof k === 'number' ? {} : { score: scoreOf(partition, k) }
  return { ...verdictOf(partition, comparisons, plan), ...score }
}

interface Plan {
  readonly nulls: readonly NullModel[]
  readonly deciding: readonly NullModel[]
  readonly sequential: boolean
  /** The most shuffles per null. */
  readonly limit: number
  readonly alpha: number
  readonly strict: boolean
}

function checkedPlan(graph: UnitGraph, options: TestOptions): Plan {
  const { shuffles = 100, alpha = 0.05 } = options
  const defaults: readonly NullModel[] = graph.blocks.some(({ from, to }) => from === to)
    ? ['edges', 'degree-preserving']
    : ['layer', 'layer-nonzero', 'degree-preserving']
  const deciding =
    options.deciding ??
    (options.nulls ? options.nulls.filter(isKnownPermutation) : defaults.filter(model => model !== 'layer'))
  const nulls = [...new Set([...(options.nulls ?? defaults), ...deciding])]
  for (const model of nulls)
    if (!NULL_MODELS.includes(model))
      throw new UsageError('usage.null', `There is no null model "${model}". Choose from ${NULL_MODELS.join(', ')}.`)
  const baseline = deciding.find(model => !isPermutationNull(model))
  if (baseline || deciding.length === 0)
    throw new UsageError(
      'usage.deciding',
      `${baseline ?? nulls.join()} is a baseline and cannot decide. Add a permutation null such as layer-nonzero.`,
    )
  if (!(alpha > 0 && alpha < 1)) throw new UsageError('usage.alpha', `alpha must lie between 0 and 1, not ${alpha}.`)
  const limit = shuffles === 'auto' ? AUTO_LIMIT : shuffles
  if (!Number.isSafeInteger(limit) || limit < 1)
    throw new UsageError('usage.shuffles', `Shuffles must be a positive whole number or "auto", not ${shuffles}.`)
  if (1 / (limit + 1) > alpha)
    throw new UsageError(
      'usage.shuffles',
      `With ${limit} shuffles p cannot fall below ${1 / (limit + 1)}, so nothing would be modular at alpha = ${alpha}. ` +
        `Use at least ${Math.ceil(1 / alpha - 1e-9) - 1} shuffles.`,
    )
  return { nulls, deciding, sequential: shuffles === 'auto', limit, alpha, strict: options.protocol === 'paper' }
}

function isKnownPermutation(model: NullModel): boolean {
  // Unknown names are left for the check that names them.
  return NULL_MODELS.includes(model) && isPermutationNull(model)
}

function fixedP(own: number, scores: readonly number[], plan: Plan): SequentialP | undefined {
  if (scores.length < plan.limit) return undefined
  const b = countExtreme(own, scores, 'left', plan.strict)
  return { p: (b + 1) / (scores.length + 1), draws: scores.length, stoppedEarly: false }
}

function compare(
  own: number,
  ncuts: readonly number[],
  draws: readonly number[],
  { p, stoppedEarly }: SequentialP,
  plan: Plan,
  chosenK: boolean,
): Omit<NullComparison, 'null' | 'ncuts' | 'ks' | 'scores'> {
  const scores = moments(draws)
  const sd = standardDeviation(scores)
  // With k fixed the scores are the n-cuts in other units; people know them as n-cuts.
  const shown = moments(chosenK ? draws : ncuts)
  const [low, high] = meanInterval(scores)
  const extreme = countExtreme(plan.strict ? own : own + TIE, draws, 'left', plan.strict)
  return {
    mean: shown.mean,
    sd: standardDeviation(shown),
    z: sd > TIE ? (own - scores.mean) / sd : null,
    p,
    pFloor: 1 / (plan.limit + 1),
    pInterval: clopperPearson(extreme, draws.length),
    effect: scores.mean - own,
    effectInterval: [low - own, high - own],
    stoppedEarly,
  }
}

function verdictOf(partition: Partition, comparisons: readonly NullComparison[], plan: Plan): Verdict {
  const decided = comparisons.filter(comparison => plan.deciding.includes(comparison.null))
  return {
    k: partition.k,
    ncut: partition.ncut,
    clusterability: 1 - partition.ncut / (partition.k - 1),
    alpha: plan.alpha,
    deciding: plan.deciding,
    modular: decided.every(comparison => comparison.p <= plan.alpha),
    comparisons,
    betweenNulls: comparisons.flatMap((a, i) =>
      comparisons.slice(i + 1).map(b => ({
        a: a.null,
        b: b.null,
        cohensD: cohensD(moments(a.scores ?? a.ncuts), moments(b.scores ?? b.ncuts)),
      })),
    ),
  }
}
