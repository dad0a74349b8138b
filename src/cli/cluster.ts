/** `lobes cluster FILE --k 12`: modules, n-cut, sizes per layer. */
import { partitionHash } from '../report/results.ts'
import { ACTIVATION_FLAGS } from './activation-flags.ts'
import { activationTarget, writeActivations } from './activation-output.ts'
import { CLUSTER_FLAGS } from './cluster-flags.ts'
import { text } from './flags.ts'
import { graphWriter, writeGraph } from './graph-file.ts'
import { GRAPH_FLAGS } from './graph-flags.ts'
import { MEMORY_FLAGS, printEstimate } from './memory-flags.ts'
import { OPEN_FLAGS, OUTPUT_FLAGS } from './network-flags.ts'
import { findStructure, printStructure, structureDocument } from './structure.ts'
import type { Verb } from './verb.ts'
import { printAgreement, weightAgreement } from './weight-agreement.ts'

export const cluster: Verb = {
  description: 'Find the modules of a network.',
  args: {
    ...OPEN_FLAGS,
    ...CLUSTER_FLAGS,
    ...ACTIVATION_FLAGS,
    ...GRAPH_FLAGS,
    graph: { type: 'string', valueHint: 'FILE', description: 'write the unit graph: .npz, .csv or .graphml' },
    'activations-out': { type: 'string', valueHint: 'FILE.npz', description: 'write the activations' },
    ...MEMORY_FLAGS,
    ...OUTPUT_FLAGS,
  },
  async run(flags, terminal, watch) {
    if (flags.estimate === true) return printEstimate(flags, 'cluster', terminal)
    const graphFile = text(flags, 'graph')
    if (graphFile !== undefined) graphWriter(graphFile)
    const activationFile = activationTarget(flags)
    const structure = await findStructure(flags, watch)
    watch.clear()
    const hash = partitionHash(structure.whole)
    printStructure(structure, terminal)
    const withWeights = await weightAgreement(structure)
    if (withWeights) printAgreement(withWeights, terminal)
    terminal.print(terminal.dim(`hash ${hash}`))
    if (graphFile !== undefined) {
      await writeGraph(graphFile, structure.prepared.graph, structure.whole.labels)
      terminal.note(`graph: ${graphFile}`)
    }
    if (activationFile !== undefined) {
      await writeActivations(activationFile, structure.activations ?? [])
      terminal.note(`activations: ${activationFile}`)
    }
    terminal.document({ ...structureDocument(structure), ...(withWeights && { withWeights }), hash })
    return 0
  },
}
