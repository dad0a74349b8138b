/**
 * The chain of layers in a file that holds weights alone, from names and shapes. Layers that count through (`fc1`,
 * `fc2`, … or `net.0`, `net.2`, …) stand in that order; families of such layers (`conv…`, then `fc…`) in the one order in
 * which the sizes fit. Whether matrices are [out, in] or [in, out] is decided by the same sizes, for the whole file.
 * Whatever has two readings is an error that shows the `layers.json` to write: nothing is guessed in silence.
 */
import { UsageError } from '../errors.ts'
import type { WeightTensor } from '../network/network.ts'
import { type Placed, placeBatchNorms } from './weights-batchnorm.ts'
import { undecided } from './weights-draft.ts'
import { fitChain, type Misfit } from './weights-fit.ts'
import type { BatchNormEntry, LayerEntry, Orientation } from './weights-layers.ts'
import { compareNatural, familyOf, groupByLayer, hasRole, type NamedLayer } from './weights-names.ts'
import { residualLayers } from './weights-residual.ts'

export interface InferredChain {
  readonly entries: readonly LayerEntry[]
  readonly orientation: Orientation
  /** False: both orientations fit, and the usual one was taken. */
  readonly decidedBySizes: boolean
  /** What was taken by the order of registration, where names and sizes did not decide, as sentences. */
  readonly habits: readonly string[]
}

/** What else is known about a file. */
export interface InferenceHints {
  /** Of all matrices and kernels, as the user says. Default: decided by sizes. */
  readonly orientation?: Orientation
  /** What files of this format have where the sizes do not decide. Default: none. */
  readonly usual?: Orientation
  /** Whether tensors stand in the order in which layers were registered. It breaks ties; names and sizes come first. */
  readonly isOrdered?: boolean
}

/** Names of parts that no chain has: what they compute is not told by shapes. */
const NO_CHAIN =
  /(^|[._/])(attn|attention|self_attn|q_proj|k_proj|v_proj|c_attn|qkv|query|key|value|in_proj_weight|embed\w*|wte|wpe|position\w*|shortcut|downsample|skip|residual|identity\w*|weight_[gv]|weight_orig|weight_[ih]h_l\d+\w*|lstm\w*|gru\w*|rnn\w*|recurrent_kernel|lora_[ab])([._/:]|$)/i
/** Blocks within stages, as in `layer2.0.conv1`: residual networks are named so, and chains hardly ever. */
const STAGE_BLOCK = /(layer|stage|res|block)\w*[./]\d+[./](\w+[./])*[a-z]\w*\d[./]|res(net|idual)?_?(block|unit)/i
const FIRST_WORDS = /^(in|input|first|stem|encoder|features|backbone|conv|convs)$/i
const LAST_WORDS = /^(out|output|head|classifier|logits|last|final|decoder|predictions?|readout)$/i
/** Orders tried before giving up: the search is over families of layers, of which there are few. */
const MOST_TRIALS = 2000

interface Reading extends Pick<InferredChain, 'entries' | 'orientation'> {
  readonly chain: readonly Placed<LayerEntry>[]
  /** Convolutions read as grouped, and kernels read as having unequal sides: less likely readings. */
  readonly oddities: number
}

/** @throws UnsupportedError when the tensors are neither a chain nor a residual network, or more than one chain. */
export function inferChain(all: readonly WeightTensor[], hints: InferenceHints): InferredChain {
  const { orientation, isOrdered = false } = hints
  // Modules of PyTorch call their parts weight, bias and so on; what has another name is something besides.
  const isBeside = ({ name }: WeightTensor) => isOrdered && !NO_CHAIN.test(name) && !hasRole(name)
  const besides = all.filter(isBeside)
  const tensors = besides.length < all.length ? all.filter(tensor => !isBeside(tensor)) : all
  const leftOut =
    tensors.length < all.length
      ? [
          `Tensors whose names do not tell what they are, left out: ${besides
            .map(({ name }) => name)
            .slice(0, 20)
            .join(', ')}${besides.length > 20 ? ' …' : ''}.`,
        ]
      : []
  const byName = new Map(tensors.map(tensor => [tensor.name, tensor]))
  const layers = groupByLayer(tensors).map(toEntry)
  const norms = layers.filter((layer): layer is Placed<BatchNormEntry> => layer.entry?.type === 'batchnorm')
  const weighted = layers.filter(
    (layer): layer is Placed<LayerEntry> => !!layer.entry && layer.entry.type !== 'batchnorm',
  )
  const draft = layers.flatMap(({ entry }) => entry ?? [])
  const stranger =
    tensors.find(({ name }) => NO_CHAIN.test(name) || STAGE_BLOCK.test(name))?.name ??
    layers.find(({ entry }) => !entry)?.stranger
  const residual = stranger && residualOf(layers, byName, orientation)
  if (residual) return { ...residual, decidedBySizes: true, habits: leftOut }
  if (stranger) throw notAChain(stranger, 'is not part of a plain chain of dense and convolution layers', draft)
  if (weighted.length === 0) throw notAChain(tensors[0].name, 'and the others are no weight matrices or kernels', draft)
  const orientations: readonly Orientation[] = orientation ? [orientation] : ['out-in', 'in-out']
  const possible = likeliest(orientations.flatMap(choice => readingsOf(weighted, byName, choice)))
  const registered = new Map(isOrdered ? tensors.map(({ name }, at) => [name, at]) : [])
  const { readings, decidedBySizes, habits } = byHabit(possible, hints.usual, registered)
  if (readings.length === 0) {
    const misfits = (['out-in', 'in-out'] as const).map(choice => misfitOf(draftOrder(weighted), byName, choice))
    if (orientation && misfits.some(misfit => !misfit))
      throw new UsageError(
        'usage.orientation',
        `The sizes contradict the orientation ${orientation}; they fit the other one. Leave the option out.`,
      )
    const [a, b] = misfits as Misfit[]
    const { tensor, problem } = a.fitted >= b.fitted ? a : b
    throw notAChain(tensor, problem, draft)
  }
  if (readings.length > 1) throw ambiguous(readings, byName)
  const [reading] = readings
  const placed = placeBatchNorms(reading.chain, norms, byName, reading.orientation, registered)
  return {
    entries: placed.entries,
    orientation: reading.orientation,
    decidedBySizes,
    habits: [
      ...leftOut,
      ...habits,
      ...(placed.byOrder ? ['The places of batch normalisations are those of registration.'] : []),
    ],
  }
}

