/**
 * The spectral embedding of a unit graph: random-walk eigenvectors x = D^-½ u of the k smallest eigenvalues
 * λ = 1 − σ of L = I − D^-½ A D^-½ (Shi and Malik 2000; clusterability, arXiv 2103.03386 §2). Rows are not
 * normalised. Connected components are found first: each gives one eigenvector of λ = 0 that is known exactly (its
 * indicator), so disconnected graphs are exact and the iteration starts behind them.
 *
 * The seeds' embedding has the constant eigenvector as its first column; for a connected graph it moves all points
 * alike and is left out of the coordinates (not of the eigenvalues). Columns have their largest entry positive.
 */
import { type Components, connectedComponents } from '../graph/components.ts'
import { layerOffsets, type UnitGraph } from '../graph/unit-graph.ts'
import type { Kernels } from '../kernels/kernels.ts'
import { largestEigenpairs } from '../linalg/lanczos.ts'
import type { Random } from '../random.ts'
import { type Adjacency, normalisedAdjacency } from './adjacency.ts'
import { type OrderedUnits, orderUnits } from './unit-order.ts'

export interface Embedding {
  readonly units: OrderedUnits
  /** Index in the graph of each point: layer after layer, in canonical order. Int32Array [points]. */
  readonly unitOf: Int32Array
  readonly components: number
  /** λ of the eigenvectors found, ascending, at most k: Float64Array. */
  readonly eigenvalues: Float64Array
  /** Address of the coordinates: float32 [dims × stride], one row a column of the embedding, padded with zeros. */
  readonly points: number
  readonly dims: number
  /** Points rounded up to a multiple of eight. */
  readonly stride: number
}

/** Columns for `k` modules. The addresses stay valid until the caller releases the arena. */
export function spectralEmbedding(kernels: Kernels, graph: UnitGraph, k: number, random: Random): Embedding {
  const { arena } = kernels
  const units = orderUnits(kernels, graph)
  const offsets = layerOffsets(graph)
  const unitOf = Int32Array.from(units.order.flatMap((order, l) => Array.from(order, unit => offsets[l] + unit)))
  const count = unitOf.length
  const stride = (count + 7) & ~7
  const components = connectedComponents(graph)
  const byVolume = componentsByVolume(components, units.degree)
  const indicators = Math.min(byVolume.length, k)
  const largest = byVolume.slice(0, indicators)
  const points = arena.zeroed(Math.max(1, k) * stride * 4)
  let dims = 0
  if (byVolume.length > 1) {
    for (const component of largest) {
      const column = arena.f32(points + dims++ * stride * 4, count)
      const height = 1 / Math.sqrt(component.volume)
      for (let p = 0; p < count; p++) if (components.label[unitOf[p]] === component.index) column[p] = height
    }
  }
  const eigenvalues = new Array<number>(indicators).fill(0)
  if (indicators < k) {
    const degreeOf = (layer: number) =>
      Float64Array.from(units.order[layer], unit => units.degree[offsets[layer] + unit])
    const adjacency = normalisedAdjacency(kernels, graph, units, degreeOf)
    const known = knownVectors(kernels, graph, units, adjacency, components, largest)
    const pairs = largestEigenpairs(kernels, adjacency, {
      count: k - indicators,
      known,
      knownCount: indicators,
      random,
      checkCopies: units.ties,
    })
    for (let i = 0; i < pairs.values.length; i++) {
      const sigma = adjacency.halved ? Math.sqrt(Math.max(0, pairs.values[i])) : pairs.values[i]
      // A half-size problem says nothing about σ = 0: there is no structure left to embed.
      if (adjacency.halved && sigma < 1e-7) break
      eigenvalues.push(1 - sigma)
      fillColumn(
        kernels,
        graph,
        units,
        adjacency,
        pairs.vectors + i * adjacency.n * 8,
        sigma,
        arena.f32(points + dims++ * stride * 4, count),
      )
    }
  }
  return {
    units,
    unitOf,
    components: byVolume.length,
    eigenvalues: Float64Array.from(eigenvalues),
    points,
    dims,
    stride,
  }
}

/** The components that have edges, the largest volume first. */
function componentsByVolume(components: Components, degree: Float64Array) {
  const volume = new Float64Array(components.count)
  components.label.forEach((component, i) => {
    volume[component] += degree[i]
  })
  const all = Array.from(volume, (value, index) => ({ index, volume: value }))
  return all.filter(component => component.volume > 0).sort((a, b) => b.volume - a.volume || a.index - b.index)
}

/** D^½ 1 on each component, of length 1, in the operator's space. */
function knownVectors(
  kernels: Kernels,
  graph: UnitGraph,
  units: OrderedUnits,
  adjacency: Adjacency,
  components: Components,
  largest: readonly { index: number }[],
): number {
  const { arena } = kernels
  const offsets = layerOffsets(graph)
  const address = arena.zeroed(largest.length * adjacency.n * 8)
  largest.forEach((component, c) => {
    const vector = arena.f64(address + c * adjacency.n * 8, adjacency.n)
    units.order.forEach((order, layer) => {
      if (adjacency.spaceStart[layer] < 0) return
      order.forEach((unit, i) => {
        const at = offsets[layer] + unit
        if (components.label[at] === component.index)
          vector[adjacency.spaceStart[layer] + i] = Math.sqrt(units.degree[at])
      })
    })
    kernels.normalise(address + c * adjacency.n * 8, adjacency.n)
  })
  return address
}

/** Writes D^-½ u of one eigenvector for all points. */
function fillColumn(
  kernels: Kernels,
  graph: UnitGraph,
  units: OrderedUnits,
  adjacency: Adjacency,
  vector: number,
  sigma: number,
  column: Float32Array,
): void {
  const { arena } = kernels
  const values = new Float64Array(column.length)
  const inverseRoot = arena.f64(adjacency.inverseRoot, adjacency.n)
  const entries = arena.f64(vector, adjacency.n)
  const other = adjacency.halved ? adjacency.otherSide(vector) : new Map<number, number>()
  // Half of the length of an eigenvector of the whole lies on each side.
  const share = adjacency.halved ? Math.sqrt(0.5) : 1
  let at = 0
  for (let layer = 0; layer < graph.layers.length; layer++) {
    const size = units.order[layer].length
    const start = adjacency.spaceStart[layer]
    if (start >= 0) {
      for (let i = 0; i < size; i++) values[at + i] = entries[start + i] * inverseRoot[start + i] * share
    } else {
      const rest = arena.f64(other.get(layer) ?? 0, size)
      for (let i = 0; i < size; i++) values[at + i] = (rest[i] * share) / sigma
    }
    at += size
  }
  let peak = 0
  for (const value of values) if (Math.abs(value) > Math.abs(peak)) peak = value
  const sign = peak < 0 ? -1 : 1
  for (let i = 0; i < values.length; i++) column[i] = sign * values[i]
}
