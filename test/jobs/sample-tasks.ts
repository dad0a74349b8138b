/** Tasks for the tests of the thread executor. */
import { FormatError } from '../../src/errors.ts'
import type { Task } from '../../src/executor.ts'
import { randomStream } from '../../src/random.ts'

let preparations = 0

export const drawTask: Task<{ seed: number }, number, { draw: number; preparations: number }> = {
  name: 'draw',
  prepare({ seed }) {
    preparations++
    return job => ({ draw: randomStream(seed, job).uniform(), preparations })
  },
}

export const failTask: Task<null, number, number> = {
  name: 'fail',
  prepare: () => job => {
    if (job === 3) throw new FormatError('format.sample', 'Job 3 is wrong.')
    return job
  },
}

export const slowTask: Task<null, number, number> = {
  name: 'slow',
  prepare: () => job => {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, job)
    return job
  },
}

const ALL: readonly Task<never, never, unknown>[] = [drawTask, failTask, slowTask]

export async function findTask(name: string) {
  return ALL.find(task => task.name === name)
}