/** Of several readings that fit, those in the usual orientation, and then the one in the order of registration. */
function byHabit(
  possible: readonly Reading[],
  usual: Orientation | undefined,
  registered: ReadonlyMap<string, number>,
) {
  const habits: string[] = []
  let readings = possible
  const oriented = readings.filter(({ orientation }) => orientation === usual)
  const decidedBySizes = oriented.length === 0 || oriented.length === readings.length
  if (!decidedBySizes) readings = oriented
  const place = ({ entry }: Placed<LayerEntry>) => registered.get((entry as { weight: string }).weight) ?? Number.NaN
  const inOrder = readings.filter(({ chain }) =>
    chain.every((layer, i) => i === 0 || place(chain[i - 1]) < place(layer)),
  )
  if (readings.length > 1 && inOrder.length === 1) {
    readings = inOrder
    habits.push('Names and sizes fit several orders of the layers; that of registration is taken.')
  }
  return { readings, decidedBySizes, habits }
}

/** As a residual network, where the names of its blocks and the sizes of its layers agree on one. */
function residualOf(
  layers: readonly { readonly stem: string; readonly entry?: LayerEntry }[],
  tensors: ReadonlyMap<string, WeightTensor>,
  orientation: Orientation = 'out-in',
): Pick<InferredChain, 'entries' | 'orientation'> | undefined {
  const placed = layers.filter((layer): layer is Placed<LayerEntry> => layer.entry !== undefined)
  const entries = placed.length === layers.length ? residualLayers(placed, tensors) : undefined
  return entries && 'layers' in fitChain(entries, tensors, orientation) ? { entries, orientation } : undefined
}

function toEntry({ stem, members }: NamedLayer): { stem: string; entry?: LayerEntry; stranger?: string } {
  const name = (role: Parameters<typeof members.get>[0]) => members.get(role)?.name
  const [mean, variance, weight, bias] = [name('mean'), name('variance'), name('weight'), name('bias')]
  const rest = (known: readonly (string | undefined)[]) =>
    [...members.values()].find(tensor => !known.includes(tensor.name))?.name
  if (mean && variance) {
    const [scale, shift] = [name('scale') ?? weight, name('shift') ?? bias]
    const stranger = rest([mean, variance, scale, shift])
    const affine = { ...(scale && { scale }), ...(shift && { shift }) }
    return stranger ? { stem, stranger } : { stem, entry: { type: 'batchnorm', mean, variance, ...affine } }
  }
  const rank = members.get('weight')?.shape.length ?? 0
  const stranger = rank >= 2 && rank <= 5 ? rest([weight, bias]) : rest([])
  if (stranger || !weight) return { stem, stranger }
  return { stem, entry: { type: rank === 2 ? 'dense' : 'conv', weight, ...(bias && { bias }) } }
}

/** −1 for families that come first by their name, 1 for those that come last. */
function rankOf(family: string): number {
  for (const word of family.split(/[._/-]/)) {
    if (FIRST_WORDS.test(word)) return -1
    if (LAST_WORDS.test(word)) return 1
  }
  return 0
}

