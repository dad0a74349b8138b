/** The edges of a pruned network, gathered by the modules they lead from and to. */
import type { DetectedModules } from './detect.ts'
import type { MaskedNetwork } from './masked-network.ts'

/** [from, to, edges] for every pair of different modules with an edge between them; ids as detected. */
export function moduleEdges(
  { arch, edges }: MaskedNetwork,
  { layers, count }: DetectedModules,
): [number, number, number][] {
  const moduleOf = layers.map(({ alive, modules }, l) => {
    const all = new Int32Array(arch[l]).fill(-1)
    alive.forEach((unit, i) => {
      all[unit] = modules[i]
    })
    return all
  })
  const counts = new Map<number, number>()
  for (const [l, { from, to }] of edges.entries())
    for (let e = 0; e < from.length; e++) {
      const [source, target] = [moduleOf[l][from[e]], moduleOf[l + 1][to[e]]]
      if (source < 0 || target < 0 || source === target) continue
      const key = source * count + target
      counts.set(key, (counts.get(key) ?? 0) + 1)
    }
  return [...counts]
    .sort(([a], [b]) => a - b)
    .map(([key, edgeCount]) => [Math.floor(key / count), key % count, edgeCount])
}
