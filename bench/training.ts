/**
 * Training steps, lobes against PyTorch in turn: `node bench/training.ts [--rounds 5] [--case mlp] [--threads 2]`.
 * Same shapes, batches and optimiser, random data; ours is `fit` and `fitReplicas` as users call them, order of examples
 * and feeding included. PyTorch is asked under each of four thread settings and counts with its best. Prints medians.
 */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'
import type { Dataset } from '../src/data/dataset.ts'
import { mlp, smallCnn } from '../src/network/architectures.ts'
import type { Network } from '../src/network/network.ts'
import type { Progress } from '../src/progress.ts'
import { randomStream } from '../src/random.ts'
import { chooseRuntime } from '../src/runtime/choose.ts'
import type { Runtime, RuntimeName } from '../src/runtime/runtime.ts'
import { fit } from '../src/training/fit.ts'
import { fitReplicas } from '../src/training/replicas.ts'
import { median } from './peer.ts'

interface Case {
  readonly name: string
  /** As train_peer.py knows it. */
  readonly key: string
  readonly network: (seed: number) => Network
  readonly shape: readonly number[]
  readonly batch: number
  readonly replicas: number
  /** Steps in a round: ours, and PyTorch's. */
  readonly steps: readonly [number, number]
  readonly target: number
}

const CASES: readonly Case[] = [
  {
    ...{ name: 'MLP 784-256×4-10, batch 128', key: 'mlp', shape: [784], batch: 128, replicas: 1, steps: [300, 100] },
    ...{ network: seed => mlp([784, 256, 256, 256, 256, 10], { seed }).network, target: 1.5 },
  },
  {
    ...{
      name: 'small CNN, 64 filters, batch 64',
      key: 'cnn',
      shape: [1, 28, 28],
      batch: 64,
      replicas: 1,
      steps: [24, 12],
    },
    ...{ network: seed => smallCnn({ seed }).network, target: 0.9 },
  },
  {
    ...{ name: '32 × MLP 49-64×3-10, batch 32', key: 'replicas', shape: [49], batch: 32, replicas: 32 },
    ...{ steps: [300, 400], network: seed => mlp([49, 64, 64, 64, 10], { seed }).network, target: 5 },
  },
]

const SETTINGS: readonly Readonly<Record<string, string>>[] = [
  {},
  { OMP_WAIT_POLICY: 'passive' },
  { OPENBLAS_NUM_THREADS: '1' },
  { OMP_NUM_THREADS: '1', OPENBLAS_NUM_THREADS: '1' },
]

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    case: { type: 'string' },
    threads: { type: 'string', default: '2' },
    runtimes: { type: 'string', default: 'onnxruntime-node,onnxruntime-web' },
    'no-peer': { type: 'boolean', default: false },
  },
})
const rounds = Number(values.rounds)
const threads = Number(values.threads)
const runtimes = await Promise.all(
  values.runtimes.split(',').map(name => chooseRuntime({ prefer: name as RuntimeName })),
)
const peers = values['no-peer'] ? [] : SETTINGS.map(startPeer)

const columns = [...runtimes.map(({ name }) => `${name} ms`), 'PyTorch ms', 'its settings', 'ratio', 'target']
console.log(`| step of | ${columns.join(' | ')} |\n|${'---|'.repeat(columns.length + 1)}`)
for (const it of CASES.filter(({ key }) => !values.case || key === values.case)) {
  const ours = runtimes.map((): number[] => [])
  const theirs = peers.map((): number[] => [])
  for (const peer of peers) await peer.ask(it.key, 5)
  for (let round = 0; round < rounds; round++) {
    for (const [at, runtime] of runtimes.entries()) ours[at].push(await measure(it, runtime))
    for (const [at, peer] of peers.entries()) theirs[at].push((await peer.ask(it.key, it.steps[1])) * it.replicas)
  }
  const best = Math.min(...theirs.map(median))
  const cells = [
    ...ours.map(times => median(times).toFixed(2)),
    ...[best.toFixed(2), theirs.map(times => median(times).toFixed(2)).join(', ')],
    ...[(best / median(ours[0])).toFixed(2), String(it.target)],
  ]
  console.log(`| ${it.name} | ${cells.join(' | ')} |`)
}
for (const peer of peers) peer.close()

/** Median milliseconds of a step over a run, the first steps left out. */
async function measure(it: Case, runtime: Runtime): Promise<number> {
  const slow = runtime.name === 'onnxruntime-node' ? 1 : 4
  const examples = Math.ceil(it.steps[0] / slow) * it.batch
  const random = randomStream(1)
  const size = it.shape.reduce((product, length) => product * length, 1)
  const inputs = Uint8Array.from({ length: examples * size }, () => random.bits() & 255)
  const labels = Int32Array.from({ length: examples }, () => random.below(10))
  const dataset: Dataset = {
    ...{ name: 'random', shape: it.shape, divisor: 255, classes: Array.from('0123456789'), heads: 1, outputs: 10 },
    ...{ train: { inputs, labels }, tests: { test: { inputs, labels } }, shuffle: true, provenance: 'random' },
  }
  const times: number[] = []
  let before = { done: 0, at: performance.now() }
  const onProgress = ({ done }: Progress) => {
    const at = performance.now()
    times.push(...new Array(done - before.done).fill((at - before.at) / (done - before.done)))
    before = { done, at }
  }
  const options = { epochs: 1, batch: it.batch, validation: false, runtime, threads, onProgress } as const
  if (it.replicas === 1) await fit(it.network(1), dataset, { ...options, seed: 1 })
  else {
    const seeds = Array.from({ length: it.replicas }, (_, seed) => seed)
    await fitReplicas(seeds.map(it.network), dataset, { ...options, seeds })
  }
  return median(times.slice(times.length >> 2))
}

interface TrainingPeer {
  ask(key: string, steps: number): Promise<number>
  close(): void
}

/** Python (`PYTHON` or python3) with PyTorch under some thread settings. */
function startPeer(environment: Readonly<Record<string, string>>): TrainingPeer {
  const child = spawn(process.env.PYTHON ?? '/usr/bin/python3', [join(import.meta.dirname, 'train_peer.py')], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, ...environment },
  })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  return {
    async ask(key, steps) {
      child.stdin.write(JSON.stringify({ case: key, steps }) + '\n')
      const { value, done } = await lines.next()
      if (done) throw new Error('The Python peer stopped: is PyTorch installed (python3-torch libopenblas0-pthread)?')
      return Number(value)
    },
    close: () => child.stdin.end(),
  }
}
