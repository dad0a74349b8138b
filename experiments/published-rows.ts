/**
 * Trains the networks behind rows of the papers' tables and prints published beside measured: mean ± sd of test
 * accuracy and n-cut over the seeds, mean of the shuffles' means and sds, median z [least, most], and how many runs lay
 * below all shuffles. A `≠` marks an n-cut or an accuracy further from the published mean than three standard errors
 * of the difference.
 */
import { writeFile } from 'node:fs/promises'
import { threadExecutor } from '../src/jobs/threads.ts'
import type { NullModel } from '../src/significance/verdict.ts'
import { moments, standardDeviation } from '../src/stats/effect.ts'
import type { TrainingConfig } from '../src/training/config.ts'
import type { Phase } from '../src/training/train.ts'
import { type Measured, measured, type Trained, trainedNetwork } from './trained-networks.ts'

/** One phase of one row as published; accuracies and n-cuts are means over `nets` networks. */
export interface Published {
  readonly accuracy?: number
  readonly mse?: number
  readonly ncut: number
  /** Between networks. */
  readonly sd: number
  readonly shuffled: number
  readonly shuffledSd: number
  /** Median. */
  readonly z: number
  readonly significant: string
  readonly nets: number
}

export interface Row {
  readonly name: string
  readonly config: TrainingConfig
  readonly published: Partial<Record<Phase, Published>>
}

export interface TableOptions {
  readonly seeds: number
  readonly cache: string
  readonly threads: number
  readonly k: number
  readonly shuffles: number
  readonly nulls: readonly NullModel[]
  /** Also written to this file. */
  readonly out?: string
}

const HEAD =
  '| row | phase | | n | accuracy | n-cut | shuffled | sd | z, median | below all |\n|---|---|---|---|---|---|---|---|---|---|'

export async function printTable(rows: readonly Row[], options: TableOptions): Promise<void> {
  const executor = threadExecutor(options.threads)
  const lines: string[] = []
  const print = (line: string) => {
    lines.push(line)
    console.log(line)
  }
  let runtime = ''
  print(HEAD)
  for (const row of rows) {
    const trained: Trained[] = []
    for (let seed = 1; seed <= options.seeds; seed++)
      trained.push(await trainedNetwork(row.config, seed, { ...options, onProgress: remark(row.name) }))
    runtime = trained[0].runtime
    for (const phase of ['unpruned', 'pruned'] as const) {
      const published = row.published[phase]
      if (!trained[0].phases[phase]) continue
      if (published) print(publishedLine(row.name, phase, published))
      for (const model of options.nulls) {
        const runs: Measured[] = []
        for (const one of trained) runs.push(await measured(one, phase, { ...options, null: model }, executor))
        print(measuredLine(row.name, phase, model, trained, runs, published))
      }
    }
  }
  print(`\nk = ${options.k}, ${options.shuffles} shuffles, paper protocol, seeds 1 to ${options.seeds}; ${runtime}`)
  await executor.close()
  if (options.out) await writeFile(options.out, `${lines.join('\n')}\n`)
}

function remark(name: string): (text: string) => void {
  return text => {
    if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${name}, ${text}`)
  }
}

function publishedLine(name: string, phase: Phase, row: Published): string {
  const { accuracy, mse, ncut, sd, shuffled, shuffledSd, z, significant, nets } = row
  const score = accuracy?.toFixed(4) ?? (mse === undefined ? '' : `mse ${mse}`)
  const cells = [name, phase, 'published', nets, score, `${ncut.toFixed(3)} ± ${sd.toFixed(3)}`]
  return `| ${[...cells, shuffled.toFixed(3), shuffledSd.toFixed(3), z.toFixed(2), significant].join(' | ')} |`
}

function measuredLine(
  name: string,
  phase: Phase,
  model: NullModel,
  trained: readonly Trained[],
  runs: readonly Measured[],
  published: Published | undefined,
): string {
  const metrics = trained.map(({ phases }) => phases[phase]!)
  const isRegression = metrics[0].accuracy === undefined
  const scores = moments(metrics.map(({ accuracy, mse }) => accuracy ?? mse ?? Number.NaN))
  const ncuts = moments(runs.map(({ ncut }) => ncut))
  const sd = runs.length > 1 ? standardDeviation(ncuts, 1) : 0
  const error = Math.sqrt(sd ** 2 / runs.length + (published ? published.sd ** 2 / published.nets : 0))
  const differs = published && Math.abs(ncuts.mean - published.ncut) > 3 * error ? ' ≠' : ''
  const zs = runs.flatMap(({ z }) => (z === null ? [] : [z])).sort((a, b) => a - b)
  const median = (zs[(zs.length - 1) >> 1] + zs[zs.length >> 1]) / 2
  const floor = Math.min(...runs.map(({ p }) => p))
  const below = runs.filter(({ ncut, mean, p }) => p === floor && ncut < mean).length
  const cells = [
    ...[name, phase, `measured, ${model}`, runs.length],
    isRegression ? `mse ${scores.mean.toFixed(4)}` : scores.mean.toFixed(4),
    `${ncuts.mean.toFixed(3)} ± ${sd.toFixed(3)}${differs}`,
    moments(runs.map(({ mean }) => mean)).mean.toFixed(3),
    moments(runs.map(one => one.sd)).mean.toFixed(3),
    `${median.toFixed(2)} [${zs[0]?.toFixed(1)}, ${zs.at(-1)?.toFixed(1)}]`,
    `${below}/${runs.length}`,
  ]
  return `| ${cells.join(' | ')} |`
}
