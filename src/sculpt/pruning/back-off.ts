/**
 * The loop that prunes as far as accuracy allows (Neural Sculpting, arXiv 2305.18402, and its code): follow a schedule
 * until a step is refused, then go on from the last accepted network by half the step, and halve it at each refusal,
 * until the smallest step is refused. Steps never grow again. It knows nothing of what is pruned: it yields the
 * percentage to prune to, and is told whether the outcome was accepted.
 *
 *   P_1 = s(1), P_2 = s(2), … while accepted; then p ← max(p/2, p_min), P ← P_accepted + p.
 */

export interface BackOffOptions {
  /** Percentage to prune to at step i = 1, 2, …: see `schedules.ts`. */
  readonly schedule: (step: number) => number
  /** The smallest step worth trying, in per cent: one unit, or one weight. */
  readonly smallest: number
  /** Percentage that is pruned already, default 0. */
  readonly start?: number
}

/**
 * Yields percentages below 100; `next(accepted)` answers each. Returns the last accepted percentage, or `start`.
 * Percentages of 100 and more are refused without asking.
 */
export function* backOff({ schedule, smallest, start = 0 }: BackOffOptions): Generator<number, number, boolean> {
  let accepted = start
  let following = true
  let step = 0
  for (let i = 1; ; i++) {
    const target = following ? schedule(i) : accepted + step
    if (following) step = target - accepted
    // A schedule that stands still, as some do at their end, has nothing more to ask.
    if (following && !(step > 0)) return accepted
    const fine = target < 100 && (yield target)
    if (fine) accepted = target
    else if (step > smallest) {
      following = false
      step = Math.max(step / 2, smallest)
    } else return accepted
  }
}
