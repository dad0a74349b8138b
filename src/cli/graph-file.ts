/** Writes the unit graph, in the format the file's name asks for. */
import { open } from 'node:fs/promises'
import { ResourceError, UsageError } from '../errors.ts'
import { graphToCsv, graphToGraphMl, graphToNpz } from '../graph/export.ts'
import type { UnitGraph } from '../graph/unit-graph.ts'

type Writer = (graph: UnitGraph, labels: Int32Array) => Iterable<string | Uint8Array>

const WRITERS: Readonly<Record<string, Writer>> = {
  npz: graph => [graphToNpz(graph)],
  csv: graph => graphToCsv(graph),
  graphml: (graph, labels) => graphToGraphMl(graph, labels),
}

/** The writer for a path; throws a UsageError for an ending that is none of `.npz`, `.csv`, `.graphml`. */
export function graphWriter(path: string): Writer {
  const writer = WRITERS[path.slice(path.lastIndexOf('.') + 1).toLowerCase()]
  if (!writer)
    throw new UsageError('usage.graph', `--graph cannot be "${path}": the file must end in .npz, .csv or .graphml.`)
  return writer
}

/** Writes chunk by chunk: large graphs never lie in memory as text. */
export async function writeGraph(path: string, graph: UnitGraph, labels: Int32Array): Promise<void> {
  const chunks = graphWriter(path)(graph, labels)
  const file = await open(path, 'w').catch(error => {
    throw new ResourceError('resource.write', `${path} cannot be written (${error.code}); choose another --graph.`, {
      cause: error,
    })
  })
  try {
    for (const chunk of chunks) await file.write(chunk as string)
  } finally {
    await file.close()
  }
}
