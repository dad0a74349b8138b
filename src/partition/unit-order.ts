/**
 * Degrees and a canonical order of units, from their content alone: whatever order a file stores its units in, the
 * same units come first. Inside a layer, units are sorted by degree, then by largest edge (both independent of the
 * order of summation, see kernels/assembly/degrees.ts), the position deciding only between units equal in both.
 */
import { layerOffsets, type UnitGraph, unitCount } from '../graph/unit-graph.ts'
import type { Kernels } from '../kernels/kernels.ts'
import { type KernelBlock, kernelBlocks } from './kernel-blocks.ts'

export interface OrderedUnits {
  readonly blocks: readonly KernelBlock[]
  /** Float64Array [units]; 0 for isolated units. */
  readonly degree: Float64Array
  /** Per layer: its units with edges, in canonical order, as indices within the layer. */
  readonly order: readonly Int32Array[]
  /** True when two units of a layer agree in degree and largest edge: the graph may have symmetries. */
  readonly ties: boolean
}

/** Puts the units in order; the graph's blocks go into kernel memory as `kernelBlocks` has it. */
export function orderUnits(kernels: Kernels, graph: UnitGraph): OrderedUnits {
  const { arena } = kernels
  const n = unitCount(graph)
  const offsets = layerOffsets(graph)
  const blocks = kernelBlocks(arena, graph)
  const most = arena.zeroed(n * 4)
  const scale = arena.zeroed(n * 8)
  const sum = arena.zeroed(n * 8)
  for (const block of blocks) {
    const row = most + offsets[block.to] * 4
    const column = most + offsets[block.from] * 4
    block.visit(({ values, rowStart, columnIndex }) => {
      if (block.kind === 'dense') kernels.maxima(values, block.rows, block.columns, row, column)
      else kernels.sparseMaxima(rowStart, columnIndex, values, block.rows, row, column)
    })
  }
  const largest = arena.f32(most, n).slice()
  const scales = arena.f64(scale, n)
  // The sum of up to n terms, each at most 2^(exponent + 1), must stay below 2^53.
  const headroom = 51 - Math.ceil(bitLength(n))
  for (let i = 0; i < n; i++) if (largest[i] > 0) scales[i] = powerOfTwo(headroom - exponentOf(largest[i]))
  for (const block of blocks) {
    const ends = [offsets[block.to] * 8, offsets[block.from] * 8]
    const sums = [scale + ends[0], scale + ends[1], sum + ends[0], sum + ends[1]] as const
    block.visit(({ values, rowStart, columnIndex }) => {
      if (block.kind === 'dense') kernels.sums(values, block.rows, block.columns, ...sums)
      else kernels.sparseSums(rowStart, columnIndex, values, block.rows, ...sums)
    })
  }
  const degree = new Float64Array(n)
  const scaledSums = arena.f64(sum, n)
  const finalScales = arena.f64(scale, n)
  for (let i = 0; i < n; i++) if (largest[i] > 0) degree[i] = scaledSums[i] / finalScales[i]
  return { blocks, degree, ...canonicalOrder(graph, offsets, degree, largest) }
}

function canonicalOrder(graph: UnitGraph, offsets: Int32Array, degree: Float64Array, largest: Float32Array) {
  let ties = false
  const order = graph.layers.map((layer, l) => {
    const first = offsets[l]
    const units: number[] = []
    for (let i = 0; i < layer.size; i++) if (degree[first + i] > 0) units.push(i)
    units.sort((a, b) => degree[first + b] - degree[first + a] || largest[first + b] - largest[first + a] || a - b)
    for (let i = 1; i < units.length && !ties; i++) {
      const [a, b] = [first + units[i - 1], first + units[i]]
      ties = degree[a] === degree[b] && largest[a] === largest[b]
    }
    return Int32Array.from(units)
  })
  return { order, ties }
}

const EXPONENT_VIEW = new DataView(new ArrayBuffer(8))

/** e with 2^e ≤ value < 2^(e + 1), for positive values that are normal in float64. */
function exponentOf(value: number): number {
  EXPONENT_VIEW.setFloat64(0, value)
  return ((EXPONENT_VIEW.getUint16(0) >> 4) & 0x7ff) - 1023
}

/** 2^exponent, exactly, for −1022 ≤ exponent ≤ 1023. */
function powerOfTwo(exponent: number): number {
  EXPONENT_VIEW.setUint32(0, (exponent + 1023) << 20)
  EXPONENT_VIEW.setUint32(4, 0)
  return EXPONENT_VIEW.getFloat64(0)
}

function bitLength(n: number): number {
  return 32 - Math.clz32(n)
}
