/**
 * Normalised cut of a labelled unit graph (Shi and Malik 2000; arXiv 2103.03386 §2):
 * n-cut = Σ_c cut_c / vol_c, cut_c the weight of edges leaving module c, vol_c the sum of its units' degrees. Units
 * labelled −1 form no module, but edges to them count as leaving. No ε is added to the volume (the seeds' 1e-8): a
 * module without edges has the term 0.
 */
import { layerOffsets, type UnitGraph } from '../graph/unit-graph.ts'
import type { Kernels } from '../kernels/kernels.ts'
import type { OrderedUnits } from './unit-order.ts'

export interface Cut {
  readonly ncut: number
  /** cut_c / vol_c: Float64Array [k]. */
  readonly terms: Float64Array
  /** Float64Array [k]. */
  readonly volumes: Float64Array
}

/** `labels` — Int32Array [units], −1 … k − 1. */
export function normalisedCut(
  kernels: Kernels,
  graph: UnitGraph,
  units: OrderedUnits,
  labels: Int32Array,
  k: number,
): Cut {
  const { arena } = kernels
  const offsets = layerOffsets(graph)
  const volumes = new Float64Array(k)
  for (let i = 0; i < labels.length; i++) if (labels[i] >= 0) volumes[labels[i]] += units.degree[i]
  const placed = arena.place(labels)
  const within = arena.zeroed(k * 8)
  for (const block of units.blocks) {
    const rowLabels = placed + offsets[block.to] * 4
    const columnLabels = placed + offsets[block.from] * 4
    block.visit(({ values, rowStart, columnIndex }) => {
      if (block.kind === 'dense')
        kernels.withinDense(values, block.rows, block.columns, rowLabels, columnLabels, within)
      else kernels.withinSparse(rowStart, columnIndex, values, block.rows, rowLabels, columnLabels, within)
    })
  }
  // An edge is stored once and counts for both its ends.
  const inside = arena.f64(within, k)
  const terms = new Float64Array(k)
  let ncut = 0
  for (let c = 0; c < k; c++) {
    terms[c] = volumes[c] > 0 ? Math.max(0, (volumes[c] - 2 * inside[c]) / volumes[c]) : 0
    ncut += terms[c]
  }
  return { ncut, terms, volumes }
}

/** (1 − n-cut/k) / (2 · n-cut/k): mean edge mass within modules per unit of cut mass; null when nothing is cut. */
export function withinPerCut(ncut: number, k: number): number | null {
  return ncut > 0 ? (1 - ncut / k) / ((2 * ncut) / k) : null
}
