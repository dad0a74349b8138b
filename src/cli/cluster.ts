/** `lobes cluster FILE --k 12`: modules, n-cut, sizes per layer. */
import { partitionHash } from '../report/results.ts'
import { CLUSTER_FLAGS } from './cluster-flags.ts'
import { text } from './flags.ts'
import { graphWriter, writeGraph } from './graph-file.ts'
import { GRAPH_FLAGS } from './graph-flags.ts'
import { OPEN_FLAGS, OUTPUT_FLAGS } from './network-flags.ts'
import { findStructure, printStructure, structureDocument } from './structure.ts'
import type { Verb } from './verb.ts'

export const cluster: Verb = {
  description: 'Find the modules of a network.',
  args: {
    ...OPEN_FLAGS,
    ...CLUSTER_FLAGS,
    ...GRAPH_FLAGS,
    graph: { type: 'string', valueHint: 'FILE', description: 'write the unit graph: .npz, .csv or .graphml' },
    ...OUTPUT_FLAGS,
  },
  async run(flags, terminal, watch) {
    const graphFile = text(flags, 'graph')
    if (graphFile !== undefined) graphWriter(graphFile)
    const structure = await findStructure(flags, watch)
    watch.clear()
    const hash = partitionHash(structure.whole)
    printStructure(structure, terminal)
    terminal.print(terminal.dim(`hash ${hash}`))
    if (graphFile !== undefined) {
      await writeGraph(graphFile, structure.prepared.graph, structure.whole.labels)
      terminal.note(`graph: ${graphFile}`)
    }
    terminal.document({ ...structureDocument(structure), hash })
    return 0
  },
}
