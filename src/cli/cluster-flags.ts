/** The flags of clustering and testing. */
import { availableParallelism } from 'node:os'
import type { ArgsDef } from 'citty'
import { type Executor, inlineExecutor } from '../executor.ts'
import { count, type Flags } from './flags.ts'

/** Modules to look for where the user does not say: the papers' choice. */
export const DEFAULT_K = 12

export const CLUSTER_FLAGS = {
  k: { type: 'string', valueHint: 'N|auto', description: `number of modules (default ${DEFAULT_K})` },
  seed: { type: 'string', valueHint: 'N', description: 'seed of everything random; drawn and shown if not given' },
} as const satisfies ArgsDef

export const TEST_FLAGS = {
  null: { type: 'string', valueHint: 'a,b', description: 'null models to compare with' },
  deciding: { type: 'string', valueHint: 'a,b', description: 'those of them that decide the verdict' },
  shuffles: { type: 'string', valueHint: 'N|auto', description: 'shuffled networks per null model (default 100)' },
  alpha: { type: 'string', valueHint: 'P', description: 'significance level (default 0.05)' },
  threads: { type: 'string', valueHint: 'N', description: 'worker threads (default: one per core)' },
} as const satisfies ArgsDef

/** Runs `use` with the executor the flags ask for, and lets go of its threads afterwards. */
export async function withExecutor<T>(flags: Flags, use: (executor: Executor) => Promise<T>): Promise<T> {
  const threads = count(flags, 'threads', 1) ?? availableParallelism()
  if (threads === 1) return use(inlineExecutor)
  const { threadExecutor } = await import('../jobs/threads.ts')
  const executor = threadExecutor(threads)
  try {
    return await use(executor)
  } finally {
    await executor.close()
  }
}