function draftOrder(layers: readonly Placed<LayerEntry>[]): Placed<LayerEntry>[] {
  return layers.toSorted(
    (a, b) => rankOf(familyOf(a.stem)) - rankOf(familyOf(b.stem)) || compareNatural(a.stem, b.stem),
  )
}

function misfitOf(
  chain: readonly Placed<LayerEntry>[],
  tensors: ReadonlyMap<string, WeightTensor>,
  orientation: Orientation,
): Misfit | undefined {
  const fit = fitChain(
    chain.map(({ entry }) => entry),
    tensors,
    orientation,
  )
  return 'misfit' in fit ? fit.misfit : undefined
}

interface Family {
  readonly rank: number
  readonly members: Placed<LayerEntry>[]
}

/** Families in the order of {@link draftOrder}. */
function familiesOf(layers: readonly Placed<LayerEntry>[]): Family[] {
  const families = new Map<string, Family>()
  for (const layer of draftOrder(layers)) {
    const name = familyOf(layer.stem)
    if (!families.has(name)) families.set(name, { rank: rankOf(name), members: [] })
    families.get(name)!.members.push(layer)
  }
  return [...families.values()]
}

/** All orders of families in which the sizes fit, depth first, cutting off what does not fit. */
function readingsOf(
  layers: readonly Placed<LayerEntry>[],
  tensors: ReadonlyMap<string, WeightTensor>,
  orientation: Orientation,
): Reading[] {
  const readings: Reading[] = []
  let trials = 0
  const extend = (chain: readonly Placed<LayerEntry>[], left: readonly Family[]) => {
    if (left.length === 0) readings.push(readingOf(chain, tensors, orientation))
    for (const family of left) {
      // Families are sorted by rank: those that come last by their name wait for the others.
      if (family.rank > left[0].rank) return
      if (++trials > MOST_TRIALS)
        throw undecided(
          'unsupported.layer-order',
          `The order of the layers cannot be told from their names and sizes: too many orders fit, and the file does not keep it.`,
          '',
          draftOrder(layers).map(({ entry }) => entry),
        )
      const longer = [...chain, ...family.members]
      const rest = left.filter(other => other !== family)
      if (!misfitOf(longer, tensors, orientation)) extend(longer, rest)
    }
  }
  extend([], familiesOf(layers))
  return readings
}

function readingOf(
  chain: readonly Placed<LayerEntry>[],
  tensors: ReadonlyMap<string, WeightTensor>,
  orientation: Orientation,
): Reading {
  const entries = chain.map(({ entry }) => entry)
  const fit = fitChain(entries, tensors, orientation)
  let oddities = 0
  for (const { entry, groups } of 'layers' in fit ? fit.layers : []) {
    if (entry.type !== 'conv') continue
    const { shape } = tensors.get(entry.weight)!
    const sides = orientation === 'out-in' ? shape.slice(2) : shape.slice(0, -2)
    oddities += Number(groups > 1) + Number(new Set(sides).size > 1)
  }
  return { chain, entries, orientation, oddities }
}

function likeliest(readings: readonly Reading[]): Reading[] {
  const least = Math.min(...readings.map(({ oddities }) => oddities))
  return readings.filter(({ oddities }) => oddities === least)
}

function ambiguous(readings: readonly Reading[], tensors: ReadonlyMap<string, WeightTensor>) {
  const [first, second] = readings
  const other = readings.find(({ orientation }) => orientation !== first.orientation)
  if (other) {
    const isSquare = ({ entry }: Placed<LayerEntry>) => {
      const { shape } = tensors.get((entry as { weight: string }).weight)!
      return shape.length === 2 && shape[0] === shape[1]
    }
    const { weight } = (first.chain.find(isSquare) ?? first.chain[0]).entry as { weight: string }
    const entries = first.entries.map(entry => ({ ...entry, orientation: first.orientation }) as LayerEntry)
    return undecided(
      'unsupported.orientation',
      `Which side of "${weight}" [${tensors.get(weight)!.shape}] is the output cannot be told: the sizes and biases of all layers fit both ways.`,
      'Pass the orientation: --orientation out-in if the file comes from PyTorch (rows are outputs), in-out if from Keras, Flax or x @ W in NumPy.',
      entries,
    )
  }
  const at = first.chain.findIndex(({ stem }, i) => stem !== second.chain[i].stem)
  return undecided(
    'unsupported.layer-order',
    `Whether "${first.chain[at].stem}" or "${second.chain[at].stem}" comes first cannot be told: the sizes fit both ways, and the file does not keep the order.`,
    '',
    first.entries,
  )
}

function notAChain(tensor: string, problem: string, draft: readonly LayerEntry[]) {
  return undecided(
    'unsupported.not-a-chain',
    `"${tensor}" ${problem}. From weights alone, chains of dense and convolution layers are inferred, residual networks ` +
      'named like those of PyTorch, and transformers by the names of their tensors.',
    'Export the model to ONNX, which holds the architecture.',
    draft,
  )
}
