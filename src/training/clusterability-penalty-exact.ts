/**
 * The smallest non-trivial eigenvalues of the normalised Laplacian L = I − D^-½ A D^-½ of a unit graph and the gradient
 * of their mean by the edges, in float64 with all eigenpairs (clusterability, arXiv 2103.03386 §4; closed form):
 *   ∂λ_i/∂a_mn = (x_m − x_n)² − λ_i (x_m² + x_n²),   x = D^-½ u_i.
 * Where an eigenvalue repeats, the sum over its eigenspace is taken; when only some of its copies are among the
 * `count` wanted, each copy counts by the share of them that is (the mean over all choices). Units without edges are
 * left out; the gradient there is 0. O(units³): the reference, and the way for graphs too small for subspace iteration.
 */
import { offsetsOf, type WeightedGraph } from '../graph/adjacency.ts'
import { symmetricEigen } from '../linalg/symmetric.ts'

export interface EigenvalueGradient {
  /** λ_1 … λ_count, ascending: Float64Array; fewer in graphs with fewer units. */
  readonly eigenvalues: Float64Array
  /** ∂ mean(λ) / ∂ edge of each block: Float64Array [to × from] each. */
  readonly blocks: readonly Float64Array[]
}

/** Eigenvalues this close are one. */
const TIE = 1e-10

/** `graph` has dense blocks of non-negative edges. */
export function eigenvalueGradient(graph: WeightedGraph, count: number): EigenvalueGradient {
  const offsets = offsetsOf(graph.layers)
  const units = offsets[graph.layers.length]
  const adjacency = new Float64Array(units * units)
  const degree = new Float64Array(units)
  const each = (visit: (m: number, n: number, at: number, block: number) => void) =>
    graph.blocks.forEach(({ from, to }, b) => {
      const [rows, columns] = [graph.layers[to].size, graph.layers[from].size]
      for (let r = 0; r < rows; r++)
        for (let c = 0; c < columns; c++) visit(offsets[to] + r, offsets[from] + c, r * columns + c, b)
    })
  each((m, n, at, b) => {
    const weight = graph.blocks[b].edges.values[at]
    adjacency[m * units + n] += weight
    adjacency[n * units + m] += weight
    degree[m] += weight
    degree[n] += weight
  })
  const kept = Array.from(degree.keys()).filter(u => degree[u] > 0)
  const size = kept.length
  const laplacian = new Float64Array(size * size)
  kept.forEach((m, i) => {
    kept.forEach((n, j) => {
      const share = adjacency[m * units + n] / (Math.sqrt(degree[m]) * Math.sqrt(degree[n]))
      laplacian[i * size + j] = (i === j ? 1 : 0) - share
    })
  })
  const { values, vectors } = symmetricEigen(laplacian, size)
  const wanted = Math.max(0, Math.min(count, size - 1))
  const shares = sharesOf(values, wanted)
  const blocks = graph.blocks.map(({ from, to }) => new Float64Array(graph.layers[to].size * graph.layers[from].size))
  const x = new Float64Array(units)
  shares.forEach((share, i) => {
    if (share === 0) return
    kept.forEach((u, k) => {
      x[u] = vectors[i * size + k] / Math.sqrt(degree[u])
    })
    const weight = share / wanted
    each((m, n, at, b) => {
      if (degree[m] === 0 || degree[n] === 0) return
      const apart = x[m] - x[n]
      blocks[b][at] += weight * (apart * apart - values[i] * (x[m] * x[m] + x[n] * x[n]))
    })
  })
  return { eigenvalues: values.slice(1, 1 + wanted), blocks }
}

/** How much each eigenvector counts: 1 for the wanted ones behind the first, shared out where the last is repeated. */
function sharesOf(values: Float64Array, wanted: number): Float64Array {
  const shares = new Float64Array(values.length)
  if (wanted === 0) return shares
  const last = values[wanted]
  const tied = Array.from(values.keys()).filter(i => i > 0 && Math.abs(values[i] - last) <= TIE)
  const slots = tied.filter(i => i <= wanted).length
  for (let i = 1; i <= wanted; i++) shares[i] = 1
  for (const i of tied) shares[i] = slots / tied.length
  return shares
}
