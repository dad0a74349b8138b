/**
 * The n-cut of untrained networks, k = 12, beside the values of Clusterability in Neural Networks (arXiv 2103.03386; its
 * stored notebook data, and for 64 filters an independent reproduction). Paper protocol: entrywise graph for perceptrons,
 * induced 1-norm of kernels from the second convolution on. Passes where means differ by at most 3·√(se₁² + se₂²) + .02.
 *
 * node experiments/random-initialisation.ts [--nets 100] [--threads 2] [--only mlp]
 */
import { parseArgs } from 'node:util'
import { paperDefaults } from '../src/graph/paper-form.ts'
import { prepareGraph } from '../src/graph/prepare.ts'
import { threadExecutor } from '../src/jobs/threads.ts'
import { loadKernels } from '../src/kernels/kernels.ts'
import { partitionFor } from '../src/significance/statistic.ts'
import { moments, standardDeviation } from '../src/stats/effect.ts'
import { type ArchitectureName, build, initialNcut } from './initial-ncut.ts'

interface Reference {
  readonly architecture: ArchitectureName
  readonly planted: boolean
  readonly mean: number
  readonly sd: number
  readonly nets: number
}

const REFERENCES: readonly Reference[] = [
  { architecture: 'mlp', planted: false, mean: 10.2952, sd: 0.0317, nets: 100 },
  { architecture: 'mlp', planted: true, mean: 6.799, sd: 0.0338, nets: 100 },
  { architecture: 'cnn-64', planted: false, mean: 10.896, sd: 0.008, nets: 4 },
  { architecture: 'cnn-64', planted: true, mean: 9.3093, sd: 0.03, nets: 4 },
  { architecture: 'cnn-128', planted: false, mean: 10.923, sd: 0.0066, nets: 100 },
  { architecture: 'cnn-128', planted: true, mean: 9.2488, sd: 0.03, nets: 100 },
  { architecture: 'vgg', planted: false, mean: 8.5199, sd: 0.0289, nets: 100 },
  { architecture: 'vgg', planted: true, mean: 7.756, sd: 0.104, nets: 100 },
]

const { values: flags } = parseArgs({
  options: {
    nets: { type: 'string', default: '100' },
    threads: { type: 'string', default: '2' },
    only: { type: 'string', default: '' },
    seed: { type: 'string', default: '1' },
  },
})
const nets = Number(flags.nets)
const executor = threadExecutor(Number(flags.threads), { tasks: new URL('./tasks.ts', import.meta.url) })
const kernels = await loadKernels()
let failed = 0
console.log('network   modules   reference        measured         difference  allowed')
for (const { architecture, planted, mean, sd, nets: count } of REFERENCES) {
  if (!architecture.startsWith(flags.only)) continue
  const context = { architecture, planted, k: 12, seed: Number(flags.seed) }
  const indices = Array.from({ length: nets }, (_, i) => i)
  const ncuts = await executor.map(initialNcut, context, indices, {
    onProgress: ({ done }) => {
      if (process.stderr.isTTY) process.stderr.write(`\r${architecture}: ${done}/${nets} `)
    },
  })
  if (process.stderr.isTTY) process.stderr.write('\r\x1b[K')
  const own = moments(ncuts)
  const ownSd = nets > 1 ? standardDeviation(own, 1) : 0
  const difference = own.mean - mean
  const allowed = 3 * Math.sqrt(sd ** 2 / count + ownSd ** 2 / nets) + 0.02
  // The first network goes through the library's own graph builder as well.
  const { network } = build(context, 0)
  const { part } = await prepareGraph(network, paperDefaults(network))
  const whole = partitionFor(kernels, part.graph, context).ncut
  const sameGraph = Math.abs(whole - ncuts[0]) < 1e-6
  const good = Math.abs(difference) <= allowed && sameGraph
  if (!good) failed++
  console.log(
    [
      architecture.padEnd(9),
      (planted ? 'planted' : 'none').padEnd(9),
      `${mean.toFixed(3)} ± ${sd.toFixed(3)}`.padEnd(16),
      `${own.mean.toFixed(3)} ± ${ownSd.toFixed(3)}`.padEnd(16),
      difference.toFixed(3).padStart(7).padEnd(11),
      allowed.toFixed(3),
      good ? 'ok' : sameGraph ? 'DIFFERS' : `GRAPHS DIFFER (${whole})`,
    ].join(' '),
  )
}
await executor.close()
process.exitCode = failed > 0 ? 1 : 0
