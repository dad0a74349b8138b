/** `lobes coherence FILE [--data D]`: what each sub-module asks for, as a picture, and whether its units agree. */
import type { ImageShape } from '../data/evaluation-data.ts'
import { UsageError } from '../errors.ts'
import { OBJECTIVES } from '../modules/coherence/objective.ts'
import { PARAMETRISATIONS } from '../modules/coherence/parametrisation.ts'
import { COHERENCE_PROTOCOLS, type CoherenceProtocolName, coherenceProtocol } from '../modules/coherence/protocols.ts'
import { CLUSTER_FLAGS } from './cluster-flags.ts'
import { writeCoherence } from './coherence-files.ts'
import { printCoherence } from './coherence-table.ts'
import { DATA_FLAGS, numbers, optionalData } from './data-flags.ts'
import { choice, count, type Flags, seedOf, text } from './flags.ts'
import { GRAPH_FLAGS } from './graph-flags.ts'
import { OPEN_FLAGS, OUTPUT_FLAGS, openFile } from './network-flags.ts'
import { printStructure, structureDocument, structureOf } from './structure.ts'
import type { Verb } from './verb.ts'

export const coherence: Verb = {
  description: 'Draw what drives the units of each module, layer by layer, beside random unit sets.',
  args: {
    ...OPEN_FLAGS,
    ...DATA_FLAGS,
    image: { type: 'string', valueHint: '1x28x28', description: 'channels, rows and columns of a flat input' },
    controls: { type: 'string', valueHint: 'N', description: 'random unit sets per sub-module (default 19)' },
    steps: { type: 'string', valueHint: 'N', description: 'steps of gradient ascent (default 256)' },
    starts: { type: 'string', valueHint: 'N', description: 'random images to start from; the best counts (default 1)' },
    objective: {
      type: 'string',
      valueHint: OBJECTIVES.join('|'),
      description: 'activation before (default) or after the activation function, or its absolute value before',
    },
    parametrisation: {
      type: 'string',
      valueHint: PARAMETRISATIONS.join('|'),
      description: 'what is optimised: the spectrum of the image (default) or its pixels',
    },
    jitter: { type: 'string', valueHint: 'PIXELS', description: 'move the image at random before each step' },
    rotate: { type: 'string', valueHint: 'DEGREES', description: 'turn it, likewise' },
    zoom: { type: 'string', valueHint: 'SHARE', description: 'scale it by up to this share, likewise' },
    ...CLUSTER_FLAGS,
    ...GRAPH_FLAGS,
    protocol: {
      type: 'string',
      valueHint: COHERENCE_PROTOCOLS.join('|'),
      description: 'controls, sizes, objective, steps and graph as the published code of that year had them',
    },
    threads: { type: 'string', valueHint: 'N', description: 'threads of the runtime (default 1)' },
    out: { type: 'string', valueHint: 'DIR', description: 'write the pictures as PNG and the whole result as JSON' },
    ...OUTPUT_FLAGS,
  },
  async run(flags, terminal, watch) {
    const protocol = choice(flags, 'protocol', COHERENCE_PROTOCOLS) ?? 'default'
    const options = {
      controls: count(flags, 'controls', 1),
      steps: count(flags, 'steps', 1),
      starts: count(flags, 'starts', 1),
      threads: count(flags, 'threads', 1),
      objective: choice(flags, 'objective', OBJECTIVES),
      parametrisation: choice(flags, 'parametrisation', PARAMETRISATIONS),
      transform: { jitter: size(flags, 'jitter'), rotate: size(flags, 'rotate'), zoom: size(flags, 'zoom') },
      image: imageFlag(flags),
    }
    const seed = seedOf(flags)
    const hasData = text(flags, 'data') !== undefined
    const normalisation = hasData ? undefined : normalisationFlags(flags)
    const opened = await openFile(flags)
    const data = hasData ? await optionalData(flags, opened.network, seed, watch) : undefined
    const structure = await structureOf(opened, graphFlags(flags, protocol), seed, watch)
    const { coherenceStudy } = await import('../modules/coherence/coherence-study.ts')
    const { chooseRuntime } = await import('../runtime/choose.ts')
    const { prepared, whole, network } = structure
    const study = await coherenceStudy(network, prepared.graph, whole.labels, {
      ...{ ...options, ...watch, protocol, seed, data, normalisation, runtime: await chooseRuntime() },
    })
    watch.clear()
    printStructure(structure, terminal)
    terminal.print()
    printCoherence(study, data?.heads === 1 ? data.classes : undefined, terminal)
    for (const note of data?.notes ?? []) terminal.note(`note: ${note}`)
    const document = {
      ...structureDocument(structure),
      ...(data && {
        data: { name: data.name, examples: data.indices.length, preprocessing: data.preprocessing, notes: data.notes },
      }),
      coherence: study,
    }
    const out = text(flags, 'out')
    if (out !== undefined) terminal.note(`${await writeCoherence(out, study, document)} pictures in ${out}`)
    terminal.document(document)
    return 0
  },
}

/** The papers' graph and number of modules belong to their protocols. */
function graphFlags(flags: Flags, protocol: CoherenceProtocolName): Flags {
  if (protocol === 'default') return { ...flags, protocol: 'default' }
  return { ...flags, protocol: 'paper', k: text(flags, 'k') ?? String(coherenceProtocol(protocol).k) }
}

/** Without examples, mean and std are the network's own; what else is about examples says nothing. */
function normalisationFlags(flags: Flags) {
  const stray = Object.keys(DATA_FLAGS).find(
    flag => flag !== 'mean' && flag !== 'std' && text(flags, flag) !== undefined,
  )
  if (stray !== undefined) throw new UsageError('usage.flag', `--${stray} is about examples, but there is no --data.`)
  return { mean: numbers(flags, 'mean'), std: numbers(flags, 'std') }
}

function imageFlag(flags: Flags): ImageShape | undefined {
  const value = text(flags, 'image')
  if (value === undefined) return undefined
  const sizes = /^[1-9]\d{0,4}x[1-9]\d{0,4}x[1-9]\d{0,4}$/.test(value) ? value.split('x').map(Number) : undefined
  if (!sizes)
    throw new UsageError('usage.value', `--image must be channels × rows × columns such as 1x28x28, not "${value}".`)
  const [channels, height, width] = sizes
  return { channels, height, width, layout: choice(flags, 'layout', ['nchw', 'nhwc']) ?? 'nchw' }
}

/** A number of at least 0. */
function size(flags: Flags, name: string): number | undefined {
  const value = text(flags, name)
  if (value === undefined) return undefined
  const number = Number(value)
  if (Number.isFinite(number) && number >= 0) return number
  throw new UsageError('usage.value', `--${name} must be a number of at least 0, not "${value}".`)
}
