/** `lobes test FILE --k 12`: the verdict against null models; exit code 3 when the network is not modular. */
import { verdictHash } from '../report/results.ts'
import { testModularity } from '../significance/test.ts'
import type { NullComparison } from '../significance/verdict.ts'
import { ACTIVATION_FLAGS } from './activation-flags.ts'
import { CLUSTER_FLAGS, checkTestable, TEST_FLAGS, testOptions, withExecutor } from './cluster-flags.ts'
import { EXIT } from './exit.ts'
import { GRAPH_FLAGS } from './graph-flags.ts'
import { MEMORY_FLAGS, printEstimate, threadsWithin } from './memory-flags.ts'
import { OPEN_FLAGS, OUTPUT_FLAGS } from './network-flags.ts'
import { findStructure, partialDocument, printStructure, structureDocument } from './structure.ts'
import { printComparisons, printVerdict } from './tables.ts'
import type { Verb } from './verb.ts'

export const test: Verb = {
  description: 'Test whether the modules of a network are real. Exit code 3 when they are not.',
  args: {
    ...OPEN_FLAGS,
    ...CLUSTER_FLAGS,
    ...TEST_FLAGS,
    ...ACTIVATION_FLAGS,
    ...GRAPH_FLAGS,
    ...MEMORY_FLAGS,
    ...OUTPUT_FLAGS,
  },
  async run(flags, terminal, watch) {
    checkTestable(flags)
    if (flags.estimate === true) return printEstimate(flags, 'test', terminal)
    const options = testOptions(flags)
    const structure = await findStructure(flags, watch)
    watch.clear()
    const { k, seed, partition, whole } = structure
    printStructure(structure, terminal)
    terminal.print()
    const { signal, onProgress } = watch
    const finished: NullComparison[] = []
    const verdict = await withExecutor(threadsWithin(flags, structure.prepared), executor =>
      testModularity(structure.prepared.part.graph, {
        ...options,
        k,
        seed,
        partition,
        executor,
        signal,
        onProgress,
        onComparison: comparison => finished.push(comparison),
      }),
    ).catch(error => {
      watch.end()
      if (signal.aborted) terminal.document(partialDocument(structure, finished))
      if (signal.aborted && finished.length > 0) printComparisons(finished, [], terminal)
      throw error
    })
    watch.end()
    const hash = verdictHash(whole, verdict)
    printVerdict(verdict, terminal)
    terminal.print(terminal.dim(`hash ${hash}`))
    const document = structureDocument(structure)
    terminal.document({ ...document, parameters: { ...document.parameters, ...options }, verdict, hash })
    return verdict.modular ? EXIT.ok : EXIT.negative
  },
}
