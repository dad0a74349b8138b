/**
 * A scale for what lesions cost: the square root of the change, with its sign, so that a loss of one point and one of
 * ninety can be told from none in the same picture.
 */
import { scalePow, ticks } from 'd3'

/** Shares that ticks fall on. */
const SHARES = [0, 0.2, 0.4, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95, 0.98, 0.99, 1]
const POINTS = [-1, -0.8, -0.6, -0.4, -0.2, -0.1, -0.05, -0.02, -0.01, 0, 0.01, 0.05, 0.1, 0.2, 0.5]

export interface CostScale {
  /** Pixel of a value. */
  readonly at: (value: number) => number
  readonly ticks: readonly number[]
}

export interface CostScaleOptions {
  /** Pixels of the least and of the greatest value. */
  readonly range: readonly [number, number]
  /** The value without a lesion: the root is of the distance from it. */
  readonly intact: number
  readonly isShare: boolean
  /** Least distance of ticks, in pixels. */
  readonly gap: number
}

export function costScale(values: readonly number[], { range, intact, isShare, gap }: CostScaleOptions): CostScale {
  const changes = [...values.map(value => value - intact), 0]
  const [low, high] = [Math.min(...changes), Math.max(...changes)]
  const room = high - low || 1
  const power = scalePow()
    .exponent(0.5)
    .domain([low, high + (high === low ? room : 0)])
    .range([...range])
  const at = (value: number) => power(value - intact)
  const candidates = isShare ? (intact === 0 ? POINTS : SHARES) : ticks(low + intact, high + intact, 8)
  const taken: number[] = []
  for (const tick of candidates.filter(value => value - intact >= low - room * 0.02 && value - intact <= high))
    if (taken.every(other => Math.abs(at(other) - at(tick)) >= gap)) taken.push(tick)
  return { at, ticks: taken }
}
