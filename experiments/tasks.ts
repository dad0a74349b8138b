/** The tasks of the experiments, for worker threads. */
import type { AnyTask } from '../src/jobs/tasks.ts'
import { nullCalibration } from './null-calibration.ts'

const TASKS: readonly AnyTask[] = [nullCalibration]

/** The task of that name, or undefined. */
export async function findTask(name: string): Promise<AnyTask | undefined> {
  return TASKS.find(task => task.name === name)
}
