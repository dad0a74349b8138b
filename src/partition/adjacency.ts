/**
 * The normalised adjacency matrix as an operator in kernel memory.
 *
 * D^-½ A D^-½ is never formed: blocks stay Float32 in canonical unit order, the scaling is applied to the vectors. A
 * graph whose layers fall into two sides with edges only between them (every feed-forward chain: even and odd layers)
 * is solved on its smaller side: with W the edges from the larger to the smaller side, the eigenvalues of
 * D_s^-½ Wᵀ D_l^-1 W D_s^-½ are the squares σ² of those of the whole, and the other half of an eigenvector follows
 * from it. Other graphs (shortcuts that skip an odd number of layers) use the whole matrix.
 */
import type { UnitGraph } from '../graph/unit-graph.ts'
import type { Kernels } from '../kernels/kernels.ts'
import type { SymmetricOperator } from '../linalg/lanczos.ts'
import type { KernelBlock } from './kernel-blocks.ts'
import type { OrderedUnits } from './unit-order.ts'

export interface Adjacency extends SymmetricOperator {
  /** Address of D^-½ for the units of the space (float64 × n). */
  readonly inverseRoot: number
  /** First position in the operator's space of each layer that is in it, else −1. */
  readonly spaceStart: Int32Array
  /** True when the operator is the half-size one, with eigenvalues σ² instead of σ. */
  readonly halved: boolean
  /**
   * For a halved operator: the random-walk eigenvector entries (D^-½ u, times σ) of the other side. Takes the address
   * of a vector of the space, returns for each layer of the other side the address of its entries.
   */
  otherSide(vector: number): ReadonlyMap<number, number>
}

interface RowGroup {
  readonly layer: number
  readonly rows: number
  readonly segments: number
  readonly count: number
  readonly inverse: number
  readonly t: number
}

export function normalisedAdjacency(
  kernels: Kernels,
  graph: UnitGraph,
  units: OrderedUnits,
  degreeOf: (layer: number) => Float64Array,
): Adjacency {
  const { arena } = kernels
  const sides = twoSides(graph, units)
  const inSpace = graph.layers.map((_, l) => sides === undefined || sides[l] === 1)
  const spaceStart = new Int32Array(graph.layers.length).fill(-1)
  let size = 0
  graph.layers.forEach((_, l) => {
    if (!inSpace[l]) return
    spaceStart[l] = size
    size += units.order[l].length
  })
  const n = size + (size & 1)
  const inverseRoot = arena.zeroed(n * 8)
  graph.layers.forEach((_, l) => {
    if (!inSpace[l]) return
    const degree = degreeOf(l)
    const target = arena.f64(inverseRoot + spaceStart[l] * 8, degree.length)
    for (let i = 0; i < degree.length; i++) target[i] = 1 / Math.sqrt(degree[i])
  })
  const groups = rowGroups(kernels, graph, units, spaceStart, sides !== undefined, degreeOf)
  const x = arena.zeroed((n + 4) * 8)
  const y = arena.zeroed((n + 4) * 8)
  return {
    n,
    size,
    inverseRoot,
    spaceStart,
    halved: sides !== undefined,
    apply(from, to) {
      kernels.scale(from, inverseRoot, x, n)
      arena.f64(y, n + 4).fill(0)
      for (const { segments, count, rows, inverse, t, layer } of groups) {
        if (sides) kernels.applyRows(segments, count, rows, inverse, x, y, t)
        else kernels.applySymmetric(segments, count, rows, spaceStart[layer], x, y, t)
      }
      kernels.scale(y, inverseRoot, to, n)
    },
    otherSide(vector) {
      kernels.scale(vector, inverseRoot, x, n)
      for (const { segments, count, rows, inverse, t } of groups)
        kernels.applyRows(segments, count, rows, inverse, x, y, t)
      return new Map(groups.map(group => [group.layer, group.t]))
    },
  }
}

/** 1 for layers of the smaller side, 0 for the larger; undefined when some edges run within a side. */
function twoSides(graph: UnitGraph, units: OrderedUnits): Int8Array | undefined {
  const side = new Int8Array(graph.layers.length).fill(-1)
  const neighbours: number[][] = graph.layers.map(() => [])
  for (const { from, to } of graph.blocks) {
    neighbours[from].push(to)
    neighbours[to].push(from)
  }
  for (let start = 0; start < side.length; start++) {
    if (side[start] >= 0) continue
    side[start] = 0
    const members = [start]
    for (const layer of members) {
      for (const next of neighbours[layer]) {
        if (side[next] === side[layer]) return undefined
        if (side[next] >= 0) continue
        side[next] = 1 - side[layer]
        members.push(next)
      }
    }
    const sizes = [0, 0]
    for (const layer of members) sizes[side[layer]] += units.order[layer].length
    if (sizes[1] > sizes[0]) for (const layer of members) side[layer] = 1 - side[layer]
  }
  return side
}

