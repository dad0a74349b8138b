/**
 * Residual networks from weights alone, by the habits of PyTorch's ResNets: blocks are members of numbered lists
 * (`layer2.0.conv1`), with a main path of convolutions (`conv1`, `bn1`, `conv2`, …) and perhaps a path of their own for
 * the shortcut (`downsample.0`, `shortcut.0`). A block adds its input, or what the shortcut makes of it, to what its main
 * path gives. A shortcut without weights between unequal numbers of channels is one that pads channels with zeros
 * (option A of He et al., arXiv 1512.03385, §3.3). Convolutions outside of blocks come before them, matrices behind.
 */
import type { WeightTensor } from '../network/network.ts'
import type { Placed } from './weights-batchnorm.ts'
import type { BatchNormEntry, LayerEntry } from './weights-layers.ts'
import { compareNatural, numbersIn } from './weights-names.ts'

const BLOCK = /^(.*?(?:layer|stage|block|res|group)[a-z_]*\d*(?:[._/]\d+)*[._/]\d+)[._/](.+)$/i
const SHORTCUT = /^(shortcut|downsample|down_?sample|skip|residual|identity|proj(ection)?|conv_?sc|match)/i

interface Block {
  readonly name: string
  readonly main: Placed<LayerEntry>[]
  readonly shortcut: Placed<LayerEntry>[]
}

/**
 * The layers of a residual network, in order; undefined where names or kinds of layers tell of none.
 * @param layers all layers of the file, in natural order
 */
export function residualLayers(
  layers: readonly Placed<LayerEntry>[],
  tensors: ReadonlyMap<string, WeightTensor>,
): LayerEntry[] | undefined {
  const blocks = new Map<string, Block>()
  const outside: Placed<LayerEntry>[] = []
  for (const layer of layers.toSorted((a, b) => compareNatural(a.stem, b.stem))) {
    const [, name, member] = BLOCK.exec(layer.stem) ?? []
    if (name === undefined) {
      outside.push(layer)
      continue
    }
    const block: Block = blocks.get(name) ?? { name, main: [], shortcut: [] }
    blocks.set(name, block)
    block[SHORTCUT.test(member) ? 'shortcut' : 'main'].push(layer)
  }
  const isConv = ({ entry }: Placed<LayerEntry>) => entry.type === 'conv'
  const all = [...blocks.values()]
  if (
    all.length === 0 ||
    all.some(({ main }) => !main.some(isConv) || main.some(({ entry }) => entry.type === 'dense'))
  )
    return undefined
  if (all.every(({ main, shortcut }) => main.filter(isConv).length < 2 && shortcut.length === 0)) return undefined
  const isDense = ({ entry }: Placed<LayerEntry>) => entry.type === 'dense'
  const stem = inOrder(
    outside.filter(layer => !isDense(layer)),
    tensors,
  )
  let channels = widthOf(stem, tensors) ?? sidesOf(all[0].main.find(isConv)!.entry, tensors)[1]
  let before = stem.at(-1)?.stem ?? 'input'
  const entries = linked(stem, undefined, false)
  for (const { name, main, shortcut } of all) {
    const path = inOrder(main, tensors, channels)
    const width = widthOf(path, tensors)
    if (width === undefined) return undefined
    entries.push(...linked(path, before, true))
    const way = inOrder(shortcut, tensors)
    entries.push(...linked(way, before, true))
    if (way.length === 0 && width !== channels)
      entries.push({ type: 'identity', name: `${name}.shortcut`, input: before, channels: width })
    const other = way.at(-1)?.stem ?? (width === channels ? before : `${name}.shortcut`)
    entries.push({ type: 'add', name: `${name}.add`, inputs: [path.at(-1)!.stem, other] })
    before = `${name}.add`
    channels = width
  }
  return [...entries, ...outside.filter(isDense).map(({ entry }) => entry)]
}

/**
 * A path that begins at `input`, the layer before where that is undefined. Nothing stands between a convolution and its
 * normalisation, nor between the end of a path and its sum.
 */
function linked(path: readonly Placed<LayerEntry>[], input: string | undefined, toSum: boolean): LayerEntry[] {
  return path.map(({ entry }, at) => {
    const next = path[at + 1]?.entry
    const isLinear = next ? 'weight' in entry && next.type === 'batchnorm' : toSum
    return {
      ...entry,
      ...(at === 0 && input !== undefined && { input }),
      ...(isLinear && { activation: 'linear' }),
    } as LayerEntry
  })
}

/** Convolutions in natural order, each normalisation behind the one of its number; before it where only that fits. */
function inOrder(
  layers: readonly Placed<LayerEntry>[],
  tensors: ReadonlyMap<string, WeightTensor>,
  channels?: number,
): Placed<LayerEntry>[] {
  const norms = layers.filter((layer): layer is Placed<BatchNormEntry> => layer.entry.type === 'batchnorm')
  const convs = layers.filter(({ entry }) => entry.type !== 'batchnorm')
  const length = ({ entry }: Placed<BatchNormEntry>) => tensors.get(entry.mean)!.shape[0]
  const own = (conv: Placed<LayerEntry>, at: number) =>
    norms.find(({ stem }) => lastNumber(stem) === lastNumber(conv.stem)) ??
    (norms.length === convs.length ? norms[at] : undefined)
  const pairs = convs.map((conv, at) => ({ conv, norm: own(conv, at) }))
  const placed = new Set(pairs.map(({ norm }) => norm))
  const isBefore = pairs.some(
    ({ conv, norm }, at) =>
      norm && length(norm) !== sidesOf(conv.entry, tensors)[0] && length(norm) === (at === 0 ? channels : length(norm)),
  )
  const ordered = pairs.flatMap(({ conv, norm }) => (norm ? (isBefore ? [norm, conv] : [conv, norm]) : [conv]))
  return [...ordered, ...norms.filter(norm => !placed.has(norm))]
}

/** `downsample.1` follows `downsample.0`, but `bn1` goes with `conv1`: the numbers of a list do not count. */
function lastNumber(stem: string): string {
  const last = stem.split(/[./]/).at(-1)!
  return /^\d+$/.test(last) ? stem : numbersIn(last)
}

/** Channels out and in of a kernel [out, in, …]. */
function sidesOf(entry: LayerEntry, tensors: ReadonlyMap<string, WeightTensor>): readonly number[] {
  return 'weight' in entry ? tensors.get(entry.weight)!.shape : []
}

/** Channels that a path gives out. */
function widthOf(path: readonly Placed<LayerEntry>[], tensors: ReadonlyMap<string, WeightTensor>): number | undefined {
  const last = path.findLast(({ entry }) => 'weight' in entry)
  return last && sidesOf(last.entry, tensors)[0]
}
