/**
 * What the units of one layer of a transformer read from the stream and write to it: for each unit a few rows. The edge
 * from a unit that writes B to one that reads A is ‖A Bᵀ‖ (Frobenius), so for neurons |r · w|.
 *
 * - Neuron: one row r of `up`; one column w of `down`. With an activation that lets positive factors through the scale s
 *   of r·s, w/s is free; it is chosen such that ‖r‖ = ‖w‖. GELU and the like leave nothing free.
 * - Gated neuron: reads with both rows, `up`'s and the gate's, so that it counts once. `up` has the free scale, and with
 *   such an activation the gate too: all that is free becomes equally long.
 * - Head: head-factors.ts.
 * - Neuron of an expert: as any neuron; which expert runs is not an edge.
 */
import type { Rows } from '../../linalg/row-products.ts'
import type { Mlp, StreamInput, StreamOutput, Transformer } from '../../network/transformer.ts'
import { exp, log } from '../../stats/elementary.ts'
import type { CanonicalForm } from '../canonical.ts'
import { headFactors } from './head-factors.ts'
import type { Stream } from './stream.ts'

/** Rows per unit, and the rows of all units after each other: [units · perUnit × width]. */
export interface UnitRows {
  readonly perUnit: number
  readonly rows: Rows
}

export interface Factors {
  readonly reads?: UnitRows
  readonly writes?: UnitRows
}

type Part = Transformer['steps'][number]['parts'][number]

export async function partFactors(part: Part, step: number, stream: Stream, form: CanonicalForm): Promise<Factors> {
  return part.kind === 'mlp' ? mlpFactors(part, step, stream, form) : attentionFactors(part, step, stream)
}

export async function inputFactors({ writes, units }: StreamInput, stream: Stream): Promise<Factors> {
  const rows = new Float32Array(await stream.writesOfInput(writes))
  return { writes: { perUnit: writes.rows / units, rows } }
}

export async function outputFactors({ reads, norm }: StreamOutput, step: number, stream: Stream): Promise<Factors> {
  if (!reads) return {}
  return { reads: { perUnit: 1, rows: new Float32Array(await stream.reads(reads, norm, step)) } }
}

async function attentionFactors(
  attention: Extract<Part, { kind: 'attention' }>,
  step: number,
  stream: Stream,
): Promise<Factors> {
  const heads = (await stream.heads(attention, step)).map(head => headFactors(head, stream.width))
  const joined = (kind: 'reads' | 'writes'): UnitRows => {
    const rows = new Float32Array(heads.length * heads[0][kind].length)
    heads.forEach((head, h) => {
      rows.set(head[kind], h * head[kind].length)
    })
    return { perUnit: heads[0][kind].length / stream.width, rows }
  }
  return { reads: joined('reads'), writes: joined('writes') }
}

async function mlpFactors(
  { experts, norm, homogeneous }: Mlp,
  step: number,
  stream: Stream,
  form: CanonicalForm,
): Promise<Factors> {
  const { width } = stream
  const gated = experts[0].gate !== undefined
  const neurons = experts.reduce((sum, { up }) => sum + up.rows, 0)
  const perUnit = gated ? 2 : 1
  const reads = new Float32Array(neurons * perUnit * width)
  const writes = new Float32Array(neurons * width)
  const free = gated ? [true, homogeneous] : [homogeneous]
  let unit = 0
  for (const { up, gate, down } of experts) {
    const sources = [await stream.reads(up, norm, step)]
    if (gate) sources.push(await stream.reads(gate, norm, step))
    const out = await stream.writes(down, step)
    for (let n = 0; n < up.rows; n++, unit++) {
      const column = out.subarray(n * width, (n + 1) * width)
      const rows = sources.map(source => source.subarray(n * width, (n + 1) * width))
      const { into, onto } = scalesOf(rows, free, column, form)
      rows.forEach((row, r) => {
        const at = (unit * perUnit + r) * width
        for (let i = 0; i < width; i++) reads[at + i] = row[i] * into[r]
      })
      for (let i = 0; i < width; i++) writes[unit * width + i] = column[i] * onto
    }
  }
  return { reads: { perUnit, rows: reads }, writes: { perUnit: 1, rows: writes } }
}

/** Factors on the rows a neuron reads and on what it writes, whose product is 1. */
function scalesOf(rows: readonly Float64Array[], free: readonly boolean[], column: Float64Array, form: CanonicalForm) {
  const lengths = rows.map(lengthOf)
  const chosen = lengths.filter((_, r) => free[r])
  const product = chosen.reduce((all, length) => all * length, lengthOf(column))
  if (form === 'none' || chosen.length === 0 || product === 0) return { into: rows.map(() => 1), onto: 1 }
  // All equally long: the square root for one free row, the third root for two.
  const target = form === 'fan-in' ? 1 : chosen.length === 1 ? Math.sqrt(product) : exp(log(product) / 3)
  return {
    into: lengths.map((length, r) => (free[r] ? target / length : 1)),
    onto: chosen.reduce((all, length) => (all * length) / target, 1),
  }
}

function lengthOf(row: Float64Array): number {
  let sum = 0
  for (let i = 0; i < row.length; i++) sum += row[i] * row[i]
  return Math.sqrt(sum)
}
