/**
 * The clusterability penalty (arXiv 2103.03386, its code's result file): 49-64×3-10 on MNIST at 7 × 7, ten networks each,
 * with and without; k = 12, 50 shuffles, the papers' protocol. Rows: `plain`; `papers`, λ = .1 with half of the true
 * gradient and the normaliser's slip while pruning, as published; `true`, the true gradient and the right normaliser.
 *
 * LOBES_DATA=FOLDER node experiments/clusterability-penalty.ts [--rows plain,papers,true] [--seeds 10] [--shuffles 50]
 *   [--task small_mnist] [--null layer] [--threads 1] [--cache FOLDER] [--out FILE.md]
 */
import { parseArgs } from 'node:util'
import { UsageError } from '../src/errors.ts'
import type { NullModel } from '../src/significance/verdict.ts'
import type { TrainingConfig } from '../src/training/config.ts'
import { presetConfig } from '../src/training/presets.ts'
import { type Published, printTable, type Row } from './published-rows.ts'

const PLAIN: Row['published'] = {
  unpruned: row(0.9574, 10.02, 0.045, 10.035, 0.0304, -0.65, '2/10'),
  pruned: row(0.9338, 7.114, 0.242, 7.426, 0.1158, -1.9, '4/10'),
}
const PENALISED: Row['published'] = {
  unpruned: row(0.959, 8.928, 0.478, 8.144, 0.2296, 2.12, '1/10'),
  pruned: row(0.896, 5.514, 0.399, 6.31, 0.1991, -5.29, '7/10'),
}

const ROWS: Readonly<Record<string, Pick<Row, 'config' | 'published'>>> = {
  plain: { config: presetConfig('small-mlp', ['pruning']), published: PLAIN },
  papers: { config: presetConfig('small-mlp', ['pruning', 'penalty']), published: PENALISED },
  true: {
    config: {
      ...presetConfig('small-mlp', ['pruning']),
      penalty: { strength: 0.1, eigenvalues: 3, every: 1 },
      normaliser: 'fan-in',
    } satisfies TrainingConfig,
    published: {},
  },
}

const { values: flags } = parseArgs({
  options: {
    task: { type: 'string', default: 'small_mnist' },
    rows: { type: 'string', default: Object.keys(ROWS).join() },
    seeds: { type: 'string', default: '10' },
    shuffles: { type: 'string', default: '50' },
    null: { type: 'string', default: 'layer' },
    threads: { type: 'string', default: '1' },
    cache: { type: 'string', default: 'lobes-experiments' },
    out: { type: 'string' },
  },
})

const rows = flags.rows.split(',').map((name): Row => {
  const known = ROWS[name]
  if (!known) throw new UsageError('usage.value', `--rows takes ${Object.keys(ROWS).join(', ')}, not "${name}".`)
  return { name, config: { ...known.config, task: flags.task }, published: known.published }
})
await printTable(rows, {
  ...{ seeds: Number(flags.seeds), cache: flags.cache, threads: Number(flags.threads), k: 12, out: flags.out },
  ...{ shuffles: Number(flags.shuffles), nulls: flags.null.split(',') as NullModel[] },
})

function row(
  ...[accuracy, ncut, sd, shuffled, shuffledSd, z, significant]: readonly [
    number,
    number,
    number,
    number,
    number,
    number,
    string,
  ]
): Published {
  return { accuracy, ncut, sd, shuffled, shuffledSd, z, significant, nets: 10 }
}
