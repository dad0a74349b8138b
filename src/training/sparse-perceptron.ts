/**
 * A small perceptron as the edges it has: ReLU units, a sigmoid for each output. What is pruned is not there, so that
 * training it costs what is left.
 */
import type { Random } from '../random.ts'
import { normalDraws } from '../stats/normal.ts'

/** Edges into one layer, unit by unit: unit u has `sources[rowStart[u]] … sources[rowStart[u + 1] − 1]`, ascending. */
interface SparseLayer {
  readonly rowStart: Int32Array
  /** Units of the layer below. */
  readonly sources: Int32Array
  readonly weights: Float32Array
  /** One for each unit; counts as 0 where the unit has no edge. */
  readonly biases: Float32Array
}

export interface SparsePerceptron {
  /** Units of each layer, inputs first. */
  readonly arch: readonly number[]
  /** `arch.length − 1`. */
  readonly layers: readonly SparseLayer[]
}

/** All edges, weights normal with standard deviation √(2/fan-in) (He et al. 2015), biases 0. */
export function densePerceptron(arch: readonly number[], random: Random): SparsePerceptron {
  const normal = normalDraws(random)
  const layers = arch.slice(1).map((units, l) => {
    const inputs = arch[l]
    const deviation = Math.sqrt(2 / inputs)
    return {
      rowStart: Int32Array.from({ length: units + 1 }, (_, u) => u * inputs),
      sources: Int32Array.from({ length: units * inputs }, (_, e) => e % inputs),
      weights: Float32Array.from({ length: units * inputs }, () => deviation * normal()),
      biases: new Float32Array(units),
    }
  })
  return { arch, layers }
}

/** How many edges are left. */
export function edgeCount({ layers }: SparsePerceptron): number {
  return layers.reduce((count, { weights }) => count + weights.length, 0)
}

/** How many there are with all edges. */
export function fullEdgeCount({ arch }: Pick<SparsePerceptron, 'arch'>): number {
  return arch.slice(1).reduce((count, units, l) => count + units * arch[l], 0)
}

/**
 * The edges for which `keep(layer, unit, source, weight)` holds. A unit that loses its last one loses its bias.
 */
export function keepEdges(
  { arch, layers }: SparsePerceptron,
  keep: (layer: number, unit: number, source: number, weight: number) => boolean,
): SparsePerceptron {
  return {
    arch,
    layers: layers.map((layer, l) => {
      const rowStart = new Int32Array(layer.rowStart.length)
      const sources = new Int32Array(layer.sources.length)
      const weights = new Float32Array(layer.weights.length)
      const biases = layer.biases.slice()
      let count = 0
      for (let u = 0; u < biases.length; u++) {
        for (let e = layer.rowStart[u]; e < layer.rowStart[u + 1]; e++) {
          if (!keep(l, u, layer.sources[e], layer.weights[e])) continue
          sources[count] = layer.sources[e]
          weights[count++] = layer.weights[e]
        }
        rowStart[u + 1] = count
        if (rowStart[u] === count) biases[u] = 0
      }
      return { rowStart, sources: sources.slice(0, count), weights: weights.slice(0, count), biases }
    }),
  }
}
