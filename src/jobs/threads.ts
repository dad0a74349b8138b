/**
 * Worker threads (Node only), on piscina. Jobs are handed out as threads become free, results come back in job order, and a
 * task sees nothing but its context and its job: the same bits as `inlineExecutor`, whatever the number of threads.
 */
import { Piscina } from 'piscina'
import { UsageError } from '../errors.ts'
import type { Executor } from '../executor.ts'
import { throwIfAborted } from '../progress.ts'
import { reviveError } from './carried-error.ts'
import type { JobAnswer, JobMessage } from './worker.ts'

export interface ThreadOptions {
  /** Module that exports `findTask(name)`. Default: the tasks of lobes. */
  readonly tasks?: URL
}

/** `.ts` when running from source, `.js` from the built package. */
const EXTENSION = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
const IDLE_MS = 30_000
/** Jobs under way for each thread: one that runs and one that waits, so that no thread idles between jobs. */
const LANES = 2

/**
 * An executor over `workers` threads. They start with the first job and are shared by all calls; `close()` ends them.
 * Throws a UsageError (`usage.workers`) for a number that is not a positive integer.
 */
export function threadExecutor(workers: number, options: ThreadOptions = {}): Executor {
  if (!Number.isInteger(workers) || workers < 1)
    throw new UsageError('usage.workers', `The number of threads must be a positive integer, not ${workers}.`)
  const tasks = (options.tasks ?? new URL(`./tasks.${EXTENSION}`, import.meta.url)).href
  const pool = new Piscina<JobMessage, JobAnswer>({
    filename: new URL(`./worker.${EXTENSION}`, import.meta.url).href,
    maxThreads: workers,
    minThreads: 0,
    idleTimeout: IDLE_MS,
    workerHistogram: false,
    recordTiming: false,
  })
  // A job's failure rejects its own promise. What the pool reports besides belongs to no job, such as the answer of a thread
  // that was stopped because another job failed, and arrived all the same; without a listener it would end the process.
  pool.on('error', () => {})
  let contexts = 0

  return {
    workers,
    async map<C, J, R>(
      task: { readonly name: string },
      context: C,
      jobs: readonly J[],
      { stage = task.name, signal, onProgress }: Parameters<Executor['map']>[3] = {},
    ): Promise<R[]> {
      throwIfAborted(signal)
      const contextId = contexts++
      const stop = new AbortController()
      const abort = () => stop.abort()
      signal?.addEventListener('abort', abort, { once: true })
      let done = 0
      const runOne = async (job: J): Promise<R> => {
        const message = { tasks, task: task.name, contextId, job }
        let answer = await pool.run(message, { signal: stop.signal })
        if ('needsContext' in answer)
          answer = await pool.run({ ...message, context: { value: context } }, { signal: stop.signal })
        if ('error' in answer) throw reviveError(answer.error)
        if (!('result' in answer)) throw new Error(`A worker thread lost the context of ${task.name}.`)
        onProgress?.({ stage, done: ++done, total: jobs.length })
        return answer.result as R
      }
      const results = new Array<R>(jobs.length)
      let next = 0
      const lane = async () => {
        while (next < jobs.length) {
          const index = next++
          results[index] = await runOne(jobs[index])
        }
      }
      try {
        await Promise.all(Array.from({ length: Math.min(jobs.length, workers * LANES) }, lane))
        return results
      } catch (error) {
        stop.abort()
        throwIfAborted(signal)
        throw error
      } finally {
        signal?.removeEventListener('abort', abort)
      }
    },
    async close() {
      await pool.destroy()
    },
  }
}
