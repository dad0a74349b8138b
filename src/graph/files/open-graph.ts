/** Tells files of nodes and edges from files of networks, and opens them. */
import type { ByteSource } from '../../formats/source.ts'
import type { SignedWeights } from './edges.ts'
import type { GraphFile } from './graph-file.ts'

export interface OpenGraphOptions {
  /** Negative weights: an error, or taken without their sign. Default: 'refuse'. */
  readonly signed?: SignedWeights
}

/**
 * A graph as GraphML, CSV (edges or an adjacency matrix) or NumPy's files (adjacency matrices, SciPy's sparse ones, and what
 * lobes writes); undefined for files of anything else.
 *
 * @throws FormatError for damaged files, UsageError for graphs with negative or asymmetric weights, ResourceError for
 *   graphs too large to hold.
 */
export async function openGraphFile(
  source: ByteSource,
  options: OpenGraphOptions = {},
): Promise<GraphFile | undefined> {
  const { signed = 'refuse' } = options
  const head = await source.slice(0, Math.min(512, source.byteLength))
  const name = source.name.toLowerCase()
  const start = String.fromCharCode(...head)
  if (name.endsWith('.graphml') || /<graphml[\s>]/.test(start))
    return (await import('./graphml.ts')).readGraphMl(source, signed)
  if (name.endsWith('.csv')) return (await import('./csv.ts')).readCsvGraph(source, signed)
  if (/\.np[yz]$/.test(name)) return (await import('./npz.ts')).readNpzGraph(source, signed)
  return undefined
}
