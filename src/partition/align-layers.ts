/**
 * One numbering for modules that were found layer by layer. In each layer the local modules take the numbers of those
 * modules of a global partition with which they share most units, one to one, so that their total is largest (linear
 * assignment, stats/assignment.ts). Local modules without a partner take the free numbers in order. The released code
 * of arXiv 2110.08058 leaves the layers' numberings unrelated.
 */
import { bestAssignment } from '../stats/assignment.ts'

/**
 * @param local — module of each unit within its layer, −1 = none: [units].
 * @param global — module of each unit in the whole graph, −1 = none: [units].
 * @param offsets — index of each layer's first unit, and the unit count: [layers + 1].
 */
export function alignLayers(local: Int32Array, global: Int32Array, offsets: Int32Array): Int32Array {
  const largest = (labels: Int32Array) => labels.reduce((most, label) => Math.max(most, label), -1)
  const size = Math.max(largest(local), largest(global)) + 1
  const aligned = local.slice()
  for (let layer = 0; layer + 1 < offsets.length; layer++) {
    const shared = new Float64Array(size * size)
    for (let unit = offsets[layer]; unit < offsets[layer + 1]; unit++)
      if (local[unit] >= 0 && global[unit] >= 0) shared[local[unit] * size + global[unit]]++
    const numberOf = bestAssignment(shared, size)
    for (let unit = offsets[layer]; unit < offsets[layer + 1]; unit++)
      if (local[unit] >= 0) aligned[unit] = numberOf[local[unit]]
  }
  return aligned
}
