import { writeFile } from 'node:fs/promises'
import { datasetHash } from '../data/content-hash.ts'
import { type Dataset, exampleCount } from '../data/dataset.ts'
import { datasetToNpz } from '../data/npz-dataset.ts'
import { dataStore } from '../data/store.ts'
import { ResourceError, UsageError } from '../errors.ts'
import { SCHEMA_VERSION } from '../report/analysis.ts'
import { loadTask, taskNames } from '../tasks/load.ts'
import { VERSION } from '../version.ts'
import { count, text } from './flags.ts'
import { OUTPUT_FLAGS } from './network-flags.ts'
import { shown } from './terminal.ts'
import type { Verb } from './verb.ts'

/** The seed of the published sets, so that a set is the same for everybody who asks for none. */
const SEED = '42'

export const data: Verb = {
  description: 'Make a data set, download it where need be, and write it as npz. Without a name: list the names.',
  args: {
    name: { type: 'positional', description: 'e.g. digits, mnist, halves_mnist, poly', required: false },
    out: { type: 'string', valueHint: 'FILE.npz', description: 'where to write it; without, it is described only' },
    train: { type: 'string', valueHint: 'N', description: 'examples to train on (default: all, or as published)' },
    test: { type: 'string', valueHint: 'N', description: 'examples in each test split (default: likewise)' },
    'random-labels': { type: 'boolean', description: 'replace all labels by random ones' },
    seed: { type: 'string', valueHint: 'N', description: 'seed of everything random', default: SEED },
    ...OUTPUT_FLAGS,
  },
  async run(flags, terminal, watch) {
    const name = text(flags, 'name')
    if (name === undefined) {
      for (const task of taskNames()) terminal.print(task)
      terminal.document({ schemaVersion: SCHEMA_VERSION, tasks: taskNames() })
      return 0
    }
    const out = text(flags, 'out')
    if (out !== undefined && !out.toLowerCase().endsWith('.npz'))
      throw new UsageError('usage.out', `--out cannot be "${out}": the file must end in .npz.`)
    const seed = count(flags, 'seed', 0)
    const dataset = await loadTask(name, {
      ...watch,
      seed,
      store: dataStore(),
      train: count(flags, 'train', 1),
      test: count(flags, 'test', 1),
      randomLabels: flags['random-labels'] === true,
    })
    if (out !== undefined)
      await writeFile(out, datasetToNpz(dataset)).catch(error => {
        throw new ResourceError('resource.write', `${out} cannot be written (${error.code}); choose another --out.`, {
          cause: error,
        })
      })
    const document = { ...describe(dataset), seed, hash: datasetHash(dataset), ...(out !== undefined && { out }) }
    terminal.print(
      terminal.bold(`${dataset.name}: ${document.splits.map(s => `${shown(s.examples)} ${s.name}`).join(', ')}`),
    )
    terminal.print(`examples of shape ${dataset.shape.join(' × ')}, ${answers(dataset)}`)
    terminal.print(dataset.provenance)
    terminal.print(`seed ${seed}`)
    terminal.print(terminal.dim(`hash ${document.hash}`))
    if (out !== undefined) terminal.note(`written: ${out}`)
    terminal.document({ schemaVersion: SCHEMA_VERSION, tool: { name: 'lobes', version: VERSION }, ...document })
    return 0
  },
}

function describe(dataset: Dataset) {
  const { name, shape, divisor, classes, heads, outputs, provenance } = dataset
  const splits = Object.entries({ train: dataset.train, ...dataset.tests })
  return {
    name,
    shape,
    divisor,
    classes,
    heads,
    outputs,
    provenance,
    splits: splits.map(([split, part]) => ({ name: split, examples: exampleCount(dataset, part) })),
  }
}

function answers({ classes, heads, outputs }: Dataset): string {
  if (!classes) return `${outputs} numbers to predict`
  return `${heads > 1 ? `${heads} answers of ` : ''}${classes.length} classes: ${classes.join(', ')}`
}
