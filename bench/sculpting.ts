/**
 * Sculpting against the same algorithm as a plain PyTorch program, one network after another (sculpting_peer.py), in the
 * same run: a full trial of Neural Sculpting (arXiv 2305.18402), 14 × 5 step sizes, [4,2,4] by 4-24-4 with the paper's
 * settings. The published code takes about 30 minutes for one on two cores, most of it starting data loaders.
 *
 * node bench/sculpting.ts [--python python3] [--trials 12] [--threads 2]
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { threadExecutor } from '../src/jobs/threads.ts'
import { tableMaterial } from '../src/sculpt/pruning/material.ts'
import { sculptSettings } from '../src/sculpt/pruning/options.ts'
import { sculptJobs } from '../src/sculpt/pruning/task.ts'
import { booleanTask } from '../src/tasks/boolean.ts'
import { truthTable } from '../src/tasks/function-graph.ts'

const PUBLISHED_SECONDS = 1800
const SETTING = { epochs: 15, batch: 8, rate: 0.05 }

const { values: flags } = parseArgs({
  options: {
    python: { type: 'string', default: 'python3' },
    trials: { type: 'string', default: '12' },
    threads: { type: 'string', default: '2' },
  },
})
const table = truthTable(booleanTask('[4,2,4]'))
const options = { ...SETTING, hidden: [24], threshold: 1, protocol: 'paper' } as const
const context = { materials: [tableMaterial(table)] }
const jobs = Array.from({ length: Number(flags.trials) }, (_, seed) => ({ material: 0, seed, options }))

const executor = threadExecutor(Number(flags.threads))
await executor.map(sculptJobs, context, jobs.slice(0, 2))
const started = performance.now()
const runs = await executor.map(sculptJobs, context, jobs)
const ours = (performance.now() - started) / 1000 / jobs.length
await executor.close()

const { unitSteps, edgeSteps } = sculptSettings(table.rows, options)
const folder = mkdtempSync(join(tmpdir(), 'lobes-bench-'))
const file = join(folder, 'job.json')
const rows = Array.from({ length: table.rows }, (_, row) => row)
writeFileSync(
  file,
  JSON.stringify({
    inputs: rows.map(row => Array.from({ length: table.inputs }, (_, i) => (row >> (table.inputs - 1 - i)) & 1)),
    outputs: rows.map(row => [...table.values.subarray(row * table.outputs, (row + 1) * table.outputs)]),
    ...{ ...SETTING, hidden: [24], unitSteps, edgeSteps, seed: 0 },
  }),
)
const peer = spawnSync(flags.python, [new URL('sculpting_peer.py', import.meta.url).pathname, file], {
  encoding: 'utf8',
})
rmSync(folder, { recursive: true })

console.log(
  `lobes, ${flags.threads} threads: ${(1000 * ours).toFixed(1)} ms a trial of 70 networks (${runs.filter(run => run.solved).length} of ${runs.length} solved)`,
)
console.log(`published code, 30 minutes: ${(PUBLISHED_SECONDS / ours).toFixed(0)} times as long`)
if (peer.status === 0) {
  const { seconds, trainings } = JSON.parse(peer.stdout) as { seconds: number; trainings: number }
  console.log(
    `PyTorch, one network after another: ${seconds.toFixed(1)} s (${trainings} trainings): ${(seconds / ours).toFixed(0)} times as long`,
  )
} else console.log(`PyTorch could not be run: ${peer.stderr.trim().split('\n').at(-1)}`)
