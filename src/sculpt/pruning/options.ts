/** How a table is sculpted: everything that shapes the outcome, and what is taken where nothing is said. */
import { UsageError } from '../../errors.ts'
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
  /** Share of right answers that a network must keep, 0 … 1. Default: that of the dense network, less `drop`. */
  readonly threshold?: number
  /** What pruning may cost, as a share of the answers, where `threshold` is not given. Default .01. */
  readonly drop?: number
  /** First steps of the unit loop in per cent; one loop each. None: edges alone. Default 10, 25, …, 70; paper 5, 10, …, 70. */
  readonly unitSteps?: readonly number[]
  /** First steps of the edge loop in per cent; one loop each for each unit loop. Default 2.5; paper .5, 1, …, 2.5. */
  readonly edgeSteps?: readonly number[]
  /** Dense networks to begin from, of which each goes through the whole grid. Default 3; paper protocol 1. */
  readonly restarts?: number
  readonly unitScore?: UnitScore
  readonly normalisation?: ScoreNormalisation
  readonly unitSchedule?: Schedule
  readonly edgeSchedule?: Schedule
  /**
   * `default`: every retraining is checked, the best network kept exactly, an input or output that would lose its last
   * edge is refused. `paper`: the published loops to the letter.
   */
  readonly protocol?: 'default' | 'paper'
}

const PAPER_GRID = {
  unitSteps: Array.from({ length: 14 }, (_, i) => 5 * (i + 1)),
  edgeSteps: [2.5, 2, 1.5, 1, 0.5],
  restarts: 1,
}
const DEFAULT_GRID = { unitSteps: [10, 25, 40, 55, 70], edgeSteps: [2.5], restarts: 3 }

export type SculptSettings = Required<Omit<SculptOptions, 'threshold'>> & Pick<SculptOptions, 'threshold'>

/**
 * The options with defaults filled in.
 *
 * @param rows — examples that are trained on.
 * @throws UsageError naming the option that is out of range.
 */
export function sculptSettings(rows: number, options: SculptOptions): SculptSettings {
  const settings: SculptSettings = {
    ...defaultTraining(rows),
    weightDecay: 1e-4,
    noise: 0.1,
    drop: 0.01,
    ...(options.protocol === 'paper' ? PAPER_GRID : DEFAULT_GRID),
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

/**
 * The one setting for all Boolean tasks; nothing in it looks at the function. Chosen on [4,2,4], [6,3,3,3], [4,1,2,n],
 * [4,1,2,2,n], [5,3,2,4] and [8,2,1,2,n] (docs/sculpting.md).
 */
function defaultTraining(rows: number): Pick<SculptSettings, 'epochs' | 'batch' | 'rate'> {
  return { epochs: 40, batch: Math.max(8, rows / 8), rate: rows > 32 ? 0.05 : 0.1 }
}

function checkSettings(settings: SculptSettings): void {
  const wrong = (name: string, value: unknown, cure: string) =>
    new UsageError('usage.sculpt', `"${name}" cannot be ${JSON.stringify(value)}; ${cure}.`)
  const whole = (value: number) => Number.isSafeInteger(value) && value >= 1
  const { hidden, epochs, batch, restarts, rate, weightDecay, noise, threshold, drop, unitSteps, edgeSteps } = settings
  if (!(hidden.length >= 1 && hidden.length <= 9 && hidden.every(units => whole(units) && units <= 4096)))
    throw wrong('hidden', hidden, 'give 1 to 9 hidden layers of 1 to 4096 units')
  for (const [name, value] of Object.entries({ epochs, batch, restarts }))
    if (!whole(value)) throw wrong(name, value, 'give a whole number of at least 1')
  if (!(rate > 0 && rate < Infinity)) throw wrong('rate', rate, 'give a number above 0')
  for (const [name, value] of Object.entries({ weightDecay, noise, drop }))
    if (!(value >= 0 && value < Infinity)) throw wrong(name, value, 'give a number of at least 0')
  if (threshold !== undefined && !(threshold > 0 && threshold <= 1))
    throw wrong('threshold', threshold, 'give a share above 0, at most 1')
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
