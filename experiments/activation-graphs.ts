/**
 * Activation graphs of perceptrons (arXiv 2103.03386's notebook): 784-256×4-10 before and after pruning to 90 %, k = 12, the
 * `paper-2020` protocol, all test examples. Published values, of one network each, beside measured ones.
 *
 * LOBES_DATA=FOLDER node experiments/activation-graphs.ts [--tasks mnist,fashion] [--seeds 5] [--shuffles 30] [--threads 2]
 *   [--cache FOLDER]
 */
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { networkInputs } from '../src/data/dataset.ts'
import { dataStore } from '../src/data/store.ts'
import { fileSource } from '../src/formats/file-source.ts'
import { openNetwork } from '../src/formats/open.ts'
import { subgraph } from '../src/graph/subgraph.ts'
import { comparePartitions } from '../src/modules/compare-partitions.ts'
import { partitioning } from '../src/modules/partitioning.ts'
import { testModularity } from '../src/significance/test.ts'
import { loadTask } from '../src/tasks/load.ts'
import { presetConfig } from '../src/training/presets.ts'
import { trainedNetwork } from './trained-networks.ts'

/** n-cut and its z, transfer n-cut, NMI and its z, mean r² within the weights' modules. */
const PUBLISHED: Readonly<Record<string, readonly number[]>> = {
  'mnist unpruned': [8.918, -233.7, 10.786, 0.0426, 5.3, 0.0521],
  'mnist pruned': [9.547, -187.7, 10.674, 0.0731, 15.2, 0.0632],
  'fashion unpruned': [8.481, -254.2, 10.827, 0.0422, 5.2, 0.045],
  'fashion pruned': [9.456, -166, 10.653, 0.0728, 13.3, 0.0519],
}

const { values: flags } = parseArgs({
  options: {
    tasks: { type: 'string', default: 'mnist,fashion' },
    seeds: { type: 'string', default: '5' },
    shuffles: { type: 'string', default: '30' },
    threads: { type: 'string', default: '2' },
    cache: { type: 'string', default: 'lobes-experiments' },
  },
})
const head = ['network', 'n-cut', 'z', "under the weights' modules", 'NMI', 'z', "r² within the weights' modules"]
console.log(line(head))
console.log(line(head.map(() => '---')))
for (const task of flags.tasks.split(',')) {
  const dataset = await loadTask(task, { store: dataStore() })
  const inputs = networkInputs(dataset, dataset.tests.test)
  for (const phase of ['unpruned', 'pruned']) {
    for (let seed = 0; seed < Number(flags.seeds); seed++) {
      const config = { ...presetConfig('mlp', ['pruning']), task } as Parameters<typeof trainedNetwork>[0]
      const { folder } = await trainedNetwork(config, seed, { cache: flags.cache, threads: Number(flags.threads) })
      const network = await openNetwork(await fileSource(join(folder, `${phase}.onnx`)))
      console.log(line([`${task} ${phase}, seed ${seed}`, ...(await measured(network, inputs)).map(shown)]))
    }
    const published = PUBLISHED[`${task} ${phase}`]
    if (published) console.log(line([`${task} ${phase}, published`, ...published.map(shown)]))
  }
}

async function measured(network: Parameters<typeof partitioning>[0], inputs: Float32Array): Promise<number[]> {
  const options = { k: 12, seed: 1, protocol: 'paper-2020' } as const
  const weights = await partitioning(network, undefined, options)
  const activations = await partitioning(network, inputs, { ...options, graph: 'activations' })
  const { agreement, nmiNull, transfer, means } = await comparePartitions(weights, activations, { seed: 1, draws: 100 })
  const live = subgraph(
    activations.graph,
    activations.labels.map(label => (label >= 0 ? 1 : 0)),
  )
  const shuffles = Number(flags.shuffles)
  const verdict = await testModularity(live.graph, { k: 12, seed: 1, nulls: ['edges'], shuffles })
  const z = verdict.comparisons[0].z ?? Number.NaN
  const within = means.secondUnderFirst.within ?? Number.NaN
  return [activations.ncut, z, transfer.secondUnderFirst, agreement.nmi, nmiNull.z ?? Number.NaN, within]
}

function shown(value: number): string {
  return Math.abs(value) < 1 ? value.toFixed(4) : value.toFixed(Math.abs(value) < 100 ? 3 : 0)
}

function line(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`
}
