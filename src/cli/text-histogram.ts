/** Histograms of weight tensors, for the terminal: one line of bars each. */
import { FormatError } from '../errors.ts'
import type { WeightTensor } from '../network/network.ts'

const BINS = 32
const BARS = '▁▂▃▄▅▆▇█'

export interface TensorHistogram {
  readonly name: string
  readonly shape: readonly number[]
  readonly least: number
  readonly greatest: number
  readonly mean: number
  readonly zeros: number
  readonly total: number
  /** Equal bins from `least` to `greatest`. */
  readonly counts: readonly number[]
}

/** Reads a tensor and counts its values. Throws a FormatError at the first value that is not a finite number. */
export async function tensorHistogram(weight: WeightTensor): Promise<TensorHistogram> {
  const { data } = await weight.read()
  let [least, greatest, sum, zeros] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, 0]
  for (let i = 0; i < data.length; i++) {
    const value = Number(data[i])
    if (!Number.isFinite(value))
      throw new FormatError('format.not-finite', `The tensor "${weight.name}" holds ${value} at index ${i}.`)
    if (value < least) least = value
    if (value > greatest) greatest = value
    if (value === 0) zeros++
    sum += value
  }
  const counts = new Array<number>(BINS).fill(0)
  const width = (greatest - least) / BINS
  for (let i = 0; i < data.length; i++)
    counts[width > 0 ? Math.min(BINS - 1, Math.floor((Number(data[i]) - least) / width)) : BINS >> 1]++
  const { name, shape } = weight
  return { name, shape, least, greatest, mean: sum / data.length, zeros, total: data.length, counts }
}

/** The counts as bars; any value at all shows. */
export function bars(counts: readonly number[]): string {
  const most = Math.max(...counts, 1)
  return counts.map(count => (count === 0 ? ' ' : BARS[Math.ceil((count / most) * BARS.length) - 1])).join('')
}
