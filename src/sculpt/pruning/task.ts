/** Sculpting as jobs for an executor: each seed of each table is one, and depends on nothing else. */
import type { Task } from '../../executor.ts'
import { loadKernels } from '../../kernels/kernels.ts'
import type { TruthTable } from '../../tasks/truth-table.ts'
import type { SculptingRun } from '../sculpting.ts'
import type { SculptOptions } from './options.ts'
import { sculptTable } from './sculpt-table.ts'

export interface SculptContext {
  readonly tables: readonly TruthTable[]
}

export interface SculptJob {
  /** Index among the tables. */
  readonly table: number
  readonly seed: number
  readonly options: SculptOptions
}

export const sculptJobs: Task<SculptContext, SculptJob, SculptingRun> = {
  name: 'sculpt-table',
  async prepare({ tables }) {
    const kernels = await loadKernels()
    return ({ table, seed, options }) => sculptTable(kernels, tables[table], seed, options)
  },
}
