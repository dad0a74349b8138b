/** What is recorded after each epoch: plain JSON, one line each. */
import type { Metrics } from './metrics.ts'

export interface EpochRecord {
  /** From 1. */
  readonly epoch: number
  /** Steps made in all. */
  readonly step: number
  /** Learning rate of the epoch's last step. */
  readonly rate: number
  /** Mean over the epoch's examples, while weights changed and with dropout; penalties are not in it. */
  readonly loss: number
  /** Share of right answers (or bits), likewise; absent for regression. */
  readonly accuracy?: number
  /** Measured after the epoch. */
  readonly validation?: Metrics
  /** What hooks reported, averaged. */
  readonly hooks?: Readonly<Record<string, number>>
}

/** Sums over the steps of the epoch in progress; part of a checkpoint. */
export interface EpochSums {
  examples: number
  loss: number
  right: number
  readonly hooks: Record<string, { sum: number; count: number }>
}

export function newSums(): EpochSums {
  return { examples: 0, loss: 0, right: 0, hooks: {} }
}

export function hookMeans(sums: EpochSums): Record<string, number> {
  return Object.fromEntries(Object.entries(sums.hooks).map(([name, { sum, count }]) => [name, sum / count]))
}
