/**
 * Named tensors → network, for formats that hold weights alone: by a `layers.json` if there is one, else by inference.
 * Nothing is invented: without a `layers.json` the network has no activations in it, and says so.
 */
import { FormatError, UnsupportedError, UsageError } from '../errors.ts'
import type { Network, WeightTensor } from '../network/network.ts'
import type { OpenOptions } from './format.ts'
import type { ByteSource } from './source.ts'
import { factsOfConfig, factsOfLayers } from './transformer-facts.ts'
import { namesTransformer, transformerNetwork } from './transformer-weights.ts'
import { draftOf, undecided } from './weights-draft.ts'
import { type FittedLayer, fitChain } from './weights-fit.ts'
import { type InferenceHints, inferChain } from './weights-inference.ts'
import { type LayerEntry, type Orientation, parseLayers, tensorsOf } from './weights-layers.ts'
import { chainNetwork } from './weights-network.ts'

const WINDOWS_UNKNOWN =
  'Strides and padding of convolutions, and pooling between them, are not in the file and are left out.'

/** Far above every name in use; names are matched against patterns, which must not take long. */
const LONGEST_NAME = 1000

export interface WeightsFile {
  readonly source: ByteSource
  /** Name of the format. */
  readonly format: string
  readonly tensors: readonly WeightTensor[]
  /** What the format's habits tell where names and sizes do not. */
  readonly hints?: Pick<InferenceHints, 'isOrdered' | 'usual'>
  /** What was found while reading. */
  readonly notes: readonly string[]
  /** The chain of layers, where the file lists them in order; matrices and kernels are [in, out] then, as Keras has them. */
  readonly listed?: readonly LayerEntry[]
}

/**
 * @throws UnsupportedError when the chain cannot be told from names and shapes; the message shows a `layers.json`.
 * @throws UsageError when a `layers.json` was given and is wrong, or does not fit the tensors.
 */
export async function networkFromWeights(file: WeightsFile, options: OpenOptions): Promise<Network> {
  const { source, tensors } = file
  if (tensors.length === 0) throw new UnsupportedError('unsupported.empty', `${source.name} holds no tensors.`)
  const byName = new Map<string, WeightTensor>()
  for (const tensor of tensors) {
    if (byName.has(tensor.name)) throw new FormatError('format.duplicate', `${source.name} has two "${tensor.name}".`)
    if (tensor.name.length > LONGEST_NAME)
      throw new FormatError(
        'format.name',
        `${source.name} has a tensor whose name is ${tensor.name.length} characters long ("${tensor.name.slice(0, 40)}…"); it is damaged.`,
      )
    byName.set(tensor.name, tensor)
  }
  const notes = [...file.notes]
  const given = options.layers ?? (await readLayersFile(source, notes))
  const stated = factsOfLayers(given)
  if (stated || (given === undefined && namesTransformer(tensors))) {
    const config = await factsOfConfig(source)
    if (config) notes.push('Heads, norms and activation are those of the config.json beside the file.')
    const facts = { ...config, ...stated }
    return transformerNetwork({
      ...file,
      name: source.name,
      tensors: byName,
      facts,
      orientation: options.orientation,
      notes,
    })
  }
  const layers =
    given === undefined
      ? (listed(file, byName, notes) ??
        inferred(tensors, byName, { ...file.hints, orientation: options.orientation }, notes))
      : described(parseLayers(given), byName, { ...file.hints, orientation: options.orientation }, notes)
  const activationsKnown = given !== undefined && hasAllActivations(layers)
  if (!activationsKnown)
    notes.push(
      'The file does not say which activations stand between the layers; none were put in. A layers.json can tell.',
    )
  const layersDraft = activationsKnown ? undefined : draftOf(layers.map(({ entry }) => entry))
  return chainNetwork(layers, byName, { name: source.name, format: file.format, activationsKnown, layersDraft, notes })
}

async function readLayersFile(source: ByteSource, notes: string[]): Promise<unknown> {
  const file = await source.sibling?.('layers.json')
  if (!file) return undefined
  notes.push('The layers are those of the layers.json beside the file.')
  const bytes = await file.slice(0, file.byteLength)
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch (error) {
    throw new UsageError('usage.layers', `layers.json is no valid JSON: ${(error as Error).message.slice(0, 200)}.`)
  }
}

