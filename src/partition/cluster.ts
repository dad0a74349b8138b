/**
 * Spectral clustering of a unit graph: embedding (embedding.ts), k-means (kmeans.ts), n-cut (ncut.ts), all in the
 * WebAssembly kernels. Same graph, options and seed → the same bits on every machine. Modules are numbered by volume,
 * the largest first.
 */
import { UsageError } from '../errors.ts'
import { type UnitGraph, unitCount } from '../graph/unit-graph.ts'
import { type Kernels, loadKernels } from '../kernels/kernels.ts'
import { checkSeed, randomStream } from '../random.ts'
import { type Embedding, spectralEmbedding } from './embedding.ts'
import { kMeans } from './kmeans.ts'
import { normalisedCut } from './ncut.ts'
import type { ClusterOptions, Partition } from './partition.ts'
import { orderUnits } from './unit-order.ts'

/** Clusters a unit graph. Throws a UsageError when k does not fit the graph or the graph has no edges. */
export type Clusterer = (graph: UnitGraph, options: ClusterOptions) => Partition

/** Compiles the kernels (once) and returns the clusterer; every later call is synchronous. */
export async function loadClusterer(): Promise<Clusterer> {
  const kernels = await loadKernels()
  return (graph, options) => clusterWith(kernels, graph, options)
}

/** Clusters a unit graph once. For many graphs, {@link loadClusterer} saves setting up. */
export async function cluster(graph: UnitGraph, options: ClusterOptions): Promise<Partition> {
  return (await loadClusterer())(graph, options)
}

/** n-cut of given labels (Int32Array [units], −1 = in no module). */
export async function ncutOf(graph: UnitGraph, labels: Int32Array): Promise<number> {
  const kernels = await loadKernels()
  const k = labels.reduce((most, label) => Math.max(most, label), -1) + 1
  const mark = kernels.arena.mark()
  try {
    return normalisedCut(kernels, graph, orderUnits(kernels, graph), labels, k).ncut
  } finally {
    kernels.arena.release(mark)
  }
}

/** Clusters with kernels that are already loaded. */
export function clusterWith(kernels: Kernels, graph: UnitGraph, options: ClusterOptions): Partition {
  return withEmbedding(kernels, graph, options.k, options.seed, embedding =>
    partitionOf(kernels, graph, embedding, options),
  )
}

/**
 * Embeds a graph for at most `k` modules and hands the embedding to `use`; its memory is freed afterwards. One
 * embedding serves every smaller k and any number of k-means seeds.
 */
export function withEmbedding<Result>(
  kernels: Kernels,
  graph: UnitGraph,
  k: number,
  seed: number,
  use: (embedding: Embedding) => Result,
): Result {
  checkSeed(seed)
  if (!Number.isSafeInteger(k) || k < 1)
    throw new UsageError('usage.k', `k must be a whole number of modules, at least 1, not ${k}.`)
  if (graph.blocks.length === 0)
    throw new UsageError(
      'usage.no-edges',
      'The unit graph has no edges, so there is nothing to cluster. Choose at least two connected layers with units.',
    )
  const mark = kernels.arena.mark()
  try {
    return use(spectralEmbedding(kernels, graph, k, randomStream(seed, START_STREAM)))
  } finally {
    kernels.arena.release(mark)
  }
}

/** Groups embedded units into k modules. */
export function partitionOf(
  kernels: Kernels,
  graph: UnitGraph,
  embedding: Embedding,
  options: ClusterOptions,
): Partition {
  const { k, seed } = options
  const { unitOf, units } = embedding
  if (unitOf.length === 0)
    throw new UsageError(
      'usage.no-edges',
      'All weights between the chosen layers are zero, so the unit graph has no edges to cluster.',
    )
  if (k > unitOf.length)
    throw new UsageError(
      'usage.k',
      `k = ${k} modules were asked of a graph with ${unitOf.length} connected units. Choose a k of at most ${unitOf.length}.`,
    )
  const restarts = options.restarts ?? defaultRestarts(unitOf.length)
  // Many partitions are made of one embedding: what each needs is let go before the next.
  const mark = kernels.arena.mark()
  const found = k === 1 ? new Int32Array(unitOf.length) : kMeans(kernels, embedding, k, restarts, seed)
  const labels = new Int32Array(unitCount(graph)).fill(-1)
  for (let p = 0; p < unitOf.length; p++) labels[unitOf[p]] = found[p]
  const { ncut, terms, volumes } = normalisedCut(kernels, graph, units, labels, k)
  kernels.arena.release(mark)
  const order = Array.from(volumes.keys()).sort((a, b) => volumes[b] - volumes[a] || a - b)
  const rank = new Int32Array(k)
  order.forEach((module, at) => {
    rank[module] = at
  })
  for (let i = 0; i < labels.length; i++) if (labels[i] >= 0) labels[i] = rank[labels[i]]
  return {
    labels,
    k,
    ncut,
    ncutTerms: Float64Array.from(order, c => terms[c]),
    eigenvalues: embedding.eigenvalues.slice(0, k),
  }
}

/** The seeds' number of k-means restarts. */
function defaultRestarts(units: number): number {
  return units > 2000 ? 100 : 25
}

/** Keeps the eigensolver's start vector apart from other streams of the same seed. */
const START_STREAM = 0
