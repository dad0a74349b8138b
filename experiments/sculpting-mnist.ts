/**
 * Neural Sculpting's two image tasks (arXiv 2305.18402): MNIST digits side by side, both to be told (are left and right
 * two modules?), or the XOR of two digits below 8 (is there a module for each digit among the inputs?). One width, seeds
 * 0, 1, 2 and 5; merging at .6 and the gate at .3, as published. Training images are made of training digits, test images
 * of test digits. Pixels without an edge are no inputs: they belong to no module. Edges alone are pruned: with units
 * pruned first, the few that are left serve both digits.
 *
 * LOBES_DATA=FOLDER node experiments/sculpting-mnist.ts [--tasks two_digits,xor_digits] [--layers 2,3,4] [--seeds 0,1,2,5]
 *   [--width 100] [--train 10000] [--test 2000] [--epochs 4] [--drop .01] [--threads 2] [--cache FOLDER]
 */
import { existsSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { dataStore } from '../src/data/store.ts'
import { threadExecutor } from '../src/jobs/threads.ts'
import { detectModules } from '../src/sculpt/detect.ts'
import type { MaskedNetwork } from '../src/sculpt/masked-network.ts'
import { parseNetworkLine } from '../src/sculpt/network-lines.ts'
import { networkRecord } from '../src/sculpt/network-record.ts'
import { datasetMaterial } from '../src/sculpt/pruning/material.ts'
import { sculptJobs } from '../src/sculpt/pruning/task.ts'
import { loadTask } from '../src/tasks/load.ts'

const { values: flags } = parseArgs({
  options: {
    tasks: { type: 'string', default: 'two_digits,xor_digits' },
    layers: { type: 'string', default: '2,3,4' },
    seeds: { type: 'string', default: '0,1,2,5' },
    width: { type: 'string', default: '100' },
    train: { type: 'string', default: '10000' },
    test: { type: 'string', default: '2000' },
    epochs: { type: 'string', default: '4' },
    drop: { type: 'string', default: '.01' },
    'weight-decay': { type: 'string', default: '.001' },
    'unit-step': { type: 'string', default: '0' },
    'edge-step': { type: 'string', default: '20' },
    threads: { type: 'string', default: '2' },
    cache: { type: 'string' },
  },
})
const list = (text: string) => text.split(',').map(Number)
const HALF = 28

const executor = threadExecutor(Number(flags.threads))
console.log('| task | hidden layers | seed | accuracy | edges | living units | modules | left and right apart |')
console.log('|---|---|---|---|---|---|---|---|')
for (const task of flags.tasks.split(',')) {
  const sizes = { train: Number(flags.train), test: Number(flags.test) }
  const dataset = await loadTask(`${task}_mnist`, { store: dataStore(), ...sizes })
  const materials = [datasetMaterial(dataset)]
  const cells = list(flags.layers).flatMap(layers => list(flags.seeds).map(seed => ({ layers, seed })))
  const jobs = cells.map(({ layers, seed }) => ({
    material: 0,
    seed,
    options: {
      hidden: new Array<number>(layers).fill(Number(flags.width)),
      ...{
        epochs: Number(flags.epochs),
        batch: 64,
        rate: 0.001,
        noise: 0,
        drop: Number(flags.drop),
        weightDecay: Number(flags['weight-decay']),
      },
      ...{
        unitSteps: list(flags['unit-step']).filter(step => step > 0),
        edgeSteps: [Number(flags['edge-step'])],
        restarts: 1,
      },
    },
  }))
  // One after another for each thread, so that every finished run is kept.
  const waiting = jobs.map((job, i) => ({ job, cell: cells[i] }))
  const lane = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const { job, cell } = next
      const file =
        flags.cache &&
        join(
          flags.cache,
          `${task}-${cell.layers}-${cell.seed}-${JSON.stringify(job.options).replace(/\W+/g, '_')}.json`,
        )
      const cached = file && existsSync(file) ? await readFile(file, 'utf8') : undefined
      const line = cached ?? JSON.stringify(await sculpted(job))
      if (file && !cached) {
        await mkdir(flags.cache!, { recursive: true })
        await writeFile(file, line)
      }
      report(task, cell, line)
    }
  }
  const sculpted = async (job: (typeof jobs)[number]) => {
    const [run] = await executor.map(sculptJobs, { materials }, [job])
    const [{ network, accuracy, sparsity }] = run.networks
    return { id: job.seed, ...networkRecord(network), accuracy, sparsity, solved: run.solved }
  }
  await Promise.all(Array.from({ length: Number(flags.threads) }, lane))
}
await executor.close()

function report(task: string, { layers, seed }: { layers: number; seed: number }, line: string): void {
  const { accuracy } = JSON.parse(line) as { accuracy: number }
  const { network } = parseNetworkLine(line, `${task}, seed ${seed}`)
  const found = detectModules(network, { mergeThreshold: 0.6, modularityThreshold: 0.3 })
  const edges = network.edges.reduce((sum, { weight }) => sum + weight.length, 0)
  const units = found.layers.map(({ alive }) => alive.length).join('-')
  const apart = sidesApart(network, found.layers[0])
  console.log(`| ${[task, layers, seed, accuracy.toFixed(4), edges, units, found.count, apart].join(' | ')} |`)
}

/** Whether the input modules are two, one of the left half's pixels and one of the right's; else how they divide them. */
function sidesApart(
  _network: MaskedNetwork,
  { alive, modules }: ReturnType<typeof detectModules>['layers'][number],
): string {
  const counts = new Map<number, [number, number]>()
  alive.forEach((pixel, i) => {
    const side = pixel % (2 * HALF) < HALF ? 0 : 1
    const both = counts.get(modules[i]) ?? [0, 0]
    both[side]++
    counts.set(modules[i], both)
  })
  const pure = counts.size === 2 && [...counts.values()].every(([left, right]) => left === 0 || right === 0)
  const both = pure && new Set([...counts.values()].map(([left]) => left > 0)).size === 2
  return both ? 'yes' : `no: ${[...counts.values()].map(([left, right]) => `${left}+${right}`).join(', ')}`
}
