/** One block of a transformer from its named tensors: attention and perceptron with their norms, as steps of the stream. */
import { UnsupportedError, UsageError } from '../errors.ts'
import type { WeightTensor } from '../network/network.ts'
import type { Attention, LinearMap, Mlp, Norm, Perceptron, Step } from '../network/transformer.ts'
import type { TransformerFacts } from './transformer-facts.ts'
import { matrixMap, rowsMap, scaledRowsMap, stackMap, turnedMap, vectorMap } from './transformer-maps.ts'
import type { Block, NamedPart } from './transformer-names.ts'
import type { Orientation } from './weights-layers.ts'

export interface BlockContext {
  /** Of the file, for messages. */
  readonly file: string
  readonly width: number
  readonly orientation: Orientation
  readonly facts: TransformerFacts
  /** Norms stand on the stream, behind the parts. */
  readonly behind: boolean
  readonly parallel: boolean
  readonly heads: number
}

/** @param name of the block, e.g. `h.0` */
export function stepsOfBlock(block: Block, name: string, context: BlockContext): Step[] {
  const norm = (...roles: string[]) => normOf(roles.map(role => block.get(role)).find(Boolean), context)
  const first = norm('attentionPostNorm', 'attentionNorm', 'firstNorm')
  const second = norm('mlpPostNorm', 'mlpNorm', 'secondNorm')
  const attention = attentionOf(block, `${name}.attention`, context)
  const mlp = mlpOf(block, `${name}.mlp`, context)
  if (context.behind)
    return [
      { parts: [attention], norm: first },
      { parts: [mlp], norm: second },
    ]
  const parts = [
    { ...attention, norm: first },
    { ...mlp, norm: second ?? (context.parallel ? first : undefined) },
  ]
  return context.parallel ? [{ parts }] : parts.map(part => ({ parts: [part] }))
}

/** Gain and kind of a norm: those without a bias are RMSNorm, unless a config says otherwise. */
export function normOf(part: NamedPart | undefined, context: BlockContext): Norm | undefined {
  if (!part?.weight) return undefined
  const { facts } = context
  checkLength(part.weight, context)
  const kind = facts.norm ?? (part.bias ? 'layer' : 'rms')
  return { kind, gain: vectorMap(part.weight, facts.gainsFromOne ? 1 : 0) }
}

/** A factor for each dimension of the stream. */
function checkLength(tensor: WeightTensor, { file, width }: BlockContext): WeightTensor {
  if (tensor.shape.length === 1 && tensor.shape[0] === width) return tensor
  throw new UnsupportedError(
    'unsupported.transformer',
    `${file} is a transformer of width ${width}, to which "${tensor.name}" [${tensor.shape}] does not fit; is the file whole?`,
  )
}

function attentionOf(block: Block, name: string, context: BlockContext): Attention {
  const { width, heads, orientation } = context
  const weight = (role: string) => block.get(role)?.weight
  const fused = weight('fused') ?? weight('fusedByHead')
  const separate = (role: string) => readingMap(needed(weight(role), role, name, context), context)
  const { query, key, value } = fused
    ? splitFused(matrixMap(fused, orientation), fused.name, weight('fusedByHead') !== undefined, context)
    : { query: separate('query'), key: separate('key'), value: separate('value') }
  const out = needed(weight('out'), 'out', name, context)
  const gamma = weight('attentionScale')
  const plain = out.shape.length === 3 ? turnedMap(stackMap(out, out.shape[2] !== width)) : matrixMap(out, orientation)
  const output = gamma ? scaledRowsMap(plain, vectorMap(checkLength(gamma, context))) : plain
  const size = query.rows / heads
  const keyHeads = context.facts.keyHeads ?? key.rows / size
  const fits =
    [query, key, value].every(map => map.columns === width) &&
    Number.isInteger(size) &&
    Number.isInteger(heads / keyHeads) &&
    key.rows === keyHeads * size &&
    output.rows === width &&
    output.columns * keyHeads === heads * value.rows
  if (!fits)
    throw new UsageError(
      'usage.heads',
      `${context.file}: the matrices of ${name} (queries ${sides(query)}, keys ${sides(key)}, values ${sides(value)}, ` +
        `output ${sides(output)}) do not divide into ${heads} heads with ${keyHeads} of keys over a stream of width ${width}. ` +
        'Correct the number of heads in config.json or layers.json.',
    )
  const normed = (map: LinearMap, role: string) => {
    const gain = weight(role)
    return gain ? scaledRowsMap(map, vectorMap(gain)) : map
  }
  return {
    kind: 'attention',
    name,
    heads,
    keyHeads,
    query: normed(query, 'queryNorm'),
    key: normed(key, 'keyNorm'),
    value,
    output,
  }
}

