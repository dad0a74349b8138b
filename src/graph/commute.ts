/**
 * Inverse commute time as affinity (the papers' optional transform): two units are close when a random walk between
 * them is short. With L = D − A and its pseudo-inverse G, commute time is vol · (G_ii + G_jj − 2 G_ij); the new weight
 * is vol / (G_ii + G_jj − 2 G_ij), the papers' scaling (n-cut does not depend on it).
 *
 * For a connected graph the bracket may be taken from (L + 11ᵀ/n)⁻¹, which is found by Gauss–Jordan elimination in
 * float64 (the matrix is positive definite, so no pivoting). Departure: components are treated apart and weights
 * between them are 0, because a walk never gets there; the papers' pseudo-inverse gave such pairs a weight. Isolated
 * units stay isolated. The result is dense: the graph has a block for every pair of layers and one within each layer.
 */
import { ResourceError } from '../errors.ts'
import { adjacencyOf } from './adjacency.ts'
import { connectedComponents } from './components.ts'
import { storeBlock } from './store.ts'
import { degrees, layerOffsets, type UnitGraph, unitCount } from './unit-graph.ts'

const MOST_UNITS = 4000

/** Throws a ResourceError `resource.commute` above 4,000 units: time grows with the cube of the units. */
export function commuteAffinity(graph: UnitGraph): UnitGraph {
  const n = unitCount(graph)
  if (n > MOST_UNITS)
    throw new ResourceError(
      'resource.commute',
      `Commute times of ${n} units would take too long (the most is ${MOST_UNITS}); choose fewer with --units.`,
    )
  const weights = commuteWeights(graph, n)
  const offsets = layerOffsets(graph)
  const blocks = graph.layers.flatMap((_, to) =>
    graph.layers.slice(0, to + 1).map((_, from) => {
      const [rows, columns] = [graph.layers[to].size, graph.layers[from].size]
      const values = new Float64Array(rows * columns)
      for (let r = 0; r < rows; r++)
        for (let c = 0; c < (from === to ? r : columns); c++)
          values[r * columns + c] = weights[(offsets[to] + r) * n + offsets[from] + c]
      return storeBlock({ from, to, edges: { kind: 'dense', values } }, rows, columns)
    }),
  )
  return { layers: graph.layers, blocks: blocks.filter(({ edges }) => edges.values.length > 0) }
}

/** vol / (G_ii + G_jj − 2 G_ij) for every pair in one component, [n × n]; the diagonal is 0. */
function commuteWeights(graph: UnitGraph, n: number): Float64Array {
  const { label, count } = connectedComponents(graph)
  const { incoming } = adjacencyOf(graph)
  const degree = degrees(graph)
  const volume = degree.reduce((sum, value) => sum + value, 0)
  const weights = new Float64Array(n * n)
  for (let component = 0; component < count; component++) {
    const units = Array.from(label.keys()).filter(u => label[u] === component)
    const m = units.length
    if (m === 1) continue
    const place = new Map(units.map((u, at) => [u, at]))
    const matrix = new Float64Array(m * m).fill(1 / m)
    units.forEach((u, i) => {
      matrix[i * m + i] += degree[u]
      for (let at = incoming.start[u]; at < incoming.start[u + 1]; at++) {
        const j = place.get(incoming.unit[at]) as number
        matrix[i * m + j] -= incoming.weight[at]
        matrix[j * m + i] -= incoming.weight[at]
      }
    })
    invert(matrix, m)
    for (let i = 0; i < m; i++)
      for (let j = 0; j < i; j++) {
        const distance = matrix[i * m + i] + matrix[j * m + j] - 2 * matrix[i * m + j]
        const weight = volume / distance
        weights[units[i] * n + units[j]] = weight
        weights[units[j] * n + units[i]] = weight
      }
  }
  return weights
}

/** Inverts a positive definite matrix [m × m] in place by Gauss–Jordan elimination. */
function invert(a: Float64Array, m: number): void {
  for (let k = 0; k < m; k++) {
    const pivot = 1 / a[k * m + k]
    a[k * m + k] = 1
    for (let j = 0; j < m; j++) a[k * m + j] *= pivot
    for (let i = 0; i < m; i++) {
      if (i === k) continue
      const factor = a[i * m + k]
      if (factor === 0) continue
      a[i * m + k] = 0
      for (let j = 0; j < m; j++) a[i * m + j] -= factor * a[k * m + j]
    }
  }
}