function rowGroups(
  kernels: Kernels,
  graph: UnitGraph,
  units: OrderedUnits,
  spaceStart: Int32Array,
  halved: boolean,
  degreeOf: (layer: number) => Float64Array,
): RowGroup[] {
  const { arena } = kernels
  const groups: RowGroup[] = []
  graph.layers.forEach((_, layer) => {
    if (halved && spaceStart[layer] >= 0) return
    const rows = units.order[layer].length
    const touching = units.blocks.filter(block => block.to === layer || (halved && block.from === layer))
    if (rows === 0 || touching.length === 0) return
    const table: number[] = []
    for (const block of touching) {
      const other = block.to === layer ? block.from : block.to
      if (units.order[other].length > 0) table.push(...packedSegment(kernels, block, units, layer, spaceStart[other]))
    }
    const inverse = arena.raw((rows + 4) * 8)
    arena.f64(inverse, rows).set(degreeOf(layer).map(degree => 1 / degree))
    groups.push({
      layer,
      rows,
      segments: arena.place(Int32Array.from(table)),
      count: table.length / 6,
      inverse,
      t: arena.raw((rows + 4) * 8),
    })
  })
  return groups
}

/** Packs a block with the units of `layer` as rows; returns its segment (assembly/operator.ts). */
function packedSegment(
  kernels: Kernels,
  block: KernelBlock,
  units: OrderedUnits,
  layer: number,
  start: number,
): number[] {
  const { arena } = kernels
  const upright = block.to === layer
  const rowOrder = arena.place(units.order[block.to])
  const columnOrder = arena.place(units.order[block.from])
  const rows = units.order[block.to].length
  const columns = units.order[block.from].length
  if (block.kind === 'dense') {
    const stride = ((upright ? columns : rows) + 3) & ~3
    const packed = arena.raw((upright ? rows : columns) * stride * 4)
    const pack = upright ? kernels.packDense : kernels.packDenseTransposed
    block.visit(({ values }) => pack(values, block.columns, rowOrder, rows, columnOrder, columns, packed, stride))
    return [0, packed, start, stride, 0, 0]
  }
  return packedSparse(kernels, block, units, upright, start, rowOrder, columnOrder)
}

function packedSparse(
  kernels: Kernels,
  block: KernelBlock,
  units: OrderedUnits,
  upright: boolean,
  start: number,
  rowOrder: number,
  columnOrder: number,
): number[] {
  const { arena } = kernels
  const rowLayer = upright ? block.to : block.from
  const position = new Int32Array(upright ? block.rows : block.columns).fill(-1)
  units.order[rowLayer].forEach((unit, at) => {
    position[unit] = at
  })
  const height = units.order[rowLayer].length
  const packed = {
    start: arena.raw((height + 1) * 4),
    index: arena.raw(block.count * 4),
    values: arena.raw(block.count * 4),
  }
  const [order, count] = upright
    ? [columnOrder, units.order[block.from].length]
    : [rowOrder, units.order[block.to].length]
  const scratch = arena.mark()
  block.visit(({ rowStart, columnIndex, values }) => {
    let lists = { start: rowStart, index: columnIndex, values }
    const cursor = arena.raw((Math.max(block.rows, block.columns) + 1) * 4)
    if (upright) {
      lists = {
        start: arena.raw((block.columns + 1) * 4),
        index: arena.raw(block.count * 4),
        values: arena.raw(block.count * 4),
      }
      const { start: columnStart, index: rowIndex, values: transposed } = lists
      kernels.transposeSparse(
        rowStart,
        columnIndex,
        values,
        block.rows,
        block.columns,
        columnStart,
        rowIndex,
        transposed,
        cursor,
      )
    }
    const placed = arena.place(position)
    kernels.packSparse(
      lists.start,
      lists.index,
      lists.values,
      order,
      count,
      placed,
      height,
      packed.start,
      packed.index,
      packed.values,
      cursor,
    )
  })
  arena.release(scratch)
  return [1, packed.values, start, packed.start, packed.index, 0]
}
