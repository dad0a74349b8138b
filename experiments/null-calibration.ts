/**
 * One job of the false-positive experiment: draw network number i from a null model of a base network, test it against
 * the same null model of itself, return p. Under a sound test p ≤ α happens in a share α of the networks.
 */
import type { Task } from '../src/executor.ts'
import type { UnitGraph } from '../src/graph/unit-graph.ts'
import { loadKernels } from '../src/kernels/kernels.ts'
import { randomStream } from '../src/random.ts'
import { nullCode, nullSampler } from '../src/significance/null-models.ts'
import { partitionFor } from '../src/significance/statistic.ts'
import type { NullModel } from '../src/significance/verdict.ts'
import { monteCarloP } from '../src/stats/monte-carlo.ts'
import { normalDraws } from '../src/stats/normal.ts'

export interface CalibrationContext {
  readonly base: UnitGraph
  readonly null: NullModel
  readonly k: number
  readonly shuffles: number
  readonly seed: number
}

export const nullCalibration: Task<CalibrationContext, number, number> = {
  name: 'null-calibration',
  async prepare({ base, null: model, k, shuffles, seed }) {
    const kernels = await loadKernels()
    const drawNetwork = nullSampler(model, base)
    const ncut = (graph: UnitGraph) => partitionFor(kernels, graph, { k, seed }).ncut
    return index => {
      const network = drawNetwork(randomStream(seed, nullCode(model), index))
      const drawShuffle = nullSampler(model, network)
      const shuffled = Float64Array.from({ length: shuffles }, (_, i) =>
        ncut(drawShuffle(randomStream(seed, nullCode(model), index, i))),
      )
      return monteCarloP(ncut(network), shuffled)
    }
  },
}

/**
 * A small network with uneven units: |w| = .1·|ε|·u·v, ε standard normal, u and v a factor of each unit between ½ and 2.
 * `sparsity` — the share of each block's smallest weights that is pruned away.
 */
export function baseNetwork(sizes: readonly number[], sparsity: number, seed: number): UnitGraph {
  const random = randomStream(seed)
  const normal = normalDraws(random)
  const strength = sizes.map(size => Float64Array.from({ length: size }, () => 0.5 + 1.5 * random.uniform()))
  const layers = sizes.map((size, l) => ({
    name: `layer ${l}`,
    size,
    role: 'hidden' as const,
    kind: 'neuron' as const,
  }))
  const blocks = layers.slice(1).map((layer, l) => {
    const columns = sizes[l]
    const values = Float32Array.from(
      { length: layer.size * columns },
      (_, i) => 0.1 * Math.abs(normal()) * strength[l + 1][Math.floor(i / columns)] * strength[l][i % columns],
    )
    const threshold = values.slice().sort()[Math.floor(sparsity * values.length)]
    if (sparsity > 0) for (let i = 0; i < values.length; i++) if (values[i] < threshold) values[i] = 0
    return { from: l, to: l + 1, edges: { kind: 'dense' as const, values } }
  })
  return { layers, blocks }
}
