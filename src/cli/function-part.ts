/** The functional part of `lobes analyze --data`: measured, kept when it is interrupted, and printed. */
import type { EvaluationData } from '../data/evaluation-data.ts'
import { LobesError, UsageError } from '../errors.ts'
import type { Network } from '../network/network.ts'
import type { Analysis } from '../report/analysis.ts'
import { analyzeFunction, FUNCTION_PARTS } from '../report/functional/analyze-function.ts'
import type { FunctionalAnalysis } from '../report/functional/functional-analysis.ts'
import { verdictsOf } from '../report/functional/verdicts.ts'
import { choices, count, type Flags, text } from './flags.ts'
import { graphOptions } from './graph-flags.ts'
import { printLesions } from './lesion-table.ts'
import { writeReport } from './report-files.ts'
import type { Terminal } from './terminal.ts'
import type { Watch } from './watch.ts'

/** What the flags say about the functional part. Throws a UsageError where they do without examples. */
export function functionFlags(flags: Flags) {
  const stray = ['controls', 'parts'].find(name => text(flags, name) !== undefined)
  if (stray && text(flags, 'data') === undefined)
    throw new UsageError('usage.flag', `--${stray} is about what modules do, but there is no --data.`)
  return { parts: choices(flags, 'parts', FUNCTION_PARTS), controls: count(flags, 'controls', 1) }
}

/**
 * Adds the functional part. Where it fails or is interrupted, the report is written with what was finished before the
 * error goes on; where there is nothing to lesion, the analysis stays as it is and a remark says why.
 */
export async function functionOf(
  network: Network,
  structure: Analysis,
  data: EvaluationData,
  folder: string,
  flags: Flags,
  terminal: Terminal,
  { signal, onProgress, end }: Watch,
): Promise<Analysis> {
  let finished: FunctionalAnalysis | undefined
  const options = { ...(await graphOptions(flags)), ...functionFlags(flags), signal, onProgress }
  try {
    const onFinished = (found: FunctionalAnalysis) => {
      finished = found
    }
    return { ...structure, functional: await analyzeFunction(network, structure, data, { ...options, onFinished }) }
  } catch (error) {
    if (error instanceof LobesError && error.code === 'usage.sub-modules') {
      terminal.note(`no functional part: ${error.message}`)
      return structure
    }
    end()
    const functional = finished && { ...finished, notes: [...finished.notes, STOPPED] }
    const { page } = await writeReport({ ...structure, ...(functional && { functional }) }, folder)
    terminal.note(`kept the structural part${finished ? ' and the lesions' : ''}: ${page}`)
    throw error
  }
}

const STOPPED = 'The run ended before everything was measured; what was not finished is missing.'

/** The lesions, and whether structure and function agree. */
export function printFunction(analysis: Analysis, data: EvaluationData, terminal: Terminal): void {
  const { functional } = analysis
  if (!functional) return
  terminal.print()
  printLesions(functional.lesions, data.heads === 1 ? data.classes : undefined, terminal)
  const { together } = verdictsOf({ ...analysis, functional })
  terminal.print()
  terminal.print(terminal.bold(`${together.text}.`))
  terminal.print(together.detail)
  terminal.print(terminal.dim(`functional hash ${functional.hash}, ${functional.runtime.name}`))
  for (const note of [...functional.data.notes, ...functional.notes]) terminal.note(`note: ${note}`)
  if (functional.chanceWarning !== null) terminal.note(`warning: ${functional.chanceWarning}`)
}
