/**
 * Edges of a graph as a file lists them, and the unit graph they make. Graphs are undirected here: a–b and b–a are one
 * edge. Self-loops are left out: a unit's link to itself says nothing about its module. What else two entries for the
 * same pair mean depends on the kind of file (see {@link EdgeMeaning}).
 */
import { FormatError, ResourceError, UsageError } from '../../errors.ts'
import { storeBlock } from '../store.ts'
import type { EdgeBlock, UnitLayer } from '../unit-graph.ts'

/** What to do with negative weights: n-cut and its spectrum are defined for non-negative ones. */
export type SignedWeights = 'refuse' | 'magnitude'

/**
 * `list`: weights of one pair add up. `matrix`: the file holds each pair twice, with equal weights, or one triangle alone.
 */
export type EdgeMeaning = 'list' | 'matrix'

interface EdgeTally {
  readonly selfLoops: number
  /** Entries of a list beyond the first for their pair. */
  readonly repeated: number
  readonly negative: number
}

export interface Edges {
  /**
   * Adds an entry between two nodes.
   * @param place where it stands in the file, for errors
   * @throws FormatError for a weight that is no finite number, UsageError for a negative one (unless `magnitude`)
   */
  add(source: number, target: number, weight: number, place: () => string): void
  /**
   * The blocks of the entries so far, as the unit graph has them.
   * @param layerOf layer of each node, `unitOf` its place in the layer: [nodes]
   */
  blocks(
    layers: readonly UnitLayer[],
    layerOf: Int32Array,
    unitOf: Int32Array,
  ): { readonly blocks: EdgeBlock[]; readonly tally: EdgeTally }
}

/** The most nodes of a graph from a file. */
export const MOST_NODES = 2 ** 21
const MOST_ENTRIES = 2 ** 27
/** Entries of a symmetric matrix may differ by rounding. */
const ASYMMETRY = 1e-5

export function edgeCollector(meaning: EdgeMeaning, signed: SignedWeights, where: string): Edges {
  let [sources, targets, weights] = [new Int32Array(1024), new Int32Array(1024), new Float32Array(1024)]
  let [count, selfLoops, negative] = [0, 0, 0]
  const grow = () => {
    if (count >= MOST_ENTRIES)
      throw new ResourceError('resource.edges', `${where} has more than ${MOST_ENTRIES} edges; that is too many here.`)
    const wider = <T extends Int32Array | Float32Array>(array: T): T => {
      const next = new (array.constructor as new (length: number) => T)(2 * array.length)
      next.set(array)
      return next
    }
    sources = wider(sources)
    targets = wider(targets)
    weights = wider(weights)
  }
  return {
    add(source, target, weight, place) {
      if (!Number.isFinite(Math.fround(weight)))
        throw new FormatError('format.weight', `${where}, ${place()}: the weight ${weight} is no finite 32-bit number.`)
      if (weight === 0) return
      if (source === target) {
        selfLoops++
        return
      }
      if (weight < 0) {
        if (signed === 'refuse')
          throw new UsageError(
            'usage.signed',
            `${where}, ${place()}: the weight ${weight} is negative, and modules are defined for weights that are not; ` +
              'take absolute values with --signed magnitude, or leave such edges out.',
          )
        negative++
      }
      if (count === weights.length) grow()
      sources[count] = source
      targets[count] = target
      weights[count++] = Math.abs(weight)
    },
    blocks(layers, layerOf, unitOf) {
      const grouped = byBlock(sources, targets, count, layerOf)
      let repeated = 0
      const blocks = grouped.map(({ from, to, members }) => {
        const sorted = sortedCells(members, sources, targets, layerOf, unitOf, to, layers[to].size)
        const { edges, merged } = mergedCells(
          sorted,
          sources,
          weights,
          unitOf,
          layerOf,
          from === to,
          to,
          meaning,
          where,
        )
        repeated += merged
        return storeBlock({ from, to, edges }, layers[to].size, layers[from].size)
      })
      return { blocks, tally: { selfLoops, repeated: meaning === 'list' ? repeated : 0, negative } }
    },
  }
}

interface BlockMembers {
  readonly from: number
  readonly to: number
  /** Entries, by index. */
  readonly members: Int32Array
}

/** Entries by pair of layers, in the order in which unit graphs have their blocks. */
function byBlock(sources: Int32Array, targets: Int32Array, count: number, layerOf: Int32Array): BlockMembers[] {
  const counts = new Map<number, number>()
  const key = (i: number) => {
    const [a, b] = [layerOf[sources[i]], layerOf[targets[i]]]
    return Math.max(a, b) * 2 ** 26 + Math.min(a, b)
  }
  for (let i = 0; i < count; i++) counts.set(key(i), (counts.get(key(i)) ?? 0) + 1)
  const lists = new Map(
    [...counts.keys()]
      .sort((a, b) => a - b)
      .map(k => [k, { next: 0, members: new Int32Array(counts.get(k) as number) }]),
  )
  for (let i = 0; i < count; i++) {
    const list = lists.get(key(i)) as { next: number; members: Int32Array }
    list.members[list.next++] = i
  }
  return Array.from(lists, ([k, { members }]) => ({ from: k % 2 ** 26, to: Math.floor(k / 2 ** 26), members }))
}