/** [units × width], of a matrix or a stack of one matrix a head. */
function readingMap(tensor: WeightTensor, { width, orientation }: BlockContext): LinearMap {
  if (tensor.shape.length !== 3) return matrixMap(tensor, orientation)
  const [, a, b] = tensor.shape
  return stackMap(tensor, a === b ? orientation === 'in-out' : a === width)
}

/** Queries, keys and values in one matrix: all queries first, or head after head. */
function splitFused(map: LinearMap, name: string, byHead: boolean, { heads, facts, file }: BlockContext) {
  const keyHeads = facts.keyHeads ?? heads
  const size = map.rows / (heads + 2 * keyHeads)
  if (!Number.isInteger(size) || (byHead && keyHeads !== heads))
    throw new UnsupportedError(
      'unsupported.fused',
      `${file}: "${name}" has ${map.rows} rows, which are not queries, keys and values of ${heads} heads with ` +
        `${keyHeads} of keys in an order lobes knows. Save them as three tensors, or export the model to ONNX.`,
    )
  if (!byHead)
    return {
      query: rowsMap(map, [[0, heads * size]]),
      key: rowsMap(map, [[heads * size, keyHeads * size]]),
      value: rowsMap(map, [[(heads + keyHeads) * size, keyHeads * size]]),
    }
  const third = (at: number) =>
    rowsMap(
      map,
      Array.from({ length: heads }, (_, h) => [(3 * h + at) * size, size] as const),
    )
  return { query: third(0), key: third(1), value: third(2) }
}

function mlpOf(block: Block, name: string, context: BlockContext): Mlp {
  const experts = [...block.keys()].flatMap(key => /^down( .+)?$/.exec(key)?.[1] ?? (key === 'down' ? [''] : []))
  const order = (suffix: string) => (suffix === '' ? -1 : suffix === ' shared' ? Number.MAX_VALUE : Number(suffix))
  const found = experts
    .sort((a, b) => order(a) - order(b))
    .map(suffix => perceptronOf(block, suffix, `${name}${suffix}`, context))
  if (found.length === 0) throw missing('down', name, context)
  const homogeneous = /^(relu|leaky_?relu)$/i.test(context.facts.activation ?? '')
  return { kind: 'mlp', name, homogeneous, experts: found }
}

function perceptronOf(block: Block, suffix: string, name: string, context: BlockContext): Perceptron {
  const { orientation, width } = context
  const map = (role: string) => {
    const tensor = block.get(`${role}${suffix}`)?.weight
    return tensor && matrixMap(tensor, orientation)
  }
  const gamma = block.get('mlpScale')?.weight
  const fused = map('fusedGate')
  const half = fused && fused.rows / 2
  const [gate, up] =
    fused && half
      ? [rowsMap(fused, [[0, half]]), rowsMap(fused, [[half, half]])]
      : map('up')
        ? [map('gate'), map('up')]
        : [undefined, map('gate')]
  const plain = map('down')
  if (!up || !plain) throw missing(up ? 'down' : 'up', name, context)
  const fits = [up, ...(gate ? [gate] : [])].every(one => one.columns === width && one.rows === plain.columns)
  if (!fits || plain.rows !== width)
    throw new UnsupportedError(
      'unsupported.transformer',
      `${context.file}: the matrices of ${name} (${sides(up)} and ${sides(plain)}) do not fit a stream of width ${width}.`,
    )
  return {
    up,
    ...(gate && { gate }),
    down: gamma ? scaledRowsMap(plain, vectorMap(checkLength(gamma, context))) : plain,
  }
}

function needed<T>(tensor: T | undefined, role: string, name: string, context: BlockContext): T {
  if (tensor) return tensor
  throw missing(role, name, context)
}

function missing(role: string, name: string, { file }: BlockContext): UnsupportedError {
  return new UnsupportedError(
    'unsupported.transformer',
    `${file} looks like a transformer, but ${name} has no "${role}" matrix under a name lobes knows. ` +
      'Export the model to ONNX, which holds the architecture, or rename its tensors as GPT-2 or Llama have them.',
  )
}

function sides({ rows, columns }: LinearMap): string {
  return `${rows} × ${columns}`
}
