/**
 * Condensing: dead units leave a masked network (Patil, Michael and Dovrolis, Neural Sculpting, arXiv 2305.18402, and
 * its code). An input is dead without an outgoing edge, a hidden unit without an incoming or without an outgoing one;
 * the edges of dead units go too. Outputs always stay.
 *
 * Departure: repeated until nothing changes, where the code stops after 10 rounds; they differ in networks of more than
 * ten layers alone.
 */
import type { MaskedNetwork } from './masked-network.ts'

export interface CondensedNetwork {
  /** Of each layer: the units that are left, by their number in the whole network, ascending. */
  readonly alive: readonly Int32Array[]
  /** Of each step between layers: 1 where there is an edge, [alive above × alive below], row-major. */
  readonly masks: readonly Uint8Array[]
  /** Magnitudes of the edges, in the same order; an edge in the mask may weigh 0. */
  readonly weights: readonly Float64Array[]
}

export function condense({ arch, edges }: MaskedNetwork): CondensedNetwork {
  const living = arch.map(size => new Uint8Array(size).fill(1))
  const last = arch.length - 1
  for (let changed = true; changed; ) {
    changed = false
    const outgoing = arch.map(size => new Uint8Array(size))
    const incoming = arch.map(size => new Uint8Array(size))
    for (const [l, { from, to }] of edges.entries())
      for (let e = 0; e < from.length; e++)
        if (living[l][from[e]] && living[l + 1][to[e]]) {
          outgoing[l][from[e]] = 1
          incoming[l + 1][to[e]] = 1
        }
    for (let l = 0; l < last; l++)
      for (let unit = 0; unit < arch[l]; unit++)
        if (living[l][unit] && !(outgoing[l][unit] && (l === 0 || incoming[l][unit]))) {
          living[l][unit] = 0
          changed = true
        }
  }

  const alive = living.map(flags => Int32Array.from(flags.keys()).filter(unit => flags[unit] === 1))
  const places = alive.map((units, l) => {
    const place = new Int32Array(arch[l]).fill(-1)
    units.forEach((unit, i) => {
      place[unit] = i
    })
    return place
  })
  const weights = alive.slice(1).map((above, l) => new Float64Array(above.length * alive[l].length))
  const masks = edges.map(({ from, to, weight }, l) => {
    const mask = new Uint8Array(weights[l].length)
    for (let e = 0; e < from.length; e++) {
      const [source, target] = [places[l][from[e]], places[l + 1][to[e]]]
      if (source < 0 || target < 0) continue
      mask[target * alive[l].length + source] = 1
      weights[l][target * alive[l].length + source] = Math.abs(weight[e])
    }
    return mask
  })
  return { alive, masks, weights }
}
