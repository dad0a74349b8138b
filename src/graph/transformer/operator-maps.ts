/** The matrices of an operator graph in the form that the description of a transformer has them. */
import { numberAttribute } from '../../network/network.ts'
import type { LinearMap, Norm, StreamInput } from '../../network/transformer.ts'
import { permute } from '../../tensor/permute.ts'
import { type Signal, slotsOf } from '../signal.ts'
import type { WalkState } from '../walk-state.ts'
import type { Mixing, Place } from './attention-walk.ts'

export type MatrixPlace = Extract<Place, { kind: 'matrix' }>

/** Rows of a matrix by their numbers, each with a factor. */
export interface PickedRows {
  readonly rows: readonly number[]
  readonly factors: readonly number[]
}

async function valuesOf(name: string, { constants }: WalkState, order?: readonly number[]): Promise<Float64Array> {
  const tensor = await constants.read(name)
  const { data } = tensor && order ? permute(tensor, order) : (tensor ?? { data: [] })
  return Float64Array.from(data as ArrayLike<number>, Number)
}

/** [units × inputs] of what a matrix reads. */
export function matrixMap({ weight, unitsFirst, scale, units, inputs }: MatrixPlace, state: WalkState): LinearMap {
  const read = async () => {
    const values = await valuesOf(weight, state, unitsFirst ? undefined : [1, 0])
    return scale === 1 ? values : values.map(value => value * scale)
  }
  return { rows: units, columns: inputs, read }
}

export function pickedMap(place: MatrixPlace, { rows, factors }: PickedRows, state: WalkState): LinearMap {
  const whole = matrixMap(place, state)
  const { columns } = whole
  const read = async () => {
    const values = await whole.read()
    const out = new Float64Array(rows.length * columns)
    rows.forEach((row, at) => {
      for (let c = 0; c < columns; c++) out[at * columns + c] = values[row * columns + c] * factors[at]
    })
    return out
  }
  return { rows: rows.length, columns, read }
}

/** Rows times the values of a constant, one each. */
export function rescaledMap(map: LinearMap, factors: string, state: WalkState): LinearMap {
  const read = async () => {
    const [values, scale] = await Promise.all([map.read(), valuesOf(factors, state)])
    return values.map((value, at) => value * scale[Math.floor(at / map.columns)])
  }
  return { ...map, read }
}

/** A norm of the walk; the gain of batch norm is γ / √(σ² + ε), with its sign. */
export function normOfPlace(place: Extract<Place, { kind: 'norm' | 'batch' }>, width: number, state: WalkState): Norm {
  const vector = (read: () => Promise<Float64Array>): LinearMap => ({ rows: width, columns: 1, read })
  if (place.kind === 'norm') {
    const { kind, gain } = place.norm
    return { kind, ...(gain !== undefined && { gain: vector(() => valuesOf(gain, state)) }) }
  }
  const { operator } = place
  const epsilon = numberAttribute(operator, 'epsilon', 1e-5)
  const read = async () => {
    const [gamma, variance] = await Promise.all([1, 4].map(at => valuesOf(operator.inputs[at], state)))
    return gamma.map((value, c) => value / Math.sqrt(variance[c] + epsilon))
  }
  return { kind: 'batch', gain: vector(read) }
}

/** What each channel of an image writes through the convolution that cuts patches. */
export function patchInput(weight: string, input: string, state: WalkState): StreamInput {
  const [width, channels, ...sides] = state.network.weights.get(weight)!.shape
  const pixels = sides.reduce((product, side) => product * side, 1)
  const read = async () => {
    const values = await valuesOf(weight, state)
    const inputs = channels * pixels
    const out = new Float64Array(values.length)
    for (let d = 0; d < width; d++) for (let i = 0; i < inputs; i++) out[i * width + d] = values[d * inputs + i]
    return out
  }
  return { name: input, kind: 'channel', units: channels, writes: { rows: channels * pixels, columns: width, read } }
}

/** Which rows of the matrices of queries, keys and values belong to each head, head after head; undefined if unclear. */
export function headsOf(mixing: Mixing, out: MatrixPlace) {
  const [query, key, value] = [byHead(mixing.query, -1), byHead(mixing.key, -2), byHead(mixing.value, -1)]
  if (!query || !key || !value) return undefined
  const count = query.length
  if (key.length !== count || value.length !== count || query[0].length !== key[0].length) return undefined
  // What the output reads, column after column, must be the values of the first head, then of the second, …
  const along = slotsOf(out.signal.axes[out.axis])
  const [{ units }] = out.signal.terms
  const columns = value.flat()
  if (along.length !== columns.length || !columns.every(({ row }, c) => units[along[c]] === row)) return undefined
  const picked = (heads: readonly (readonly HeadRow[])[], scale: number): PickedRows => ({
    rows: heads.flat().map(({ row }) => row),
    factors: heads.flat().map(({ factor }) => factor * scale),
  })
  // The description divides scores by the root of a head's size; here the graph says what they are divided by, or
  // computes it, and then it is that root.
  const scale = mixing.scale === 'computed' ? 1 : mixing.scale * Math.sqrt(query[0].length)
  return { count, query: picked(query, scale), key: picked(key, 1), value: picked(value, 1) }
}

interface HeadRow {
  readonly row: number
  readonly factor: number
}

/** Rows of each head: the axis before the two that are multiplied counts heads. */
function byHead(signal: Signal, inner: number): HeadRow[][] | undefined {
  const axis = signal.axes.length + inner
  const heads = signal.axes.at(-3)?.filter(({ size }) => size !== null)
  const [term, ...others] = signal.terms
  const along = slotsOf(signal.axes[axis] ?? [])
  if (!heads || !term || others.length > 0 || along.length < 1) return undefined
  const rows = Array.from(slotsOf(heads), head =>
    Array.from(along, slot => ({ row: term.units[head + slot], factor: term.gains[head + slot] })),
  )
  return rows.every(head => head.every(({ row }) => row >= 0)) ? rows : undefined
}
