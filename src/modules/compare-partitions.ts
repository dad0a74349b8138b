/**
 * Do two graphs of the same units, one of weights and one of activations say, fall into the same modules? (Clusterability
 * in Neural Networks, arXiv 2103.03386, activation clustering; Quantifying Local Specialization, arXiv 2110.08058 §2.)
 *
 *   agreement  ARI, AMI, NMI and VI of the two partitions (stats/agreement.ts)
 *   NMI null   NMI of the first with the second's labels permuted over the units that both have in a module;
 *              p = (b + 1)/(m + 1), b = permutations that agree at least as well, and z = (NMI − mean)/sd
 *   transfer   n-cut of one graph under the other's labels
 *   means      mean edge of each graph within and between the modules of the other: mean r² in activation graphs
 *
 * Departures from the published code: its percentile of the NMI is the left tail, near 1 for partitions that agree; its
 * mean between modules indexes the matrix with zeros and ones and so is not that mean; its "entropy" is one of the
 * labels' values and left out here.
 */
import { UsageError } from '../errors.ts'
import { type UnitGraph, unitCount } from '../graph/unit-graph.ts'
import { ncutOf } from '../partition/cluster.ts'
import { type EdgeMeans, edgeMeans } from '../partition/edge-means.ts'
import { type Random, randomStream, shuffle } from '../random.ts'
import { type Agreement, agreement, normalisedMutualInformation } from '../stats/agreement.ts'
import { moments, standardDeviation } from '../stats/effect.ts'
import { monteCarloP } from '../stats/monte-carlo.ts'

export interface LabelledGraph {
  readonly graph: UnitGraph
  /** Module of each unit, −1 = in none: [units]. */
  readonly labels: Int32Array
}

export interface CompareOptions {
  readonly seed: number
  /** Permutations of the NMI's null. Default: 1000. */
  readonly draws?: number
}

export interface NmiNull {
  readonly mean: number
  readonly sd: number
  /** null where all permutations agree equally. */
  readonly z: number | null
  readonly p: number
  readonly draws: number
}

export interface TestedAgreement {
  readonly agreement: Agreement
  readonly nmiNull: NmiNull
}

export interface PartitionComparison extends TestedAgreement {
  /** n-cut of each graph under its own labels and under those of the other. */
  readonly ncut: { readonly first: number; readonly second: number }
  readonly transfer: { readonly firstUnderSecond: number; readonly secondUnderFirst: number }
  /** Mean edges of each graph under the labels of the other. */
  readonly means: { readonly firstUnderSecond: EdgeMeans; readonly secondUnderFirst: EdgeMeans }
}

const NMI_STREAM = 12

/**
 * Both graphs must have the same units in the same order; units without a module in one count in no measure of agreement,
 * and in the n-cuts as outside every module.
 *
 * @throws UsageError where they have not, or no unit is in a module of both.
 */
export async function comparePartitions(
  first: LabelledGraph,
  second: LabelledGraph,
  options: CompareOptions,
): Promise<PartitionComparison> {
  const units = unitCount(first.graph)
  for (const size of [unitCount(second.graph), first.labels.length, second.labels.length])
    if (size !== units)
      throw new UsageError(
        'usage.partitions',
        `Two partitions of the same units are needed, not of ${units} and ${size}; choose the same layers for both.`,
      )
  return {
    ...testedAgreement(first.labels, second.labels, options),
    ncut: { first: await ncutOf(first.graph, first.labels), second: await ncutOf(second.graph, second.labels) },
    transfer: {
      firstUnderSecond: await ncutOf(first.graph, second.labels),
      secondUnderFirst: await ncutOf(second.graph, first.labels),
    },
    means: {
      firstUnderSecond: edgeMeans(first.graph, second.labels),
      secondUnderFirst: edgeMeans(second.graph, first.labels),
    },
  }
}

/**
 * Agreement of two partitions of the same units, and its null. `a`, `b` — module of each unit, −1 = in none: [units].
 * @throws UsageError where no unit is in a module of both.
 */
export function testedAgreement(a: Int32Array, b: Int32Array, { seed, draws = 1000 }: CompareOptions): TestedAgreement {
  if (!(Number.isSafeInteger(draws) && draws >= 1))
    throw new UsageError('usage.draws', `The NMI's null needs at least one permutation, not ${draws}.`)
  const found = agreement(a, b)
  if (found.count === 0)
    throw new UsageError('usage.partitions', 'No unit is in a module of both partitions; choose layers they share.')
  return { agreement: found, nmiNull: permuted(a, b, found.nmi, seed, draws) }
}

/**
 * The same null with labels permuted within each layer: where modules are mostly whole layers, two partitions agree by
 * that alone, and only this one tells whether they agree on units.
 * @param sizes units of each layer: [layers]
 */
export function nmiNullWithinLayers(
  a: Int32Array,
  b: Int32Array,
  sizes: readonly number[],
  { seed, draws = 1000 }: CompareOptions,
): NmiNull {
  return permuted(a, b, normalisedMutualInformation(a, b), seed, draws, sizes)
}

function permuted(
  a: Int32Array,
  b: Int32Array,
  nmi: number,
  seed: number,
  draws: number,
  sizes: readonly number[] = [a.length],
): NmiNull {
  const shared = a.map((label, unit) => (label >= 0 && b[unit] >= 0 ? 1 : 0))
  const own = a.filter((_, unit) => shared[unit])
  const other = b.filter((_, unit) => shared[unit])
  let unit = 0
  const counts = sizes.map(size => shared.subarray(unit, (unit += size)).reduce((sum, one) => sum + one, 0))
  const shuffled = (random: Random) => {
    const labels = other.slice()
    let at = 0
    for (const count of counts) shuffle(labels.subarray(at, (at += count)), random)
    return labels
  }
  const drawn = Float64Array.from({ length: draws }, (_, i) =>
    normalisedMutualInformation(own, shuffled(randomStream(seed, NMI_STREAM, i))),
  )
  const all = moments(drawn)
  const sd = standardDeviation(all)
  // Permutations that give the same table in another order differ by rounding alone: they tie.
  return {
    mean: all.mean,
    sd,
    z: sd > ROUNDING ? (nmi - all.mean) / sd : null,
    p: monteCarloP(nmi - ROUNDING, drawn, 'right'),
    draws,
  }
}

const ROUNDING = 1e-12
