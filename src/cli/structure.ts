/** The road every verb but `inspect` takes: file, network, unit graph, partition. */
import { UsageError } from '../errors.ts'
import type { UnitGraph } from '../graph/unit-graph.ts'
import { unitCount } from '../graph/unit-graph.ts'
import { type GraphResult, unitGraph } from '../graph/walk.ts'
import { loadKernels } from '../kernels/kernels.ts'
import { DEFAULT_K_RANGE, type KSearch, searchK } from '../partition/choose-k.ts'
import { clusterWith } from '../partition/cluster.ts'
import type { Partition } from '../partition/partition.ts'
import { SCHEMA_VERSION } from '../report/analysis.ts'
import { layerSummaries, partitionNumbers } from '../report/results.ts'
import { VERSION } from '../version.ts'
import { DEFAULT_K } from './cluster-flags.ts'
import { countOrAuto, type Flags, seedOf } from './flags.ts'
import { graphOptions, protocol } from './graph-flags.ts'
import { type OpenedFile, openFile } from './network-flags.ts'
import { printLayers } from './tables.ts'
import { shown, type Terminal } from './terminal.ts'

export interface Structure extends OpenedFile {
  readonly built: GraphResult
  readonly graph: UnitGraph
  readonly seed: number
  /** As the test wants it: a number, or the range to choose from. */
  readonly k: number | { readonly from: number; readonly to: number }
  readonly search?: KSearch
  readonly partition: Partition
  /** Every option that shaped the numbers. */
  readonly parameters: Readonly<Record<string, unknown>>
}

export async function findStructure(flags: Flags): Promise<Structure> {
  const wanted = countOrAuto(flags, 'k', 1) ?? DEFAULT_K
  const seed = seedOf(flags)
  const options = graphOptions(flags)
  const opened = await openFile(flags)
  const built = await unitGraph(opened.network, options)
  const { graph } = built
  const kernels = await loadKernels()
  const search = wanted === 'auto' ? searchK(kernels, graph, { ...DEFAULT_K_RANGE, seed }) : undefined
  const partition = search
    ? search.partitions[search.ks.indexOf(search.chosen)]
    : clusterWith(kernels, graph, { k: wanted as number, seed })
  return {
    ...opened,
    built,
    graph,
    seed,
    k: search ? DEFAULT_K_RANGE : (wanted as number),
    search,
    partition,
    parameters: { k: wanted, protocol: protocol(flags), ...options },
  }
}

/** What every result says about the network and its partition; `labels`, `ncut` and `k` stand at the top level. */
export function structureDocument({ source, network, built, graph, seed, search, partition, parameters }: Structure) {
  return {
    schemaVersion: SCHEMA_VERSION,
    tool: { name: 'lobes', version: VERSION, node: process.version },
    file: { name: source.name, bytes: source.byteLength, ...network.source },
    parameters,
    seed,
    ...partitionNumbers(partition),
    layers: layerSummaries(graph, partition.labels, partition.k),
    ...(search && { kChoice: kChoice(search) }),
    leftOut: built.leftOut,
    notes: [...network.notes, ...built.notes],
  }
}

function kChoice({ ks, partitions, clusterability, eigengaps, chosen }: KSearch) {
  return { ks, ncuts: partitions.map(({ ncut }) => ncut), clusterability, eigengaps, chosen }
}

export function printStructure(structure: Structure, terminal: Terminal): void {
  const { source, graph, partition, seed, search, built, network } = structure
  const { k, ncut } = partition
  const share = k > 1 ? `, clusterability ${shown(1 - ncut / (k - 1), 3)}` : ''
  terminal.print(
    terminal.bold(`${source.name}: ${shown(unitCount(graph))} units in ${k} modules, n-cut ${shown(ncut)}${share}`),
  )
  if (search) terminal.print(`k = ${k} has the largest eigengap from k = ${search.ks[0]} to ${search.ks.at(-1)}`)
  terminal.print(`seed ${seed}`)
  terminal.print()
  printLayers(layerSummaries(graph, partition.labels, k), k, terminal)
  for (const { name, type, reason } of built.leftOut) terminal.note(`left out: ${name} (${type}): ${reason}`)
  for (const note of [...network.notes, ...built.notes]) terminal.note(`note: ${note}`)
}

/** A test compares partitions into at least two modules. */
export function checkTestable(flags: Flags): void {
  if (countOrAuto(flags, 'k', 1) === 1)
    throw new UsageError('usage.k', 'A test needs at least two modules: --k 2 or more, or --k auto.')
}
