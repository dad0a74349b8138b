/** Writes a report: the page, its figures, and the analysis as JSON, CSV and Parquet beside it. */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ResourceError } from '../errors.ts'
import type { Analysis } from '../report/analysis.ts'
import { tableCsv } from '../report/csv.ts'
import { renderReport } from '../report/html.ts'
import { tableParquet } from '../report/parquet.ts'
import { figureFiles } from '../report/svg.ts'
import { analysisTables } from '../report/tables.ts'
import { pngRenderer } from './png-renderer.ts'

/** Writes into `folder`, which is made if need be, and gives the paths of what a reader opens first. */
export async function writeReport(analysis: Analysis, folder: string): Promise<{ page: string; data: string }> {
  const page = join(folder, 'index.html')
  const data = join(folder, 'analysis.json')
  const files: [string, string | Uint8Array][] = [
    [page, renderReport(analysis)],
    [data, analysisJson(analysis)],
  ]
  for (const table of analysisTables(analysis)) {
    files.push([join(folder, `${table.name}.csv`), tableCsv(table)])
    files.push([join(folder, `${table.name}.parquet`), tableParquet(table)])
  }
  const png = await pngRenderer()
  for (const { name, svg } of figureFiles(analysis)) {
    files.push([join(folder, 'figures', `${name}.svg`), svg])
    files.push([join(folder, 'figures', `${name}.png`), png(svg)])
  }
  await writeAll(join(folder, 'figures'), files)
  return { page, data }
}

/** `ncut`, `labels` and `k` stand at the top level, as in all JSON results. */
export interface AnalysisDocument extends Analysis {
  readonly k: number
  readonly ncut: number
  readonly labels: readonly number[]
}

export function analysisDocument(analysis: Analysis): AnalysisDocument {
  const { k, ncut, labels } = analysis.partition
  return { k, ncut, labels, ...analysis }
}

function analysisJson(analysis: Analysis): string {
  return `${JSON.stringify(analysisDocument(analysis))}\n`
}

/** Makes the folder and writes the files. Throws a ResourceError naming the path that cannot be written. */
export async function writeAll(folder: string, files: readonly [string, string | Uint8Array][]): Promise<void> {
  try {
    await mkdir(folder, { recursive: true })
    for (const [path, content] of files) await writeFile(path, content)
  } catch (error) {
    const { path, code } = error as NodeJS.ErrnoException
    throw new ResourceError('resource.write', `${path ?? folder} cannot be written (${code}); choose another --out.`, {
      cause: error,
    })
  }
}
