/** What long work is given: a progress bar and a signal that Ctrl-C aborts. A second Ctrl-C ends the process at once. */
import type { WatchOptions } from '../progress.ts'
import { EXIT } from './exit.ts'
import { progressBar } from './progress-bar.ts'

export interface Watch extends Required<WatchOptions> {
  /** Removes the bar until the next step. */
  clear(): void
  /** Removes the bar and stops listening. */
  end(): void
}

export function watch(quiet: boolean): Watch {
  const bar = progressBar(quiet)
  const stop = new AbortController()
  const interrupt = () => {
    bar.clear()
    if (stop.signal.aborted) process.exit(EXIT.interrupted)
    process.stderr.write('stopping; Ctrl-C again to stop at once\n')
    stop.abort()
  }
  process.on('SIGINT', interrupt)
  return {
    signal: stop.signal,
    onProgress: bar.onProgress,
    clear: bar.clear,
    end() {
      bar.clear()
      process.off('SIGINT', interrupt)
    },
  }
}
