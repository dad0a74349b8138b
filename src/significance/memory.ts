/**
 * How much memory an analysis will take, before a weight is read. What counts is how often edges are held at once (a
 * block of r × c edges takes 4rc bytes):
 *
 * - reading: the blocks made so far, and the tensor being read;
 * - clustering: the graph, and beside it the one with all units where some are left out, the same packed for the
 *   eigensolver, the block in flight (kernel-blocks.ts; all of them in small graphs), and the last tensors read, which
 *   the engine may not have let go; Lanczos vectors and k-means by unit;
 * - shuffled networks: in each worker a copy of the graph, a shuffled one, and what clustering that takes. Drawing
 *   takes four times the graph: copies that the engine has not let go yet, or what the degree-preserving model holds, which
 *   adds seven numbers an edge for the block that it draws. (Both as measured on a graph of 34 MB.)
 *
 * Blocks count as dense: which edges are zero is not known from shapes, so sparse networks take less.
 */
import type { GraphOutline } from '../graph/walk.ts'
import type { Network } from '../network/network.ts'
import { RESIDENT_BYTES } from '../partition/kernel-blocks.ts'
import { bytesPerElement } from '../tensor/dtype.ts'
import { elementCount } from '../tensor/tensor.ts'

interface MemoryPart {
  readonly name: string
  readonly bytes: number
}

interface MemoryPhase {
  readonly name: 'reading' | 'clustering' | 'shuffled networks'
  readonly parts: readonly MemoryPart[]
  readonly bytes: number
}

export interface MemoryEstimate {
  readonly phases: readonly MemoryPhase[]
  /** The program itself, and the most that a phase takes beyond it. */
  readonly program: number
  readonly total: number
}

/** Sizes of what is clustered. */
export interface GraphSizes {
  readonly units: number
  /** Bytes of each block that is clustered. */
  readonly blocks: readonly number[]
  /** Bytes of blocks that are held beside them: those with the units that were left out. */
  readonly whole: number
  /** Bytes of the largest tensor as it is read, 0 for graphs from files. */
  readonly tensor: number
}

export interface MemoryOptions {
  /** Number of modules, or the most that are tried. */
  readonly k: number
  /** Workers that cluster shuffled networks; 0 for none, 1 for the thread that calls. */
  readonly workers: number
  readonly degreePreserving: boolean
}

/** Node and the code of lobes, after a small network was clustered (bench/memory.ts measures it). */
const PROGRAM = 75e6
/** A worker thread with the code of lobes. */
const WORKER = 25e6
const EDGE = 4

/** Sizes from shapes alone. */
export function outlineSizes(network: Network, { layers, blocks }: GraphOutline): GraphSizes {
  const tensors = Array.from(network.weights.values(), ({ shape, dtype }) => {
    const stored = bytesPerElement(dtype)
    // Narrow floats are widened beside what was read.
    return elementCount(shape) * (stored < EDGE ? stored + EDGE : stored)
  })
  return {
    units: layers.reduce((sum, { size }) => sum + size, 0),
    blocks: blocks.map(({ from, to }) => EDGE * layers[from].size * layers[to].size),
    whole: 0,
    tensor: tensors.reduce((most, bytes) => Math.max(most, bytes), 0),
  }
}

/** What clustering takes, and testing where there are workers. */
export function estimateMemory(sizes: GraphSizes, options: MemoryOptions): MemoryEstimate {
  const graph = sum(sizes.blocks)
  const phases = [
    phase('reading', [
      ['edges of the unit graph', graph],
      ['the tensor being read', sizes.tensor],
    ]),
    phase('clustering', [
      ['edges of the unit graph', graph],
      ['edges of all units', sizes.whole],
      ['tensors not yet let go', sizes.tensor],
      ...clustering(sizes, options.k),
    ]),
  ]
  if (options.workers > 0) {
    const own = workerBytes(sizes, options)
    const workers = options.workers
    phases.push(
      phase('shuffled networks', [
        ['edges of the unit graph', graph],
        ['edges of all units', sizes.whole],
        ...(workers > 1 ? clustering(sizes, options.k) : []),
        [workers > 1 ? `${workers} workers` : 'shuffled network', workers * own],
      ]),
    )
  }
  return { phases, program: PROGRAM, total: PROGRAM + Math.max(...phases.map(({ bytes }) => bytes)) }
}

/** The most workers, up to those wanted, with which the estimate stays within `limit`; 0 where not even one does. */
export function workersWithin(limit: number, sizes: GraphSizes, options: MemoryOptions): number {
  let { workers } = options
  while (workers > 0 && estimateMemory(sizes, { ...options, workers }).total > limit) workers--
  return workers
}

function clustering({ blocks, units }: GraphSizes, k: number): [string, number][] {
  const graph = sum(blocks)
  const inFlight = graph <= RESIDENT_BYTES ? graph : largest(blocks)
  // Lanczos: 4k + 64 vectors of the smaller side to begin with, twice as many if they do not do.
  const vectors = 1.5 * (4 * k + 64) * (units / 2) * 8
  const kMeans = units * (8 * k + 60)
  return [
    ['edges packed for the eigensolver', graph],
    ['the block in flight', inFlight],
    ['eigenvectors', vectors],
    ['k-means', kMeans],
  ]
}

function workerBytes(sizes: GraphSizes, { k, workers, degreePreserving }: MemoryOptions): number {
  const graph = sum(sizes.blocks)
  const copy = workers > 1 ? graph + WORKER : 0
  const drawing = 4 * graph + (degreePreserving ? 7 * largest(sizes.blocks) : 0)
  return copy + graph + drawing + sum(clustering(sizes, k).map(([, bytes]) => bytes))
}

function phase(name: MemoryPhase['name'], parts: readonly (readonly [string, number])[]): MemoryPhase {
  const listed = parts.filter(([, bytes]) => bytes > 0).map(([own, bytes]) => ({ name: own, bytes: Math.ceil(bytes) }))
  return { name, parts: listed, bytes: sum(listed.map(({ bytes }) => bytes)) }
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0)
const largest = (values: readonly number[]) => values.reduce((most, value) => Math.max(most, value), 0)
