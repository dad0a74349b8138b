/** The road every verb but `inspect` takes: file, network, unit graph, partition. */
import type { ByteSource } from '../formats/source.ts'
import type { ActivationLayer } from '../graph/correlation.ts'
import { type PreparedGraph, prepareGraph } from '../graph/prepare.ts'
import { toAllUnits } from '../graph/subgraph.ts'
import { unitCount } from '../graph/unit-graph.ts'
import { loadKernels } from '../kernels/kernels.ts'
import type { Network } from '../network/network.ts'
import { chosenPartition, type KSearch, searchK } from '../partition/choose-k.ts'
import { clusterWith } from '../partition/cluster.ts'
import type { Partition } from '../partition/partition.ts'
import type { WatchOptions } from '../progress.ts'
import { SCHEMA_VERSION } from '../report/analysis.ts'
import { kChoiceNumbers, layerSummaries, partitionHash, partitionNumbers } from '../report/results.ts'
import { type KRange, withBaseline } from '../significance/baseline.ts'
import type { NullComparison } from '../significance/verdict.ts'
import { VERSION } from '../version.ts'
import { byActivations, refuseActivationFlags } from './activation-flags.ts'
import { wantedK } from './cluster-flags.ts'
import { type Flags, seedOf } from './flags.ts'
import { graphOptions } from './graph-flags.ts'
import { graphOrigin, type OpenedGraph, openGraph, prepareOpenedGraph } from './graph-structure.ts'
import { checkOpened, checkPrepared } from './memory-flags.ts'
import { type OpenedFile, openFile } from './network-flags.ts'
import { printLayers } from './tables.ts'
import { shown, type Terminal } from './terminal.ts'

export interface Structure {
  readonly source: ByteSource
  readonly network: Pick<Network, 'source' | 'notes'>
  readonly prepared: PreparedGraph
  readonly seed: number
  /** As the test wants it: a number, or the range to choose from. */
  readonly k: number | KRange
  readonly search?: KSearch
  /** Of the units that were clustered. */
  readonly partition: Partition
  /** The same with the labels of all units, −1 for those left out. */
  readonly whole: Partition
  /** Every option that shaped the numbers. */
  readonly parameters: Readonly<Record<string, unknown>>
  /** The weight graph, where the activations of a network were clustered instead. */
  readonly weights?: PreparedGraph
  readonly activations?: readonly ActivationLayer[]
  /** Names of all units, where a graph from a file has any. */
  readonly names?: readonly string[]
}

export async function findStructure(flags: Flags, watch: WatchOptions): Promise<Structure> {
  const seed = seedOf(flags)
  if (!byActivations(flags)) {
    refuseActivationFlags(flags)
    const graph = await openGraph(flags)
    if (graph) return structureOfFile(graph, flags, seed, watch)
    return structureOf(await openFile(flags), flags, seed, watch)
  }
  const { activationStructure } = await import('./activation-structure.ts')
  return activationStructure(flags, seed, watch)
}

export async function structureOf(
  opened: OpenedFile,
  flags: Flags,
  seed: number,
  watch: WatchOptions,
): Promise<Structure & OpenedFile> {
  await checkOpened(opened, flags)
  const prepared = await prepareGraph(opened.network, await graphOptions(flags))
  return { ...(await structureOfGraph(opened, prepared, flags, seed, watch)), ...opened }
}

/** Clusters a graph from a file. */
export async function structureOfFile(
  opened: OpenedGraph,
  flags: Flags,
  seed: number,
  watch: WatchOptions,
): Promise<Structure> {
  const prepared = await prepareOpenedGraph(opened, flags)
  return { ...(await structureOfGraph(graphOrigin(opened), prepared, flags, seed, watch)), names: prepared.names }
}

/** Clusters a graph that is made already. */
export async function structureOfGraph(
  origin: Pick<Structure, 'source' | 'network'>,
  prepared: PreparedGraph,
  flags: Flags,
  seed: number,
  watch: WatchOptions,
): Promise<Structure> {
  const wanted = wantedK(flags)
  checkPrepared(prepared, flags)
  const { graph } = prepared.part
  const kernels = await loadKernels()
  const k = wanted === 'auto' ? await withBaseline(graph, undefined, { seed, ...watch }) : wanted
  const search = typeof k === 'number' ? undefined : searchK(kernels, graph, { ...k, seed })
  const partition = search ? chosenPartition(search) : clusterWith(kernels, graph, { k: k as number, seed })
  const labels = toAllUnits(prepared.part, partition.labels, unitCount(prepared.graph))
  return {
    ...origin,
    prepared,
    seed,
    k,
    search,
    partition,
    whole: { ...partition, labels },
    parameters: { k: wanted, ...prepared.parameters },
  }
}

/** What every result says about the network and its partition; `labels`, `ncut` and `k` stand at the top level. */
export function structureDocument({ source, network, prepared, seed, search, whole, parameters, names }: Structure) {
  return {
    schemaVersion: SCHEMA_VERSION,
    tool: { name: 'lobes', version: VERSION, node: process.version },
    file: { name: source.name, bytes: source.byteLength, ...network.source },
    parameters,
    seed,
    ...partitionNumbers(whole),
    layers: layerSummaries(prepared.graph, whole.labels, whole.k),
    ...(names && { units: names }),
    ...(search && { kChoice: kChoiceNumbers(search) }),
    removed: prepared.removed,
    leftOut: prepared.leftOut,
    notes: [...network.notes, ...prepared.notes],
  }
}

/** What is known when a test was interrupted: the partition and the null models that were finished. */
export function partialDocument(structure: Structure, comparisons: readonly NullComparison[]) {
  return { ...structureDocument(structure), hash: partitionHash(structure.whole), interrupted: true, comparisons }
}

export function printStructure(structure: Structure, terminal: Terminal): void {
  const { source, prepared, whole, partition, seed, search, network } = structure
  const { k, ncut } = partition
  const share = k > 1 ? `, clusterability ${shown(1 - ncut / (k - 1), 3)}` : ''
  const units = shown(unitCount(prepared.part.graph))
  terminal.print(terminal.bold(`${source.name}: ${units} units in ${k} modules, n-cut ${shown(ncut)}${share}`))
  if (search)
    terminal.print(`k = ${k} stands out most from shuffled networks, of k = ${search.ks[0]} to ${search.ks.at(-1)}`)
  terminal.print(`seed ${seed}`)
  terminal.print()
  printLayers(layerSummaries(prepared.graph, whole.labels, k), k, terminal)
  for (const { layer, reason, count } of prepared.removed) terminal.note(`${count} of ${layer} left out: ${reason}`)
  for (const { name, type, reason } of prepared.leftOut) terminal.note(`left out: ${name} (${type}): ${reason}`)
  for (const note of [...network.notes, ...prepared.notes]) terminal.note(`note: ${note}`)
}
