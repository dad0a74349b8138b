/** Part of a unit graph: the units kept, the edges between them, and the way back. */
import { visitEdges } from './adjacency.ts'
import { storeBlock } from './store.ts'
import { layerOffsets, type UnitGraph } from './unit-graph.ts'

export interface Subgraph {
  readonly graph: UnitGraph
  /** Index in the whole graph of each unit kept: Int32Array [units kept]. */
  readonly unitOf: Int32Array
}

/**
 * Keeps the units marked in `keep`, [units]. All layers stay, if need be empty, so layer indices do not change; blocks
 * without edges are dropped.
 */
export function subgraph(graph: UnitGraph, keep: ArrayLike<number | boolean>): Subgraph {
  const offsets = layerOffsets(graph)
  const place = new Int32Array(offsets[graph.layers.length]).fill(-1)
  const unitOf: number[] = []
  const layers = graph.layers.map((layer, l) => {
    let size = 0
    for (let u = offsets[l]; u < offsets[l + 1]; u++) {
      if (!keep[u]) continue
      place[u] = size++
      unitOf.push(u)
    }
    return { ...layer, size }
  })
  const blocks = graph.blocks.flatMap(block => {
    const [rows, columns] = [layers[block.to].size, layers[block.from].size]
    const values: number[] = []
    const kept: number[] = []
    const rowStart = new Int32Array(rows + 1)
    visitEdges(graph, block, (row, column, weight) => {
      const [r, c] = [place[offsets[block.to] + row], place[offsets[block.from] + column]]
      if (r < 0 || c < 0) return
      values.push(weight)
      kept.push(c)
      rowStart[r + 1]++
    })
    if (values.length === 0) return []
    for (let r = 0; r < rows; r++) rowStart[r + 1] += rowStart[r]
    const edges = {
      kind: 'sparse' as const,
      rowStart,
      columns: Int32Array.from(kept),
      values: Float32Array.from(values),
    }
    return [storeBlock({ from: block.from, to: block.to, edges }, rows, columns)]
  })
  return { graph: { layers, blocks }, unitOf: Int32Array.from(unitOf) }
}

/** Carries numbers of the units kept back to all units; the others get `missing`. Int32Array [all units]. */
export function toAllUnits(part: Subgraph, values: ArrayLike<number>, units: number, missing = -1): Int32Array {
  const all = new Int32Array(units).fill(missing)
  part.unitOf.forEach((unit, at) => {
    all[unit] = values[at]
  })
  return all
}
