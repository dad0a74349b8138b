/**
 * Which units are left out of the clustering, and why. Rules:
 * - `path` (default): keep units on some directed path from a first layer (that no block enters) to a last layer (that
 *   none leaves); the others cannot carry anything from input to output.
 * - `component`: keep connected components that touch both a first and a last layer (nn-clustering-pytorch).
 * - `degree`: keep units that have any edge (the papers' code).
 * Each rule keeps no more units than the one after it.
 *
 * Before any rule, units that are dead but for rounding can go: those whose edges together weigh less than a given share
 * of the mean in their layer. Weight decay shrinks the weights of a ReLU unit that never fires to a thousandth of the
 * others' but not to zero; such units compute nothing, yet with volumes near zero they make modules of their own, whose
 * cuts count as much as any.
 */
import { componentLayers, connectedComponents } from './components.ts'
import { unitsOnPaths, unitsWithEdges } from './paths.ts'
import { subgraph } from './subgraph.ts'
import { degrees, layerOffsets, type UnitGraph } from './unit-graph.ts'

export type IsolatedRule = 'path' | 'component' | 'degree'

/** Why a unit was left out. */
type RemovalReason =
  | 'no edges'
  | 'dead: next to no weight'
  | 'dead: its activation never varies'
  | 'on no path from input to output'
  | 'component does not span input to output'

export interface KeptUnits {
  /** 1 for units kept: Uint8Array [units]. */
  readonly keep: Uint8Array
  /** Counts by layer and reason, for layers that lost units, in layer order. */
  readonly removed: readonly { readonly layer: string; readonly reason: RemovalReason; readonly count: number }[]
}

/** Share of the layer's mean below which a unit counts as dead, in the default protocol. */
export const DEAD_BELOW = 1e-3

/** `deadBelow`: see above; 0 keeps all units that have edges. */
export function keepUnits(graph: UnitGraph, rule: IsolatedRule = 'path', deadBelow = 0): KeptUnits {
  const { alive, counts } = aliveUnits(graph, deadBelow)
  const { keep, removed } = keepByRule(graph, rule, alive)
  const dead = graph.layers.flatMap(({ name }, l) =>
    counts[l] > 0 ? [{ layer: name, reason: 'dead: next to no weight' as const, count: counts[l] }] : [],
  )
  const place = new Map(graph.layers.map(({ name }, l) => [name, l]))
  const order = (layer: string) => place.get(layer) ?? 0
  return { keep, removed: [...dead, ...removed].sort((a, b) => order(a.layer) - order(b.layer)) }
}

/** Units that are not dead, and per layer how many are. Units without edges are left to the rules. */
function aliveUnits(graph: UnitGraph, deadBelow: number): { alive: Uint8Array; counts: number[] } {
  const degree = degrees(graph)
  const offsets = layerOffsets(graph)
  const alive = new Uint8Array(degree.length).fill(1)
  const counts = graph.layers.map((_, l) => {
    const linked = degree.subarray(offsets[l], offsets[l + 1]).filter(value => value > 0)
    const bound = (deadBelow * linked.reduce((sum, value) => sum + value, 0)) / Math.max(1, linked.length)
    let count = 0
    for (let u = offsets[l]; u < offsets[l + 1]; u++) {
      if (degree[u] === 0 || degree[u] >= bound) continue
      alive[u] = 0
      count++
    }
    return count
  })
  return { alive, counts }
}

function keepByRule(graph: UnitGraph, rule: IsolatedRule, alive: Uint8Array): KeptUnits {
  const linked = unitsWithEdges(graph, alive)
  const keep =
    rule === 'path'
      ? unitsOnPaths(graph, alive)
      : rule === 'component'
        ? inSpanningComponents(graph, alive)
        : new Uint8Array(linked.length).fill(1)
  for (let u = 0; u < linked.length; u++) keep[u] &= linked[u]

  const otherwise = rule === 'path' ? 'on no path from input to output' : 'component does not span input to output'
  const offsets = layerOffsets(graph)
  const removed = graph.layers.flatMap(({ name }, l) => {
    const counts = new Map<RemovalReason, number>()
    for (let u = offsets[l]; u < offsets[l + 1]; u++) {
      if (keep[u] || !alive[u]) continue
      const reason = linked[u] ? otherwise : 'no edges'
      counts.set(reason, (counts.get(reason) ?? 0) + 1)
    }
    return Array.from(counts, ([reason, count]) => ({ layer: name, reason, count }))
  })
  return { keep, removed }
}

function inSpanningComponents(whole: UnitGraph, alive: Uint8Array): Uint8Array {
  const { graph, unitOf } = subgraph(whole, alive)
  const components = connectedComponents(graph)
  const [entered, left] = [new Set(graph.blocks.map(block => block.to)), new Set(graph.blocks.map(block => block.from))]
  const spans = componentLayers(graph, components).map(unitsPerLayer => {
    const touches = (linked: ReadonlySet<number>) =>
      unitsPerLayer.some((units, layer) => units > 0 && !linked.has(layer))
    return touches(entered) && touches(left)
  })
  const keep = new Uint8Array(alive.length)
  components.label.forEach((own, unit) => {
    keep[unitOf[unit]] = spans[own] ? 1 : 0
  })
  return keep
}
