/**
 * How far a sub-module covers units that a user marked as belonging to a task (a mask of the layer's units):
 *   IoU = |S ∩ T|/|S ∪ T|, the share of S in T and of T in S, and the share of S's weight that lies on T, units counted by
 *   a weight each (the sum of |w| of their edges, say).
 */
import { UsageError } from '../../errors.ts'

export interface TaskOverlap {
  readonly iou: number
  /** |S ∩ T|/|S|: how pure the sub-module is. */
  readonly precision: number
  /** |S ∩ T|/|T|: how much of the task it has; null for an empty mask. */
  readonly recall: number | null
  /** Weight of S ∩ T over weight of S; null where S has none, or no weights are given. */
  readonly weighted: number | null
}

/**
 * @param mask which units of the layer belong to the task: [units of the layer]
 * @param weights of the layer's units, ≥ 0: Float64Array [units of the layer]
 */
export function taskOverlap(units: Int32Array, mask: ArrayLike<number | boolean>, weights?: Float64Array): TaskOverlap {
  const stranger = units.find(unit => unit >= mask.length)
  if (stranger !== undefined || (weights && weights.length !== mask.length))
    throw new UsageError(
      'usage.mask',
      `The task mask has ${mask.length} units, but ${stranger === undefined ? `there are ${weights!.length} weights` : `the sub-module has the unit ${stranger}`}; give one value for each unit of the layer.`,
    )
  const shared = units.filter(unit => mask[unit])
  const marked = Array.from(mask).filter(Boolean).length
  const total = (members: Int32Array) => members.reduce((sum, unit) => sum + weights![unit], 0)
  const all = weights ? total(units) : 0
  return {
    iou: shared.length / (units.length + marked - shared.length),
    precision: shared.length / units.length,
    recall: marked > 0 ? shared.length / marked : null,
    weighted: all > 0 ? total(shared) / all : null,
  }
}
