/** Networks to lesion, and lesions done the plain way: weights set to zero, the whole network run again. */
import { prepareGraph } from '../../src/graph/prepare.ts'
import type { EvaluationSet } from '../../src/modules/lesions/outcome.ts'
import { type UnitSite, unitSites } from '../../src/modules/unit-sites.ts'
import { heldWeight } from '../../src/network/build.ts'
import type { Network } from '../../src/network/network.ts'
import { randomStream } from '../../src/random.ts'
import { normalDraws } from '../../src/stats/normal.ts'
import { tensor } from '../../src/tensor/tensor.ts'

export function randomExamples(examples: number, shape: readonly number[], classes: number, seed = 1): EvaluationSet {
  const random = randomStream(seed)
  const draw = normalDraws(random)
  const size = shape.reduce((product, n) => product * n, 1)
  return {
    shape,
    inputs: Float32Array.from({ length: examples * size }, draw),
    labels: Int32Array.from({ length: examples }, () => random.below(classes)),
  }
}

export async function sitesOf(network: Network): Promise<UnitSite[]> {
  return unitSites(network, (await prepareGraph(network)).graph)
}

/** The network with the incoming weights and the biases of these units at zero; `name` as in `buildChain`. */
export async function withoutUnits(network: Network, name: string, units: Iterable<number>): Promise<Network> {
  const weights = new Map(network.weights)
  for (const part of ['weight', 'bias']) {
    const whole = await network.weights.get(`${name}.${part}`)!.read()
    const data = (whole.data as Float32Array).slice()
    const size = data.length / whole.shape[0]
    for (const unit of units) data.fill(0, unit * size, (unit + 1) * size)
    weights.set(`${name}.${part}`, heldWeight(`${name}.${part}`, tensor(data, whole.shape)))
  }
  return { ...network, weights }
}

/** Biases that are not zero, so that a lesion of weights alone would show. */
export function withBiases(network: Network, seed = 9): Network {
  const draw = normalDraws(randomStream(seed))
  const weights = new Map(network.weights)
  for (const [name, weight] of weights) {
    if (!name.endsWith('.bias')) continue
    const values = Float32Array.from({ length: weight.shape[0] }, () => 0.3 * draw())
    weights.set(name, heldWeight(name, tensor(values, weight.shape)))
  }
  return { ...network, weights }
}
