/**
 * One setting for all Boolean tasks of Neural Sculpting (arXiv 2305.18402), nothing tuned for any of them: lobes' default
 * protocol, 36 units a layer, twelve seeds for each function and number of hidden layers. One hidden layer is left out
 * where a sub-function is reused, which it cannot express. `exact`: as many modules as planted, inputs and outputs divided
 * as planted; `inputs`, `outputs`: these alone; `apart`: runs whose functions were sculpted apart. Published rates are best cases, of settings tuned function by function.
 *
 * node experiments/sculpting-suite.ts [--seeds 12] [--first 0] [--threads 2] [--out FILE.md]
 */
import { writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { threadExecutor } from '../src/jobs/threads.ts'
import { detectModules } from '../src/sculpt/detect.ts'
import { tableMaterial } from '../src/sculpt/pruning/material.ts'
import { sculptJobs } from '../src/sculpt/pruning/task.ts'
import { scoreHierarchy } from '../src/sculpt/score.ts'
import { BOOLEAN_TASKS, booleanTask } from '../src/tasks/boolean.ts'
import { truthTable } from '../src/tasks/function-graph.ts'
import { plantedHierarchy } from '../src/tasks/planted-hierarchy.ts'
import { FAMILIES, publishedRates } from './sculpting-published.ts'

const WIDTH = 36
const { values: flags } = parseArgs({
  options: {
    seeds: { type: 'string', default: '12' },
    first: { type: 'string', default: '0' },
    threads: { type: 'string', default: '2' },
    out: { type: 'string' },
  },
})
const seeds = Array.from({ length: Number(flags.seeds) }, (_, i) => Number(flags.first) + i)

/** Numbers of hidden layers that the paper has for a task, without those that cannot express it. */
function depths(task: string): number[] {
  if (task.startsWith('[8,2,1,2,')) return [2, 3, 4]
  return /^\[4,1,2,\d+\]$/.test(task) ? [2, 3] : [1, 2, 3]
}
const cells = BOOLEAN_TASKS.flatMap(task => depths(task).map(layers => ({ task, layers })))
const published = new Map(
  FAMILIES.flatMap(publishedRates)
    .filter(({ measure }) => measure === 'exact')
    .map(({ task, hiddenLayers, published: rate }) => [`${task} ${hiddenLayers}`, rate]),
)

const executor = threadExecutor(Number(flags.threads))
const started = performance.now()
const runs = await executor.map(
  sculptJobs,
  { materials: cells.map(({ task }) => tableMaterial(truthTable(booleanTask(task)))) },
  cells.flatMap(({ layers }, material) =>
    seeds.map(seed => ({ material, seed, options: { threshold: 1, hidden: new Array<number>(layers).fill(WIDTH) } })),
  ),
)
const minutes = (performance.now() - started) / 60_000
await executor.close()

const lines = [
  '| task | hidden layers | published | exact | inputs | outputs | apart | solved |',
  '|---|---|---|---|---|---|---|---|',
]
const families = new Map<string, number[]>()
for (const [c, { task, layers }] of cells.entries()) {
  const planted = plantedHierarchy(booleanTask(task), layers)
  const own = runs.slice(c * seeds.length, (c + 1) * seeds.length)
  const scores = own.map(({ networks: [{ network }] }) => scoreHierarchy(network, detectModules(network), planted))
  const rate = (of: (score: (typeof scores)[number]) => boolean) => scores.filter(of).length / scores.length
  const exact = rate(score => score.exact)
  const family = task.replace(/,\d+\]$/, ',n]')
  families.set(family, [...(families.get(family) ?? []), exact])
  const row = [
    ...[task, layers, published.get(`${task} ${layers}`)?.toFixed(2) ?? '–', exact.toFixed(2)],
    ...[rate(score => score.inputsRight).toFixed(2), rate(score => score.outputsRight).toFixed(2)],
    ...[own.filter(({ apart }) => apart).length, own.filter(({ solved }) => solved).length],
  ]
  lines.push(`| ${row.join(' | ')} |`)
}
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
lines.push('', '| family | exact, mean over its cells |', '|---|---|')
for (const [family, rates] of families) lines.push(`| ${family} | ${mean(rates).toFixed(2)} |`)
lines.push(`| all ${cells.length} cells | ${mean([...families.values()].flat()).toFixed(3)} |`)
lines.push('', `${runs.length} runs in ${minutes.toFixed(1)} minutes on ${flags.threads} threads.`)
console.log(lines.join('\n'))
if (flags.out !== undefined) await writeFile(flags.out, `${lines.join('\n')}\n`)
