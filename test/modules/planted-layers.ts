/** A perceptron of two parts that share nothing, and inputs of which each part sees its own half. */
import { buildChain, type DenseLayer } from '../../src/network/build.ts'
import { randomStream } from '../../src/random.ts'
import { tensor } from '../../src/tensor/tensor.ts'
import { sideBySide } from './side-by-side.ts'

const SIZES = [4, 6, 5, 2]
const EXAMPLES = 60

export function plantedNetwork() {
  const random = randomStream(11)
  // Biases below 0, so that some activations are, before the activation function.
  const part = (): DenseLayer[] =>
    SIZES.slice(1).map((units, at) => ({
      kind: 'dense',
      weight: tensor(
        Float32Array.from({ length: units * SIZES[at] }, () => 0.2 + random.uniform()),
        [units, SIZES[at]],
      ),
      bias: tensor(
        Float32Array.from({ length: units }, () => -0.5 * random.uniform() * SIZES[at]),
        [units],
      ),
      ...(at < SIZES.length - 2 && { activation: 'Relu' as const }),
    }))
  const network = buildChain(sideBySide(part(), part()), { input: [2 * SIZES[0]] })
  const inputs = Float32Array.from({ length: EXAMPLES * 2 * SIZES[0] })
  for (let example = 0; example < EXAMPLES; example++)
    for (const half of [0, 1]) {
      const cause = random.uniform()
      for (let i = 0; i < SIZES[0]; i++) inputs[(2 * example + half) * SIZES[0] + i] = cause + 0.3 * random.uniform()
    }
  const groups = Int32Array.from(SIZES.flatMap(size => [...new Array(size).fill(0), ...new Array(size).fill(1)]))
  return { network, inputs, groups }
}
