/**
 * One number per kernel: the weight of the edge between two channels. For a kernel slice K [h × w] of absolute values:
 * - `l1`: Σ |K|, the entrywise norm that the papers state (arXiv 2103.03386 §2; the default here);
 * - `l2`: √Σ K², Frobenius;
 * - `induced-1`: the largest column sum of |K|, what the papers' code computes (numpy `norm(K, 1)` on a 2-D slice);
 * - `spectral`: the largest singular value of |K|, what the code computes for its second norm.
 * Kernels of one axis count as [h × 1]; of three or more as [all but the last × last]. A plain weight is its own kernel.
 *
 * The largest singular value is found by one-sided Jacobi rotations (Hestenes 1958), with + − × ÷ √ only, until every
 * pair of columns is orthogonal to 1e-15 of their norms.
 */

export type KernelNorm = 'l1' | 'l2' | 'induced-1' | 'spectral'

/**
 * Norm of `count` values beginning at `start`, taken as rows of `width`.
 * @param values weights; signs do not matter
 */
export function kernelNorm(
  values: ArrayLike<number>,
  start: number,
  count: number,
  width: number,
  norm: KernelNorm,
): number {
  if (count === 1) return Math.abs(values[start])
  switch (norm) {
    case 'l1': {
      let sum = 0
      for (let i = start; i < start + count; i++) sum += Math.abs(values[i])
      return sum
    }
    case 'l2': {
      let sum = 0
      for (let i = start; i < start + count; i++) sum += values[i] * values[i]
      return Math.sqrt(sum)
    }
    case 'induced-1': {
      let largest = 0
      for (let column = 0; column < width; column++) {
        let sum = 0
        for (let i = start + column; i < start + count; i += width) sum += Math.abs(values[i])
        if (sum > largest) largest = sum
      }
      return largest
    }
    case 'spectral':
      return largestSingularValue(values, start, count, width)
  }
}

const MOST_SWEEPS = 60

function largestSingularValue(values: ArrayLike<number>, start: number, count: number, width: number): number {
  const height = count / width
  const a = new Float64Array(count)
  // Columns lie one after another, so that a rotation runs over contiguous memory.
  for (let r = 0; r < height; r++)
    for (let c = 0; c < width; c++) a[c * height + r] = Math.abs(values[start + r * width + c])
  for (let sweep = 0, turning = true; turning && sweep < MOST_SWEEPS; sweep++) {
    turning = false
    for (let p = 0; p < width - 1; p++)
      for (let q = p + 1; q < width; q++) if (rotate(a, p * height, q * height, height)) turning = true
  }
  let largest = 0
  for (let c = 0; c < width; c++) {
    let sum = 0
    for (let r = 0; r < height; r++) sum += a[c * height + r] ** 2
    if (sum > largest) largest = sum
  }
  return Math.sqrt(largest)
}

/** Makes two columns orthogonal; false when they already are. */
function rotate(a: Float64Array, p: number, q: number, height: number): boolean {
  let [alpha, beta, gamma] = [0, 0, 0]
  for (let r = 0; r < height; r++) {
    alpha += a[p + r] * a[p + r]
    beta += a[q + r] * a[q + r]
    gamma += a[p + r] * a[q + r]
  }
  if (Math.abs(gamma) <= 1e-15 * Math.sqrt(alpha * beta)) return false
  const zeta = (beta - alpha) / (2 * gamma)
  const tangent = (zeta >= 0 ? 1 : -1) / (Math.abs(zeta) + Math.sqrt(1 + zeta * zeta))
  const cosine = 1 / Math.sqrt(1 + tangent * tangent)
  const sine = cosine * tangent
  for (let r = 0; r < height; r++) {
    const [x, y] = [a[p + r], a[q + r]]
    a[p + r] = cosine * x - sine * y
    a[q + r] = sine * x + cosine * y
  }
  return true
}
