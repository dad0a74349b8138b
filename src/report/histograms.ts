/** Histograms of the non-zero edge weights of each block: equal bins from 0 to the block's largest weight. */
import { type EdgeBlock, forEachEdge, type UnitGraph } from '../graph/unit-graph.ts'
import type { WeightHistogram } from './analysis.ts'

const BINS = 48

/** One histogram per edge block, in block order. A block without edges has no bins. */
export function weightHistograms(graph: UnitGraph): WeightHistogram[] {
  return graph.blocks.map(block => histogram(graph, block))
}

function histogram(graph: UnitGraph, block: EdgeBlock): WeightHistogram {
  let largest = 0
  let edges = 0
  forEachEdge(graph, block, (_row, _column, weight) => {
    edges++
    if (weight > largest) largest = weight
  })
  const counts = new Array<number>(largest > 0 ? BINS : 0).fill(0)
  forEachEdge(graph, block, (_row, _column, weight) => {
    counts[Math.min(BINS - 1, Math.floor((weight / largest) * BINS))]++
  })
  const total = graph.layers[block.from].size * graph.layers[block.to].size
  return {
    from: graph.layers[block.from].name,
    to: graph.layers[block.to].name,
    borders: counts.length === 0 ? [] : Array.from({ length: BINS + 1 }, (_, i) => (i * largest) / BINS),
    counts,
    zeros: total - edges,
    total,
  }
}
