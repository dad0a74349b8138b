/** What a network is made of, in two numbers a file's own can be compared with. */
import { elementCount } from '../tensor/tensor.ts'
import type { Network } from './network.ts'

/** Operators by type, the most frequent first. */
export function operatorCounts(network: Network): { type: string; count: number }[] {
  const byType = Map.groupBy(network.operators, operator => operator.type)
  return [...byType]
    .map(([type, members]) => ({ type, count: members.length }))
    .sort((a, b) => b.count - a.count || (a.type < b.type ? -1 : 1))
}

/** Values in all weights and constants. */
export function parameterCount(network: Network): number {
  return [...network.weights.values()].reduce((sum, { shape }) => sum + elementCount(shape), 0)
}
