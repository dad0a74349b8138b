/** The road of files of nodes and edges: the same as a network's, from the unit graph on. */
import { UsageError } from '../errors.ts'
import type { ByteSource } from '../formats/source.ts'
import type { GraphFile } from '../graph/files/graph-file.ts'
import { openGraphFile } from '../graph/files/open-graph.ts'
import { type PreparedGraphFile, prepareGraphFile } from '../graph/prepare-graph-file.ts'
import type { OriginFacts } from '../report/analyze.ts'
import { choice, type Flags, text } from './flags.ts'
import { GRAPH_FLAGS, graphOptions } from './graph-flags.ts'
import { OPEN_FLAGS, openSource } from './network-flags.ts'

export interface OpenedGraph {
  readonly source: ByteSource
  readonly file: GraphFile
}

/** The graph that FILE holds; undefined where it is another kind of file. */
export async function openGraph(flags: Flags): Promise<OpenedGraph | undefined> {
  const path = text(flags, 'file')
  if (path === undefined) return undefined
  const source = await openSource(path)
  const file = await openGraphFile(source, { signed: choice(flags, 'signed', ['refuse', 'magnitude']) })
  return file && { source, file }
}

const WITH_GRAPHS = ['units', 'isolated', 'dead', 'affinity', 'signed', 'protocol']

/** The graph as the flags ask; flags that are about networks are refused. */
export async function prepareOpenedGraph({ source, file }: OpenedGraph, flags: Flags): Promise<PreparedGraphFile> {
  const stray = [...Object.keys({ ...OPEN_FLAGS, ...GRAPH_FLAGS })].find(
    name => name !== 'file' && !WITH_GRAPHS.includes(name) && text(flags, name) !== undefined,
  )
  if (stray)
    throw new UsageError(
      'usage.flag',
      `--${stray} is about networks, but ${source.name} is a graph of nodes and edges.`,
    )
  const { units, isolated, dead, affinity } = await graphOptions(flags)
  return prepareGraphFile(file, { units, isolated, dead, affinity })
}

/** What the report says in place of what it says of networks. */
export function graphFacts({ file }: OpenedGraph, { names }: PreparedGraphFile): OriginFacts {
  return { format: file.format, operators: [], parameters: 0, notes: file.notes, ...(names && { unitNames: names }) }
}

/** What stands for the network in results. */
export function graphOrigin({ source, file }: OpenedGraph) {
  return { source, network: { source: { format: file.format }, notes: file.notes } }
}
