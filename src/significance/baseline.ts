/**
 * What shuffled networks reach at each number of modules: mean n-cut/(k − 1) over a few networks of the
 * `layer-nonzero` null (`degree-preserving` for graphs with edges within a layer, which it alone can shuffle block by block), the yardstick by which k is chosen (see partition/choose-k.ts). Their random streams are apart
 * from those of the test, so that a test against the same null stays exact: the yardstick is fixed before it.
 */
import { type Executor, inlineExecutor, type Task } from '../executor.ts'
import type { UnitGraph } from '../graph/unit-graph.ts'
import { loadKernels } from '../kernels/kernels.ts'
import { DEFAULT_K_RANGE, searchK } from '../partition/choose-k.ts'
import type { WatchOptions } from '../progress.ts'
import { randomStream } from '../random.ts'
import { nullSampler } from './null-models.ts'

export interface KRange {
  readonly from: number
  readonly to: number
  /** Mean n-cut / (k − 1) of shuffled networks for each k. */
  readonly baseline?: readonly number[]
}

interface BaselineContext {
  readonly graph: UnitGraph
  readonly from: number
  readonly to: number
  readonly seed: number
  readonly restarts?: number
}

const DRAWS = 10
/** Beyond the codes of the null models. */
const BASELINE_STREAM = 100

/** n-cut / (k − 1) of one shuffled network, for each k. */
export const baselineScores: Task<BaselineContext, number, number[]> = {
  name: 'baseline-scores',
  async prepare({ graph, seed, ...options }) {
    const kernels = await loadKernels()
    const hasWithin = graph.blocks.some(block => block.from === block.to)
    const sampler = nullSampler(hasWithin ? 'degree-preserving' : 'layer-nonzero', graph)
    return index => {
      const { partitions } = searchK(kernels, sampler(randomStream(seed, BASELINE_STREAM, index)), { ...options, seed })
      return partitions.map(({ ncut, k }) => ncut / (k - 1))
    }
  },
}

/**
 * The range with its baseline.
 * Throws as `searchK` does.
 */
export async function withBaseline(
  graph: UnitGraph,
  range: KRange | undefined,
  options: WatchOptions & { readonly seed: number; readonly restarts?: number; readonly executor?: Executor },
): Promise<KRange> {
  const { from, to, baseline } = { ...DEFAULT_K_RANGE, ...range }
  if (baseline) return { from, to, baseline }
  const { seed, restarts, executor = inlineExecutor, signal, onProgress } = options
  const jobs = Array.from({ length: DRAWS }, (_, i) => i)
  const context = { graph, from, to, seed, restarts }
  const draws = await executor.map(baselineScores, context, jobs, { stage: 'choosing k', signal, onProgress })
  const count = Math.min(...draws.map(scores => scores.length))
  const means = Array.from({ length: count }, (_, i) => draws.reduce((sum, scores) => sum + scores[i], 0) / DRAWS)
  return { from, to, baseline: means }
}
