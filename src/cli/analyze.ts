/** `lobes analyze FILE --out DIR`: everything, as a report; with `--data` what the modules do as well. */

import { join } from 'node:path'
import type { EvaluationData } from '../data/evaluation-data.ts'
import { UsageError } from '../errors.ts'
import type { Analysis } from '../report/analysis.ts'
import { type AnalyzeOptions, analyzeNetwork, analyzePrepared } from '../report/analyze.ts'
import type { NullComparison } from '../significance/verdict.ts'
import { CLUSTER_FLAGS, TEST_FLAGS, testOptions, wantedK, withExecutor } from './cluster-flags.ts'
import { commandLine } from './command-line.ts'
import { DATA_FLAGS, optionalData } from './data-flags.ts'
import { EXIT } from './exit.ts'
import { type Flags, seedOf, text } from './flags.ts'
import { functionFlags, functionOf, printFunction } from './function-part.ts'
import { GRAPH_FLAGS, graphOptions } from './graph-flags.ts'
import { graphFacts, type OpenedGraph, openGraph, prepareOpenedGraph } from './graph-structure.ts'
import { MEMORY_FLAGS, printEstimate, threadsFor } from './memory-flags.ts'
import { OPEN_FLAGS, type OpenedFile, OUTPUT_FLAGS, openFile } from './network-flags.ts'
import { analysisDocument, writeAll, writeReport } from './report-files.ts'
import { partialDocument, structureOf, structureOfFile } from './structure.ts'
import { printLayers, printVerdict } from './tables.ts'
import { shown, type Terminal } from './terminal.ts'
import type { Verb } from './verb.ts'
import type { Watch } from './watch.ts'

/** Enough for accuracies to half a point in each of ten classes, and quick. */
const EXAMPLES = 2000

export const analyze: Verb = {
  description: 'Everything about the modules of a network, as a report.',
  args: {
    ...OPEN_FLAGS,
    out: { type: 'string', valueHint: 'DIR', description: 'folder of the report (default report)' },
    ...DATA_FLAGS,
    examples: { ...DATA_FLAGS.examples, description: `so many of them, evenly over the classes (default ${EXAMPLES})` },
    controls: {
      type: 'string',
      valueHint: 'N',
      description: 'random unit sets that the lesion of each sub-module is compared with (default 99)',
    },
    parts: {
      type: 'string',
      valueHint: 'a,b',
      description: 'what is measured on the examples beside lesions: pairs, activations, coherence (default all)',
    },
    ...CLUSTER_FLAGS,
    ...TEST_FLAGS,
    ...GRAPH_FLAGS,
    ...MEMORY_FLAGS,
    ...OUTPUT_FLAGS,
  },
  async run(flags, terminal, watch) {
    if (flags.estimate === true) return printEstimate(flags, 'test', terminal)
    const seed = seedOf(flags)
    functionFlags(flags)
    const graph = await openGraph(flags)
    if (graph) refuseData(flags)
    const opened = graph ?? (await openFile(flags))
    const wanted = text(flags, 'data') === undefined ? flags : { examples: String(EXAMPLES), ...flags }
    const data = 'network' in opened ? await optionalData(wanted, opened.network, seed, watch) : undefined
    const folder = text(flags, 'out') ?? 'report'
    const { analysis, page } = await analyzeInto(
      opened,
      data,
      folder,
      { ...flags, seed: String(seed) },
      terminal,
      watch,
    )
    terminal.document({ ...analysisDocument(analysis), report: page })
    return EXIT.ok
  },
}

/** A graph of nodes and edges computes nothing. */
function refuseData(flags: Flags): void {
  const stray = [...Object.keys(DATA_FLAGS), 'controls'].find(name => text(flags, name) !== undefined)
  if (stray)
    throw new UsageError(
      'usage.flag',
      `--${stray} is about what networks compute; a graph of nodes and edges computes nothing.`,
    )
}

/** Analyses an opened network or graph with the flags' options, prints the gist and writes the report. */
export async function analyzeInto(
  opened: OpenedFile | OpenedGraph,
  data: EvaluationData | undefined,
  folder: string,
  flags: Flags,
  terminal: Terminal,
  watch: Watch,
): Promise<{ analysis: Analysis; page: string }> {
  const k = wantedK(flags)
  const seed = seedOf(flags)
  const { signal, onProgress } = watch
  const finished: NullComparison[] = []
  const keepPartial = async () => {
    const path = join(folder, 'partial.json')
    const document = partialDocument(
      'network' in opened ? await structureOf(opened, flags, seed, {}) : await structureOfFile(opened, flags, seed, {}),
      finished,
    )
    await writeAll(folder, [[path, JSON.stringify(document)]])
    terminal.note(`kept the modules and ${finished.length} finished null models: ${path}`)
    terminal.document(document)
  }
  const structure = await withExecutor(await threadsFor(flags, opened), executor =>
    analyzeOpened(opened, flags, {
      ...testOptions(flags),
      k: k === 'auto' ? undefined : k,
      seed,
      executor,
      signal,
      onProgress,
      runtime: process.version,
      command: commandLine(seed),
      onComparison: comparison => finished.push(comparison),
    }),
  ).catch(async error => {
    watch.end()
    if (signal.aborted) await keepPartial()
    throw error
  })
  watch.clear()
  printStructure(structure, terminal)
  const analysis =
    data && 'network' in opened
      ? await functionOf(opened.network, structure, data, folder, flags, terminal, watch)
      : structure
  watch.end()
  if (data) printFunction(analysis, data, terminal)
  const { page } = await writeReport(analysis, folder)
  terminal.print(`report: ${page}`)
  return { analysis, page }
}

async function analyzeOpened(
  opened: OpenedFile | OpenedGraph,
  flags: Flags,
  options: AnalyzeOptions,
): Promise<Analysis> {
  if ('network' in opened)
    return analyzeNetwork(opened.network, opened.source, { ...(await graphOptions(flags)), ...options })
  const prepared = await prepareOpenedGraph(opened, flags)
  return analyzePrepared(async () => prepared, graphFacts(opened, prepared), opened.source, options)
}

function printStructure(
  { file, partition, layers, stability, verdict, network, parameters, hash }: Analysis,
  terminal: Terminal,
): void {
  const { k, ncut, labels } = partition
  const units = labels.filter(label => label >= 0).length
  terminal.print(terminal.bold(`${file.name}: ${shown(units)} units in ${k} modules, n-cut ${shown(ncut)}`))
  terminal.print(`seed ${parameters.seed}; ${stability.runs} clusterings agree to ARI ${stability.meanAri.toFixed(2)}`)
  terminal.print()
  printLayers(layers, k, terminal)
  terminal.print()
  printVerdict(verdict, terminal)
  terminal.print(terminal.dim(`hash ${hash}`))
  for (const { name, type, reason } of network.leftOut) terminal.note(`left out: ${name} (${type}): ${reason}`)
  for (const note of network.notes) terminal.note(`note: ${note}`)
}
