/** Matrices of a file as the rows and columns a transformer needs: turned, cut and stacked when they are read. */
import type { WeightTensor } from '../network/network.ts'
import type { LinearMap } from '../network/transformer.ts'
import type { Orientation } from './weights-layers.ts'

/** A matrix of the file. */
export function matrixMap(tensor: WeightTensor, orientation: Orientation): LinearMap {
  const [a, b] = tensor.shape
  if (orientation === 'out-in') return { rows: a, columns: b, read: () => valuesOf(tensor) }
  return { rows: b, columns: a, read: async () => transposed(await valuesOf(tensor), a, b) }
}

/** A vector of the file, as one column; `offset` is added. */
export function vectorMap(tensor: WeightTensor, offset = 0): LinearMap {
  const read = async () => (offset === 0 ? valuesOf(tensor) : (await valuesOf(tensor)).map(value => value + offset))
  return { rows: tensor.shape[0], columns: 1, read }
}

/** A stack of matrices [n, a, b]: side by side below each other, each turned if `turned`: [n · b × a] or [n · a × b]. */
export function stackMap(tensor: WeightTensor, turned: boolean): LinearMap {
  const [n, a, b] = tensor.shape
  if (!turned) return { rows: n * a, columns: b, read: () => valuesOf(tensor) }
  const read = async () => {
    const values = await valuesOf(tensor)
    const out = new Float64Array(values.length)
    for (let i = 0; i < n; i++) out.set(transposed(values.subarray(i * a * b, (i + 1) * a * b), a, b), i * a * b)
    return out
  }
  return { rows: n * b, columns: a, read }
}

/** [a × b] as [b × a]. */
export function turnedMap(map: LinearMap): LinearMap {
  const { rows, columns } = map
  return { rows: columns, columns: rows, read: async () => transposed(await map.read(), rows, columns) }
}

/** Some rows of a map, as runs of `[first, count]`. */
export function rowsMap(map: LinearMap, runs: readonly (readonly [number, number])[]): LinearMap {
  const { columns } = map
  const rows = runs.reduce((sum, [, count]) => sum + count, 0)
  const read = async () => {
    const values = await map.read()
    const out = new Float64Array(rows * columns)
    let at = 0
    for (const [first, count] of runs) {
      out.set(values.subarray(first * columns, (first + count) * columns), at)
      at += count * columns
    }
    return out
  }
  return { rows, columns, read }
}

/** Rows times factors, which repeat where there are fewer. */
export function scaledRowsMap(map: LinearMap, factors: LinearMap): LinearMap {
  const read = async () => {
    const [values, scale] = await Promise.all([map.read(), factors.read()])
    return values.map((value, at) => value * scale[Math.floor(at / map.columns) % scale.length])
  }
  return { ...map, read }
}

/** A convolution that cuts patches, [width, channels, height, width of a patch]: what each channel writes. */
export function patchMap(tensor: WeightTensor): LinearMap {
  const [width, ...rest] = tensor.shape
  const inputs = rest.reduce((product, size) => product * size, 1)
  return { rows: inputs, columns: width, read: async () => transposed(await valuesOf(tensor), width, inputs) }
}

async function valuesOf(tensor: WeightTensor): Promise<Float64Array> {
  const { data } = await tensor.read()
  if (data instanceof Float64Array) return data
  // Typed arrays are copied at once; a function for each element takes ten times as long.
  if (data instanceof Float32Array) return new Float64Array(data)
  return Float64Array.from(data as ArrayLike<number>, Number)
}

function transposed(values: Float64Array, rows: number, columns: number): Float64Array {
  const out = new Float64Array(values.length)
  for (let r = 0; r < rows; r++) for (let c = 0; c < columns; c++) out[c * rows + r] = values[r * columns + c]
  return out
}
