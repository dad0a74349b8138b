/**
 * The executor port: where independent jobs run. A task is a named pure function of a context (sent once per worker,
 * structured-cloneable) and a job (plain JSON). Callers pass an executor in; `jobs/` implements worker threads. The
 * results come back in job order, so nothing depends on how many workers there are.
 */
import { throwIfAborted, type WatchOptions } from './progress.ts'

/** A named function that workers can find by name. `prepare` runs once per worker and context. */
export interface Task<Context, Job, Result> {
  readonly name: string
  prepare(context: Context): Promise<(job: Job) => Result> | ((job: Job) => Result)
}

export interface MapOptions extends WatchOptions {
  /** What `onProgress` calls these jobs. Default: the task's name. */
  readonly stage?: string
}

export interface Executor {
  /** How many jobs can run at once. */
  readonly workers: number
  /** Runs every job and returns the results in job order. Rejects with the first error. */
  map<C, J, R>(task: Task<C, J, R>, context: C, jobs: readonly J[], options?: MapOptions): Promise<R[]>
  /** Lets go of threads and connections. */
  close(): Promise<void>
}

/** Runs the jobs one after another on the calling thread: the default, and the reference for all others. */
export const inlineExecutor: Executor = {
  workers: 1,
  async map(task, context, jobs, options = {}) {
    const run = await task.prepare(context)
    const results = []
    for (const job of jobs) {
      throwIfAborted(options.signal)
      results.push(run(job))
      options.onProgress?.({ stage: options.stage ?? task.name, done: results.length, total: jobs.length })
      // Let timers, signals and progress bars breathe between jobs.
      if (options.signal || options.onProgress) await new Promise<void>(resolve => setTimeout(resolve))
    }
    return results
  },
  async close() {},
}
