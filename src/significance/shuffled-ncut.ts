/**
 * The unit of work of the modularity test: draw shuffle number i of one null model, cluster it from scratch, return its
 * n-cut. What it draws depends on seed, model and i alone (stream `randomStream(seed, code of the model, i)`), so the
 * answer is the same on one thread, on forty, and in a browser.
 */
import type { Task } from '../executor.ts'
import type { UnitGraph } from '../graph/unit-graph.ts'
import { loadKernels } from '../kernels/kernels.ts'
import { randomStream } from '../random.ts'
import { nullCode, nullSampler, type Protocol } from './null-models.ts'
import { partitionFor, type StatisticOptions } from './statistic.ts'
import type { NullModel } from './verdict.ts'

export interface ShuffleContext extends StatisticOptions {
  readonly graph: UnitGraph
  readonly protocol?: Protocol
}

export interface ShuffleJob {
  readonly null: NullModel
  readonly index: number
}

export interface ShuffledNcut {
  readonly ncut: number
  readonly k: number
}

export const shuffledNcut: Task<ShuffleContext, ShuffleJob, ShuffledNcut> = {
  name: 'shuffled-ncut',
  async prepare(context) {
    const kernels = await loadKernels()
    const samplers = new Map<NullModel, ReturnType<typeof nullSampler>>()
    return job => {
      const sampler = samplers.get(job.null) ?? nullSampler(job.null, context.graph, context.protocol)
      samplers.set(job.null, sampler)
      const shuffled = sampler(randomStream(context.seed, nullCode(job.null), job.index))
      const { ncut, k } = partitionFor(kernels, shuffled, context)
      return { ncut, k }
    }
  },
}
