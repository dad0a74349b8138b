/**
 * Learning rates over time. The rate is an input of the step's graph, so a schedule is a plain function of the step:
 *
 * - constant: r
 * - step: r · factor^⌊epoch / every⌋
 * - exponential: r · factor^epoch, by whole epochs
 * - cosine (Loshchilov & Hutter, arXiv 1608.03983, without restarts): f + (r − f) · ½ (1 + cos(π · step / steps))
 */
import { checkChoice, checkOptions, checkRange } from './option-checks.ts'

export type Schedule =
  | { readonly kind: 'constant' }
  /** `every` in epochs; `factor` above 0. */
  | { readonly kind: 'step'; readonly factor: number; readonly every: number }
  /** `factor` above 0, applied once an epoch. */
  | { readonly kind: 'exponential'; readonly factor: number }
  /** Down to `final` (default 0) at the end of the run. */
  | { readonly kind: 'cosine'; readonly final?: number }

/** Where in a run a step lies. */
export interface StepTime {
  readonly step: number
  readonly stepsPerEpoch: number
  readonly totalSteps: number
}

const KEYS = {
  constant: ['kind'],
  step: ['kind', 'factor', 'every'],
  exponential: ['kind', 'factor'],
  cosine: ['kind', 'final'],
}

/** @throws UsageError naming the key under `schedule` that is wrong */
export function checkSchedule(schedule: Schedule): void {
  checkChoice('schedule.kind', schedule.kind, Object.keys(KEYS))
  checkOptions('schedule', schedule, KEYS[schedule.kind])
  if (schedule.kind === 'step') checkRange('schedule.every', schedule.every, { least: 1, integer: true })
  if (schedule.kind === 'step' || schedule.kind === 'exponential')
    checkRange('schedule.factor', schedule.factor, { above: 0 })
  if (schedule.kind === 'cosine') checkRange('schedule.final', schedule.final ?? 0, { least: 0 })
}

/** The learning rate of a step. */
export function rateAt(schedule: Schedule, rate: number, { step, stepsPerEpoch, totalSteps }: StepTime): number {
  const epoch = Math.floor(step / stepsPerEpoch)
  switch (schedule.kind) {
    case 'constant':
      return rate
    case 'step':
      return rate * wholePower(schedule.factor, Math.floor(epoch / schedule.every))
    case 'exponential':
      return rate * wholePower(schedule.factor, epoch)
    case 'cosine': {
      const final = schedule.final ?? 0
      return final + (rate - final) * 0.5 * (1 + Math.cos((Math.PI * step) / totalSteps))
    }
  }
}

/** baseᵉ for a whole exponent by repeated squaring: the same bits on every machine, which `**` does not promise. */
export function wholePower(base: number, exponent: number): number {
  let power = 1
  for (let square = base, rest = exponent; rest > 0; rest = Math.floor(rest / 2), square *= square)
    if (rest % 2 === 1) power *= square
  return power
}
