/**
 * Neural Sculpting from scratch (arXiv 2305.18402): its tasks, widths, depths, seeds, training settings and grid of step
 * sizes, by its loops to the letter, beside the success rates it shows. A trial is one width and seed; of its 70 networks
 * the sparsest counts. Where several are equally sparse the published rates count one that succeeds wherever there is
 * one: `luckiest` does so too, `random` is the mean over all of them, `all` asks it of every one.
 *
 * node experiments/sculpting-paper.ts [--tasks exemplar,reuse,hierarchy,overlap] [--protocol paper] [--threads 2]
 *   [--out FILE.md]
 */
import { writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { threadExecutor } from '../src/jobs/threads.ts'
import { detectModules } from '../src/sculpt/detect.ts'
import { tableMaterial } from '../src/sculpt/pruning/material.ts'
import { sculptJobs } from '../src/sculpt/pruning/task.ts'
import { type HierarchyScore, scoreHierarchy } from '../src/sculpt/score.ts'
import type { SculptingRun } from '../src/sculpt/sculpting.ts'
import { booleanTask } from '../src/tasks/boolean.ts'
import { truthTable } from '../src/tasks/function-graph.ts'
import { plantedHierarchy } from '../src/tasks/planted-hierarchy.ts'
import { FAMILIES, type Family, type Measure, publishedRates } from './sculpting-published.ts'
import { PUBLISHED_SEEDS, publishedSettings } from './sculpting-settings.ts'

const { values: flags } = parseArgs({
  options: {
    tasks: { type: 'string', default: 'exemplar,reuse,hierarchy' },
    protocol: { type: 'string', default: 'paper' },
    threads: { type: 'string', default: '2' },
    out: { type: 'string' },
  },
})

const protocol = flags.protocol === 'default' ? 'default' : 'paper'
const cells = flags.tasks
  .split(',')
  .flatMap(family => publishedRates(family as Family))
  .map(cell => ({ ...cell, settings: publishedSettings(cell.task, cell.hiddenLayers) }))
if (cells.length === 0) throw new Error(`--tasks takes ${FAMILIES.join(', ')}, not "${flags.tasks}".`)

const names = [...new Set(cells.map(({ task }) => task))]
const graphs = names.map(booleanTask)
const trials = cells.flatMap(({ task, hiddenLayers, settings }) =>
  settings.flatMap(({ width, rate, batch, epochs }) =>
    PUBLISHED_SEEDS.map(seed => ({
      material: names.indexOf(task),
      seed,
      options: {
        threshold: 1,
        hidden: new Array<number>(hiddenLayers).fill(width),
        rate,
        batch,
        epochs,
        protocol,
      } as const,
    })),
  ),
)

const executor = threadExecutor(Number(flags.threads))
const started = performance.now()
const runs = await executor.map(
  sculptJobs,
  { materials: graphs.map(graph => tableMaterial(truthTable(graph))) },
  trials,
)
const seconds = (performance.now() - started) / 1000
await executor.close()

const SUCCESS: Readonly<Record<Measure, (score: HierarchyScore) => boolean>> = {
  exact: score => score.exact,
  inputs: score => score.inputsRight,
  outputs: score => score.outputsRight,
}

const lines = [
  '| task | hidden layers | measure | published | luckiest | random | all | trials | task solved | ties |',
  '|---|---|---|---|---|---|---|---|---|---|',
]
for (const line of lines) console.log(line)
let at = 0
for (const { task, hiddenLayers, measure, published, settings } of cells) {
  const count = settings.length * PUBLISHED_SEEDS.length
  const own = runs.slice(at, at + count)
  at += count
  const planted = plantedHierarchy(graphs[names.indexOf(task)], hiddenLayers)
  const successes = own.map(run => tiedSuccesses(run, planted, SUCCESS[measure]))
  const rate = (of: (shares: number) => number) =>
    (successes.reduce((sum, share) => sum + of(share), 0) / count).toFixed(3)
  const row = [
    task,
    hiddenLayers,
    measure,
    published.toFixed(3),
    rate(share => (share > 0 ? 1 : 0)),
    rate(share => share),
    rate(share => (share === 1 ? 1 : 0)),
    count,
    own.filter(({ solved }) => solved).length,
    (own.reduce((sum, { tied }) => sum + tied, 0) / count).toFixed(1),
  ]
  lines.push(`| ${row.join(' | ')} |`)
  console.log(lines[lines.length - 1])
}
const summary = `\n${trials.length} trials of 70 networks in ${seconds.toFixed(0)} s on ${flags.threads} threads; protocol ${protocol}.`
console.log(summary)
if (flags.out !== undefined) await writeFile(flags.out, `${lines.join('\n')}\n${summary}\n`)

/** Share of the equally sparse networks that succeed. */
function tiedSuccesses(
  { networks, tied }: SculptingRun,
  planted: ReturnType<typeof plantedHierarchy>,
  success: (score: HierarchyScore) => boolean,
): number {
  const right = networks
    .slice(0, tied)
    .filter(({ network }) => success(scoreHierarchy(network, detectModules(network), planted)))
  return right.length / tied
}
