/**
 * Two partitions of networks with the same layers: how far they agree (compare-partitions.ts), which module is which
 * (match-modules.ts), which units moved, and how well each network is cut by the other's modules. Units are matched by
 * layer and place in it: a network whose units were permuted is another network here.
 */
import { UsageError } from '../errors.ts'
import type { UnitGraph, UnitLayer } from '../graph/unit-graph.ts'
import { ncutOf } from '../partition/cluster.ts'
import {
  type CompareOptions,
  type NmiNull,
  nmiNullWithinLayers,
  type TestedAgreement,
  testedAgreement,
} from './compare-partitions.ts'
import { type ModulePair, matchModules, type UnitFate } from './match-modules.ts'

/** A partition, by the layers it is of. */
export interface LayeredPartition {
  /** What errors and results call it. */
  readonly name: string
  readonly layers: readonly (Pick<UnitLayer, 'name' | 'size'> & Partial<Pick<UnitLayer, 'kind'>>)[]
  /** Module of each unit, layer after layer; −1 = in none: [units]. */
  readonly labels: Int32Array
  /** The network's graph, where there is one. */
  readonly graph?: UnitGraph
}

interface LayerChange {
  readonly name: string
  readonly size: number
  readonly kept: number
  readonly moved: number
  readonly firstOnly: number
  readonly secondOnly: number
}

interface MovedUnit {
  /** Index over all layers, and within its layer. */
  readonly unit: number
  readonly layer: string
  readonly index: number
  /** Its module in the first partition, and in the second. */
  readonly from: number
  readonly to: number
}

export interface ModuleComparison extends TestedAgreement {
  readonly first: string
  readonly second: string
  /** NMI with labels permuted within layers: whether units agree, and not whole layers alone. */
  readonly nmiNullWithinLayers: NmiNull
  readonly modules: readonly ModulePair[]
  readonly layers: readonly LayerChange[]
  readonly moved: readonly MovedUnit[]
  /** n-cut of each network under the modules of both; null for partitions without a network. */
  readonly ncut: {
    readonly first: NcutPair | null
    readonly second: NcutPair | null
  }
}

interface NcutPair {
  readonly own: number
  readonly underOther: number
}

/** @throws UsageError `usage.layers` naming the first layer in which the two differ, `usage.partitions` as `testedAgreement`. */
export async function compareModules(
  first: LayeredPartition,
  second: LayeredPartition,
  options: CompareOptions,
): Promise<ModuleComparison> {
  checkSameLayers(first, second)
  const { pairs, fates } = matchModules(first.labels, second.labels)
  let start = 0
  const moved: MovedUnit[] = []
  const layers = first.layers.map(({ name, size }) => {
    const own = fates.slice(start, start + size)
    own.forEach((fate, index) => {
      const unit = start + index
      if (fate === 'moved') moved.push({ unit, layer: name, index, from: first.labels[unit], to: second.labels[unit] })
    })
    start += size
    const count = (wanted: UnitFate) => own.filter(fate => fate === wanted).length
    return {
      name,
      size,
      kept: count('kept'),
      moved: count('moved'),
      firstOnly: count('first only'),
      secondOnly: count('second only'),
    }
  })
  const ncut = async (of: LayeredPartition, other: LayeredPartition) =>
    of.graph ? { own: await ncutOf(of.graph, of.labels), underOther: await ncutOf(of.graph, other.labels) } : null
  return {
    first: first.name,
    second: second.name,
    ...testedAgreement(first.labels, second.labels, options),
    nmiNullWithinLayers: nmiNullWithinLayers(
      first.labels,
      second.labels,
      first.layers.map(({ size }) => size),
      options,
    ),
    modules: pairs,
    layers,
    moved,
    ncut: { first: await ncut(first, second), second: await ncut(second, first) },
  }
}

function checkSameLayers(first: LayeredPartition, second: LayeredPartition): void {
  const words = ({ layers }: LayeredPartition, l: number) =>
    layers[l] ? `"${layers[l].name}" with ${layers[l].size} ${layers[l].kind ?? 'unit'}s` : 'none'
  for (let l = 0; l < Math.max(first.layers.length, second.layers.length); l++) {
    const [a, b] = [first.layers[l], second.layers[l]]
    if (a && b && a.size === b.size && (!a.kind || !b.kind || a.kind === b.kind)) continue
    throw new UsageError(
      'usage.layers',
      `${first.name} and ${second.name} differ at layer ${l}: ${words(first, l)} and ${words(second, l)}. ` +
        'Only networks with the same layers can be compared, unit by unit; --units chooses layers.',
    )
  }
}
