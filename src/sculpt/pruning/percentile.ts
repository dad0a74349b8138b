/**
 * The P-th percentile with linear interpolation between order statistics (Hyndman and Fan's type 7, NumPy's default):
 * position h = P/100·(n − 1).
 */

/** @param zeros — how many zeros count besides the values, all of which are at least 0. */
export function percentile(values: ArrayLike<number>, percent: number, zeros = 0): number {
  const sorted = Float64Array.from(values).sort()
  const count = sorted.length + zeros
  if (count === 0) return Number.NaN
  const at = (i: number) => (i < zeros ? 0 : sorted[i - zeros])
  const place = (percent / 100) * (count - 1)
  const low = Math.min(count - 1, Math.max(0, Math.floor(place)))
  const high = Math.min(count - 1, low + 1)
  return at(low) + (place - low) * (at(high) - at(low))
}
