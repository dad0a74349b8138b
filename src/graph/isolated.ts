/**
 * Which units are left out of the clustering, and why. Rules:
 * - `path` (default): keep units on some directed path from a first layer (that no block enters) to a last layer (that
 *   none leaves); the others cannot carry anything from input to output.
 * - `component`: keep connected components that touch both a first and a last layer (nn-clustering-pytorch).
 * - `degree`: keep units that have any edge (the papers' code).
 * Each rule keeps no more units than the one after it.
 */
import { adjacencyOf, unitsOnPaths } from './adjacency.ts'
import { componentsOf } from './components.ts'
import { layerOffsets, type UnitGraph } from './unit-graph.ts'

export type IsolatedRule = 'path' | 'component' | 'degree'

/** Why a unit was left out. */
type RemovalReason = 'no edges' | 'on no path from input to output' | 'component does not span input to output'

export interface KeptUnits {
  /** 1 for units kept: Uint8Array [units]. */
  readonly keep: Uint8Array
  /** Counts by layer and reason, for layers that lost units, in layer order. */
  readonly removed: readonly { readonly layer: string; readonly reason: RemovalReason; readonly count: number }[]
}

export function keepUnits(graph: UnitGraph, rule: IsolatedRule = 'path'): KeptUnits {
  const adjacency = adjacencyOf(graph)
  const { incoming, outgoing, units } = adjacency
  const isBare = (u: number) =>
    incoming.start[u] === incoming.start[u + 1] && outgoing.start[u] === outgoing.start[u + 1]
  const keep =
    rule === 'path'
      ? unitsOnPaths(graph, adjacency)
      : rule === 'component'
        ? inSpanningComponents(graph)
        : new Uint8Array(units).fill(1)
  for (let u = 0; u < units; u++) if (isBare(u)) keep[u] = 0

  const otherwise = rule === 'path' ? 'on no path from input to output' : 'component does not span input to output'
  const offsets = layerOffsets(graph)
  const removed = graph.layers.flatMap(({ name }, l) => {
    const counts = new Map<RemovalReason, number>()
    for (let u = offsets[l]; u < offsets[l + 1]; u++) {
      if (keep[u]) continue
      const reason = isBare(u) ? 'no edges' : otherwise
      counts.set(reason, (counts.get(reason) ?? 0) + 1)
    }
    return Array.from(counts, ([reason, count]) => ({ layer: name, reason, count }))
  })
  return { keep, removed }
}

function inSpanningComponents(graph: UnitGraph): Uint8Array {
  const { label, components } = componentsOf(graph)
  const [entered, left] = [new Set(graph.blocks.map(block => block.to)), new Set(graph.blocks.map(block => block.from))]
  const spans = components.map(({ unitsPerLayer }) => {
    const touches = (linked: ReadonlySet<number>) =>
      unitsPerLayer.some((units, layer) => units > 0 && !linked.has(layer))
    return touches(entered) && touches(left)
  })
  return Uint8Array.from(label, own => (spans[own] ? 1 : 0))
}
