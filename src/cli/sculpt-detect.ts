/** `lobes sculpt --detect FILE`: the modules of pruned networks, one JSON object a line in and out. */
import { createReadStream } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { LobesError, UsageError } from '../errors.ts'
import { throwIfAborted } from '../progress.ts'
import { SCHEMA_VERSION } from '../report/analysis.ts'
import { tableAccuracy } from '../sculpt/accuracy.ts'
import { type DetectOptions, detectModules } from '../sculpt/detect.ts'
import { type DetectionRecord, detectionRecord } from '../sculpt/detection-record.ts'
import { parseNetworkLine } from '../sculpt/network-lines.ts'
import { booleanTask } from '../tasks/boolean.ts'
import { parseFunctionGraph, truthTable } from '../tasks/function-graph.ts'
import { constantOutputs, type TruthTable } from '../tasks/truth-table.ts'
import { VERSION } from '../version.ts'
import { type Flags, text } from './flags.ts'
import { shown, type Terminal } from './terminal.ts'

/** `file` — a path, or `-` for standard input. `detection` — on top of what each line tells. */
export async function detectLines(
  file: string,
  flags: Flags,
  detection: DetectOptions,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<number> {
  const jsonl = flags.jsonl === true
  if (jsonl && terminal.json) throw new UsageError('usage.json', 'Give --json or --jsonl, not both.')
  const task = text(flags, 'task')
  const given = task === undefined ? undefined : await givenTable(task, terminal)
  const named = namedTables(terminal)

  const records: DetectionRecord[] = []
  let networks = 0
  let solved = 0
  for await (const { line, where } of linesOf(file)) {
    throwIfAborted(signal)
    const { id, network, options, task } = parseNetworkLine(line, where)
    const table = given ?? (task === undefined ? undefined : named(task))
    const found = detectModules(network, { ...options, ...detection })
    const accuracy = table && located(where, () => tableAccuracy(network, table))
    const record = detectionRecord(id, found, accuracy)
    networks++
    if (accuracy === 1) solved++
    if (terminal.json) records.push(record)
    else if (jsonl) terminal.print(JSON.stringify(record))
    else terminal.print(summary(record, found.count))
  }
  if (networks === 0)
    throw new UsageError('usage.detect', `${nameOf(file)} holds no network; it needs one JSON object a line.`)
  if (!jsonl) terminal.print(terminal.bold(`${shown(networks)} networks, ${shown(solved)} right in every row`))
  terminal.document({ schemaVersion: SCHEMA_VERSION, tool: { name: 'lobes', version: VERSION }, networks: records })
  return 0
}

function nameOf(file: string): string {
  return file === '-' ? 'standard input' : file
}

/** The lines that are not blank, read as they are needed. */
async function* linesOf(file: string): AsyncGenerator<{ readonly line: string; readonly where: string }> {
  const name = nameOf(file)
  let number = 0
  let begun: string[] = []
  const numbered = (line: string) => ({ line, where: `${name}, line ${++number}` })
  try {
    for await (const chunk of (file === '-' ? process.stdin : createReadStream(file)).setEncoding('utf8')) {
      const pieces = (chunk as string).split('\n')
      const last = pieces.pop() as string
      for (const piece of pieces) {
        const entry = numbered(begun.join('') + piece)
        begun = []
        if (entry.line.trim() !== '') yield entry
      }
      begun.push(last)
    }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new UsageError('usage.file', `${name} cannot be read (${code}); check the path.`, { cause: error })
  }
  const entry = numbered(begun.join(''))
  if (entry.line.trim() !== '') yield entry
}

/** A name in brackets, else the path of a function graph. */
async function givenTable(task: string, terminal: Terminal): Promise<TruthTable> {
  if (/^\s*\[/.test(task)) return truthTable(booleanTask(task))
  const content = await readFile(task, 'utf8').catch(error => {
    throw new UsageError(
      'usage.file',
      `${task} cannot be read (${error.code}); --task takes a name such as [4,2,4], or a file.`,
      { cause: error },
    )
  })
  const table = truthTable(parseFunctionGraph(content, task))
  for (const output of constantOutputs(table))
    terminal.note(`${task}: output ${output} is the same in every row, so there is no function to find in it`)
  return table
}

/** Tables by the names that lines tell. A task that is not Boolean is told once, and has none. */
function namedTables(terminal: Terminal): (task: string) => TruthTable | undefined {
  const tables = new Map<string, TruthTable | undefined>()
  return task => {
    if (!tables.has(task)) {
      try {
        tables.set(task, truthTable(booleanTask(task)))
      } catch (error) {
        if (!(error instanceof UsageError)) throw error
        tables.set(task, undefined)
        terminal.note(`no accuracy for ${task}: ${error.message}`)
      }
    }
    return tables.get(task)
  }
}

/** Errors of the call are errors of the line that told it. */
function located<T>(where: string, call: () => T): T {
  try {
    return call()
  } catch (error) {
    if (!(error instanceof LobesError)) throw error
    throw new UsageError(error.code, `${where}: ${error.message}`, { cause: error })
  }
}

function summary({ id, condensed_arch: sizes, accuracy }: DetectionRecord, modules: number): string {
  const right = accuracy === null ? '' : `, ${shown(accuracy)} % right`
  return `${id ?? '?'}: ${sizes.join('-')} units in ${modules} modules${right}`
}
