/** The bytes of a tensor in its own element type: what {@link decode} reads back. Little-endian. */
import { bytesPerElement, wideningTable } from './dtype.ts'
import type { DType, Tensor } from './tensor.ts'

/** Values that a narrow float cannot hold go to the nearest that it can, ties to the even pattern. */
export function encodeTensor({ data, dtype }: Tensor): Uint8Array<ArrayBuffer> {
  const isNarrow = dtype !== 'float32' && data instanceof Float32Array
  const stored = isNarrow ? narrow(data, dtype) : data
  return new Uint8Array(stored.buffer, stored.byteOffset, stored.byteLength).slice()
}

function narrow(data: Float32Array, dtype: DType): Uint8Array | Uint16Array {
  const table = wideningTable(dtype)
  const sign = table.length / 2
  // Patterns without the sign bit stand for ascending values, up to the first NaN.
  const hasSign = dtype !== 'float8e8m0'
  const positive = table.subarray(0, hasSign ? sign : table.length)
  const nan = table.findIndex(Number.isNaN)
  const firstNan = positive.findIndex(Number.isNaN)
  const count = firstNan < 0 ? positive.length : firstNan
  const toPattern = (value: number) => {
    if (Number.isNaN(value)) return nan
    const pattern = nearest(positive, count, Math.abs(value))
    const isNegative = hasSign && (value < 0 || Object.is(value, -0))
    // Types whose pattern of −0 is NaN have one zero.
    return isNegative && pattern + sign !== nan ? pattern + sign : pattern
  }
  return bytesPerElement(dtype) === 2 ? Uint16Array.from(data, toPattern) : Uint8Array.from(data, toPattern)
}

/** Index of the value nearest to `value` among the first `count` of an ascending table. */
function nearest(table: Float32Array, count: number, value: number): number {
  let [low, high] = [0, count - 1]
  while (low < high) {
    const middle = (low + high) >> 1
    if (table[middle] < value) low = middle + 1
    else high = middle
  }
  if (low === 0 || table[low] === value) return low
  const [below, above] = [value - table[low - 1], table[low] - value]
  return below < above || (below === above && (low - 1) % 2 === 0) ? low - 1 : low
}
