/**
 * Edge-weight products (Neural Sculpting, arXiv 2305.18402, and its notebooks): how strongly each input is wired to each
 * output over all paths, EWP = |W_L| · … · |W_1|; whether inputs are wired less to the outputs of other modules than to
 * those of their own (Welch's t-test); and how few hidden units carry 90 % of what reaches the outputs.
 */
import { type WelchTest, welchLess } from '../stats/welch.ts'
import type { MaskedNetwork } from './masked-network.ts'

/** [inputs × outputs], row-major. */
export function edgeWeightProducts(network: MaskedNetwork): Float64Array {
  const [inputs, outputs] = [network.arch[0], network.arch[network.arch.length - 1]]
  const products = new Float64Array(inputs * outputs)
  for (let o = 0; o < outputs; o++) {
    const strengths = strengthsToward(network, output => (output === o ? 1 : 0))[0]
    for (let i = 0; i < inputs; i++) products[i * outputs + o] = strengths[i]
  }
  return products
}

/** Of each layer but the outputs: Σ over outputs of the products from a unit to them. */
function strengthsToOutputs(network: MaskedNetwork): Float64Array[] {
  return strengthsToward(network, () => 1)
}

function strengthsToward({ arch, edges }: MaskedNetwork, start: (output: number) => number): Float64Array[] {
  let above = Float64Array.from({ length: arch[arch.length - 1] }, (_, o) => start(o))
  const layers: Float64Array[] = []
  for (let l = edges.length - 1; l >= 0; l--) {
    const { from, to, weight } = edges[l]
    const sums = new Float64Array(arch[l])
    for (let e = 0; e < from.length; e++) sums[from[e]] += Math.abs(weight[e]) * above[to[e]]
    layers.unshift(sums)
    above = sums
  }
  return layers
}

/**
 * Are the products from `inputs` to `others` lower than those to `own` outputs? Null where it cannot be tested.
 *
 * @param products as `edgeWeightProducts` gives them, for `outputs` outputs.
 */
export function separationTest(
  products: Float64Array,
  outputs: number,
  inputs: readonly number[],
  own: readonly number[],
  others: readonly number[],
): WelchTest | null {
  const block = (columns: readonly number[]) => inputs.flatMap(i => columns.map(o => products[i * outputs + o]))
  return welchLess(block(others), block(own))
}

/** How many units of each hidden layer carry 90 % of its strength to the outputs: one more than the strongest that stay at or below it. */
export function carryingUnits(network: MaskedNetwork, share = 0.9): number[] {
  return strengthsToOutputs(network)
    .slice(1)
    .map(strengths => {
      const sorted = Array.from(strengths).sort((a, b) => b - a)
      const limit = share * sorted.reduce((sum, value) => sum + value, 0)
      let sum = 0
      let count = 0
      while (count < sorted.length && (sum += sorted[count]) <= limit) count++
      return count + 1
    })
}
