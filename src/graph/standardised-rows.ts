/**
 * Activations made ready for correlation: rows with mean 0 and length 1, so that their dot products are correlations.
 *
 *   pearson   the values
 *   spearman  their ranks, ties sharing the mean of theirs
 *   kendall   the signs of all differences x_a − x_b, a < b, whose correlation is τ_b (Kendall 1945), not centred
 *
 * Rows without variance are dead and become zeros, correlated with nothing.
 */
export type Correlation = 'spearman' | 'pearson' | 'kendall'

export interface StandardisedRows {
  /** [units × stride], zeros behind the end of each row. */
  readonly rows: Float32Array
  /** A multiple of 4. */
  readonly stride: number
  /** 1 for units whose activation varies. */
  readonly alive: Uint8Array
}

/** @param values — [units × examples], row-major; NaN counts as dead. */
export function standardisedRows(values: Float32Array, units: number, correlation: Correlation): StandardisedRows {
  const examples = values.length / units
  const length = correlation === 'kendall' ? (examples * (examples - 1)) / 2 : examples
  const stride = (length + 3) & ~3
  const rows = new Float32Array(units * stride)
  const alive = new Uint8Array(units)
  const row = new Float64Array(length)
  const ranked = ranker(examples)
  for (let unit = 0; unit < units; unit++) {
    const own = values.subarray(unit * examples, (unit + 1) * examples)
    if (own.some(value => !Number.isFinite(value))) continue
    if (correlation === 'kendall') signs(own, row)
    else if (correlation === 'spearman') ranked(own, row)
    else row.set(own)
    const mean = correlation === 'kendall' ? 0 : row.reduce((sum, value) => sum + value, 0) / length
    let squares = 0
    for (const value of row) squares += (value - mean) ** 2
    // Sums of equal numbers leave rounding errors; what is constant is told by the values themselves.
    if (!(squares > 0) || own.every(value => value === own[0])) continue
    alive[unit] = 1
    const scale = 1 / Math.sqrt(squares)
    for (let i = 0; i < length; i++) rows[unit * stride + i] = (row[i] - mean) * scale
  }
  return { rows, stride, alive }
}

/** Gives a function that writes mean ranks, from 0, of one row into another. */
function ranker(examples: number): (values: Float32Array, ranks: Float64Array) => void {
  const keys = new Float64Array(examples)
  const bits = new DataView(new ArrayBuffer(4))
  // A float's bits, made to order like its value, and behind them the place: sorting numbers is fast, comparing by a
  // function is not. 32 + 20 bits fit a float64.
  const places = 2 ** 20
  return (values, ranks) => {
    for (let i = 0; i < examples; i++) {
      // −0 and 0 are the same value.
      bits.setFloat32(0, values[i] === 0 ? 0 : values[i])
      const word = bits.getUint32(0)
      keys[i] = (word & 0x80000000 ? ~word >>> 0 : (word | 0x80000000) >>> 0) * places + i
    }
    keys.sort()
    for (let from = 0; from < examples; ) {
      const value = Math.floor(keys[from] / places)
      let to = from + 1
      while (to < examples && Math.floor(keys[to] / places) === value) to++
      for (let i = from; i < to; i++) ranks[keys[i] % places] = (from + to - 1) / 2
      from = to
    }
  }
}

function signs(values: Float32Array, out: Float64Array): void {
  let at = 0
  for (let a = 0; a < values.length; a++)
    for (let b = a + 1; b < values.length; b++) out[at++] = Math.sign(values[a] - values[b])
}
