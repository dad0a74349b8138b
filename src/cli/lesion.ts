/** `lobes lesion FILE --data D`: what each sub-module does, by taking it out. */
import { writeFile } from 'node:fs/promises'
import { type Dataset, exampleSize } from '../data/dataset.ts'
import { ResourceError, UsageError } from '../errors.ts'
import { ABLATIONS } from '../modules/lesions/ablations.ts'
import { lesionProtocol, type ProtocolName } from '../modules/lesions/protocols.ts'
import { CLUSTER_FLAGS } from './cluster-flags.ts'
import { choice, count, type Flags, seedOf, text } from './flags.ts'
import { GRAPH_FLAGS } from './graph-flags.ts'
import { printLesions } from './lesion-table.ts'
import { OPEN_FLAGS, OUTPUT_FLAGS, openFile } from './network-flags.ts'
import { printStructure, structureDocument, structureOf } from './structure.ts'
import { wantedDataset } from './training-config.ts'
import type { Verb } from './verb.ts'

const PROTOCOLS = ['default', 'paper-2020', 'paper-2021'] as const

export const lesion: Verb = {
  description: 'Take out the units of each module, layer by layer, and see what the network can no longer do.',
  args: {
    ...OPEN_FLAGS,
    data: { type: 'string', valueHint: 'NAME|FILE.npz', description: 'examples to measure on: their test split' },
    examples: { type: 'string', valueHint: 'N', description: 'so many of them, evenly over the classes (default all)' },
    controls: {
      type: 'string',
      valueHint: 'N',
      description: 'random unit sets per sub-module (default 99, or what the protocol has)',
    },
    ablation: {
      type: 'string',
      valueHint: 'zero|mean|resample|weights',
      description: 'what lesioned units give (default zero; by paper protocols weights)',
    },
    keep: { type: 'boolean', description: 'keep the sub-module and take out the rest of its layer instead' },
    ...CLUSTER_FLAGS,
    ...GRAPH_FLAGS,
    protocol: {
      type: 'string',
      valueHint: PROTOCOLS.join('|'),
      description: 'controls, sizes, ties, effects and graph as the published code of that year had them',
    },
    threads: { type: 'string', valueHint: 'N', description: 'threads of the runtime (default 1)' },
    out: { type: 'string', valueHint: 'FILE.json', description: 'write the whole result here as well' },
    ...OUTPUT_FLAGS,
  },
  async run(flags, terminal, watch) {
    const name = text(flags, 'data')
    if (name === undefined)
      throw new UsageError('usage.data', 'Lesions need examples: --data NAME (mnist, digits …) or --data FILE.npz.')
    const protocol = choice(flags, 'protocol', PROTOCOLS) ?? 'default'
    const options = {
      controls: count(flags, 'controls', 1),
      ablation: choice(flags, 'ablation', ABLATIONS),
      tests: flags.keep === true ? ('sufficiency' as const) : ('necessity' as const),
      threads: count(flags, 'threads', 1),
    }
    const examples = count(flags, 'examples', 1)
    const seed = seedOf(flags)
    const opened = await openFile(flags)
    const dataset = await wantedDataset(name, {}, watch)
    const structure = await structureOf(opened, graphFlags(flags, protocol), seed, watch)
    const { balancedSample, evaluationSet } = await import('../modules/lesions/evaluation-set.ts')
    const { lesionStudy } = await import('../modules/lesions/lesion-study.ts')
    const { chooseRuntime } = await import('../runtime/choose.ts')
    const { test } = dataset.tests
    const data = evaluationSet(dataset, examples === undefined ? test : balancedSample(dataset, test, examples, seed))
    const { prepared, whole, network } = structure
    const study = await lesionStudy(network, prepared.graph, whole.labels, data, {
      ...{ ...options, ...watch, protocol, seed, runtime: await chooseRuntime() },
    })
    watch.clear()
    printStructure(structure, terminal)
    terminal.print()
    printLesions(study, classNames(dataset), terminal)
    const chance = chanceRemark(study.intact.accuracy, dataset)
    if (chance !== undefined) terminal.note(chance)
    const document = {
      ...structureDocument(structure),
      data: { name: dataset.name, examples: data.inputs.length / exampleSize(dataset) },
      lesions: study,
    }
    const out = text(flags, 'out')
    if (out !== undefined) await writeResult(out, document)
    terminal.document(document)
    return 0
  },
}

/** The papers' graph and number of modules belong to their protocols. */
function graphFlags(flags: Flags, protocol: ProtocolName): Flags {
  if (protocol === 'default') return { ...flags, protocol: 'default' }
  return { ...flags, protocol: 'paper', k: text(flags, 'k') ?? String(lesionProtocol(protocol).k) }
}

function classNames({ classes, heads }: Dataset): readonly string[] | undefined {
  return heads === 1 ? classes : undefined
}

/** An intact network at chance has most likely been fed what it does not expect. */
function chanceRemark(accuracy: number | null, { classes }: Dataset): string | undefined {
  if (accuracy === null || !classes || accuracy > 1.5 / classes.length) return undefined
  return `warning: the intact network is right in ${(100 * accuracy).toFixed(1)} % of the examples, no better than chance: it may have been trained on inputs of another scale or layout.`
}

async function writeResult(path: string, document: unknown): Promise<void> {
  await writeFile(path, `${JSON.stringify(document)}\n`).catch(error => {
    throw new ResourceError('resource.write', `${path} cannot be written (${error.code}); choose another --out.`, {
      cause: error,
    })
  })
}