interface SortedCells {
  readonly rowStart: Int32Array
  readonly columns: Int32Array
  /** Entry behind each cell. */
  readonly entries: Int32Array
}

/** Cells of a block by row, then by column, then in the order of the file. */
function sortedCells(
  members: Int32Array,
  sources: Int32Array,
  targets: Int32Array,
  layerOf: Int32Array,
  unitOf: Int32Array,
  to: number,
  rows: number,
): SortedCells {
  const cell = (i: number): [number, number] => {
    const [s, t] = [sources[i], targets[i]]
    const [a, b] = [unitOf[s], unitOf[t]]
    if (layerOf[s] === layerOf[t]) return a > b ? [a, b] : [b, a]
    return layerOf[s] === to ? [a, b] : [b, a]
  }
  const rowStart = new Int32Array(rows + 1)
  for (const i of members) rowStart[cell(i)[0] + 1]++
  for (let r = 0; r < rows; r++) rowStart[r + 1] += rowStart[r]
  const next = rowStart.slice()
  const columns = new Int32Array(members.length)
  const entries = new Int32Array(members.length)
  for (const i of members) {
    const [row, column] = cell(i)
    columns[next[row]] = column
    entries[next[row]++] = i
  }
  for (let r = 0; r < rows; r++) {
    const [start, end] = [rowStart[r], rowStart[r + 1]]
    if (isAscending(columns, start, end)) continue
    const order = Array.from({ length: end - start }, (_, at) => start + at).sort(
      (a, b) => columns[a] - columns[b] || a - b,
    )
    const [ownColumns, ownEntries] = [order.map(at => columns[at]), order.map(at => entries[at])]
    columns.set(ownColumns, start)
    entries.set(ownEntries, start)
  }
  return { rowStart, columns, entries }
}

function isAscending(columns: Int32Array, start: number, end: number): boolean {
  for (let at = start + 1; at < end; at++) if (columns[at] < columns[at - 1]) return false
  return true
}

/** One cell for each pair. Throws for a matrix that is neither symmetric nor a triangle. */
function mergedCells(
  { rowStart, columns, entries }: SortedCells,
  sources: Int32Array,
  weights: Float32Array,
  unitOf: Int32Array,
  layerOf: Int32Array,
  within: boolean,
  to: number,
  meaning: EdgeMeaning,
  where: string,
) {
  const rows = rowStart.length - 1
  const starts = new Int32Array(rows + 1)
  const kept = new Int32Array(columns.length)
  const values = new Float64Array(columns.length)
  /** Entries of a matrix in its lower and its upper triangle, and pairs that have both. */
  const seen = { lower: 0, upper: 0, both: 0 }
  let count = 0
  for (let row = 0; row < rows; row++) {
    for (let at = rowStart[row]; at < rowStart[row + 1]; ) {
      const column = columns[at]
      const sums = [0, 0]
      for (; at < rowStart[row + 1] && columns[at] === column; at++) {
        const source = sources[entries[at]]
        const lower = within ? unitOf[source] === row : layerOf[source] === to
        sums[lower ? 0 : 1] += weights[entries[at]]
      }
      if (meaning === 'matrix') {
        if (sums[0] > 0) seen.lower++
        if (sums[1] > 0) seen.upper++
        if (sums[0] > 0 && sums[1] > 0) {
          seen.both++
          if (Math.abs(sums[0] - sums[1]) > ASYMMETRY * Math.max(...sums)) throw asymmetric(where, row, column, sums)
        }
      }
      kept[count] = column
      values[count++] = meaning === 'list' ? sums[0] + sums[1] : sums[0] || sums[1]
    }
    starts[row + 1] = count
  }
  if (seen.lower > 0 && seen.upper > 0 && (seen.both < seen.lower || seen.both < seen.upper))
    throw new UsageError(
      'usage.asymmetric',
      `${where} is not symmetric: ${seen.lower + seen.upper - 2 * seen.both} pairs have a weight one way alone. ${SYMMETRISE}`,
    )
  const edges = {
    kind: 'sparse' as const,
    rowStart: starts,
    columns: kept.subarray(0, count),
    values: values.subarray(0, count),
  }
  return { edges, merged: columns.length - count }
}

const SYMMETRISE = 'Modules are defined for undirected graphs: store (A + A.T) / 2, or one triangle alone.'

function asymmetric(where: string, row: number, column: number, [lower, upper]: readonly number[]): UsageError {
  return new UsageError(
    'usage.asymmetric',
    `${where} is not symmetric: ${lower} at (${row}, ${column}) but ${upper} at (${column}, ${row}), counted from 0. ${SYMMETRISE}`,
  )
}
