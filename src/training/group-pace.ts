/**
 * How many steps to run as a group: as many as take about a quarter of a second, so that progress is seen and an
 * interruption is heeded, starting from one, at most 64. Only the pace depends on time; the results do not.
 */
const GROUP_MS = 250
const MOST = 64

export interface GroupPace {
  /** Steps in the next group. */
  steps(): number
  observe(steps: number, milliseconds: number): void
}

export function groupPace(): GroupPace {
  let steps = 1
  return {
    steps: () => steps,
    observe(done, milliseconds) {
      const wanted = (GROUP_MS * done) / Math.max(milliseconds, 1)
      steps = Math.max(1, Math.min(MOST, Math.floor(wanted), steps * 8))
    },
  }
}
