/**
 * Random undirected graphs with given degrees, by edge swaps (Maslov and Sneppen 2002, Science 296:910): two edges a–b
 * and c–d become a–d and c–b, unless that would make a loop or an edge twice. Swaps that are refused count as steps, so
 * the chain's stationary distribution is uniform over all simple graphs with these degrees.
 */
import type { Random } from '../random.ts'

/**
 * Swaps in place, `rounds` steps for each edge.
 * @param ends the two nodes of each edge, one after the other: Int32Array [2 × edges]; no loops, no edge twice
 */
export function swapEdges(ends: Int32Array, nodes: number, rounds: number, random: Random): void {
  const edges = ends.length / 2
  if (edges < 2) return
  const key = (a: number, b: number) => (a < b ? b * nodes + a : a * nodes + b)
  const present = new Set<number>()
  for (let e = 0; e < edges; e++) present.add(key(ends[2 * e], ends[2 * e + 1]))
  for (let step = rounds * edges; step > 0; step--) {
    const first = 2 * random.below(edges)
    // Either direction of the second edge: both ways to cross over.
    const second = random.below(2 * edges)
    const [a, b, c, d] = [ends[first], ends[first + 1], ends[second], ends[second ^ 1]]
    const [ad, cb] = [key(a, d), key(c, b)]
    if (a === d || c === b || present.has(ad) || present.has(cb)) continue
    present.delete(key(a, b))
    present.delete(key(c, d))
    present.add(ad)
    present.add(cb)
    ends[first + 1] = d
    ends[second] = c
    ends[second ^ 1] = b
  }
}
