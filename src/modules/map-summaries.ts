/**
 * One number for a channel's map of rows and columns (Quantifying Local Specialization, arXiv 2110.08058 §2, and its code):
 *
 *   l1, l2, max   Σ|a|, √Σa², max |a|
 *   induced-1     largest column sum of |a|: the matrix 1-norm, what the 2021 code took for L1
 *   spectral      largest singular value: the matrix 2-norm of the 2020 code; by power iteration on aᵀa
 */
export type MapSummary = 'l1' | 'l2' | 'max' | 'induced-1' | 'spectral'

const ITERATIONS = 50

/** `map` — [rows × columns], row-major. */
export function summarise(map: Float32Array, columns: number, summary: MapSummary): number {
  switch (summary) {
    case 'l1':
      return map.reduce((sum, value) => sum + Math.abs(value), 0)
    case 'l2':
      return Math.sqrt(map.reduce((sum, value) => sum + value * value, 0))
    case 'max':
      return map.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
    case 'induced-1': {
      const sums = new Float64Array(columns)
      for (let i = 0; i < map.length; i++) sums[i % columns] += Math.abs(map[i])
      return sums.reduce((most, sum) => Math.max(most, sum), 0)
    }
    case 'spectral':
      return spectralNorm(map, columns)
  }
}

function spectralNorm(map: Float32Array, columns: number): number {
  const rows = map.length / columns
  // Any start that is not at right angles to the first singular vector will do.
  let vector = Float64Array.from({ length: columns }, (_, c) => 1 + c / columns)
  let size = 0
  for (let iteration = 0; iteration < ITERATIONS; iteration++) {
    const next = new Float64Array(columns)
    for (let r = 0; r < rows; r++) {
      let product = 0
      for (let c = 0; c < columns; c++) product += map[r * columns + c] * vector[c]
      for (let c = 0; c < columns; c++) next[c] += product * map[r * columns + c]
    }
    const length = Math.sqrt(next.reduce((sum, value) => sum + value * value, 0))
    if (length === 0) return 0
    size = length / Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0))
    vector = next.map(value => value / length)
  }
  return Math.sqrt(size)
}
