/**
 * Which units lie on a way from the first layers to the last. Marks spread over whole blocks, layer after layer, so no
 * list of edges is made: the largest graphs need one byte a unit.
 */
import { offsetsOf, visitEdges, type WeightedBlock, type WeightedGraph } from './adjacency.ts'
import type { UnitGraph } from './unit-graph.ts'

/**
 * Units that lie on a directed path from a first layer (one that no block enters) to a last layer (one that no block
 * leaves): 1 or 0 for each, [units]. `alive` — 0 for units that no path may touch, [units]. Default: all may.
 */
export function unitsOnPaths(graph: WeightedGraph | UnitGraph, alive?: Uint8Array): Uint8Array {
  const ahead = reached(graph, 'from', 'to', alive)
  const behind = reached(graph, 'to', 'from', alive)
  return ahead.map((own, u) => own & behind[u])
}

/** Units with any edge between units that are alive: 1 or 0 for each, [units]. */
export function unitsWithEdges(graph: WeightedGraph | UnitGraph, alive: Uint8Array): Uint8Array {
  const offsets = offsetsOf(graph.layers)
  const linked = new Uint8Array(offsets[graph.layers.length])
  for (const block of graph.blocks)
    visitEdges(graph, block, (row, column) => {
      const [to, from] = [offsets[block.to] + row, offsets[block.from] + column]
      if (!alive[to] || !alive[from]) return
      linked[to] = 1
      linked[from] = 1
    })
  return linked
}

type Side = 'from' | 'to'

/** Units reached along edges, from layers that no edge leads to. Blocks in the order of layers need one round. */
function reached(graph: WeightedGraph | UnitGraph, tail: Side, head: Side, alive?: Uint8Array): Uint8Array {
  const offsets = offsetsOf(graph.layers)
  const marks = new Uint8Array(offsets[graph.layers.length])
  const entered = new Set(graph.blocks.map(block => block[head]))
  graph.layers.forEach((_, layer) => {
    if (entered.has(layer)) return
    for (let u = offsets[layer]; u < offsets[layer + 1]; u++) marks[u] = alive ? alive[u] : 1
  })
  const direction = tail === 'from' ? 1 : -1
  const blocks: WeightedBlock[] = [...graph.blocks].sort((a, b) => direction * (a[tail] - b[tail]))
  for (let news = true; news; ) {
    news = false
    for (const block of blocks) {
      visitEdges(graph, block, (row, column) => {
        const [to, from] = [offsets[block.to] + row, offsets[block.from] + column]
        const [start, end] = tail === 'from' ? [from, to] : [to, from]
        if (marks[start] === 0 || marks[end] === 1 || alive?.[end] === 0) return
        marks[end] = 1
        news = true
      })
    }
    // A graph without a block that leads back is done: what a layer reaches was asked after all that reaches the layer.
    if (blocks.every(block => direction * (block[head] - block[tail]) > 0)) break
  }
  return marks
}
