/**
 * Thins the edges for drawing. Each block gets the same share of the budget, so that no layer looks unconnected: half
 * of a share goes to the strongest input of each unit (strongest units first), the rest to the block's heaviest edges.
 */
import { type EdgeBlock, forEachEdge, layerOffsets, type UnitGraph } from '../graph/unit-graph.ts'

export interface DrawnEdge {
  /** Unit indices in the whole graph. */
  readonly from: number
  readonly to: number
  readonly weight: number
}

/** At most `budget` edges (default 3,000) between units that are in a module, heaviest first within each block. */
export function drawnEdges(graph: UnitGraph, labels: ArrayLike<number>, budget = 3000): DrawnEdge[] {
  const share = Math.max(1, Math.floor(budget / Math.max(1, graph.blocks.length)))
  return graph.blocks.flatMap(block => thinBlock(graph, block, labels, share))
}

function thinBlock(graph: UnitGraph, block: EdgeBlock, labels: ArrayLike<number>, share: number): DrawnEdge[] {
  const offsets = layerOffsets(graph)
  const strongestInput = new Map<number, DrawnEdge>()
  let heaviest: DrawnEdge[] = []
  let threshold = 0
  forEachEdge(graph, block, (row, column, weight) => {
    const from = offsets[block.from] + column
    const to = offsets[block.to] + row
    if (labels[from] < 0 || labels[to] < 0) return
    const best = strongestInput.get(to)
    if (best === undefined || weight > best.weight) strongestInput.set(to, { from, to, weight })
    if (weight < threshold) return
    heaviest.push({ from, to, weight })
    if (heaviest.length < 4 * share) return
    heaviest = heaviest.sort(heaviestFirst).slice(0, share)
    threshold = heaviest[share - 1].weight
  })
  const kept = new Map<string, DrawnEdge>()
  const inputs = [...strongestInput.values()].sort(heaviestFirst).slice(0, Math.ceil(share / 2))
  for (const edge of [...inputs, ...heaviest.sort(heaviestFirst)]) {
    if (kept.size === share) break
    kept.set(`${edge.from} ${edge.to}`, edge)
  }
  return [...kept.values()].sort(heaviestFirst)
}

function heaviestFirst(a: DrawnEdge, b: DrawnEdge): number {
  return b.weight - a.weight || a.from - b.from || a.to - b.to
}