function described(
  entries: readonly LayerEntry[],
  tensors: ReadonlyMap<string, WeightTensor>,
  { orientation, usual }: InferenceHints,
  notes: string[],
): readonly FittedLayer[] {
  const used = new Set(entries.flatMap(tensorsOf))
  for (const name of used)
    if (!tensors.has(name))
      throw new UsageError(
        'usage.layers',
        `layers.json names the tensor "${name}", which is not in the file; it has ${[...tensors.keys()].slice(0, 20).join(', ')}.`,
      )
  const unused = [...tensors.keys()].filter(name => !used.has(name))
  if (unused.length > 0) notes.push(`Tensors that layers.json leaves out: ${unused.join(', ')}.`)
  const choices: readonly Orientation[] = orientation ? [orientation] : ['out-in', 'in-out']
  const fits = choices.map(choice => fitChain(entries, tensors, choice))
  const fitting = fits.flatMap(fit => ('layers' in fit ? [fit.layers] : []))
  const [first] = fits
  if ('misfit' in first && fitting.length === 0) {
    const misfits = fits.flatMap(fit => ('misfit' in fit ? [fit.misfit] : []))
    const { tensor, problem, fitted } = misfits.reduce((best, next) => (next.fitted > best.fitted ? next : best))
    throw new UsageError('usage.layers', `layers.json, layer ${fitted + 1}: "${tensor}" ${problem}.`)
  }
  const undecidedAt = fitting.length > 1 ? entries.findIndex(entry => 'weight' in entry && !entry.orientation) : -1
  if (undecidedAt >= 0 && usual) {
    notes.push(`The sizes fit [out, in] and [in, out]; ${orderOf(usual)} is taken, as this format has it.`)
    return fitting[choices.indexOf(usual)]
  }
  if (undecidedAt >= 0)
    throw undecided(
      'unsupported.orientation',
      `Which side of "${(entries[undecidedAt] as { weight: string }).weight}" is the output cannot be told: the sizes fit both ways.`,
      'Give its "orientation" in layers.json, or pass --orientation.',
      entries.map(entry => ('weight' in entry ? { orientation: 'out-in', ...entry } : entry)),
    )
  return fitting[0]
}

/** Undefined where the file lists no layers, or they are no chain. */
function listed(
  { listed: entries }: WeightsFile,
  tensors: ReadonlyMap<string, WeightTensor>,
  notes: string[],
): readonly FittedLayer[] | undefined {
  const fit = entries?.length ? fitChain(entries, tensors, 'in-out') : undefined
  if (!fit || 'misfit' in fit) return undefined
  notes.push(`The file holds weights alone; its layers stand in the order of its list: ${chainOf(fit.layers)}.`)
  if (fit.layers.some(({ entry }) => entry.type === 'conv')) notes.push(WINDOWS_UNKNOWN)
  return fit.layers
}

function inferred(
  tensors: readonly WeightTensor[],
  byName: ReadonlyMap<string, WeightTensor>,
  hints: InferenceHints,
  notes: string[],
): readonly FittedLayer[] {
  const { entries, orientation, decidedBySizes, habits } = inferChain(tensors, hints)
  const fit = fitChain(entries, byName, orientation)
  if ('misfit' in fit)
    throw undecided('unsupported.not-a-chain', `"${fit.misfit.tensor}" ${fit.misfit.problem}.`, '', entries)
  notes.push(
    `The file holds weights alone; its layers were inferred from names and sizes: ${chainOf(fit.layers)}.`,
    `Matrices and kernels are read as ${orderOf(orientation)}${hints.orientation ? '' : decidedBySizes ? ', which the sizes decide' : ', as this format has it; the sizes fit both ways. If that is wrong, pass --orientation'}.`,
    ...habits,
  )
  const padded = entries.filter(({ type }) => type === 'identity').map(({ name }) => name)
  if (padded.length > 0)
    notes.push(`Shortcuts without weights are taken to pad channels with zeros on both sides: ${padded.join(', ')}.`)
  if (entries.some(({ type }) => type === 'conv')) notes.push(WINDOWS_UNKNOWN)
  if (fit.layers.some(({ positions }) => positions > 1))
    notes.push(
      'A flatten stands between convolutions and matrices; height × width follow from the sizes, as one number.',
    )
  if (entries.some(({ type }) => type === 'batchnorm'))
    notes.push('Batch normalisations are taken to follow their layer at once, with ε = 1e-5.')
  for (const { entry, groups } of fit.layers)
    if (groups > 1 && entry.type === 'conv')
      notes.push(`"${entry.weight}" is read as a convolution in ${groups} groups.`)
  return fit.layers
}

function orderOf(orientation: Orientation): string {
  return orientation === 'out-in' ? '[out, in, …]' : '[…, in, out]'
}

/** The widths of a chain, e.g. `784-128-10`; of a network with shortcuts, how many there are. */
function chainOf(layers: readonly FittedLayer[]): string {
  const sums = layers.filter(({ entry }) => entry.type === 'add').length
  if (sums > 0) {
    const count = layers.filter(({ entry }) => 'weight' in entry).length
    return `${count} layers with weights, in ${sums} residual blocks`
  }
  return [layers[0].fanIn, ...layers.filter(({ entry }) => 'weight' in entry).map(({ fanOut }) => fanOut)].join('-')
}

/** Of every layer with weights, and every sum, it is told what follows; the last may be silent. */
function hasAllActivations(layers: readonly FittedLayer[]): boolean {
  // Whether all that read a layer tell what follows it; layers read earlier ones, so the last is settled first.
  const isTold = new Array<boolean>(layers.length).fill(true)
  for (const [at, { entry, inputs }] of [...layers.entries()].reverse()) {
    const activation = 'activation' in entry ? entry.activation : undefined
    const isWeightedOrSum = 'weight' in entry || entry.type === 'add'
    if (isWeightedOrSum && activation === undefined && !isTold[at]) return false
    const tells = isWeightedOrSum ? false : activation !== undefined || isTold[at]
    if (!tells) for (const input of inputs) isTold[input] = false
  }
  return true
}
