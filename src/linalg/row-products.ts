/**
 * A Bᵀ for matrices whose rows are vectors of one length, in float64: four by four rows at a time, so that each value
 * read is used four times. The sums run in the order of the columns: the same bits everywhere.
 */

export type Rows = Float32Array | Float64Array

/**
 * @param a rows `first` … `first + count − 1` of it are used: [≥ first + count × width]
 * @param b [n × width]
 * @param out [count × n]
 */
export function rowProducts(
  a: Rows,
  first: number,
  count: number,
  b: Rows,
  n: number,
  width: number,
  out: Float64Array,
): void {
  let p = 0
  for (; p + 4 <= count; p += 4) {
    let q = 0
    for (; q + 4 <= n; q += 4) fourByFour(a, (first + p) * width, b, q * width, width, out, p * n + q, n)
    for (; q < n; q++) for (let r = p; r < p + 4; r++) out[r * n + q] = dot(a, (first + r) * width, b, q * width, width)
  }
  for (; p < count; p++) for (let q = 0; q < n; q++) out[p * n + q] = dot(a, (first + p) * width, b, q * width, width)
}

/** All of A Bᵀ: Float64Array [m × n]. */
export function timesTransposed(a: Rows, b: Rows, width: number): Float64Array {
  const [m, n] = [a.length / width, b.length / width]
  const out = new Float64Array(m * n)
  rowProducts(a, 0, m, b, n, width, out)
  return out
}

/** A B: `a` is [m × n], `b` [n × width]; Float64Array [m × width]. */
export function times(a: Rows, b: Rows, n: number, width: number): Float64Array {
  const m = a.length / n
  const out = new Float64Array(m * width)
  for (let i = 0; i < m; i++)
    for (let k = 0; k < n; k++) {
      const factor = a[i * n + k]
      if (factor === 0) continue
      for (let j = 0; j < width; j++) out[i * width + j] += factor * b[k * width + j]
    }
  return out
}

function dot(a: Rows, i: number, b: Rows, j: number, width: number): number {
  let sum = 0
  for (let k = 0; k < width; k++) sum += a[i + k] * b[j + k]
  return sum
}

function fourByFour(
  a: Rows,
  i: number,
  b: Rows,
  j: number,
  width: number,
  out: Float64Array,
  at: number,
  n: number,
): void {
  const [i1, i2, i3] = [i + width, i + 2 * width, i + 3 * width]
  const [j1, j2, j3] = [j + width, j + 2 * width, j + 3 * width]
  let [s00, s01, s02, s03, s10, s11, s12, s13] = [0, 0, 0, 0, 0, 0, 0, 0]
  let [s20, s21, s22, s23, s30, s31, s32, s33] = [0, 0, 0, 0, 0, 0, 0, 0]
  for (let k = 0; k < width; k++) {
    const a0 = a[i + k]
    const a1 = a[i1 + k]
    const a2 = a[i2 + k]
    const a3 = a[i3 + k]
    const b0 = b[j + k]
    const b1 = b[j1 + k]
    const b2 = b[j2 + k]
    const b3 = b[j3 + k]
    s00 += a0 * b0
    s01 += a0 * b1
    s02 += a0 * b2
    s03 += a0 * b3
    s10 += a1 * b0
    s11 += a1 * b1
    s12 += a1 * b2
    s13 += a1 * b3
    s20 += a2 * b0
    s21 += a2 * b1
    s22 += a2 * b2
    s23 += a2 * b3
    s30 += a3 * b0
    s31 += a3 * b1
    s32 += a3 * b2
    s33 += a3 * b3
  }
  out[at] = s00
  out[at + 1] = s01
  out[at + 2] = s02
  out[at + 3] = s03
  out[at + n] = s10
  out[at + n + 1] = s11
  out[at + n + 2] = s12
  out[at + n + 3] = s13
  out[at + 2 * n] = s20
  out[at + 2 * n + 1] = s21
  out[at + 2 * n + 2] = s22
  out[at + 2 * n + 3] = s23
  out[at + 3 * n] = s30
  out[at + 3 * n + 1] = s31
  out[at + 3 * n + 2] = s32
  out[at + 3 * n + 3] = s33
}
