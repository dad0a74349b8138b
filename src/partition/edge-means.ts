/** Mean edge weight between pairs of units of one module, and of different modules. In an activation graph: mean r². */
import { forEachEdge, layerOffsets, type UnitGraph } from '../graph/unit-graph.ts'

export interface EdgeMeans {
  /** Mean over all pairs within modules; null where there are none. */
  readonly within: number | null
  readonly between: number | null
}

/**
 * Pairs are those that the graph's blocks hold, whether or not they are linked.
 *
 * @param labels — module of each unit, −1 = in none, whose pairs do not count: [units].
 */
export function edgeMeans(graph: UnitGraph, labels: ArrayLike<number>): EdgeMeans {
  const offsets = layerOffsets(graph)
  const sum = [0, 0]
  const pairs = [0, 0]
  for (const block of graph.blocks) {
    const [first, second] = [offsets[block.to], offsets[block.from]]
    forEachEdge(graph, block, (row, column, weight) => {
      const [a, b] = [labels[first + row], labels[second + column]]
      if (a >= 0 && b >= 0) sum[a === b ? 0 : 1] += weight
    })
    const rows = moduleSizes(labels, offsets, block.to)
    const columns = moduleSizes(labels, offsets, block.from)
    for (const [a, rowCount] of rows)
      for (const [b, columnCount] of columns) {
        if (block.from !== block.to) pairs[a === b ? 0 : 1] += rowCount * columnCount
        else if (a === b) pairs[0] += (rowCount * (rowCount - 1)) / 2
        else if (a < b) pairs[1] += rowCount * columnCount
      }
  }
  const mean = (at: 0 | 1) => (pairs[at] > 0 ? sum[at] / pairs[at] : null)
  return { within: mean(0), between: mean(1) }
}

function moduleSizes(labels: ArrayLike<number>, offsets: Int32Array, layer: number): Map<number, number> {
  const sizes = new Map<number, number>()
  for (let unit = offsets[layer]; unit < offsets[layer + 1]; unit++)
    if (labels[unit] >= 0) sizes.set(labels[unit], (sizes.get(labels[unit]) ?? 0) + 1)
  return sizes
}
