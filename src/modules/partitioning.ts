/**
 * The four partitionings of Quantifying Local Specialization (arXiv 2110.08058 §2): units grouped by weights or by the
 * activations of a data set, over the whole network or layer by layer.
 *
 * `paper-2021` follows the released code: activations before the activation function, maps by their matrix 1-norm, the
 * papers' weight graph, and its slips in local weight partitions (partition/paper-local.ts); 32 modules a layer in
 * networks whose paths join. `paper-2020` has activations after it and the spectral norm.
 */
import { UsageError } from '../errors.ts'
import type { ActivationLayer, CorrelationOptions } from '../graph/correlation.ts'
import { type PreparedGraph, type PrepareOptions, prepareGraph } from '../graph/prepare.ts'
import { prepareActivationGraph } from '../graph/prepare-activations.ts'
import { toAllUnits } from '../graph/subgraph.ts'
import { layerOffsets, type UnitGraph, unitCount } from '../graph/unit-graph.ts'
import { loadKernels } from '../kernels/kernels.ts'
import type { Network } from '../network/network.ts'
import { alignLayers } from '../partition/align-layers.ts'
import { clusterWith } from '../partition/cluster.ts'
import { type LayerPartition, localByNeighbours, localWithinLayers } from '../partition/local-partition.ts'
import { paperLocal } from '../partition/paper-local.ts'
import { type ActivationOptions, collectActivations } from './activations.ts'

export interface PartitioningOptions extends ActivationOptions {
  /** What links units. Default: 'weights'. */
  readonly graph?: 'weights' | 'activations'
  /** One partition of the whole network, or one for each layer, numbered alike. Default: 'global'. */
  readonly scope?: 'global' | 'local'
  /** Modules of the whole network. */
  readonly k: number
  readonly seed: number
  /** Modules of each layer where the scope is local. Default: as many as the global partition has in it. */
  readonly localK?: number
  /** Default: 'spearman'. */
  readonly correlation?: CorrelationOptions['correlation']
  readonly protocol?: 'default' | 'paper-2020' | 'paper-2021'
  /** How the weight graph is made; its protocol follows `protocol`. */
  readonly weights?: Omit<PrepareOptions, 'protocol'>
}

export interface Partitioning {
  /** What was clustered; with activations, layers that have none have no edges. Layers are those of the weight graph. */
  readonly graph: UnitGraph
  /** Module of each unit of the graph, −1 = in none: [units]. */
  readonly labels: Int32Array
  /** Modules in all. */
  readonly k: number
  /** n-cut of the partition, or where it is local the mean of those of the layers. */
  readonly ncut: number
  /** Where it is local: the graphs that were clustered. */
  readonly layers?: readonly LayerPartition[]
  readonly removed: PreparedGraph['removed']
}

const IMAGENET_K = 32

/**
 * One of the four.
 *
 * @param inputs — [examples × values], as the network sees them; needed for activations.
 * @throws UsageError where activations are asked for without inputs; else as `prepareGraph`, `collectActivations` and
 *   `cluster` do.
 */
export async function partitioning(
  network: Network,
  inputs: Float32Array | undefined,
  options: PartitioningOptions,
): Promise<Partitioning> {
  const { graph: kind = 'weights', protocol = 'default', correlation } = options
  const weights = await prepareGraph(network, {
    ...options.weights,
    protocol: protocol === 'default' ? 'default' : 'paper',
  })
  if (kind === 'weights') return partitionOf(weights, weights.parameters.form === 'imagenet', options)
  if (!inputs)
    throw new UsageError('usage.data', 'Partitions by activations need examples: give the inputs of a data set.')
  const active = await activationsFor(network, weights.graph, inputs, options)
  const prepared = await prepareActivationGraph(weights.graph.layers, active, { correlation })
  return partitionOf(prepared, weights.parameters.form === 'imagenet', options)
}

/**
 * Activations of the layers that activation graphs are made of: all but the network's inputs and output neurons, as in
 * the papers. Where a protocol is named, as it takes them.
 */
export async function activationsFor(
  network: Network,
  graph: Pick<UnitGraph, 'layers'>,
  inputs: Float32Array,
  options: ActivationOptions & Pick<PartitioningOptions, 'protocol'> = {},
): Promise<ActivationLayer[]> {
  const isInput = (name: string) => network.inputs.some(input => input.name === name)
  const layers = graph.layers.filter(
    ({ name, role, kind }) => !isInput(name) && !(role === 'output' && kind === 'neuron'),
  )
  if (layers.length === 0)
    throw new UsageError('usage.layer', 'The network has no hidden layers, so there are no activations to correlate.')
  const usual = ACTIVATIONS[options.protocol ?? 'default']
  const { at = usual.at, summary = usual.summary } = options
  return collectActivations(network, { layers }, inputs, { ...options, at, summary })
}

const ACTIVATIONS = {
  default: { at: 'after', summary: 'l1' },
  'paper-2020': { at: 'after', summary: 'spectral' },
  'paper-2021': { at: 'before', summary: 'induced-1' },
} as const

async function partitionOf(
  { graph, part, removed }: PreparedGraph,
  imagenet: boolean,
  { graph: kind, scope, protocol, k, seed, localK }: PartitioningOptions,
): Promise<Partitioning> {
  const kernels = await loadKernels()
  const whole = (labels: Int32Array) => toAllUnits(part, labels, unitCount(graph))
  const global = clusterWith(kernels, part.graph, { k, seed })
  if (scope !== 'local') return { graph, labels: whole(global.labels), k, ncut: global.ncut, removed }
  const published = protocol === 'paper-2021'
  const options = { seed, k: localK ?? (published && imagenet ? IMAGENET_K : undefined) }
  const { labels, layers } =
    kind === 'activations'
      ? localWithinLayers(kernels, part.graph, global.labels, options)
      : published && !imagenet
        ? publishedLocal()
        : localByNeighbours(kernels, part.graph, global.labels, options)
  const aligned = alignLayers(whole(labels), whole(global.labels), layerOffsets(graph))
  return {
    graph,
    labels: aligned,
    k: aligned.reduce((most, label) => Math.max(most, label), -1) + 1,
    ncut: layers.reduce((sum, { ncut }) => sum + ncut, 0) / layers.length,
    layers,
    removed,
  }

  // Its places are counted in all units, those left out included, which then are without edges.
  function publishedLocal() {
    const all = paperLocal(kernels, graph, whole(global.labels), options)
    return { labels: Int32Array.from(part.unitOf, unit => all.labels[unit]), layers: all.layers }
  }
}
