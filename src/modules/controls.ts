/**
 * Random unit sets to compare a sub-module with: as many units of the same layer, drawn evenly without replacement from
 * its live units (those that are in some module), so they may overlap the sub-module. Matched on more than size where
 * `strata` are given: the set then has as many units of each stratum as the sub-module.
 */
import { UsageError } from '../errors.ts'
import { type Random, randomStream, shuffle } from '../random.ts'
import type { SubModule } from './sub-module.ts'

const CONTROL_STREAM = 3

/** Control `index` of a sub-module: its own stream, so it does not depend on how many there are. */
export function randomControl(
  { layer, module, units }: SubModule,
  live: Int32Array,
  index: number,
  seed: number,
  strata?: Int32Array,
): Int32Array {
  const random = randomStream(seed, CONTROL_STREAM, layer, module, index)
  if (!strata) return drawn(live, units.length, random)
  const needed = new Map<number, number>()
  for (const unit of units) needed.set(strata[unit], (needed.get(strata[unit]) ?? 0) + 1)
  const sets = [...needed.keys()]
    .sort((a, b) => a - b)
    .flatMap(stratum => [
      ...drawn(
        live.filter(unit => strata[unit] === stratum),
        needed.get(stratum)!,
        random,
      ),
    ])
  return Int32Array.from(sets).sort()
}

function drawn(from: Int32Array, count: number, random: Random): Int32Array {
  return shuffle(from.slice(), random).subarray(0, count).toSorted()
}

/**
 * Strata of units by one or more properties (norm of the incoming weights, mean activation …): each property is cut at
 * its quantiles among the live units into `bins` parts of equal size; units in the same part of every property share a
 * stratum. Int32Array [units]; −1 for units that are not live.
 */
export function strataOf(properties: readonly Float64Array[], live: Int32Array, bins = 3): Int32Array {
  if (!Number.isInteger(bins) || bins < 1)
    throw new UsageError('usage.strata', `Units are matched in at least one part per property, not ${bins}.`)
  const strata = new Int32Array(properties[0]?.length ?? 0).fill(-1)
  for (const unit of live) strata[unit] = 0
  for (const property of properties) {
    const order = live.toSorted((a, b) => property[a] - property[b] || a - b)
    order.forEach((unit, rank) => {
      strata[unit] = strata[unit] * bins + Math.floor((rank * bins) / order.length)
    })
  }
  return strata
}
