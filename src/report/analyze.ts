/**
 * The main job: from a network to an analysis. Unit graph with canonical scales, units off every input–output path
 * left out, modules, their stability, the test against shuffled networks, and what the report draws. The test permutes
 * the blocks of the graph that was clustered, so that network and shuffles are compared like with like.
 */
import type { Executor } from '../executor.ts'
import { type PreparedGraph, type PrepareOptions, prepareGraph } from '../graph/prepare.ts'
import { type Subgraph, toAllUnits } from '../graph/subgraph.ts'
import { degrees, forEachEdge, type UnitGraph, unitCount } from '../graph/unit-graph.ts'
import { type Kernels, loadKernels } from '../kernels/kernels.ts'
import type { Network } from '../network/network.ts'
import { operatorCounts, parameterCount } from '../network/operator-counts.ts'
import { chosenPartition, type KSearch, searchK } from '../partition/choose-k.ts'
import { clusterWith, withEmbedding } from '../partition/cluster.ts'
import type { Partition } from '../partition/partition.ts'
import { DEFAULT_STABILITY_RUNS, partitionStability } from '../partition/stability.ts'
import { throwIfAborted, type WatchOptions } from '../progress.ts'
import { freshSeed } from '../random.ts'
import { type KRange, withBaseline } from '../significance/baseline.ts'
import { type TestOptions, testModularity } from '../significance/test.ts'
import type { NullModel, Verdict } from '../significance/verdict.ts'
import { resultHash } from '../stats/result-hash.ts'
import { VERSION } from '../version.ts'
import { type Analysis, SCHEMA_VERSION, type Stability } from './analysis.ts'
import { drawnEdges } from './drawn-edges.ts'
import { moduleFlows } from './flows.ts'
import { weightHistograms } from './histograms.ts'
import { kChoiceNumbers, layerSummaries, partitionNumbers } from './results.ts'

export interface AnalyzeOptions extends WatchOptions, PrepareOptions {
  /** A fixed number of modules, or the range to choose from (see `searchK`). Default: 2 … 16. */
  readonly k?: number | KRange
  /** Default: a fresh one, which the analysis names. */
  readonly seed?: number
  /** k-means restarts. Default: 25, or 100 above 2,000 units. */
  readonly restarts?: number
  readonly nulls?: readonly NullModel[]
  readonly deciding?: readonly NullModel[]
  /** Shuffled networks per null, or `auto`. Default 100. */
  readonly shuffles?: number | 'auto'
  /** Default .05. */
  readonly alpha?: number
  /** Clusterings compared for stability. Default 20. */
  readonly stabilityRuns?: number
  readonly executor?: Executor
  readonly onComparison?: TestOptions['onComparison']
  /** The command line, shown in the report for repeating the run. */
  readonly command?: string
  /** Version of the runtime, e.g. `process.version`. */
  readonly runtime?: string
}

/** What is known of the file. */
export interface SourceInfo {
  readonly name: string
  readonly byteLength: number
}

/** What the report says about where the graph came from. */
export interface OriginFacts {
  readonly format: string
  readonly producer?: string
  readonly operators: Analysis['network']['operators']
  readonly parameters: number
  readonly notes: readonly string[]
  /** Names of all units, where they have any. */
  readonly unitNames?: readonly string[]
}

/**
 * Analyses a network.
 * @throws UsageError when the options contradict each other or the graph has no edges; LobesError `interrupted`
 */
export async function analyzeNetwork(
  network: Network,
  source: SourceInfo,
  options: AnalyzeOptions = {},
): Promise<Analysis> {
  const { source: file, notes } = network
  const facts = { ...file, operators: operatorCounts(network), parameters: parameterCount(network), notes }
  return analyzePrepared(() => prepareGraph(network, options), facts, source, options)
}

/** Analyses a graph that `prepare` makes, as {@link analyzeNetwork} does. */
export async function analyzePrepared(
  prepare: () => Promise<PreparedGraph>,
  facts: OriginFacts,
  source: SourceInfo,
  options: AnalyzeOptions = {},
): Promise<Analysis> {
  const seed = options.seed ?? freshSeed()
  const { signal, onProgress, restarts } = options
  const step = async (done: number, stage: string) => {
    throwIfAborted(signal)
    onProgress?.({ stage, done, total: 4 })
    // Let the progress bar show before the thread is busy.
    if (onProgress) await new Promise<void>(resolve => setTimeout(resolve))
  }
  await step(0, 'unit graph')
  const prepared = await prepare()
  const kernels = await loadKernels()
  const { graph, part } = prepared
  await step(1, 'modules')
  const k = typeof options.k === 'number' ? options.k : await withBaseline(part.graph, options.k, { ...options, seed })
  const search = typeof k === 'number' ? undefined : searchK(kernels, part.graph, { ...k, seed, restarts })
  const partition = search
    ? chosenPartition(search)
    : clusterWith(kernels, part.graph, { k: k as number, seed, restarts })
  await step(2, 'stability')
  const stability = stabilityOf(kernels, graph, part, partition.k, seed, options)
  await step(3, 'spectrum')
  const eigenvalues = spectrumOf(kernels, part.graph, partition.k, seed)
  await step(4, 'shuffled networks')
  const verdict = await test(part.graph, partition, k, seed, options)
  const parameters = {
    k: typeof k === 'number' ? k : { from: k.from, to: k.to },
    seed,
    restarts: restarts ?? 'default: 25, or 100 above 2,000 units',
    ...prepared.parameters,
    nulls: verdict.comparisons.map(comparison => comparison.null),
    deciding: verdict.deciding,
    shuffles: options.shuffles ?? 100,
    alpha: verdict.alpha,
    stabilityRuns: stability.runs,
  }
  return assemble(facts, source, options, {
    prepared,
    partition,
    search,
    stability,
    eigenvalues,
    verdict,
    parameters,
  })
}

