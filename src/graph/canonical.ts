/**
 * Gauge fixing: one representative for all networks that differ only in the scales of their hidden units. A unit's
 * scale s multiplies what enters it and divides what leaves it, so edge a (from → to) becomes a · s_to / s_from.
 *
 * `balance` (ours): see balanced-scales.ts.
 *
 * `fan-in` (nn-clustering-pytorch): layer after layer, each hidden unit's incoming weights (kernels flattened) are
 * scaled to L2 norm 1: s = 1 / (‖·‖₂ + 1e-5), on what the layers before have left. For units that share a scale the
 * norm is that of the weights into all of them, but those that depend on this scale themselves (later in a residual).
 */
import { adjacencyOf, offsetsOf, type WeightedGraph } from './adjacency.ts'
import { FIXED, membersByClass } from './gauge.ts'

export type CanonicalForm = 'balance' | 'fan-in' | 'none'

/**
 * Scales that bring each hidden unit's incoming weights to L2 norm 1.
 * @param graph edges that are the L2 norms of the kernels
 */
export function fanInScales(graph: WeightedGraph, classes: Int32Array): Float64Array {
  const { units, incoming } = adjacencyOf(graph)
  const scales = new Float64Array(units).fill(1)
  const known = new Map([[FIXED, 1]])
  // Units come in the order of layers, so a class is met at its first member.
  for (const members of membersByClass(classes)) {
    let sum = 0
    for (const u of members) {
      const sources = incoming.unit.subarray(incoming.start[u], incoming.start[u + 1])
      if (sources.some(from => !known.has(classes[from]))) continue
      for (let at = incoming.start[u]; at < incoming.start[u + 1]; at++) {
        const weight = incoming.weight[at] / (known.get(classes[incoming.unit[at]]) as number)
        sum += weight * weight
      }
    }
    const scale = 1 / (Math.sqrt(sum) + 1e-5)
    known.set(classes[members[0]], scale)
    for (const u of members) scales[u] = scale
  }
  return scales
}

/** Multiplies every edge by s_to / s_from, in place: the largest graphs are held once. */
export function rescale(graph: WeightedGraph, scales: Float64Array): void {
  const offsets = offsetsOf(graph.layers)
  for (const { edges, from, to } of graph.blocks) {
    const [rows, columns] = [graph.layers[to].size, graph.layers[from].size]
    const { values } = edges
    for (let row = 0; row < rows; row++) {
      const start = edges.kind === 'dense' ? row * columns : edges.rowStart[row]
      const end = edges.kind === 'dense' ? start + columns : edges.rowStart[row + 1]
      for (let at = start; at < end; at++) {
        const column = edges.kind === 'dense' ? at - start : edges.columns[at]
        values[at] = (values[at] * scales[offsets[to] + row]) / scales[offsets[from] + column]
      }
    }
  }
}
