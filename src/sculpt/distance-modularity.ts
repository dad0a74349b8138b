/**
 * How well clusters fit a table of distances (Neural Sculpting, arXiv 2305.18402, and its code): modularity with
 * distances in the place of weights, so smaller is better. With D' = D / ΣD (D itself where ΣD = 0):
 *
 *   M = Σ_{i, j in the same cluster} D'_ij − Σ_c ( Σ_{i in c} Σ_j D'_ij )²
 *
 * rounded to 8 decimals, halves to even, so that partitions equal but for rounding tie.
 */

/**
 * @param distances [n × n].
 * @param labels clusters of the n, from 0.
 */
export function distanceModularity(distances: Float64Array, labels: Int32Array): number {
  const n = labels.length
  const total = distances.reduce((sum, distance) => sum + distance, 0) || 1
  const degrees = new Float64Array(n)
  let within = 0
  for (let i = 0; i < n; i++)
    for (let j = 0; j < n; j++) {
      const share = distances[i * n + j] / total
      degrees[labels[i]] += share
      if (labels[i] === labels[j]) within += share
    }
  return roundHalfEven((within - degrees.reduce((sum, degree) => sum + degree * degree, 0)) * 1e8) / 1e8
}

function roundHalfEven(value: number): number {
  const floor = Math.floor(value)
  const rest = value - floor
  if (rest !== 0.5) return floor + (rest > 0.5 ? 1 : 0)
  return floor % 2 === 0 ? floor : floor + 1
}
