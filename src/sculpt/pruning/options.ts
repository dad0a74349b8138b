/** How a table is sculpted: everything that shapes the outcome, and what is taken where nothing is said. */
import { UsageError } from '../../errors.ts'
import type { TruthTable } from '../../tasks/truth-table.ts'
import { SCHEDULES, type Schedule } from './schedules.ts'
import { SCORE_NORMALISATIONS, type ScoreNormalisation } from './score-normalisation.ts'
import { UNIT_SCORES, type UnitScore } from './unit-scores.ts'

export interface SculptOptions {
  /** Units of the hidden layers before pruning. */
  readonly hidden: readonly number[]
  /** Epochs of every training call: of the dense network, and after every pruning step. */
  readonly epochs?: number
  /** Examples a step. */
  readonly batch?: number
  readonly rate?: number
  /** Default 1e-4. */
  readonly weightDecay?: number
  /** Standard deviation of the noise on inputs in training. Default .1. */
  readonly noise?: number
  /** Share of right output bits that a network must reach, 0 … 1. Default 1. */
  readonly threshold?: number
  /** First steps of the unit loop in per cent; one loop each. None: edges alone. Default: the paper's 5, 10, …, 70. */
  readonly unitSteps?: readonly number[]
  /** First steps of the edge loop in per cent; one loop each for each unit loop. Default: the paper's .5, 1, …, 2.5. */
  readonly edgeSteps?: readonly number[]
  /** A retraining ends after so many epochs in a row without a wrong bit; 0: never. Paper protocol: never. Default 0. */
  readonly patience?: number
  readonly unitScore?: UnitScore
  readonly normalisation?: ScoreNormalisation
  readonly unitSchedule?: Schedule
  readonly edgeSchedule?: Schedule
  /**
   * `default`: every retraining is checked, the best network kept exactly, edges that are left are tried one by one at
   * the end. `paper`: the published loops to the letter.
   */
  readonly protocol?: 'default' | 'paper'
}

export const PAPER_UNIT_STEPS = Array.from({ length: 14 }, (_, i) => 5 * (i + 1))
export const PAPER_EDGE_STEPS = [2.5, 2, 1.5, 1, 0.5]

export type SculptSettings = Required<SculptOptions>

/** The options with defaults filled in. @throws UsageError naming the option that is out of range. */
export function sculptSettings(table: TruthTable, options: SculptOptions): SculptSettings {
  const settings: SculptSettings = {
    ...defaultTraining(table, options.hidden.length),
    weightDecay: 1e-4,
    noise: 0.1,
    threshold: 1,
    unitSteps: PAPER_UNIT_STEPS,
    edgeSteps: PAPER_EDGE_STEPS,
    patience: 0,
    unitScore: 'activation-gradient',
    normalisation: 'none',
    unitSchedule: 'linear',
    edgeSchedule: 'linear',
    protocol: 'default',
    ...(Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as SculptOptions),
  }
  checkSettings(settings)
  return settings
}

/** Larger tables take larger batches, deeper networks smaller steps. */
function defaultTraining(
  { rows }: TruthTable,
  hiddenLayers: number,
): Pick<SculptSettings, 'epochs' | 'batch' | 'rate'> {
  return { epochs: 40, batch: Math.max(8, rows / 8), rate: 0.2 / (hiddenLayers + 1) }
}

function checkSettings(settings: SculptSettings): void {
  const wrong = (name: string, value: unknown, cure: string) =>
    new UsageError('usage.sculpt', `"${name}" cannot be ${JSON.stringify(value)}; ${cure}.`)
  const whole = (value: number) => Number.isSafeInteger(value) && value >= 1
  const { hidden, epochs, batch, rate, weightDecay, noise, threshold, unitSteps, edgeSteps } = settings
  if (!(hidden.length >= 1 && hidden.length <= 9 && hidden.every(units => whole(units) && units <= 4096)))
    throw wrong('hidden', hidden, 'give 1 to 9 hidden layers of 1 to 4096 units')
  for (const [name, value] of Object.entries({ epochs, batch }))
    if (!whole(value)) throw wrong(name, value, 'give a whole number of at least 1')
  if (!(rate > 0 && rate < Infinity)) throw wrong('rate', rate, 'give a number above 0')
  for (const [name, value] of Object.entries({ weightDecay, noise }))
    if (!(value >= 0 && value < Infinity)) throw wrong(name, value, 'give a number of at least 0')
  if (!(threshold > 0 && threshold <= 1)) throw wrong('threshold', threshold, 'give a share above 0, at most 1')
  for (const [name, steps] of Object.entries({ unitSteps, edgeSteps }))
    if (!steps.every(step => step > 0 && step < 100)) throw wrong(name, steps, 'give per cents between 0 and 100')
  if (edgeSteps.length === 0) throw wrong('edgeSteps', edgeSteps, 'give at least one')
  for (const [name, value, known] of [
    ['unitScore', settings.unitScore, UNIT_SCORES],
    ['normalisation', settings.normalisation, SCORE_NORMALISATIONS],
    ['unitSchedule', settings.unitSchedule, SCHEDULES],
    ['edgeSchedule', settings.edgeSchedule, SCHEDULES],
    ['protocol', settings.protocol, ['default', 'paper']],
  ] as const)
    if (!(known as readonly string[]).includes(value)) throw wrong(name, value, `it takes ${known.join(', ')}`)
}
