/**
 * Flows: how strongly each module of one layer is wired to each module of a later layer.
 *
 * For layer-modules a (layer l) and b (layer l′) with an edge block l → l′:
 *   sum(a, b)  = Σ_{i ∈ a, j ∈ b} w_ij
 *   mean(a, b) = sum(a, b) / (|a| · |b|), absent edges counting as 0.
 * Edge widths of the cluster graph in arXiv 2003.04881 are this mean. Units left out (label −1) take no part.
 */
import { forEachEdge, layerOffsets, type UnitGraph } from '../graph/unit-graph.ts'
import type { ModuleFlow } from './analysis.ts'

/**
 * The flows of every edge block, in block order, then by module; pairs without any weight are left out.
 *
 * @param labels module of each unit, −1 = left out, [units]
 * @param k number of modules
 */
export function moduleFlows(graph: UnitGraph, labels: ArrayLike<number>, k: number): ModuleFlow[] {
  const offsets = layerOffsets(graph)
  const sizes = layerModuleSizes(graph, labels, k)
  const flows: ModuleFlow[] = []
  for (const block of graph.blocks) {
    const sums = new Float64Array(k * k)
    forEachEdge(graph, block, (row, column, weight) => {
      const fromModule = labels[offsets[block.from] + column]
      const toModule = labels[offsets[block.to] + row]
      if (fromModule >= 0 && toModule >= 0) sums[fromModule * k + toModule] += weight
    })
    for (let a = 0; a < k; a++) {
      for (let b = 0; b < k; b++) {
        const sum = sums[a * k + b]
        if (sum === 0) continue
        const pairs = sizes[block.from * k + a] * sizes[block.to * k + b]
        flows.push({ fromLayer: block.from, fromModule: a, toLayer: block.to, toModule: b, mean: sum / pairs, sum })
      }
    }
  }
  return flows
}

/** Number of units of each module in each layer: Int32Array [layers × k]. */
export function layerModuleSizes(graph: UnitGraph, labels: ArrayLike<number>, k: number): Int32Array {
  const offsets = layerOffsets(graph)
  const sizes = new Int32Array(graph.layers.length * k)
  for (let l = 0; l < graph.layers.length; l++)
    for (let unit = offsets[l]; unit < offsets[l + 1]; unit++) if (labels[unit] >= 0) sizes[l * k + labels[unit]]++
  return sizes
}
