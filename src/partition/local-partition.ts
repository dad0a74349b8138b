/**
 * Layer-local partitions (Quantifying Local Specialization, arXiv 2110.08058 §2), as the paper intends them:
 *
 *   weights      for each layer with layers before and after it, the graph of its edges to those is clustered and the
 *                layer's own labels are kept; a first or last layer takes its labels from the nearest such graph
 *   activations  the edges within each layer are clustered
 *
 * A layer gets as many modules as the global partition has in it, so that both are equally fine; or a fixed number (32
 * in the paper's ImageNet networks), and then first and last layers too are clustered with their own neighbours.
 */
import { degrees, type EdgeBlock, layerOffsets, type UnitGraph } from '../graph/unit-graph.ts'
import type { Kernels } from '../kernels/kernels.ts'
import { clusterWith } from './cluster.ts'
import type { ClusterOptions } from './partition.ts'

export interface LayerPartition {
  /** Index of the layer. */
  readonly layer: number
  readonly k: number
  /** n-cut of the graph that was clustered for this layer. */
  readonly ncut: number
}

export interface LocalPartition {
  /** Modules are numbered within each layer: [units]. */
  readonly labels: Int32Array
  /** One for each graph clustered. */
  readonly layers: readonly LayerPartition[]
}

export interface LocalOptions extends Omit<ClusterOptions, 'k'> {
  /** Modules of every layer. Default: as many as the global partition has in it. */
  readonly k?: number
}

/** Different labels among units `from` to `to`, −1 aside. */
export function distinctLabels(labels: Int32Array, from: number, to: number): number {
  return new Set(labels.subarray(from, to).filter(label => label >= 0)).size
}

/** Clusters the blocks given, with at most as many modules as there are linked units; undefined where there are none. */
export function clusterBlocks(
  kernels: Kernels,
  graph: UnitGraph,
  blocks: readonly EdgeBlock[],
  k: number,
  options: LocalOptions,
): { readonly labels: Int32Array; readonly k: number; readonly ncut: number } | undefined {
  const part = { layers: graph.layers, blocks }
  const linked = degrees(part).reduce((count, degree) => count + (degree > 0 ? 1 : 0), 0)
  if (linked === 0 || k === 0) return undefined
  return clusterWith(kernels, part, { ...options, k: Math.min(k, linked) })
}

/** Local partition of a graph whose edges run between layers. */
export function localByNeighbours(
  kernels: Kernels,
  graph: UnitGraph,
  global: Int32Array,
  options: LocalOptions,
): LocalPartition {
  const offsets = layerOffsets(graph)
  const before = (layer: number) => graph.blocks.filter(({ to }) => to === layer).map(({ from }) => from)
  const after = (layer: number) => graph.blocks.filter(({ from }) => from === layer).map(({ to }) => to)
  const isInner = (layer: number) => before(layer).length > 0 && after(layer).length > 0
  // Whose graph a layer's labels are taken from.
  const centres = graph.layers.map((_, layer) => {
    if (isInner(layer) || options.k !== undefined) return layer
    const next = after(layer).filter(isInner)
    const last = before(layer).filter(isInner)
    return next.length > 0 ? Math.min(...next) : last.length > 0 ? Math.max(...last) : layer
  })
  const labels = new Int32Array(offsets[graph.layers.length]).fill(-1)
  const layers: LayerPartition[] = []
  for (const centre of new Set(centres)) {
    const k = options.k ?? distinctLabels(global, offsets[centre], offsets[centre + 1])
    const blocks = graph.blocks.filter(({ from, to }) => from === centre || to === centre)
    const found = clusterBlocks(kernels, graph, blocks, k, options)
    if (!found) continue
    layers.push({ layer: centre, k: found.k, ncut: found.ncut })
    centres.forEach((own, layer) => {
      if (own === centre) labels.set(found.labels.subarray(offsets[layer], offsets[layer + 1]), offsets[layer])
    })
  }
  return { labels, layers }
}

/** Local partition of a graph that has edges within its layers; others are not looked at. */
export function localWithinLayers(
  kernels: Kernels,
  graph: UnitGraph,
  global: Int32Array,
  options: LocalOptions,
): LocalPartition {
  const offsets = layerOffsets(graph)
  const labels = new Int32Array(offsets[graph.layers.length]).fill(-1)
  const layers: LayerPartition[] = []
  for (const [layer] of graph.layers.entries()) {
    const k = options.k ?? distinctLabels(global, offsets[layer], offsets[layer + 1])
    const blocks = graph.blocks.filter(({ from, to }) => from === layer && to === layer)
    const found = clusterBlocks(kernels, graph, blocks, k, options)
    if (!found) continue
    layers.push({ layer, k: found.k, ncut: found.ncut })
    labels.set(found.labels.subarray(offsets[layer], offsets[layer + 1]), offsets[layer])
  }
  return { labels, layers }
}
