/**
 * Edge pruning (Neural Sculpting, arXiv 2305.18402, and its code): edges whose magnitude is not above the P-th percentile over all
 * weights of all layers, pruned ones counted as zeros, biases not; back-off from the sparsity there is.
 */
import type { Random } from '../../random.ts'
import { fullEdgeCount, keepEdges, type SparsePerceptron } from '../../training/sparse-perceptron.ts'
import { backOff } from './back-off.ts'
import { type Candidate, isConnected, retrain, type Sculptor, sparsityOf, withoutDead } from './candidate.ts'
import { percentile } from './percentile.ts'
import { pruningSchedule } from './schedules.ts'

/**
 * @param from — a network to start from; it has been trained on since its units were pruned.
 * @param start — its sparsity in per cent before that.
 * @param gradient — the first step, in per cent of all weights.
 * @returns the last accepted network; `from` where none was.
 */
export function pruneEdges(
  sculptor: Sculptor,
  from: Candidate,
  start: number,
  gradient: number,
  random: () => Random,
): Candidate {
  const { settings } = sculptor
  const weights = fullEdgeCount(from.perceptron)
  const schedule = pruningSchedule({ schedule: settings.edgeSchedule, gradient, start })
  const loop = backOff({ schedule, smallest: 100 / weights, start })
  const paper = settings.protocol === 'paper'
  let best = from
  for (let asked = loop.next(); !asked.done; ) {
    const smaller = removeEdges(best.perceptron, weights, asked.value)
    const tried = paper ? smaller : withoutDead(smaller)
    const trained = paper || isConnected(sculptor, tried) ? retrain(sculptor, tried, random()) : undefined
    const accepted = trained !== undefined && trained.accuracy >= (settings.threshold ?? 1)
    if (accepted) best = trained
    asked = loop.next(accepted)
  }
  return best
}

/** Where the percentage to start from lies below the real sparsity, the first steps take nothing away. */
function removeEdges(perceptron: SparsePerceptron, weights: number, percent: number): SparsePerceptron {
  const magnitudes = perceptron.layers.flatMap(layer => Array.from(layer.weights, Math.abs))
  const threshold = percentile(magnitudes, percent, weights - magnitudes.length)
  return keepEdges(perceptron, (_l, _unit, _source, weight) => Math.abs(weight) > threshold)
}

/** The sparsity in per cent, as the loops count it. */
export function sparsityPercent(perceptron: SparsePerceptron): number {
  return 100 * sparsityOf(perceptron)
}
