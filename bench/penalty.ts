/**
 * What the clusterability penalty costs: `node bench/penalty.ts [--rounds 5] [--threads 1]`. The same run of `fit` with a
 * hook that does nothing before every step (so that steps are not grouped) and with the penalty, in turn, on the
 * embedded digits. Prints medians over the second half of each run; the share is (with − without) ÷ without (below
 * zero where calls are rare enough that steps are grouped between them), the last column the calls' time alone.
 */
import { parseArgs } from 'node:util'
import type { Dataset } from '../src/data/dataset.ts'
import { mlp } from '../src/network/architectures.ts'
import type { Network } from '../src/network/network.ts'
import type { Progress } from '../src/progress.ts'
import { loadTask } from '../src/tasks/load.ts'
import { clusterabilityPenalty } from '../src/training/clusterability-penalty.ts'
import { fit } from '../src/training/fit.ts'
import type { TrainingHook } from '../src/training/hooks.ts'
import { median } from './peer.ts'

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '5' }, threads: { type: 'string', default: '1' } },
})
const whole = await loadTask('digits', { train: 12_800, test: 128 })
const CASES = [
  {
    name: '251 units, every step',
    network: mlp([49, 64, 64, 64, 10], { seed: 1 }).network,
    data: small(whole),
    every: 1,
    epochs: 8,
  },
  {
    ...{ name: '1,818 units, every 20 steps', network: mlp([784, 256, 256, 256, 256, 10], { seed: 1 }).network },
    ...{ data: whole, every: 20, epochs: 4 },
  },
]

/** Before every step, so that steps are not grouped. */
const IDLE: TrainingHook = { name: 'idle', every: 1, apply: () => undefined }

console.log(
  '| network | step without ms | with ms | share | call ms | calls ÷ step without |\n|---|---|---|---|---|---|',
)
for (const { name, network, data, every, epochs } of CASES) {
  const [without, within, calls]: number[][] = [[], [], []]
  for (let round = 0; round < Number(values.rounds); round++) {
    without.push((await measure(network, data, epochs, [IDLE])).step)
    const measured = await measure(network, data, epochs, [await clusterabilityPenalty(network, { every })])
    within.push(measured.step)
    calls.push(measured.call)
  }
  const [a, b, call] = [without, within, calls].map(median)
  const cells = [a.toFixed(3), b.toFixed(3), percent((b - a) / a), call.toFixed(3), percent(call / every / a)]
  console.log(`| ${name} | ${cells.join(' | ')} |`)
}

function percent(share: number): string {
  return `${(100 * share).toFixed(0)} %`
}

/** Median milliseconds of a step (the penalty's calls spread over its steps) and of a call. */
async function measure(network: Network, dataset: Dataset, epochs: number, hooks: readonly TrainingHook[]) {
  const calls: number[] = []
  const timed = hooks.map(
    (hook): TrainingHook => ({
      ...hook,
      apply: async state => {
        const began = performance.now()
        const changes = await hook.apply(state)
        calls.push(performance.now() - began)
        return changes
      },
    }),
  )
  const marks: Progress[] = []
  const times: number[] = []
  const onProgress = (progress: Progress) => {
    marks.push(progress)
    times.push(performance.now())
  }
  const threads = Number(values.threads)
  await fit(network, dataset, {
    seed: 1,
    epochs,
    hooks: timed,
    validation: false,
    deadUnits: false,
    threads,
    onProgress,
  })
  // Time between two reports, spread over their steps; a call of the penalty lies before the steps it serves.
  const steps = marks.slice(1).flatMap(({ done }, at) => {
    const count = done - marks[at].done
    return new Array<number>(count).fill((times[at + 1] - times[at]) / count)
  })
  const half = <T>(list: readonly T[]) => list.slice(list.length >> 1)
  return { step: median(half(steps)), call: calls.length ? median(half(calls)) : 0 }
}

/** 28 × 28 averaged to 7 × 7. */
function small(dataset: Dataset): Dataset {
  const shrink = (inputs: ArrayLike<number>) =>
    Uint8Array.from({ length: inputs.length / 16 }, (_, at) => {
      const [image, cell] = [Math.floor(at / 49), at % 49]
      let sum = 0
      for (let i = 0; i < 16; i++)
        sum += inputs[image * 784 + (Math.floor(cell / 7) * 4 + (i >> 2)) * 28 + (cell % 7) * 4 + (i & 3)]
      return sum / 16
    })
  const split = <S extends Dataset['train']>(given: S): S => ({ ...given, inputs: shrink(given.inputs) })
  return { ...dataset, shape: [49], train: split(dataset.train), tests: { test: split(dataset.tests.test) } }
}
