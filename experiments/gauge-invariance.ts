/**
 * Function-preserving changes must not move the answer: units of ReLU networks are permuted and rescaled (stored as
 * Float32 again, so every weight is rounded anew), and each disguised network is opened, canonicalised and clustered
 * from scratch. Passes when the partition is the same (ARI = 1) and the n-cut within 1e-6 in at least 99.5 % of them.
 *
 * node experiments/gauge-invariance.ts [--trials 1000] [--data FOLDER with safetensors networks]
 */
import { parseArgs } from 'node:util'
import { prepareGraph } from '../src/graph/prepare.ts'
import { layerOffsets } from '../src/graph/unit-graph.ts'
import { loadKernels } from '../src/kernels/kernels.ts'
import { mlp } from '../src/network/architectures.ts'
import { buildChain, type DenseLayer } from '../src/network/build.ts'
import { disguise } from '../src/network/disguise.ts'
import { clusterWith } from '../src/partition/cluster.ts'
import { randomStream } from '../src/random.ts'
import { adjustedRandIndex } from '../src/stats/agreement.ts'
import { tensor } from '../src/tensor/tensor.ts'

const { values: flags } = parseArgs({ options: { trials: { type: 'string', default: '1000' } } })
const kernels = await loadKernels()

const planting = { modules: 10, down: 0.6 }
const CASES = [
  { name: '784-256×4-10, k = 12', sizes: [784, 256, 256, 256, 256, 10], k: 12 },
  { name: '784-256×4-10, k = 4', sizes: [784, 256, 256, 256, 256, 10], k: 4 },
  { name: '784-256×4-10, planted, k = 10', sizes: [784, 256, 256, 256, 256, 10], k: 10, planting },
  { name: '784-256×4-10, 90 % pruned, k = 12', sizes: [784, 256, 256, 256, 256, 10], k: 12, density: 0.1 },
  { name: '49-64×3-10, k = 12', sizes: [49, 64, 64, 64, 10], k: 12 },
]

/** Keeps the largest weights of each layer. */
function pruned(layers: readonly DenseLayer[], density: number): DenseLayer[] {
  return layers.map(layer => {
    const data = Float32Array.from(layer.weight.data as Float32Array)
    const threshold = data.map(Math.abs).sort()[Math.round(data.length * (1 - density))]
    return {
      ...layer,
      weight: tensor(
        data.map(w => (Math.abs(w) >= threshold ? w : 0)),
        layer.weight.shape,
      ),
    }
  })
}

async function clustered(layers: readonly DenseLayer[], inputs: number, k: number) {
  const { graph, part } = await prepareGraph(buildChain(layers, { input: [inputs] }))
  const { labels, ncut } = clusterWith(kernels, part.graph, { k, seed: 0 })
  const whole = new Int32Array(layerOffsets(graph)[graph.layers.length]).fill(-1)
  part.unitOf.forEach((unit, i) => {
    whole[unit] = labels[i]
  })
  return { labels: whole, ncut, graph }
}

let failed = 0
let total = 0
for (const { name, sizes, k, density, ...options } of CASES) {
  const trials = Math.ceil(Number(flags.trials) / CASES.length)
  let same = 0
  let worst = 0
  for (let trial = 0; trial < trials; trial++) {
    // A new network every twenty trials, twenty disguises of it.
    const built = mlp(sizes, { seed: Math.floor(trial / 20), ...options }).layers as readonly DenseLayer[]
    const layers = density ? pruned(built, density) : built
    const plain = await clustered(layers, sizes[0], k)
    const hidden = disguise(layers, randomStream(trial, 77))
    const other = await clustered(hidden.layers, sizes[0], k)
    const offsets = layerOffsets(plain.graph)
    const back = new Int32Array(plain.labels.length)
    hidden.order.forEach((order, l) => {
      order.forEach((was, now) => {
        back[offsets[l] + was] = other.labels[offsets[l] + now]
      })
    })
    const gap = Math.abs(other.ncut - plain.ncut)
    const equal = adjustedRandIndex(plain.labels, back) === 1 && gap < 1e-6
    if (equal) same++
    else worst = Math.max(worst, gap)
  }
  failed += trials - same
  total += trials
  console.log(
    `${name}: ${same} of ${trials} the same${same < trials ? `, largest n-cut difference ${worst.toExponential(2)}` : ''}`,
  )
}
console.log(`${total - failed} of ${total} (${((100 * (total - failed)) / total).toFixed(2)} %) the same`)
process.exitCode = failed / total > 0.005 ? 1 : 0
