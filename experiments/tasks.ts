/** The tasks of the experiments, for worker threads. */
import type { AnyTask } from '../src/jobs/tasks.ts'
import { initialNcut } from './initial-ncut.ts'
import { nullCalibration } from './null-calibration.ts'

const TASKS: readonly AnyTask[] = [initialNcut, nullCalibration]

/** The task of that name, or undefined. */
export async function findTask(name: string): Promise<AnyTask | undefined> {
  return TASKS.find(task => task.name === name)
}
