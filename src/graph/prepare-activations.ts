/**
 * The activation graph as it is clustered and tested: correlations of the layers that have activations (correlation.ts),
 * then dead units left out. It has the layers of the network's weight graph, those without activations without edges, so
 * that labels of both stand for the same units.
 */
import { loadKernels } from '../kernels/kernels.ts'
import { type ActivationLayer, type CorrelationOptions, correlationGraph } from './correlation.ts'
import type { PreparedGraph } from './prepare.ts'
import { subgraph } from './subgraph.ts'
import { layerOffsets, type UnitLayer } from './unit-graph.ts'

/**
 * @param layers — all layers of the graph; those named in `active` must have as many units there.
 * Throws as `activationGraph` does.
 */
export async function prepareActivationGraph(
  layers: readonly UnitLayer[],
  active: readonly ActivationLayer[],
  options: CorrelationOptions = {},
): Promise<PreparedGraph> {
  const { correlation = 'spearman', scope = 'global' } = options
  const found = correlationGraph(await loadKernels(), active, { correlation, scope })
  const place = active.map(({ name }) => layers.findIndex(layer => layer.name === name))
  const blocks = found.graph.blocks.map(({ from, to, edges }) => ({ from: place[from], to: place[to], edges }))
  const graph = { layers, blocks }
  const offsets = layerOffsets(graph)
  const keep = new Uint8Array(offsets[layers.length])
  let at = 0
  const removed = active.flatMap(({ name, size }, a) => {
    const alive = found.alive.subarray(at, at + size)
    keep.set(alive, offsets[place[a]])
    at += size
    const count = alive.reduce((sum, own) => sum + 1 - own, 0)
    return count > 0 ? [{ layer: name, reason: 'dead: its activation never varies' as const, count }] : []
  })
  return {
    graph,
    part: keep.every(own => own === 1) ? { graph, unitOf: Int32Array.from(keep.keys()) } : subgraph(graph, keep),
    removed,
    leftOut: [],
    notes: [],
    parameters: { correlation, scope, layers: active.map(({ name }) => name) },
  }
}
