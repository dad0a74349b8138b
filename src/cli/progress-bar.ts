/** A progress bar with the time left, on stderr: only on a terminal, and only for what takes longer than a second. */
import type { Progress } from '../progress.ts'

const WAIT_MS = 1_000
const REDRAW_MS = 100
const WIDTH = 24

export interface ProgressBar {
  onProgress(progress: Progress): void
  /** Removes the bar. */
  clear(): void
}

export interface BarStream {
  readonly isTTY?: boolean
  readonly columns?: number
  write(text: string): unknown
}

export function progressBar(
  quiet: boolean,
  stream: BarStream = process.stderr,
  now: () => number = () => performance.now(),
): ProgressBar {
  let stage = ''
  let started = now()
  let first = 0
  let drawnAt = Number.NEGATIVE_INFINITY
  let drawn = false
  const clear = () => {
    if (drawn) stream.write('\r\x1b[2K')
    drawn = false
  }
  return {
    clear,
    onProgress(progress) {
      if (quiet || !stream.isTTY) return
      const time = now()
      if (progress.stage !== stage) {
        stage = progress.stage
        started = time
        first = progress.done
      }
      if (time - started < WAIT_MS || time - drawnAt < REDRAW_MS) return
      drawnAt = time
      stream.write(`\r\x1b[2K${barLine(progress, (time - started) / 1000, first, stream.columns || 80)}`)
      drawn = true
    },
  }
}

/** `stage ████░░░░ 12/100, 1 min 5 s left, detail`, cut to the terminal's width. */
export function barLine(
  { stage, done, total, detail }: Progress,
  seconds: number,
  first: number,
  columns: number,
): string {
  const filled = Math.round((WIDTH * done) / Math.max(total, 1))
  const left = done > first ? (seconds / (done - first)) * (total - done) : Number.NaN
  const time = Number.isNaN(left) ? '' : `, ${duration(left)} left`
  const rest = detail === undefined ? '' : `, ${detail}`
  return `${stage} ${'█'.repeat(filled)}${'░'.repeat(WIDTH - filled)} ${done}/${total}${time}${rest}`.slice(
    0,
    columns - 1,
  )
}

export function duration(seconds: number): string {
  const whole = Math.round(seconds)
  if (whole < 60) return `${whole} s`
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`
}
