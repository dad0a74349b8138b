/**
 * Which scales of a network are free. Every unit, and every per-channel multiplier that is itself a parameter (batch
 * norm, a constant factor, a depthwise kernel), has a scale variable: multiply what flows out of it by s > 0, divide
 * what reads it by s, and a positively homogeneous network computes the same function. Values that are added share one
 * variable; a value that meets something not homogeneous, or leaves the network, is fixed (s = 1).
 */

/** Variable number of everything that must keep its scale. */
export const FIXED = 0

export interface Gauge {
  /** `count` new free variables: Int32Array [count]. */
  fresh(count: number): Int32Array
  /** From now on a and b are one variable. Negative numbers stand for "no constraint" and are ignored. */
  unite(a: number, b: number): void
  /** The representative of a variable: the smallest member, so that {@link FIXED} stands for itself. */
  find(a: number): number
}

/** A union–find over scale variables, by smallest member with path halving. */
export function createGauge(): Gauge {
  const parent: number[] = [FIXED]
  const find = (a: number) => {
    while (parent[a] !== a) {
      parent[a] = parent[parent[a]]
      a = parent[a]
    }
    return a
  }
  return {
    find,
    fresh(count) {
      const first = parent.length
      for (let i = 0; i < count; i++) parent.push(first + i)
      return Int32Array.from({ length: count }, (_, i) => first + i)
    },
    unite(a, b) {
      if (a < 0 || b < 0) return
      const [low, high] = [find(a), find(b)].sort((x, y) => x - y)
      parent[high] = low
    },
  }
}

/** Units of each class but the fixed one, in order of first unit. */
export function membersByClass(classes: Int32Array): number[][] {
  const members = new Map<number, number[]>()
  classes.forEach((own, u) => {
    if (own === FIXED) return
    const units = members.get(own)
    if (units) units.push(u)
    else members.set(own, [u])
  })
  return [...members.values()]
}
