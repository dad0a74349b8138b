/**
 * The share of right output bits of a masked network with ReLU units, over a whole truth table without noise. Outputs are
 * sigmoids read at one half: a bit is 1 where its sum is above 0.
 */
import { UsageError } from '../errors.ts'
import type { TruthTable } from '../tasks/truth-table.ts'
import type { MaskedNetwork } from './masked-network.ts'

/** @returns from 0 to 1. */
export function tableAccuracy({ arch, edges, biases }: MaskedNetwork, table: TruthTable): number {
  const [inputs, outputs] = [arch[0], arch[arch.length - 1]]
  if (inputs !== table.inputs || outputs !== table.outputs)
    throw new UsageError(
      'usage.table',
      `The network has ${inputs} inputs and ${outputs} outputs, but the task has ${table.inputs} and ${table.outputs}; give the task it was trained on.`,
    )
  let right = 0
  for (let row = 0; row < table.rows; row++) {
    let units = Float64Array.from({ length: inputs }, (_, i) => (row >> (inputs - 1 - i)) & 1)
    for (const [l, { from, to, weight }] of edges.entries()) {
      const sums = Float64Array.from(biases[l])
      for (let e = 0; e < from.length; e++) sums[to[e]] += weight[e] * units[from[e]]
      units = l < edges.length - 1 ? sums.map(sum => Math.max(0, sum)) : sums
    }
    for (let o = 0; o < outputs; o++) if ((units[o] > 0 ? 1 : 0) === table.values[row * outputs + o]) right++
  }
  return right / (table.rows * outputs)
}
