/**
 * The inputs that drive a set of units most: by Σ_{u∈S} |a_u|, a channel's map counted by its L1 norm (arXiv 2110.08058's
 * code, `get_max_act_images`). If they mostly have one label, the set is coherent with the classes:
 *   H = −Σ_c p_c ln p_c over the labels of the top inputs, in nats.
 * Departures: all top inputs count (the code overwrites the first), and units are a layer's own (it counts pixels in).
 */
import type { ActivationLayer } from '../../graph/correlation.ts'

/**
 * Numbers of the `count` examples with the largest sums, largest first; ties go to the lower number.
 * @param values of the layer, [units × examples]
 */
export function topInputs({ values, size }: ActivationLayer, units: Int32Array, count: number): Int32Array {
  const examples = values.length / size
  const sums = new Float64Array(examples)
  for (const unit of units) for (let i = 0; i < examples; i++) sums[i] += Math.abs(values[unit * examples + i])
  const top: number[] = []
  for (let i = 0; i < examples; i++) {
    if (top.length === count && !(sums[i] > sums[top[count - 1]])) continue
    let at = top.length
    while (at > 0 && sums[i] > sums[top[at - 1]]) at--
    top.splice(at, 0, i)
    if (top.length > count) top.pop()
  }
  return Int32Array.from(top)
}

/** Entropy of the labels of these examples, in nats. */
export function labelEntropy(labels: Int32Array, examples: Int32Array): number {
  const counts = new Map<number, number>()
  for (const example of examples) counts.set(labels[example], (counts.get(labels[example]) ?? 0) + 1)
  return entropy(Float64Array.from(counts.values(), count => count / examples.length))
}

/** −Σ p ln p, in nats. */
export function entropy(shares: Float64Array): number {
  return shares.reduce((sum, p) => (p > 0 ? sum - p * Math.log(p) : sum), 0)
}
