/**
 * Why tables are trained in lobes' own kernel: 70 perceptrons 4-24-4, as many as a trial of Neural Sculpting has, trained
 * for 15 epochs of two steps as one stacked graph in ONNX Runtime (`fitReplicas`), and one after another in the kernel,
 * dense and with 16 of 192 edges left; one thread each, without noise, same optimiser and loss.
 *
 * node bench/sculpting-stack.ts [--rounds 5]
 */
import { parseArgs } from 'node:util'
import { loadKernels } from '../src/kernels/kernels.ts'
import { mlp } from '../src/network/architectures.ts'
import { randomStream } from '../src/random.ts'
import { booleanTask } from '../src/tasks/boolean.ts'
import { booleanDataset } from '../src/tasks/boolean-dataset.ts'
import { truthTable } from '../src/tasks/function-graph.ts'
import { tableExamples } from '../src/training/examples.ts'
import { perceptronTrainer } from '../src/training/perceptron-trainer.ts'
import { fitReplicas } from '../src/training/replicas.ts'
import { densePerceptron, keepEdges } from '../src/training/sparse-perceptron.ts'
import { median } from './peer.ts'

const ARCH = [4, 24, 4]
const NETWORKS = 70
const TRAINING = { epochs: 15, batch: 8 }

const { values: flags } = parseArgs({ options: { rounds: { type: 'string', default: '5' } } })
const table = truthTable(booleanTask('[4,2,4]'))
const seeds = Array.from({ length: NETWORKS }, (_, seed) => seed)

const networks = seeds.map(seed => mlp(ARCH, { seed }).network)
const dataset = booleanDataset(table, '[4,2,4]')
const stacked = () =>
  fitReplicas(networks, dataset, { ...TRAINING, rate: 0.05, loss: 'binary-cross-entropy', seeds, threads: 1 })

const trainer = perceptronTrainer(await loadKernels(), tableExamples(table))
const dense = seeds.map(seed => densePerceptron(ARCH, randomStream(seed)))
const pruned = dense.map(it =>
  keepEdges(it, (l, unit, source) =>
    l === 0 ? unit < 4 && source >> 1 === unit >> 1 : source < 4 && source >> 1 === unit >> 1,
  ),
)
const inKernel = (perceptrons: typeof dense) => () => {
  const options = { ...TRAINING, rate: 0.05, weightDecay: 1e-4, noise: 0 }
  for (const [seed, perceptron] of perceptrons.entries()) trainer.train(perceptron, options, randomStream(seed, 1))
}

console.log(`${NETWORKS} networks ${ARCH.join('-')}, ${TRAINING.epochs} epochs | ms`)
for (const [name, run] of [
  ['one graph, ONNX Runtime', stacked],
  ['kernel, dense', inKernel(dense)],
  ['kernel, 16 of 192 edges', inKernel(pruned)],
] as const) {
  const times: number[] = []
  for (let round = 0; round <= Number(flags.rounds); round++) {
    const started = performance.now()
    await run()
    if (round > 0) times.push(performance.now() - started)
  }
  console.log(`${name} | ${median(times).toFixed(1)}`)
}
