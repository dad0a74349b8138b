/**
 * Making the scores of units in different layers comparable before one threshold cuts them all: the six ways of Neural
 * Sculpting's code (arXiv 2305.18402; its default, and ours, is none). Per layer, with s a score:
 *
 *   sum             s / Σ s
 *   mean            s / mean of positive s
 *   deviation       s / standard deviation of positive s
 *   standard        (s − mean) / deviation over positive s; −10⁸ for the others
 *   previous-units  s / living units of the layer below (inputs all live)
 *   units           s × living units of this layer
 *
 * A layer whose divisor is 0 keeps its scores.
 */
export const SCORE_NORMALISATIONS = ['none', 'sum', 'mean', 'deviation', 'standard', 'previous-units', 'units'] as const
export type ScoreNormalisation = (typeof SCORE_NORMALISATIONS)[number]

const DEAD = -1e8

/**
 * @param scores — of each hidden layer's units, ≥ 0.
 * @param living — units of each hidden layer that are left.
 */
export function normaliseScores(
  scores: readonly Float64Array[],
  way: ScoreNormalisation,
  inputs: number,
  living: readonly number[],
): Float64Array[] {
  return scores.map((layer, l) => normalised(layer, way, l === 0 ? inputs : living[l - 1], living[l]))
}

function normalised(layer: Float64Array, way: ScoreNormalisation, below: number, living: number): Float64Array {
  const positive = layer.filter(score => score > 0)
  const sum = positive.reduce((total, score) => total + score, 0)
  const mean = positive.length > 0 ? sum / positive.length : 0
  const squares = positive.reduce((total, score) => total + (score - mean) ** 2, 0)
  const deviation = positive.length > 0 ? Math.sqrt(squares / positive.length) : 0
  const over = (divisor: number) => (divisor > 0 ? layer.map(score => score / divisor) : layer.slice())
  switch (way) {
    case 'none':
      return layer.slice()
    case 'sum':
      return over(sum)
    case 'mean':
      return over(mean)
    case 'deviation':
      return over(deviation)
    case 'standard':
      return layer.map(score => (score > 0 ? (deviation > 0 ? (score - mean) / deviation : 0) : DEAD))
    case 'previous-units':
      return over(below)
    case 'units':
      return layer.map(score => score * living)
  }
}
