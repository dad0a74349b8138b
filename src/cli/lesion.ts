/** `lobes lesion FILE --data D`: what each sub-module does, by taking it out. */
import { writeFile } from 'node:fs/promises'
import { chanceWarning } from '../data/chance.ts'
import { ResourceError } from '../errors.ts'
import { ABLATIONS } from '../modules/lesions/ablations.ts'
import { lesionProtocol, type ProtocolName } from '../modules/lesions/protocols.ts'
import { CLUSTER_FLAGS } from './cluster-flags.ts'
import { DATA_FLAGS, requiredData } from './data-flags.ts'
import { choice, count, type Flags, seedOf, text } from './flags.ts'
import { GRAPH_FLAGS } from './graph-flags.ts'
import { printLesions } from './lesion-table.ts'
import { OPEN_FLAGS, OUTPUT_FLAGS, openFile } from './network-flags.ts'
import { printStructure, structureDocument, structureOf } from './structure.ts'
import type { Verb } from './verb.ts'

const PROTOCOLS = ['default', 'paper-2020', 'paper-2021'] as const

export const lesion: Verb = {
  description: 'Take out the units of each module, layer by layer, and see what the network can no longer do.',
  args: {
    ...OPEN_FLAGS,
    ...DATA_FLAGS,
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
    const protocol = choice(flags, 'protocol', PROTOCOLS) ?? 'default'
    const options = {
      controls: count(flags, 'controls', 1),
      ablation: choice(flags, 'ablation', ABLATIONS),
      tests: flags.keep === true ? ('sufficiency' as const) : ('necessity' as const),
      threads: count(flags, 'threads', 1),
    }
    const seed = seedOf(flags)
    const opened = await openFile(flags)
    const data = await requiredData(flags, opened.network, seed, watch)
    const structure = await structureOf(opened, graphFlags(flags, protocol), seed, watch)
    const { lesionStudy } = await import('../modules/lesions/lesion-study.ts')
    const { chooseRuntime } = await import('../runtime/choose.ts')
    const { prepared, whole, network } = structure
    const study = await lesionStudy(network, prepared.graph, whole.labels, data, {
      ...{ ...options, ...watch, protocol, seed, runtime: await chooseRuntime() },
    })
    watch.clear()
    printStructure(structure, terminal)
    terminal.print()
    printLesions(study, data.heads === 1 ? data.classes : undefined, terminal)
    for (const note of data.notes) terminal.note(`note: ${note}`)
    const { accuracy } = study.intact
    const warning = accuracy !== null && data.labels && chanceWarning(accuracy, data.labels)
    if (warning) terminal.note(`warning: ${warning}`)
    const document = {
      ...structureDocument(structure),
      data: { name: data.name, examples: data.indices.length, preprocessing: data.preprocessing, notes: data.notes },
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

async function writeResult(path: string, document: unknown): Promise<void> {
  await writeFile(path, `${JSON.stringify(document)}\n`).catch(error => {
    throw new ResourceError('resource.write', `${path} cannot be written (${error.code}); choose another --out.`, {
      cause: error,
    })
  })
}
