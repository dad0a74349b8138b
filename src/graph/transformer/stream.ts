/**
 * The residual stream: what lies on it between a writer and a reader, and the scale it is given.
 *
 * A norm with gain g turns a reader r into (r ⊙ g), and into (r ⊙ g)(I − 11ᵀ/d) where it takes the mean off; what it
 * divides by is not in the weights and counts as 1. Where all readers take the mean off, so may writers: adding a
 * constant to every dimension changes nothing.
 *
 * The scale of the stream is free: write c times as much, and norms divide it out, or readers without a norm read 1/c.
 * Edges of heads and gated neurons mix parts that scale differently, so it must be chosen: such that heads attend
 * as strongly as they move, Σ ‖QᵀK‖² / size = Σ ‖OᵀV‖² over all heads. With norms on the stream itself each stretch
 * between two of them has a scale of its own, the one that makes the gain before it 1 in root mean square.
 */
import type { Rows } from '../../linalg/row-products.ts'
import type { Attention, LinearMap, Norm, Transformer } from '../../network/transformer.ts'
import { type Head, headStrengths } from './head-factors.ts'

export interface Stream {
  readonly width: number
  /** Rows of a reader at this step as they act on the stream before the step: [rows × width]. */
  reads(map: LinearMap, norm: Norm | undefined, step: number): Promise<Float64Array>
  /** What each column of a writer adds at this step: [columns × width]. */
  writes(map: LinearMap, step: number): Promise<Float64Array>
  /** The rows of what an input writes: [rows × width]. */
  writesOfInput(map: LinearMap): Promise<Float64Array>
  /** Readers behind a step as they see what is written in it: through the norm on the stream, if there is one. */
  before(rows: Rows, step: number): Promise<Rows>
  /** The heads of an attention, their norm and the stream's scale in them. */
  heads(attention: Attention, step: number): Promise<Head[]>
}

export async function createStream(transformer: Transformer): Promise<Stream> {
  const raw = streamOf(transformer, 1)
  const attentions = transformer.steps.flatMap(({ parts }, step) =>
    parts.flatMap(part => (part.kind === 'attention' ? [{ part, step }] : [])),
  )
  const normed = attentions.filter(({ part }) => divides(part.norm)).length
  const onStream = transformer.steps.some(({ norm }) => norm)
  if (onStream || (normed > 0 && normed < attentions.length)) return raw
  let [attends, moves] = [0, 0]
  for (const { part, step } of attentions)
    for (const head of await raw.heads(part, step)) {
      const strengths = headStrengths(head, transformer.width)
      attends += strengths.attends
      moves += strengths.moves
    }
  if (!(attends > 0 && moves > 0)) return raw
  const ratio = Math.sqrt(attends / moves)
  return streamOf(transformer, normed > 0 ? ratio : Math.sqrt(ratio))
}

function divides(norm: Norm | undefined): boolean {
  return norm !== undefined && norm.kind !== 'batch'
}

/** @param scale factor on all that is written */
function streamOf(transformer: Transformer, scale: number): Stream {
  const { width, steps, output } = transformer
  const centres = (norm: Norm | undefined) => norm?.kind === 'layer'
  const onStream = steps.some(({ norm }) => norm)
  const centred = onStream
    ? steps.every(({ norm }) => centres(norm))
    : steps.every(({ parts }) => parts.every(({ norm }) => centres(norm))) && centres(output.norm)

  /** Gain of the norm on the stream that this step's parts read behind, in root mean square. */
  const sizeAt = async (step: number): Promise<number> => {
    const norm = steps.findLast((one, at) => at < step && one.norm)?.norm
    const gain = await norm?.gain?.read()
    const size = gain ? Math.sqrt(gain.reduce((sum, value) => sum + value * value, 0) / width) : 1
    return size > 0 ? size : 1
  }
  const reads = async (map: LinearMap, norm: Norm | undefined, step: number) => {
    const rows = through(await map.read(), width, norm, await norm?.gain?.read())
    const factor = divides(norm) ? 1 : (await sizeAt(step)) / scale
    return factor === 1 ? rows : rows.map(value => value * factor)
  }
  const written = (rows: Float64Array, factor: number) => {
    const projected = centred ? through(rows, width, { kind: 'layer' }) : rows
    return factor === 1 ? projected : projected.map(value => value * factor)
  }
  const writes = async (map: LinearMap, step: number) =>
    written(transposed(await map.read(), map.rows, map.columns), scale / (await sizeAt(step)))

  return {
    width,
    reads,
    writes,
    writesOfInput: async map => written(await map.read(), scale),
    before: async (rows, step) => {
      const { norm } = steps[step]
      if (!norm) return rows
      const size = await sizeAt(step + 1)
      const gain = await norm.gain?.read()
      return through(
        new Float64Array(rows),
        width,
        norm,
        gain?.map(value => value / size),
      )
    },
    heads: async ({ norm, query, key, value, output, heads, keyHeads }, step) => {
      const [q, k, v] = await Promise.all([query, key, value].map(map => reads(map, norm, step)))
      const o = await writes(output, step)
      const part = (rows: Float64Array, of: number, at: number) =>
        rows.subarray((at * rows.length) / of, ((at + 1) * rows.length) / of)
      return Array.from({ length: heads }, (_, h) => {
        const shared = Math.floor(h / (heads / keyHeads))
        return {
          query: part(q, heads, h),
          key: part(k, keyHeads, shared),
          value: part(v, keyHeads, shared),
          output: part(o, heads, h),
        }
      })
    },
  }
}

/** Rows times diag(gain), and times I − 11ᵀ/d where the norm takes the mean off. */
function through(rows: Float64Array, width: number, norm: Norm | undefined, gain?: Float64Array): Float64Array {
  if (!norm || (!gain && norm.kind !== 'layer')) return rows
  const out = gain ? rows.map((value, at) => value * gain[at % width]) : rows.slice()
  if (norm.kind !== 'layer') return out
  for (let start = 0; start < out.length; start += width) {
    let mean = 0
    for (let i = start; i < start + width; i++) mean += out[i]
    mean /= width
    for (let i = start; i < start + width; i++) out[i] -= mean
  }
  return out
}

function transposed(values: Float64Array, rows: number, columns: number): Float64Array {
  const out = new Float64Array(values.length)
  for (let r = 0; r < rows; r++) for (let c = 0; c < columns; c++) out[c * rows + r] = values[r * columns + c]
  return out
}
