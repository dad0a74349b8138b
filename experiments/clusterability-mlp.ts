/**
 * The perceptrons of Clusterability in Neural Networks (arXiv 2003.04881, 2103.03386): 784-256×4-10, plain and with
 * dropout, L1, L2 or the clusterable initialisation, before and after pruning to 90 %; k = 12, 50 shuffles, the papers'
 * protocol. Published values (of the code's own result files) beside measured ones.
 *
 * LOBES_DATA=FOLDER node experiments/clusterability-mlp.ts [--task mnist] [--rows plain,dropout,clusterable] [--seeds 5]
 *   [--shuffles 50] [--null layer,degree-preserving] [--threads 2] [--cache FOLDER] [--out FILE.md]
 */
import { parseArgs } from 'node:util'
import { UsageError } from '../src/errors.ts'
import type { NullModel } from '../src/significance/verdict.ts'
import { presetConfig } from '../src/training/presets.ts'
import { type Published, printTable, type Row } from './published-rows.ts'

type Numbers = readonly [
  accuracy: number,
  ncut: number,
  sd: number,
  shuffled: number,
  shuffledSd: number,
  z: number,
  significant: string,
]

/** Each row: unpruned, pruned. */
const PUBLISHED: Readonly<Record<string, Readonly<Record<string, readonly [Numbers, Numbers]>>>> = {
  mnist: {
    plain: [
      [0.9802, 10.024, 0.017, 10.165, 0.0352, -4.63, '5/5'],
      [0.984, 8.88, 0.049, 9.183, 0.0313, -9.73, '5/5'],
    ],
    dropout: [
      [0.9799, 9.971, 0.082, 10.295, 0.1113, -3.09, '5/5'],
      [0.9795, 8.35, 0.046, 9.247, 0.0387, -22.32, '5/5'],
    ],
    l1: [
      [0.9794, 9.062, 0.218, 6.505, 0.1421, 17.38, '0/5'],
      [0.9814, 10.064, 0.219, 2.717, 0.333, 22.18, '0/5'],
    ],
    l2: [
      [0.9798, 9.639, 0.293, 9.387, 0.0661, 4.81, '1/5'],
      [0.9817, 8.335, 1.88, 8.599, 0.0809, -4.16, '3/5'],
    ],
    clusterable: [
      [0.9786, 8.718, 0.043, 10.065, 0.0311, -40.9, '5/5'],
      [0.9832, 5.75, 0.072, 9.2, 0.0381, -88.48, '5/5'],
    ],
  },
  fashion: {
    plain: [
      [0.8908, 9.885, 0.026, 10.08, 0.0365, -5.25, '5/5'],
      [0.8945, 8.687, 0.142, 9.032, 0.0349, -7.6, '5/5'],
    ],
    dropout: [
      [0.8719, 9.698, 0.029, 10.052, 0.0342, -10.25, '5/5'],
      [0.8673, 8.11, 0.087, 9.131, 0.0413, -25.27, '5/5'],
    ],
    l1: [
      [0.8805, 8.407, 0.153, 7.214, 0.1042, 11.82, '0/5'],
      [0.8868, 9.943, 0.438, 4.591, 0.2268, 23.7, '0/5'],
    ],
    l2: [
      [0.8786, 9.468, 0.074, 9.185, 0.0677, 4.35, '0/5'],
      [0.8922, 8.524, 1.094, 8.746, 0.0775, -5.03, '3/5'],
    ],
    clusterable: [
      [0.892, 8.746, 0.051, 10.022, 0.0377, -34.77, '5/5'],
      [0.8931, 6.265, 0.093, 9.065, 0.0355, -76.48, '5/5'],
    ],
  },
  halves_same_mnist: {
    plain: [
      [0.9934, 10.041, 0.047, 10.104, 0.0271, -1.76, '2/5'],
      [0.995, 8.923, 0.091, 9.036, 0.0352, -2.55, '3/5'],
    ],
  },
  halves_mnist: {
    plain: [
      [0.9256, 9.874, 0.027, 10.312, 0.0913, -4.1, '5/5'],
      [0.9401, 8.46, 0.059, 9.181, 0.0325, -20.71, '5/5'],
    ],
  },
  halves_same_fashion: {
    plain: [
      [0.9399, 9.782, 0.041, 9.919, 0.0318, -5.45, '4/5'],
      [0.9472, 8.447, 0.195, 8.8, 0.0379, -11.18, '4/5'],
    ],
  },
  halves_fashion: {
    plain: [
      [0.7157, 9.881, 0.114, 10.246, 0.0206, -17.67, '5/5'],
      [0.7242, 8.637, 0.203, 9.046, 0.0277, -13.9, '5/5'],
    ],
  },
}

const { values: flags } = parseArgs({
  options: {
    task: { type: 'string', default: 'mnist' },
    rows: { type: 'string', default: 'plain,dropout,clusterable' },
    seeds: { type: 'string', default: '5' },
    shuffles: { type: 'string', default: '50' },
    null: { type: 'string', default: 'layer' },
    threads: { type: 'string', default: '2' },
    cache: { type: 'string', default: 'lobes-experiments' },
    out: { type: 'string' },
  },
})

const rows = flags.rows.split(',').map((name): Row => {
  const published = PUBLISHED[flags.task]?.[name]
  const variants = name === 'plain' ? ['pruning'] : ['pruning', name]
  return {
    name: `${flags.task} ${name}`,
    config: { ...presetConfig('mlp', variants), task: flags.task },
    published: published ? { unpruned: asRow(published[0]), pruned: asRow(published[1]) } : {},
  }
})
if (!(Number(flags.seeds) >= 1)) throw new UsageError('usage.value', `--seeds must be at least 1, not ${flags.seeds}.`)
await printTable(rows, {
  ...{ seeds: Number(flags.seeds), cache: flags.cache, threads: Number(flags.threads), k: 12, out: flags.out },
  ...{ shuffles: Number(flags.shuffles), nulls: flags.null.split(',') as NullModel[] },
})

function asRow([accuracy, ncut, sd, shuffled, shuffledSd, z, significant]: Numbers): Published {
  return { accuracy, ncut, sd, shuffled, shuffledSd, z, significant, nets: 5 }
}
