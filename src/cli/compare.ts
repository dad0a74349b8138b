/** `lobes compare A B [C …]`: checkpoints or partitions, module by module; with more than two, the drift along them. */
import { basename } from 'node:path'
import { UsageError } from '../errors.ts'
import { compareModules, type LayeredPartition, type ModuleComparison } from '../modules/compare-modules.ts'
import { SCHEMA_VERSION } from '../report/analysis.ts'
import { resultHash } from '../stats/result-hash.ts'
import { VERSION } from '../version.ts'
import { CLUSTER_FLAGS, wantedK } from './cluster-flags.ts'
import { compareInput } from './compare-input.ts'
import { printComparison, printDrift } from './compare-table.ts'
import { seedOf } from './flags.ts'
import { GRAPH_FLAGS } from './graph-flags.ts'
import { OPEN_FLAGS, OUTPUT_FLAGS } from './network-flags.ts'
import type { Verb } from './verb.ts'

export interface DriftStep {
  readonly name: string
  /** To the file before, and to the first; null for the first itself. */
  readonly toPrevious: ModuleComparison | null
  readonly toFirst: ModuleComparison | null
}

const { layers, orientation } = OPEN_FLAGS

export const compare: Verb = {
  description:
    'Compare the modules of networks, graphs or partitions: compare a.onnx b.onnx --k 10; compare a.json b.json; compare epoch-*.onnx --k 10',
  args: {
    file: { type: 'positional', description: 'two files or more: networks, graphs, partitions as JSON, CSV or npz' },
    layers,
    orientation,
    ...CLUSTER_FLAGS,
    ...GRAPH_FLAGS,
    ...OUTPUT_FLAGS,
  },
  takesMany: true,
  async run(flags, terminal, watch) {
    const paths = (flags._ as readonly unknown[]).map(String)
    if (paths.length < 2)
      throw new UsageError('usage.file', 'Compare what? Give two files or more: lobes compare A B [C …].')
    const seed = seedOf(flags)
    let [first, previous, k]: [LayeredPartition | undefined, LayeredPartition | undefined, number | 'auto'] = [
      undefined,
      undefined,
      wantedK(flags),
    ]
    const steps: DriftStep[] = []
    for (const path of paths) {
      const input = await compareInput(path, { ...flags, k: String(k) }, seed, watch)
      // All are cut into as many modules as the first, so that what differs is not their number.
      if (k === 'auto') k = input.labels.reduce((most, label) => Math.max(most, label), -1) + 1
      const toPrevious = previous ? await compareModules(previous, input, { seed }) : null
      const toFirst = first && first !== previous ? await compareModules(first, input, { seed }) : toPrevious
      steps.push({ name: path, toPrevious, toFirst })
      first ??= input
      previous = input
    }
    watch.clear()
    terminal.print(terminal.bold(paths.map(path => basename(path)).join(' → ')))
    terminal.print(`k = ${k}, seed ${seed}`)
    terminal.print()
    if (steps.length === 2) printComparison(steps[1].toPrevious as ModuleComparison, terminal)
    else printDrift(steps, terminal)
    const numbers = steps.map(({ toPrevious, toFirst }) => ({
      toPrevious: numbersOf(toPrevious),
      toFirst: numbersOf(toFirst),
    }))
    const hash = resultHash(numbers)
    terminal.print(terminal.dim(`hash ${hash}`))
    const tool = { name: 'lobes', version: VERSION, node: process.version }
    terminal.document({ schemaVersion: SCHEMA_VERSION, tool, k, seed, files: paths, steps, hash })
    return 0
  },
}

/** Names of files are no numbers. */
function numbersOf(comparison: ModuleComparison | null): unknown {
  if (!comparison) return null
  const { first: _, second: __, ...numbers } = comparison
  return {
    ...numbers,
    layers: numbers.layers.map(({ name: ___, ...counts }) => counts),
    moved: numbers.moved.map(({ unit, from, to }) => [unit, from, to]),
  }
}
