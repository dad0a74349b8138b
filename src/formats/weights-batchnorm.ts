/**
 * Where batch normalisations stand in a chain. The file does not say, but their place in a Sequential (`net.1` between
 * `net.0` and `net.3`), their sizes and their numbers (`bn2` after `conv2`) do; more than one possible place is an error.
 */
import type { WeightTensor } from '../network/network.ts'
import { undecided } from './weights-draft.ts'
import { fitChain, vectorLength } from './weights-fit.ts'
import type { BatchNormEntry, LayerEntry, Orientation } from './weights-layers.ts'
import { compareNatural, numbersIn } from './weights-names.ts'

/** An entry with the common part of its tensors' names. */
export interface Placed<T extends LayerEntry> {
  readonly stem: string
  readonly entry: T
}

/** What stands before the number of a member of a list: `net` of `net.3`. */
function listOf(stem: string): string | undefined {
  return /^(.*?)[._/-]?\d+$/s.exec(stem)?.[1]
}

/**
 * The chain with the batch normalisations in it. `chain` fits in the orientation given; `registered` tells the place of
 * each tensor in the order of registration, where the file keeps it, and decides only what names and sizes do not.
 */
export function placeBatchNorms(
  chain: readonly Placed<LayerEntry>[],
  norms: readonly Placed<BatchNormEntry>[],
  tensors: ReadonlyMap<string, WeightTensor>,
  orientation: Orientation,
  registered: ReadonlyMap<string, number>,
): { readonly entries: LayerEntry[]; readonly byOrder: boolean } {
  const entries = chain.map(({ entry }) => entry)
  const fit = fitChain(entries, tensors, orientation)
  const widths = 'layers' in fit ? fit.layers.map(({ fanOut }) => fanOut) : []
  /** By the index of the layer they follow; −1 before the first. */
  const after = new Map<number, BatchNormEntry[]>()
  const put = (place: number, { entry }: Placed<BatchNormEntry>) =>
    after.set(place, [...(after.get(place) ?? []), entry])
  const loose: Placed<BatchNormEntry>[] = []
  for (const norm of norms) {
    const list = listOf(norm.stem)
    const first = list === undefined ? -1 : chain.findIndex(({ stem }) => listOf(stem) === list)
    const isBefore = ({ stem }: Placed<LayerEntry>) => listOf(stem) === list && compareNatural(stem, norm.stem) < 0
    if (first < 0) loose.push(norm)
    else put(chain.some(isBefore) ? chain.findLastIndex(isBefore) : first - 1, norm)
  }
  const { places, byOrder } = matchInOrder(chain, loose, widths, tensors, registered)
  for (const [n, place] of places.entries()) put(place, loose[n])
  return {
    entries: [...(after.get(-1) ?? []), ...entries.flatMap((entry, i) => [entry, ...(after.get(i) ?? [])])],
    byOrder,
  }
}

/** The layer that each norm follows: as wide as it is, and later than that of the norm before. */
function matchInOrder(
  chain: readonly Placed<LayerEntry>[],
  norms: readonly Placed<BatchNormEntry>[],
  widths: readonly number[],
  tensors: ReadonlyMap<string, WeightTensor>,
  registered: ReadonlyMap<string, number>,
): { readonly places: readonly number[]; readonly byOrder: boolean } {
  const length = (norm: Placed<BatchNormEntry>) => vectorLength(tensors.get(norm.entry.mean)!.shape)
  const isWide = (n: number, i: number) => widths[i] === length(norms[n])
  const isNumbered = (n: number, i: number) => isWide(n, i) && numbersIn(norms[n].stem) === numbersIn(chain[i].stem)
  const [bySize, byNumber] = [isWide, isNumbered].map(allows => extremes(norms.length, chain.length, allows))
  const match = [bySize, byNumber].find(found => found?.first.every((place, n) => place === found.last[n]))
  if (match) return { places: match.first, byOrder: false }
  const placeOf = (name: string) => registered.get(name) ?? Number.NaN
  const before = norms.map(norm =>
    chain.findLastIndex(({ entry }) => placeOf((entry as { weight: string }).weight) < placeOf(norm.entry.mean)),
  )
  if (before.every((place, n) => isWide(n, place))) return { places: before, byOrder: true }
  const n = bySize ? bySize.first.findIndex((place, i) => place !== bySize.last[i]) : 0
  const { stem, entry } = norms[n]
  throw undecided(
    'unsupported.batchnorm-place',
    `The place of the batch normalisation "${stem}" cannot be told from ${entry.mean}, of length ${length(norms[n])}: ` +
      (bySize
        ? `it could follow ${chain[bySize.first[n]].stem} or ${chain[bySize.last[n]].stem}.`
        : 'the layers of that width are too few, or in another order than the normalisations.'),
    '',
    [...chain, ...norms].map(placed => placed.entry),
  )
}

/**
 * The first and the last (in every place) of the increasing maps from 0 … n − 1 into 0 … m − 1 that `allows` admits;
 * they are equal where there is only one map. Undefined where there is none.
 */
function extremes(n: number, m: number, allows: (n: number, i: number) => boolean) {
  const first: number[] = []
  for (let i = 0; i < m && first.length < n; i++) if (allows(first.length, i)) first.push(i)
  const last: number[] = []
  for (let i = m - 1; i >= 0 && last.length < n; i--) if (allows(n - 1 - last.length, i)) last.push(i)
  return first.length === n ? { first, last: last.reverse() } : undefined
}
