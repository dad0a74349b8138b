/** `--max-memory` and `--estimate`: what an analysis will need, told or checked before it is taken. */
import type { ArgsDef } from 'citty'
import { ResourceError, UsageError } from '../errors.ts'
import { graphOutline } from '../graph/outline.ts'
import type { PreparedGraph } from '../graph/prepare.ts'
import { type UnitGraph, unitCount } from '../graph/unit-graph.ts'
import { DEFAULT_K_RANGE } from '../partition/choose-k.ts'
import {
  estimateMemory,
  type GraphSizes,
  type MemoryOptions,
  outlineSizes,
  workersWithin,
} from '../significance/memory.ts'
import { byActivations } from './activation-flags.ts'
import { wantedK, wantedThreads } from './cluster-flags.ts'
import { choices, type Flags, text } from './flags.ts'
import { graphOptions } from './graph-flags.ts'
import { type OpenedGraph, openGraph, prepareOpenedGraph } from './graph-structure.ts'
import { type OpenedFile, openFile } from './network-flags.ts'
import { columns, type Terminal } from './terminal.ts'

export const MEMORY_FLAGS = {
  estimate: { type: 'boolean', description: 'print how much memory this will take, and do nothing else' },
  'max-memory': { type: 'string', valueHint: '2GB', description: 'stop before more memory than this would be taken' },
} as const satisfies ArgsDef

const UNITS: Readonly<Record<string, number>> = {
  '': 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  tb: 1e12,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
  tib: 2 ** 40,
}

/** Bytes, or undefined where no limit is set. */
function memoryLimit(flags: Flags): number | undefined {
  const value = text(flags, 'max-memory')
  if (value === undefined) return undefined
  const [, number, unit] = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(value) ?? []
  const scale = UNITS[unit?.toLowerCase() ?? '']
  if (number === undefined || scale === undefined || !(Number(number) > 0))
    throw new UsageError('usage.value', `--max-memory must be a size such as 2GB or 500MB, not "${value}".`)
  return Number(number) * scale
}

/** Whether shuffled networks are clustered too. */
export type MemoryUse = 'cluster' | 'test'

function memoryOptions(flags: Flags, use: MemoryUse): MemoryOptions {
  const k = wantedK(flags)
  const nulls = choices(flags, 'null', [
    'degree-preserving',
    'layer',
    'layer-nonzero',
    'layer-kde',
    'layer-nonzero-kde',
    'random-initialisation',
    'edges',
  ])
  const workers = use === 'test' ? wantedThreads(flags) : k === 'auto' ? 1 : 0
  return {
    k: k === 'auto' ? DEFAULT_K_RANGE.to + 1 : k,
    workers,
    degreePreserving: use === 'test' && (nulls?.includes('degree-preserving') ?? true),
  }
}

/** Prints the estimate. */
export async function printEstimate(flags: Flags, use: MemoryUse, terminal: Terminal): Promise<number> {
  if (byActivations(flags))
    throw new UsageError('usage.flag', '--estimate tells of weight graphs; leave --by activations out.')
  const graph = await openGraph(flags)
  const sizes = graph
    ? preparedSizes(await prepareOpenedGraph(graph, flags))
    : await openedSizes(await openFile(flags), flags)
  const estimate = estimateMemory(sizes, memoryOptions(flags, use))
  terminal.print(
    terminal.bold(`about ${bytesText(estimate.total)} of memory, ${bytesText(estimate.program)} of it the program`),
  )
  for (const { name, parts, bytes } of estimate.phases) {
    terminal.print()
    terminal.print(`${name}: ${bytesText(bytes)}`)
    for (const line of columns(parts.map(part => [part.name, bytesText(part.bytes)]))) terminal.print(line)
  }
  terminal.document({ estimate })
  return 0
}

/** Throws a ResourceError where an opened network will need more than `--max-memory`, before its weights are read. */
export async function checkOpened(opened: OpenedFile, flags: Flags): Promise<void> {
  const limit = memoryLimit(flags)
  if (limit !== undefined) check(await openedSizes(opened, flags), limit, { ...memoryOptions(flags, 'cluster') })
}

/** The same once the graph is made, when it is known which units were left out. */
export function checkPrepared(prepared: PreparedGraph, flags: Flags): void {
  const limit = memoryLimit(flags)
  if (limit !== undefined) check(preparedSizes(prepared), limit, memoryOptions(flags, 'cluster'))
}

/** As many threads as fit, at most those wanted. Throws as {@link checkOpened} where not even one fits. */
export function threadsWithin(flags: Flags, prepared: PreparedGraph): number {
  return fitting(flags, () => preparedSizes(prepared))
}

/** The same for what is opened, from its shapes. */
export async function threadsFor(flags: Flags, opened: OpenedFile | OpenedGraph): Promise<number> {
  if (memoryLimit(flags) === undefined) return fitting(flags, () => undefined)
  const sizes =
    'network' in opened ? await openedSizes(opened, flags) : preparedSizes(await prepareOpenedGraph(opened, flags))
  return fitting(flags, () => sizes)
}

function fitting(flags: Flags, sizesOf: () => GraphSizes | undefined): number {
  const options = memoryOptions(flags, 'test')
  const limit = memoryLimit(flags)
  const sizes = limit === undefined ? undefined : sizesOf()
  if (limit === undefined || sizes === undefined) return options.workers
  const workers = workersWithin(limit, sizes, options)
  if (workers === 0) check(sizes, limit, { ...options, workers: 1 })
  return workers
}

function check(sizes: GraphSizes, limit: number, options: MemoryOptions): void {
  const { total } = estimateMemory(sizes, options)
  if (total <= limit) return
  throw new ResourceError(
    'resource.max-memory',
    `This needs about ${bytesText(total)}, more than --max-memory ${bytesText(limit)}. ` +
      'Allow more, take fewer layers (--units), or see with --estimate what takes how much.',
  )
}

async function openedSizes({ network }: OpenedFile, flags: Flags): Promise<GraphSizes> {
  return outlineSizes(network, await graphOutline(network, await graphOptions(flags)))
}

function preparedSizes({ graph, part }: PreparedGraph): GraphSizes {
  const clustered = new Set(part.graph.blocks)
  const whole = graph.blocks.filter(block => !clustered.has(block)).reduce((sum, block) => sum + blockBytes(block), 0)
  return { units: unitCount(part.graph), blocks: part.graph.blocks.map(blockBytes), whole, tensor: 0 }
}

function blockBytes({ edges }: UnitGraph['blocks'][number]): number {
  return edges.kind === 'dense' ? edges.values.byteLength : 3 * edges.values.byteLength + edges.rowStart.byteLength
}

function bytesText(bytes: number): string {
  return bytes >= 1e9 ? `${(bytes / 1e9).toFixed(2)} GB` : `${Math.round(bytes / 1e6)} MB`
}
