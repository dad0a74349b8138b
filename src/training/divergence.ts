/** When training has run away: losses or weights that are no finite numbers. */
import { UsageError } from '../errors.ts'
import type { Tensor } from '../tensor/tensor.ts'

export function hasOnlyNumbers(state: ReadonlyMap<string, Tensor>): boolean {
  for (const { data } of state.values()) for (const value of data) if (!Number.isFinite(value)) return false
  return true
}

/**
 * @param losses of consecutive steps, of which `first` is the number of the first, from 0; several for each step where
 * there are replicas
 * @throws UsageError with the code `usage.diverged`
 */
export function checkLosses(losses: Float32Array, steps: number, first: number, perEpoch: number, note = ''): void {
  const at = losses.findIndex(loss => !Number.isFinite(loss))
  if (at >= 0) diverged(first + Math.floor((at * steps) / losses.length), perEpoch, note)
}

export function diverged(step: number, perEpoch: number, note: string): never {
  throw new UsageError(
    'usage.diverged',
    `Training diverged: the loss is no finite number at step ${step + 1} (epoch ${Math.floor(step / perEpoch) + 1}). Lower the learning rate${note}.`,
  )
}
