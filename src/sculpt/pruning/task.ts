/** Sculpting as jobs for an executor: each seed on each material is one, and depends on nothing else. */
import type { Task } from '../../executor.ts'
import { loadKernels } from '../../kernels/kernels.ts'
import type { SparsePerceptron } from '../../training/sparse-perceptron.ts'
import type { SculptingRun } from '../sculpting.ts'
import type { Material } from './material.ts'
import type { SculptOptions } from './options.ts'
import { sculptRun } from './sculpt-run.ts'

export interface SculptContext {
  readonly materials: readonly Material[]
}

export interface SculptJob {
  /** Index among the materials. */
  readonly material: number
  readonly seed: number
  readonly options: SculptOptions
  /** A trained network to begin from. */
  readonly given?: SparsePerceptron
}

export const sculptJobs: Task<SculptContext, SculptJob, SculptingRun> = {
  name: 'sculpt-run',
  async prepare({ materials }) {
    const kernels = await loadKernels()
    return ({ material, seed, options, given }) => sculptRun(kernels, materials[material], seed, options, given)
  },
}
