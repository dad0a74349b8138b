/**
 * The two scalars of a lesion (arXiv 2110.08058 §3), from the accuracy in each class before (e_c) and after (a_c):
 *   macro M = mean_c a_c, its change Δ̄ = mean_c Δ_c with Δ_c = a_c − e_c, and
 *   range ρ = max_c r_c − min_c r_c with r_c = Δ_c/Δ̄: how unevenly the classes are hurt.
 * Classes without examples are left out. Where Δ̄ = 0, ρ has no value (NaN, or ±∞ where only the mean is 0).
 */
export interface LesionScores {
  readonly macro: number
  /** Δ̄. */
  readonly change: number
  /** ρ; may be no number. */
  readonly range: number
}

export function lesionScores(intact: Float64Array, lesioned: Float64Array): LesionScores {
  const counts = (c: number) => !Number.isNaN(intact[c]) && !Number.isNaN(lesioned[c])
  const classes = intact.reduce((count, _, c) => count + (counts(c) ? 1 : 0), 0)
  const macro = sumInBlocks(lesioned.map((value, c) => (counts(c) ? value : 0))) / classes
  const change = sumInBlocks(lesioned.map((value, c) => (counts(c) ? value - intact[c] : 0))) / classes
  let least = Number.POSITIVE_INFINITY
  let most = Number.NEGATIVE_INFINITY
  for (let c = 0; c < intact.length; c++) {
    if (!counts(c)) continue
    const ratio = (lesioned[c] - intact[c]) / change
    // NaN, once there, stays: 0/0 where nothing changed.
    least = Number.isNaN(ratio) ? ratio : Math.min(least, ratio)
    most = Number.isNaN(ratio) ? ratio : Math.max(most, ratio)
  }
  return { macro, change, range: most - least }
}

/**
 * A sum in NumPy's order (eight running sums, halves above 128), which decides in the papers' code which equal means
 * count as different.
 */
function sumInBlocks(values: Float64Array): number {
  const { length } = values
  if (length < 8) return values.reduce((sum, value) => sum + value, 0)
  if (length > 128) {
    const half = Math.floor(length / 2) - (Math.floor(length / 2) % 8)
    return sumInBlocks(values.subarray(0, half)) + sumInBlocks(values.subarray(half))
  }
  const whole = length - (length % 8)
  const r = values.slice(0, 8)
  for (let i = 8; i < whole; i++) r[i % 8] += values[i]
  let sum = r[0] + r[1] + (r[2] + r[3]) + (r[4] + r[5] + (r[6] + r[7]))
  for (let i = whole; i < length; i++) sum += values[i]
  return sum
}

const MONOMIALS = 9

/**
 * Regression on the 512 sums of nine monomials: the mean squared error over the 256 outputs that contain each monomial
 * stands for a class. Signs are turned, so that less is worse, as for accuracies (the papers' code leaves them and so
 * tests the wrong tail). Other numbers of outputs stand for themselves.
 */
export function regressionScores(errors: Float64Array): Float64Array {
  if (errors.length !== 2 ** MONOMIALS) return errors.map(error => -error)
  return Float64Array.from({ length: MONOMIALS }, (_, term) => {
    const bit = 2 ** (MONOMIALS - 1 - term)
    return -errors.reduce((sum, error, output) => (output & bit ? sum + error : sum), 0) / 2 ** (MONOMIALS - 1)
  })
}
