/** The flags of clustering and testing. */
import { availableParallelism } from 'node:os'
import type { ArgsDef } from 'citty'
import { UsageError } from '../errors.ts'
import { type Executor, inlineExecutor } from '../executor.ts'
import { NULL_MODELS } from '../significance/null-models.ts'
import { byActivations } from './activation-flags.ts'
import { choices, count, countOrAuto, type Flags, probability } from './flags.ts'
import { protocol } from './graph-flags.ts'

export const CLUSTER_FLAGS = {
  k: {
    type: 'string',
    valueHint: 'N|auto',
    description: 'number of modules; auto: where the network stands out most from shuffled ones (default auto)',
  },
  seed: { type: 'string', valueHint: 'N', description: 'seed of everything random; drawn and shown if not given' },
} as const satisfies ArgsDef

export const TEST_FLAGS = {
  null: { type: 'string', valueHint: 'a,b', description: 'null models to compare with' },
  deciding: { type: 'string', valueHint: 'a,b', description: 'those of them that decide the verdict' },
  shuffles: { type: 'string', valueHint: 'N|auto', description: 'shuffled networks per null model (default 100)' },
  alpha: { type: 'string', valueHint: 'P', description: 'significance level (default 0.05)' },
  threads: { type: 'string', valueHint: 'N', description: 'worker threads (default: one per core)' },
} as const satisfies ArgsDef

export function wantedK(flags: Flags): number | 'auto' {
  return countOrAuto(flags, 'k', 1) ?? 'auto'
}

/** A test compares partitions into at least two modules. */
export function checkTestable(flags: Flags): void {
  if (wantedK(flags) === 1)
    throw new UsageError('usage.k', 'A test needs at least two modules: --k 2 or more, or --k auto.')
}

export function testOptions(flags: Flags) {
  return {
    // Correlations link units of one layer too, which no other null model takes.
    nulls: choices(flags, 'null', NULL_MODELS) ?? (byActivations(flags) ? (['edges'] as const) : undefined),
    deciding: choices(flags, 'deciding', NULL_MODELS),
    shuffles: countOrAuto(flags, 'shuffles', 1),
    alpha: probability(flags, 'alpha'),
    protocol: protocol(flags),
  }
}

/** The threads the flags ask for. */
export function wantedThreads(flags: Flags): number {
  return count(flags, 'threads', 1) ?? availableParallelism()
}

/** Runs `use` with an executor of so many threads, and lets go of them afterwards. */
export async function withExecutor<T>(threads: number, use: (executor: Executor) => Promise<T>): Promise<T> {
  if (threads === 1) return use(inlineExecutor)
  const { threadExecutor } = await import('../jobs/threads.ts')
  const executor = threadExecutor(threads)
  try {
    return await use(executor)
  } finally {
    await executor.close()
  }
}
