/**
 * What each module of a sculpted network computes, as Boolean formulas of the inputs: of its outputs, and of those of its
 * hidden units that feed other modules. A hidden unit is no bit, so it is read at the threshold that explains most of
 * its variance; `agreement` is the share explained (1 where the unit takes two values alone). Ours; the paper (arXiv
 * 2305.18402) reads functions off by eye.
 */
import type { TruthTable } from '../tasks/truth-table.ts'
import { booleanFormula } from './boolean-formula.ts'
import type { DetectedModules } from './detect.ts'
import type { MaskedNetwork } from './masked-network.ts'

export interface SubFunction {
  /** Layer and number of the unit. */
  readonly layer: number
  readonly unit: number
  readonly formula: string
  /** 0 … 1. */
  readonly agreement: number
}

/** Formulas grow beyond reading with more inputs than this. */
const MOST_INPUTS = 12

/** For each module its sub-functions, outputs last; equal formulas are told once. Empty lists for very wide tables. */
export function moduleFunctions(network: MaskedNetwork, detected: DetectedModules, table: TruthTable): SubFunction[][] {
  const functions = Array.from({ length: detected.count }, () => [] as SubFunction[])
  if (table.inputs > MOST_INPUTS) return functions
  const names = Array.from({ length: table.inputs }, (_, i) => `x${i}`)
  const activations = unitActivations(network, table)
  const moduleOf = detected.layers.map(
    ({ alive, modules }) => new Map(Array.from(alive, (unit, i) => [unit, modules[i]])),
  )
  const last = network.arch.length - 1
  for (let layer = 1; layer <= last; layer++)
    for (const [unit, module] of moduleOf[layer]) {
      if (layer < last && !leaves(network, moduleOf, layer, unit, module)) continue
      const { bits, agreement } =
        layer === last
          ? { bits: activations[layer][unit].map(z => (z > 0 ? 1 : 0)), agreement: 1 }
          : binarised(activations[layer][unit])
      const formula = booleanFormula(bits, names)
      if (!functions[module].some(known => known.layer === layer && known.formula === formula))
        functions[module].push({ layer, unit, formula, agreement })
    }
  return functions
}

/** Whether an edge leads from the unit to another module. */
function leaves(
  { edges }: MaskedNetwork,
  moduleOf: readonly ReadonlyMap<number, number>[],
  layer: number,
  unit: number,
  module: number,
): boolean {
  const { from, to } = edges[layer]
  return from.some((source, e) => source === unit && (moduleOf[layer + 1].get(to[e]) ?? module) !== module)
}

/** [layer][unit][row]; outputs as logits. */
function unitActivations({ arch, edges, biases }: MaskedNetwork, { inputs, rows }: TruthTable): Float64Array[][] {
  const layers = [
    Array.from({ length: inputs }, (_, i) =>
      Float64Array.from({ length: rows }, (_, row) => (row >> (inputs - 1 - i)) & 1),
    ),
  ]
  for (const [l, { from, to, weight }] of edges.entries()) {
    const sums = Array.from({ length: arch[l + 1] }, (_, unit) => new Float64Array(rows).fill(biases[l][unit]))
    for (let e = 0; e < from.length; e++)
      for (let row = 0; row < rows; row++) sums[to[e]][row] += weight[e] * layers[l][from[e]][row]
    layers.push(l < edges.length - 1 ? sums.map(unit => unit.map(sum => Math.max(0, sum))) : sums)
  }
  return layers
}

/** The split of the values in two that leaves least variance within (Otsu 1979). */
function binarised(values: Float64Array): { bits: Float64Array; agreement: number } {
  const sorted = Float64Array.from(values).sort()
  const n = sorted.length
  const total = sorted.reduce((sum, value) => sum + value, 0)
  let best = { between: 0, threshold: Infinity }
  let below = 0
  for (let i = 1; i < n; i++) {
    below += sorted[i - 1]
    if (sorted[i] === sorted[i - 1]) continue
    const gap = below / i - (total - below) / (n - i)
    const between = (i * (n - i) * gap * gap) / n
    if (between > best.between) best = { between, threshold: (sorted[i] + sorted[i - 1]) / 2 }
  }
  const mean = total / n
  const variance = sorted.reduce((sum, value) => sum + (value - mean) ** 2, 0)
  return {
    bits: values.map(value => (value > best.threshold ? 1 : 0)),
    agreement: variance > 0 ? Math.min(1, best.between / variance) : 1,
  }
}
