/**
 * How far to prune at each step: the five schedules of Neural Sculpting's code (arXiv 2305.18402). With s the percentage
 * pruned already, g the gradient in per cent, n the number of steps, i = 1, 2, …:
 *
 *   linear       s + g·i
 *   exponential  s + Σ_{j<i} g/2^j
 *   lth          100 − (100 − s)(1 − g/100)^i      the same share of what is left each time (Frankle and Carbin 2019)
 *   cosine       100 − ½(100 − s)(1 + cos(πi/n))
 *   cubic        100 − (100 − s)(1 − i/n)³
 *
 * Departure: the code has no start s for exponential and cosine, which it offers for units alone; here all five serve
 * both. cos is exact to rounding on all engines only at its multiples; percentages become counts, so it does not show.
 */
export const SCHEDULES = ['linear', 'exponential', 'lth', 'cosine', 'cubic'] as const
export type Schedule = (typeof SCHEDULES)[number]

export interface ScheduleOptions {
  readonly schedule?: Schedule
  /** g, in per cent. */
  readonly gradient: number
  /** n, for cosine and cubic. Default 10. */
  readonly steps?: number
  /** s, in per cent. Default 0. */
  readonly start?: number
}

/** Percentage to prune to at step i ≥ 1. */
export function pruningSchedule(options: ScheduleOptions): (step: number) => number {
  const { schedule = 'linear', gradient, steps = 10, start = 0 } = options
  const left = 100 - start
  const progress = (i: number) => Math.min(1, i / steps)
  switch (schedule) {
    case 'linear':
      return i => start + gradient * i
    case 'exponential':
      return i => start + gradient * (2 - 2 ** (1 - i))
    case 'lth':
      return i => 100 - left * (1 - gradient / 100) ** i
    case 'cosine':
      return i => 100 - (left / 2) * (1 + Math.cos(Math.PI * progress(i)))
    case 'cubic':
      return i => 100 - left * (1 - progress(i)) ** 3
  }
}
