/** The tasks worker threads can run, by name. Each is loaded when first asked for. */
import type { Task } from '../executor.ts'

// biome-ignore lint/suspicious/noExplicitAny: a registry of tasks holds every kind of context, job and result.
export type AnyTask = Task<any, any, any>

const LOADERS: Readonly<Record<string, () => Promise<AnyTask>>> = {
  'baseline-scores': async () => (await import('../significance/baseline.ts')).baselineScores,
  'sculpt-run': async () => (await import('../sculpt/pruning/task.ts')).sculptJobs,
  'shuffled-ncut': async () => (await import('../significance/shuffled-ncut.ts')).shuffledNcut,
}

/** The task of that name, or undefined. */
export async function findTask(name: string): Promise<AnyTask | undefined> {
  return LOADERS[name]?.()
}
