/** What `lobes compare` takes: partitions as files, and networks or graphs, which are clustered. */
import { unitCount } from '../graph/unit-graph.ts'
import type { LayeredPartition } from '../modules/compare-modules.ts'
import { openPartition } from '../modules/partition-file.ts'
import type { WatchOptions } from '../progress.ts'
import type { Flags } from './flags.ts'
import { openGraph } from './graph-structure.ts'
import { openFile, openSource } from './network-flags.ts'
import { structureOf, structureOfFile } from './structure.ts'

/** `flags.k` decides for networks; `seed` is that of their clustering. */
export async function compareInput(
  path: string,
  flags: Flags,
  seed: number,
  watch: WatchOptions,
): Promise<LayeredPartition> {
  const held = await openPartition(await openSource(path))
  if (held) return { ...held, name: path }
  const own = { ...flags, file: path }
  const graph = await openGraph(own)
  const { whole, prepared } = graph
    ? await structureOfFile(graph, own, seed, watch)
    : await structureOf(await openFile(own), own, seed, watch)
  const { layers } = prepared.graph
  return { name: path, layers, labels: whole.labels.slice(0, unitCount(prepared.graph)), graph: prepared.graph }
}