interface Findings {
  readonly prepared: PreparedGraph
  readonly partition: Partition
  readonly search?: KSearch
  readonly stability: Stability
  readonly eigenvalues: readonly number[]
  readonly verdict: Verdict
  readonly parameters: Analysis['parameters']
}

function assemble(facts: OriginFacts, source: SourceInfo, options: AnalyzeOptions, found: Findings): Analysis {
  const { prepared, partition, search, stability, eigenvalues, verdict, parameters } = found
  const { graph, part, removed } = prepared
  const labels = toAllUnits(part, partition.labels, unitCount(graph))
  const { k } = partition
  const layers = layerSummaries(graph, labels, k)
  const flows = moduleFlows(graph, labels, k)
  const kChoice = search && kChoiceNumbers(search)
  const detail = {
    ...partitionNumbers({ ...partition, labels }),
    degrees: [...degrees(graph)],
    removedBecause: removed.map(({ layer, reason, count }) => ({ layer, count, rule: reason })),
    eigenvalues,
  }
  return {
    schemaVersion: SCHEMA_VERSION,
    tool: { name: 'lobes', version: VERSION, ...(options.runtime && { node: options.runtime }) },
    createdAt: new Date().toISOString(),
    file: {
      name: source.name,
      bytes: source.byteLength,
      format: facts.format,
      ...(facts.producer && { producer: facts.producer }),
    },
    network: {
      operators: facts.operators,
      parameters: facts.parameters,
      notes: [...facts.notes, ...prepared.notes],
      leftOut: prepared.leftOut,
    },
    ...(options.command && { command: options.command }),
    parameters,
    layers,
    ...(facts.unitNames && { unitNames: facts.unitNames }),
    blocks: blockSummaries(graph),
    drawnEdges: drawnEdges(graph, labels),
    partition: detail,
    ...(kChoice && { kChoice }),
    stability,
    verdict,
    flows,
    histograms: weightHistograms(graph),
    hash: resultHash({ layers, partition: detail, kChoice, stability, verdict, flows }),
  }
}

/** One module cannot be tested: nothing is told apart. */
async function test(
  graph: UnitGraph,
  partition: Partition,
  k: StatisticK,
  seed: number,
  options: AnalyzeOptions,
): Promise<Verdict> {
  const {
    nulls,
    deciding,
    shuffles,
    alpha = 0.05,
    protocol,
    executor,
    signal,
    onProgress,
    onComparison,
    restarts,
  } = options
  if (partition.k >= 2)
    return testModularity(graph, {
      k,
      seed,
      restarts,
      nulls,
      deciding,
      shuffles,
      alpha,
      protocol,
      executor,
      signal,
      onProgress,
      onComparison,
      partition,
    })
  const { ncut } = partition
  return { k: 1, ncut, clusterability: null, alpha, deciding: [], modular: false, comparisons: [], betweenNulls: [] }
}

type StatisticK = TestOptions['k']

function stabilityOf(
  kernels: Kernels,
  graph: UnitGraph,
  part: Subgraph,
  k: number,
  seed: number,
  { restarts, stabilityRuns: runs = DEFAULT_STABILITY_RUNS }: AnalyzeOptions,
): Stability {
  const found = partitionStability(kernels, part.graph, { k, seed, restarts, runs })
  const confidence = new Array<number>(unitCount(graph)).fill(-1)
  part.unitOf.forEach((unit, at) => {
    confidence[unit] = found.confidence[at]
  })
  return {
    runs: found.runs,
    confidence,
    meanAri: found.meanAri,
    nearBest: found.nearBest.map(near => ({ ncut: near.partition.ncut, runs: near.runs, ari: near.ari })),
  }
}

/** A few eigenvalues past the k-th, so that the gap after it can be seen. */
function spectrumOf(kernels: Kernels, graph: UnitGraph, k: number, seed: number): number[] {
  const count = Math.min(unitCount(graph), k + Math.max(4, Math.ceil(k / 2)))
  return withEmbedding(kernels, graph, count, seed, embedding => [...embedding.eigenvalues])
}

function blockSummaries(graph: UnitGraph): Analysis['blocks'] {
  return graph.blocks.map(block => {
    let edges = 0
    let weight = 0
    forEachEdge(graph, block, (_row, _column, value) => {
      edges++
      weight += value
    })
    return { from: block.from, to: block.to, edges, weight }
  })
}
