/**
 * What runs in a worker thread: jobs of named tasks. A context is sent once: a worker that has not seen it answers
 * `{ needsContext: true }`, and the job comes again with the context beside it.
 */
import { type CarriedError, carryError } from './carried-error.ts'
import type { AnyTask } from './tasks.ts'

export interface JobMessage {
  /** Address of the module that exports `findTask`. */
  readonly tasks: string
  readonly task: string
  readonly contextId: number
  readonly context?: { readonly value: unknown }
  readonly job: unknown
}

export type JobAnswer =
  | { readonly result: unknown }
  | { readonly error: CarriedError }
  | { readonly needsContext: true }

/** Prepared tasks by context; the oldest is dropped so that large contexts do not pile up. */
const prepared = new Map<number, Promise<(job: unknown) => unknown>>()
const KEPT = 2

export default async function runJob(message: JobMessage): Promise<JobAnswer> {
  try {
    if (message.context && !prepared.has(message.contextId)) {
      if (prepared.size >= KEPT) prepared.delete(prepared.keys().next().value!)
      prepared.set(message.contextId, prepare(message, message.context.value))
    }
    const run = await prepared.get(message.contextId)
    return run ? { result: run(message.job) } : { needsContext: true }
  } catch (error) {
    return { error: carryError(error) }
  }
}

async function prepare(message: JobMessage, context: unknown): Promise<(job: unknown) => unknown> {
  const module: { findTask(name: string): Promise<AnyTask | undefined> } = await import(message.tasks)
  const task = await module.findTask(message.task)
  if (!task) throw new Error(`No task is called ${message.task} in ${message.tasks}.`)
  return task.prepare(context)
}
