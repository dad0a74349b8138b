/**
 * Trial by trial beside the networks that Neural Sculpting's authors stored (arXiv 2305.18402): the same task, width, seed,
 * settings and grid by the published loops, against the network of theirs that counted. Are ours as sparse, and do they have
 * the planted hierarchy as often? `luckiest`: one of the sparsest has it; `within n`: one with at most n edges more.
 *
 * node experiments/sculpting-stored.ts FILE.jsonl [--tasks "[4,1,2,"] [--layers 2,3] [--threads 2]
 */
import { readFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { threadExecutor } from '../src/jobs/threads.ts'
import { detectModules } from '../src/sculpt/detect.ts'
import type { MaskedNetwork } from '../src/sculpt/masked-network.ts'
import { parseNetworkLine } from '../src/sculpt/network-lines.ts'
import { tableMaterial } from '../src/sculpt/pruning/material.ts'
import { sculptJobs } from '../src/sculpt/pruning/task.ts'
import { scoreHierarchy } from '../src/sculpt/score.ts'
import { booleanTask } from '../src/tasks/boolean.ts'
import { truthTable } from '../src/tasks/function-graph.ts'
import { plantedHierarchy } from '../src/tasks/planted-hierarchy.ts'

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    tasks: { type: 'string', default: '[4,1,2,' },
    layers: { type: 'string', default: '2,3' },
    threads: { type: 'string', default: '2' },
  },
})
const [file] = positionals
if (file === undefined) throw new Error('Give the file of the stored networks, a line each.')

interface Stored {
  readonly modularity: readonly number[]
  readonly arch: readonly number[]
  readonly seed: number
  readonly lr: number
  readonly batch_size: number
  readonly epochs: number
}

const depths = flags.layers.split(',').map(Number)
const trials = (await readFile(file, 'utf8'))
  .trim()
  .split('\n')
  .map(line => ({ line, stored: JSON.parse(line) as Stored }))
  .map(({ line, stored }) => ({ line, stored, task: `[${stored.modularity}]`, hidden: stored.arch.slice(1, -1) }))
  .filter(({ task, hidden }) => depths.includes(hidden.length) && /^\d+\]$/.test(task.replace(flags.tasks, '')))

const executor = threadExecutor(Number(flags.threads))
const runs = await executor.map(
  sculptJobs,
  { materials: trials.map(({ task }) => tableMaterial(truthTable(booleanTask(task)))) },
  trials.map(({ stored, hidden }, material) => ({
    material,
    seed: stored.seed,
    options: {
      ...{ threshold: 1, hidden, protocol: 'paper' as const },
      ...{ rate: stored.lr, batch: stored.batch_size, epochs: stored.epochs },
    },
  })),
)
await executor.close()

const edges = (network: MaskedNetwork) => network.edges.reduce((sum, { weight }) => sum + weight.length, 0)
const rows = trials.map(({ task, hidden, line }, i) => {
  const planted = plantedHierarchy(booleanTask(task), hidden.length)
  const exact = (network: MaskedNetwork) => scoreHierarchy(network, detectModules(network), planted).exact
  const stored = parseNetworkLine(line, task).network
  const solved = runs[i].networks.filter(({ accuracy }) => accuracy === 1).map(({ network }) => network)
  const least = Math.min(...solved.map(edges))
  const within = (more: number) => solved.some(network => edges(network) <= least + more && exact(network))
  const chances = [0, 1, 2, 3].map(within)
  return { hidden, more: least - edges(stored), theirs: exact(stored), chances }
})

console.log(
  '| hidden layers | trials | edges more than theirs, mean | sparser | equal | denser | theirs as planted | luckiest | within 1 | within 2 | within 3 |',
)
console.log('|---|---|---|---|---|---|---|---|---|---|---|')
for (const depth of depths) {
  const own = rows.filter(({ hidden }) => hidden.length === depth)
  const count = (of: (row: (typeof rows)[number]) => boolean) => own.filter(of).length
  const mean = own.reduce((sum, { more }) => sum + more, 0) / own.length
  const divided = [count(({ more }) => more < 0), count(({ more }) => more === 0), count(({ more }) => more > 0)]
  const within = [0, 1, 2, 3].map(more => count(({ chances }) => chances[more]))
  console.log(
    `| ${[depth, own.length, mean.toFixed(2), ...divided, count(({ theirs }) => theirs), ...within].join(' | ')} |`,
  )
}
