/** `lobes sculpt TASK`: a Boolean task trained, pruned and read, over several seeds. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { UsageError } from '../errors.ts'
import { SCHEMA_VERSION } from '../report/analysis.ts'
import { moduleText } from '../report/sculpting/hierarchy-figure.ts'
import { renderSculpting, sculptingHeadline } from '../report/sculpting/sculpting-report.ts'
import { type SculptedTask, sculptTask } from '../sculpt/sculpt-task.ts'
import { booleanTask } from '../tasks/boolean.ts'
import { type FunctionGraph, parseFunctionGraph, truthTable } from '../tasks/function-graph.ts'
import { plantedHierarchy } from '../tasks/planted-hierarchy.ts'
import { isTableText, parseTruthTable } from '../tasks/table-file.ts'
import type { TruthTable } from '../tasks/truth-table.ts'
import { VERSION } from '../version.ts'
import { wantedThreads, withExecutor } from './cluster-flags.ts'
import { commandLine } from './command-line.ts'
import { EXIT } from './exit.ts'
import { count, type Flags, seedOf, text } from './flags.ts'
import { writeAll } from './report-files.ts'
import { detectionOptions, pruningOptions } from './sculpt-flags.ts'
import { columns, shown, type Terminal } from './terminal.ts'
import type { Watch } from './watch.ts'

const DEFAULT_SEEDS = 12
const DEFAULT_WIDTH = 36
/** Hidden layers where the function is not known. */
const DEFAULT_DEPTH = 2

export interface TaskFile {
  readonly name: string
  readonly table: TruthTable
  readonly graph?: FunctionGraph
}

/** A name in brackets, or the path of a function graph or a truth table. */
export async function openTask(task: string): Promise<TaskFile> {
  if (/^\s*\[/.test(task)) {
    const graph = booleanTask(task)
    return { name: task.replace(/\s/g, ''), table: truthTable(graph), graph }
  }
  const content = await readFile(task, 'utf8').catch(error => {
    throw new UsageError(
      'usage.file',
      `${task} cannot be read (${error.code}); give a name such as "[4,2,4]", or a file with a function graph or a truth table.`,
      { cause: error },
    )
  })
  if (isTableText(content)) return { name: task, table: parseTruthTable(content, task) }
  const graph = parseFunctionGraph(content, task)
  return { name: task, table: truthTable(graph), graph }
}

export async function sculptTable(task: string, flags: Flags, terminal: Terminal, watch: Watch): Promise<number> {
  const { name, table, graph } = await openTask(task)
  const { hidden, ...options } = pruningOptions(flags)
  const detection = detectionOptions(flags)
  const first = seedOf(flags)
  const seeds = Array.from({ length: count(flags, 'seeds', 1) ?? DEFAULT_SEEDS }, (_, i) => first + i)
  const depth = graph ? plantedHierarchy(graph).levels : DEFAULT_DEPTH
  const { signal, onProgress } = watch
  const sculpted = await withExecutor(wantedThreads(flags), executor =>
    sculptTask(name, table, graph, {
      ...options,
      hidden: hidden ?? new Array<number>(depth).fill(DEFAULT_WIDTH),
      seeds,
      detection,
      executor,
      signal,
      onProgress,
    }),
  )
  watch.clear()
  await show(sculpted, text(flags, 'out'), commandLine(first), terminal)
  return sculpted.seeds.some(seed => seed.solved) ? EXIT.ok : EXIT.negative
}

async function show(task: SculptedTask, out: string | undefined, command: string, terminal: Terminal): Promise<void> {
  const { text: headline, detail } = sculptingHeadline(task)
  for (const output of task.constantOutputs)
    terminal.note(`output ${output} is the same in every row, so there is no function to find in it`)
  terminal.print(terminal.bold(headline))
  terminal.print(detail)
  for (const { id } of task.hierarchy.modules) {
    const { stability, p } = task.findings[id]
    const trust = [
      stability === null ? '' : `in ${shown(100 * stability, 0)} % of the other seeds`,
      p === null ? '' : `p = ${shown(p)}`,
    ].filter(part => part !== '')
    terminal.print(`  ${moduleText(task, id)}${trust.length > 0 ? terminal.dim(` (${trust.join(', ')})`) : ''}`)
  }
  const head = [
    'seed',
    'bits right',
    'pruned',
    'edges',
    'units',
    'modules',
    'functions',
    ...(task.planted ? ['as planted'] : []),
  ]
  const rows = task.seeds.map(({ seed, accuracy, sparsity, edges, units, modules, apart, score }) => [
    String(seed),
    `${shown(100 * accuracy, 2)} %`,
    `${shown(100 * sparsity, 2)} %`,
    String(edges),
    units.join('-'),
    String(modules),
    apart ? 'apart' : 'together',
    ...(score ? [score.exact ? 'yes' : 'no'] : []),
  ])
  const [line, ...rest] = columns([head, ...rows])
  terminal.print(terminal.dim(line))
  for (const row of rest) terminal.print(row)
  const tool = { name: 'lobes', version: VERSION, node: process.version }
  const document = { schemaVersion: SCHEMA_VERSION, tool, ...task }
  if (out !== undefined) {
    const page = join(out, 'index.html')
    const lines = task.seeds.map(
      ({ seed, network }) => `${JSON.stringify({ id: seed, ...network, ...modularity(task) })}\n`,
    )
    await writeAll(out, [
      [page, renderSculpting(task, { version: VERSION, command })],
      [join(out, 'sculpting.json'), `${JSON.stringify(document)}\n`],
      [join(out, 'networks.jsonl'), lines.join('')],
    ])
    terminal.note(`report: ${page}`)
  }
  terminal.print(terminal.dim(`hash ${task.hash}`))
  terminal.document(document)
}

/** The task's name, where --detect can know it by that. */
function modularity({ task }: SculptedTask): { modularity?: string } {
  return /^\[/.test(task) ? { modularity: task } : {}
}
