/** Which operators stand before a weight: whose output some later weight operator depends on. */
import type { Network } from '../network/network.ts'
import { valuesRead } from '../network/topology.ts'

const WEIGHTED: ReadonlySet<string> = new Set(['Conv', 'ConvTranspose', 'Gemm', 'MatMul'])

/** Names of the operators from which a weight operator can be reached. */
export function operatorsBeforeWeights(network: Network): Set<string> {
  const wanted = new Set<string>()
  const names = new Set<string>()
  for (const operator of network.operators.toReversed()) {
    const reaches = operator.outputs.some(output => wanted.has(output))
    if (reaches) names.add(operator.name)
    if (reaches || WEIGHTED.has(operator.type)) for (const value of valuesRead(operator)) wanted.add(value)
  }
  return names
}
