/**
 * The layer-local weight partition as the released code of arXiv 2110.08058 computes it, for chains of layers X–Y–Z with
 * its three slips, kept so that its tables can be reproduced:
 *
 *   convolutions  the first matrix of each triple is dropped once more, so only Y–Z is clustered, and Y's labels are read
 *                 where they would be if X were there: places |X| to |X| + |Y| of the labels of Y and Z
 *                 and the number of modules is that of the global partition in X instead of Y
 *   perceptrons   the number of modules of hidden layer i is counted in the labels of the whole graph at the places
 *                 where it would be if there were no inputs, which are mostly pixels'
 *
 * The code's labels of the first and last layer are not known for certain: here they are read in the same way, the first
 * |X| of the first triple and the last |Z| of the last.
 */
import { UnsupportedError } from '../errors.ts'
import { layerOffsets, type UnitGraph } from '../graph/unit-graph.ts'
import type { Kernels } from '../kernels/kernels.ts'
import {
  clusterBlocks,
  distinctLabels,
  type LayerPartition,
  type LocalOptions,
  type LocalPartition,
} from './local-partition.ts'

/** @throws UnsupportedError for graphs that are no chain of at least three layers, or whose labels run out. */
export function paperLocal(
  kernels: Kernels,
  graph: UnitGraph,
  global: Int32Array,
  options: LocalOptions,
): LocalPartition {
  const count = graph.layers.length
  const isChain = graph.blocks.length === count - 1 && graph.blocks.every(({ from, to }) => to === from + 1)
  if (!isChain || count < 3)
    throw new UnsupportedError(
      'unsupported.paper-local',
      'The published local partition of small networks needs a chain of at least three layers; use --protocol default.',
    )
  const offsets = layerOffsets(graph)
  const labels = new Int32Array(offsets[count]).fill(-1)
  const layers: LayerPartition[] = []
  const convolutional = graph.layers.every(({ kind }) => kind === 'channel')
  for (let y = 1; y + 1 < count; y++) {
    const [x, z] = [y - 1, y + 1]
    const start = convolutional ? offsets[x] : offsets[y] - offsets[1]
    const size = graph.layers[convolutional ? x : y].size
    const k = distinctLabels(global, start, start + size)
    const blocks = graph.blocks.filter(({ from, to }) => from === y || (!convolutional && to === y))
    const found = clusterBlocks(kernels, graph, blocks, k, options)
    if (!found) continue
    layers.push({ layer: y, k: found.k, ncut: found.ncut })
    const seen = found.labels.subarray(offsets[convolutional ? y : x], offsets[z + 1])
    const first = graph.layers[x].size
    const place = (layer: number, from: number) => {
      const own = seen.subarray(from, from + graph.layers[layer].size)
      if (own.length < graph.layers[layer].size)
        throw new UnsupportedError(
          'unsupported.paper-local',
          `The published local partition has no labels for all units of ${graph.layers[layer].name}, which follows a wider layer; use --protocol default.`,
        )
      labels.set(own, offsets[layer])
    }
    place(y, first)
    if (x === 0) place(x, 0)
    if (z === count - 1) place(z, seen.length - graph.layers[z].size)
  }
  return { labels, layers }
}
