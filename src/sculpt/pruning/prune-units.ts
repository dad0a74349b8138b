/**
 * Unit pruning (Neural Sculpting, arXiv 2305.18402 §3.3 of its supplement and its code): hidden units whose score is not above the
 * P-th percentile of all hidden units' scores go, with all their edges; the network is trained on; back-off decides P.
 */
import type { Random } from '../../random.ts'
import { keepEdges, type SparsePerceptron } from '../../training/sparse-perceptron.ts'
import { backOff } from './back-off.ts'
import { type Candidate, isConnected, retrain, type Sculptor, withoutDead } from './candidate.ts'
import { percentile } from './percentile.ts'
import { pruningSchedule } from './schedules.ts'
import { normaliseScores } from './score-normalisation.ts'
import { livingUnits, unitScores } from './unit-scores.ts'

/**
 * @param gradient — the first step, in per cent of all hidden units.
 * @param random — a stream for each training call.
 * @returns the last accepted network; the dense one where none was. (The published code fails there.)
 */
export function pruneUnits(sculptor: Sculptor, dense: Candidate, gradient: number, random: () => Random): Candidate {
  const { settings } = sculptor
  const units = settings.hidden.reduce((sum, size) => sum + size, 0)
  const schedule = pruningSchedule({ schedule: settings.unitSchedule, gradient })
  const loop = backOff({ schedule, smallest: 100 / units })
  let best = dense
  for (let asked = loop.next(); !asked.done; ) {
    const tried = removeUnits(sculptor, best.perceptron, asked.value, random())
    const possible = settings.protocol === 'paper' || isConnected(sculptor, tried)
    const trained = possible ? retrain(sculptor, tried, random()) : undefined
    const accepted = trained !== undefined && trained.accuracy >= (settings.threshold ?? 1)
    if (accepted) best = trained
    asked = loop.next(accepted)
  }
  return best
}

function removeUnits(
  { trainer, settings }: Sculptor,
  perceptron: SparsePerceptron,
  percent: number,
  random: Random,
): SparsePerceptron {
  const living = livingUnits(perceptron).map(layer => layer.reduce((sum, alive) => sum + alive, 0))
  const scores = unitScores(settings.unitScore, perceptron, trainer, random)
  const compared = normaliseScores(scores, settings.normalisation, perceptron.arch[0], living)
  const threshold = percentile(
    compared.flatMap(layer => [...layer]),
    percent,
  )
  const kept = (l: number, unit: number) => l < 0 || l >= compared.length || compared[l][unit] > threshold
  const left = keepEdges(perceptron, (l, unit, source) => kept(l, unit) && kept(l - 1, source))
  return settings.protocol === 'paper' ? left : withoutDead(left)
}
