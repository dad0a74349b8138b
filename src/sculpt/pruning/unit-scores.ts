/**
 * What a hidden unit is worth: the nine scores of Neural Sculpting's code (arXiv 2305.18402 §3.1 and its appendix). With
 * h the activation, L the loss of one row, means over the rows of the table without noise:
 *
 *   activation-gradient       mean |h · ∂L/∂h|                              (the paper's)
 *   output-gradient           the same with the sum of the outputs for L
 *   activation-weight         mean of h × mean |w| of outgoing edges
 *   activation-variance       variance of h
 *   weight                    mean |w| of incoming plus mean |w| of outgoing edges
 *   outgoing-weight           mean |w| of outgoing edges
 *   activation                mean of h
 *   paths                     (Σ over paths from inputs) × (Σ over paths to outputs) of Π |w|·(mean activation of the
 *                             unit the edge leaves)
 *   random                    uniform
 *
 * Units without any edge are gone and score 0. Departure: the code cannot compute two of them for layers of unequal
 * width; here all nine work.
 */
import type { Random } from '../../random.ts'
import type { PerceptronTrainer } from '../../training/perceptron-trainer.ts'
import type { SparsePerceptron } from '../../training/sparse-perceptron.ts'

export const UNIT_SCORES = [
  'activation-gradient',
  'output-gradient',
  'activation-weight',
  'activation-variance',
  'weight',
  'outgoing-weight',
  'activation',
  'paths',
  'random',
] as const
export type UnitScore = (typeof UNIT_SCORES)[number]

/** One score for each unit of each hidden layer. */
export function unitScores(
  score: UnitScore,
  perceptron: SparsePerceptron,
  trainer: PerceptronTrainer,
  random: Random,
): Float64Array[] {
  const alive = livingUnits(perceptron)
  const scores = scoresOf(score, perceptron, trainer, random)
  return scores.map((values, l) => values.map((value, u) => (alive[l][u] ? value : 0)))
}

/** 1 for each hidden unit that has an edge. */
export function livingUnits({ arch, layers }: SparsePerceptron): Uint8Array[] {
  return arch.slice(1, -1).map((units, l) => {
    const alive = Uint8Array.from({ length: units }, (_, u) =>
      layers[l].rowStart[u] < layers[l].rowStart[u + 1] ? 1 : 0,
    )
    for (const source of layers[l + 1].sources) alive[source] = 1
    return alive
  })
}

function scoresOf(
  score: UnitScore,
  perceptron: SparsePerceptron,
  trainer: PerceptronTrainer,
  random: Random,
): Float64Array[] {
  const hidden = perceptron.arch.slice(1, -1)
  switch (score) {
    case 'random':
      return hidden.map(units => Float64Array.from({ length: units }, () => random.uniform()))
    case 'weight': {
      const out = outgoingMeans(perceptron)
      return incomingMeans(perceptron).map((values, l) => values.map((value, u) => value + out[l][u]))
    }
    case 'outgoing-weight':
      return outgoingMeans(perceptron)
    default: {
      const sums = trainer.probe(perceptron, score === 'output-gradient' ? 'outputs' : 'loss')
      const means = (of: 'activation' | 'square' | 'influence') =>
        sums.map(layer => layer[of].map(sum => sum / trainer.examples))
      if (score === 'activation-gradient' || score === 'output-gradient') return means('influence')
      const activity = means('activation')
      if (score === 'activation') return activity
      if (score === 'paths') return pathProducts(perceptron, activity)
      if (score === 'activation-weight') {
        const out = outgoingMeans(perceptron)
        return activity.map((values, l) => values.map((value, u) => value * out[l][u]))
      }
      return means('square').map((values, l) => values.map((value, u) => Math.max(0, value - activity[l][u] ** 2)))
    }
  }
}

function incomingMeans({ arch, layers }: SparsePerceptron): Float64Array[] {
  return arch.slice(1, -1).map((units, l) => {
    const { rowStart, weights } = layers[l]
    return Float64Array.from({ length: units }, (_, u) => {
      const own = weights.subarray(rowStart[u], rowStart[u + 1])
      return own.length === 0 ? 0 : own.reduce((sum, weight) => sum + Math.abs(weight), 0) / own.length
    })
  })
}

function outgoingMeans({ arch, layers }: SparsePerceptron): Float64Array[] {
  return arch.slice(1, -1).map((units, l) => {
    const { sources, weights } = layers[l + 1]
    const sums = new Float64Array(units)
    const counts = new Float64Array(units)
    for (let e = 0; e < sources.length; e++) {
      sums[sources[e]] += Math.abs(weights[e])
      counts[sources[e]]++
    }
    return sums.map((sum, u) => (counts[u] > 0 ? sum / counts[u] : 0))
  })
}

/** Inputs are on in half of the rows. */
function pathProducts({ arch, layers }: SparsePerceptron, means: readonly Float64Array[]): Float64Array[] {
  const activity = [new Float64Array(arch[0]).fill(0.5), ...means]
  const from: Float64Array[] = [new Float64Array(arch[0]).fill(1)]
  for (const [l, { rowStart, sources, weights, biases }] of layers.entries()) {
    const sums = new Float64Array(biases.length)
    for (let u = 0; u < sums.length; u++)
      for (let e = rowStart[u]; e < rowStart[u + 1]; e++)
        sums[u] += Math.abs(weights[e]) * activity[l][sources[e]] * from[l][sources[e]]
    from.push(sums)
  }
  let toward = new Float64Array(arch[arch.length - 1]).fill(1)
  const products: Float64Array[] = []
  for (let l = layers.length - 1; l > 0; l--) {
    const { rowStart, sources, weights } = layers[l]
    const sums = new Float64Array(arch[l])
    for (let u = 0; u < toward.length; u++)
      for (let e = rowStart[u]; e < rowStart[u + 1]; e++)
        sums[sources[e]] += Math.abs(weights[e]) * activity[l][sources[e]] * toward[u]
    products.unshift(sums.map((sum, u) => sum * from[l][u]))
    toward = sums
  }
  return products
}
