/**
 * The hierarchy of a pruned network as an object: its modules, and how many edges lead from one to another. (Neural
 * Sculpting, arXiv 2305.18402, shows it as a picture; the definitions here are ours.)
 *
 *   level            0 where no module feeds it, else one more than the highest module that does and begins in a lower
 *                    layer
 *   input-separable  no other module of its level can be reached from an input that reaches it
 *   reused           has hidden units, and edges into two modules or more
 *   shared           holds inputs alone, and feeds two modules or more
 */
import type { DetectedModules } from './detect.ts'
import type { MaskedNetwork } from './masked-network.ts'
import { moduleEdges } from './module-edges.ts'

export interface HierarchyModule {
  /** As in `DetectedModules`. */
  readonly id: number
  readonly level: number
  /** Units of each layer it has, by number in the network: [layer, units]. Inputs are layer 0. */
  readonly units: readonly (readonly [number, readonly number[]])[]
  /** Numbers of the inputs from which it can be reached, its own among them, ascending. */
  readonly sources: readonly number[]
  readonly inputSeparable: boolean
  readonly reused: boolean
  readonly shared: boolean
}

export interface Hierarchy {
  /** By level, then by id. */
  readonly modules: readonly HierarchyModule[]
  readonly edges: readonly { readonly from: number; readonly to: number; readonly edges: number }[]
  readonly levels: number
}

export function moduleHierarchy(network: MaskedNetwork, detected: DetectedModules): Hierarchy {
  const edges = moduleEdges(network, detected)
  const ids = Array.from({ length: detected.count }, (_, id) => id)
  const units = ids.map(id => unitsOf(detected, id))
  const sources = inputSources(network, detected)
  const levels = levelsOf(
    edges,
    units.map(layers => layers[0][0]),
  )
  const last = network.arch.length - 1
  const modules = ids.map((id): HierarchyModule => {
    const peers = ids.filter(other => other !== id && levels[other] === levels[id])
    const targets = edges.filter(([from]) => from === id).length
    const hidden = units[id].some(([layer]) => layer > 0 && layer < last)
    return {
      id,
      level: levels[id],
      units: units[id],
      sources: [...sources[id]].sort((a, b) => a - b),
      inputSeparable: peers.every(other => ![...sources[other]].some(input => sources[id].has(input))),
      reused: hidden && targets > 1,
      shared: units[id].every(([layer]) => layer === 0) && targets > 1,
    }
  })
  return {
    modules: modules.sort((a, b) => a.level - b.level || a.id - b.id),
    edges: edges.map(([from, to, count]) => ({ from, to, edges: count })),
    levels: Math.max(...levels) + 1,
  }
}

function unitsOf({ layers }: DetectedModules, id: number): [number, number[]][] {
  return layers.flatMap(({ alive, modules }, layer): [number, number[]][] => {
    const own = [...alive].filter((_, i) => modules[i] === id)
    return own.length > 0 ? [[layer, own]] : []
  })
}

/** Of each module: the inputs that reach one of its units. */
function inputSources({ arch, edges }: MaskedNetwork, { layers, count }: DetectedModules): Set<number>[] {
  let reaching = Array.from({ length: arch[0] }, (_, input) => new Set([input]))
  const sources = Array.from({ length: count }, () => new Set<number>())
  const collect = (layer: number) =>
    layers[layer].alive.forEach((unit, i) => {
      for (const input of reaching[unit]) sources[layers[layer].modules[i]].add(input)
    })
  collect(0)
  for (const [l, { from, to }] of edges.entries()) {
    const next = Array.from({ length: arch[l + 1] }, () => new Set<number>())
    for (let e = 0; e < from.length; e++) for (const input of reaching[from[e]]) next[to[e]].add(input)
    reaching = next
    collect(l + 1)
  }
  return sources
}

/** @param first — the lowest layer of each module; edges to a module that begins no higher do not raise its level. */
function levelsOf(edges: readonly (readonly [number, number, number])[], first: readonly number[]): number[] {
  const levels = first.map(() => 0)
  const order = [...first.keys()].sort((a, b) => first[a] - first[b])
  for (const module of order)
    for (const [from, to] of edges)
      if (to === module && first[from] < first[to]) levels[to] = Math.max(levels[to], levels[from] + 1)
  return levels
}
