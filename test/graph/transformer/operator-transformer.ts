/** A small transformer as exporters write it: an operator graph, with norms and activations whole or as arithmetic. */
import type { Network } from '../../../src/network/network.ts'
import { type Tensor, tensor } from '../../../src/tensor/tensor.ts'
import { type Line, networkOf } from '../small-network.ts'
import type { Matrix, SmallAttention, SmallMlp, SmallTransformer } from './small-transformer.ts'

export interface Writing {
  /** Norms as one operator, or as arithmetic. */
  readonly norms?: 'whole' | 'arithmetic'
  readonly activation?: 'Relu' | 'erf' | 'tanh' | 'silu'
  /** Queries, keys and values by one matrix and a Split. */
  readonly fused?: boolean
  /** The factor on scores stands on the queries. */
  readonly early?: boolean
  /** Words looked up in a table, instead of patches; the output then has as many rows as the table. */
  readonly words?: boolean
}

const TOKENS = 6

export async function asOperators(small: SmallTransformer, writing: Writing = {}): Promise<Network> {
  const lines: Line[] = []
  const held: Record<string, Tensor> = {}
  let count = 0
  const fresh = (what: string) => `${what}_${count++}`
  const constant = (values: ArrayLike<number>, shape: readonly number[]) => {
    const name = fresh('constant')
    held[name] = tensor(Float64Array.from(values), shape)
    return name
  }
  const add = (type: string, inputs: readonly string[], attributes: Line[3] = {}) => {
    const name = fresh(type)
    lines.push([type, inputs, [name], attributes])
    return name
  }
  const number = (value: number) => constant([value], [])
  const shape = (...sizes: number[]) => {
    const name = fresh('shape')
    held[name] = { dtype: 'int64', shape: [sizes.length], data: BigInt64Array.from(sizes, BigInt) }
    return name
  }
  /** x Wᵀ + bias, the matrix stored turned as exporters do. */
  const matrix = (x: string, { rows, columns, values }: Matrix) => {
    const turned = values.map((_, at) => values[(at % rows) * columns + Math.floor(at / rows)])
    const product = add('MatMul', [x, constant(turned, [columns, rows])])
    return add('Add', [constant(new Float64Array(rows).fill(0.1), [rows]), product])
  }
  const norm = (x: string, given: SmallMlp['norm']): string => {
    if (!given) return x
    const { width } = small
    const gain = constant(given.gain.values, [width])
    const zeros = constant(new Float64Array(width), [width])
    if (given.kind === 'batch') {
      const turned = add('Transpose', [x], { perm: [0, 2, 1] })
      const ones = constant(new Float64Array(width).fill(1 - 1e-5), [width])
      const normed = add('BatchNormalization', [turned, gain, zeros, zeros, ones], { epsilon: 1e-5 })
      return add('Transpose', [normed], { perm: [0, 2, 1] })
    }
    if (writing.norms !== 'arithmetic')
      return given.kind === 'layer'
        ? add('LayerNormalization', [x, gain, zeros], { axis: -1 })
        : add('RMSNormalization', [x, gain], { axis: -1 })
    const last = { keepdims: 1, axes: [-1] }
    const centred = given.kind === 'layer' ? add('Sub', [x, add('ReduceMean', [x], last)]) : x
    const square = add('ReduceMean', [add('Pow', [centred, number(2)])], last)
    const root = add('Sqrt', [add('Add', [square, number(1e-5)])])
    const normed =
      given.kind === 'layer' ? add('Div', [centred, root]) : add('Mul', [centred, add('Reciprocal', [root])])
    return given.kind === 'layer' ? add('Add', [add('Mul', [normed, gain]), zeros]) : add('Mul', [gain, normed])
  }
  const activation = (x: string): string => {
    switch (writing.activation) {
      case 'erf': {
        const bent = add('Add', [add('Erf', [add('Div', [x, number(Math.SQRT2)])]), number(1)])
        return add('Mul', [add('Mul', [x, bent]), number(0.5)])
      }
      case 'tanh': {
        const cube = add('Mul', [add('Pow', [x, number(3)]), number(0.044715)])
        const bent = add('Tanh', [add('Mul', [add('Add', [x, cube]), number(0.8)])])
        return add('Mul', [add('Mul', [x, number(0.5)]), add('Add', [bent, number(1)])])
      }
      case 'silu':
        return add('Mul', [x, add('Sigmoid', [x])])
      default:
        return add('Relu', [x])
    }
  }
  const attention = (x: string, { heads, query, key, value, output }: SmallAttention): string => {
    const size = query.rows / heads
    const three = { rows: 3 * query.rows, columns: query.columns }
    const together = { ...three, values: Float64Array.from([query, key, value].flatMap(one => [...one.values])) }
    const parts = writing.fused
      ? [0, 1, 2].map(part => `part_${count}_${part}`)
      : [query, key, value].map(one => matrix(x, one))
    if (writing.fused) {
      const all = matrix(x, together)
      lines.push(['Split', [all, shape(query.rows, query.rows, query.rows)], parts, { axis: 2 }])
    }
    const [q, k, v] = parts.map((part, at) =>
      add('Transpose', [add('Reshape', [part, shape(0, TOKENS, heads, size)])], {
        perm: at === 1 ? [0, 2, 3, 1] : [0, 2, 1, 3],
      }),
    )
    const scale = number(1 / Math.sqrt(size))
    const scores = writing.early
      ? add('MatMul', [add('Mul', [q, scale]), k])
      : add('Mul', [add('MatMul', [q, k]), scale])
    const mask = constant(new Float64Array(TOKENS * TOKENS), [1, 1, TOKENS, TOKENS])
    const weights = add('Softmax', [add('Add', [scores, mask])], { axis: -1 })
    const mixed = add('Transpose', [add('MatMul', [weights, v])], { perm: [0, 2, 1, 3] })
    return matrix(add('Reshape', [mixed, shape(0, TOKENS, heads * size)]), output)
  }
  const mlp = (x: string, { experts: [{ up, gate, down }] }: SmallMlp): string =>
    matrix(gate ? add('Mul', [activation(matrix(x, gate)), matrix(x, up)]) : activation(matrix(x, up)), down)

  const { rows, values } = small.input
  let stream: string
  if (writing.words) {
    const table = constant(new Float64Array(small.output.reads.rows * small.width), [
      small.output.reads.rows,
      small.width,
    ])
    stream = add('Gather', [table, 'x'])
  } else {
    const kernel = values.map((_, at) => values[(at % rows) * small.width + Math.floor(at / rows)])
    const cut = add('Conv', ['x', constant(kernel, [small.width, rows, 1, 1])], { kernel_shape: [1, 1] })
    stream = add('Transpose', [add('Reshape', [cut, shape(0, small.width, TOKENS)])], { perm: [0, 2, 1] })
  }
  stream = add('Add', [stream, constant(new Float64Array(TOKENS * small.width), [1, TOKENS, small.width])])
  for (const step of small.steps) {
    const sums = step.parts.map(part => {
      const x = norm(stream, part.norm)
      return part.kind === 'attention' ? attention(x, part) : mlp(x, part)
    })
    for (const sum of sums) stream = add('Add', [stream, sum])
    stream = norm(stream, step.norm)
  }
  const last = norm(stream, small.output.norm)
  const pooled = writing.words ? last : add('ReduceMean', [last], { axes: [1], keepdims: 0 })
  matrix(pooled, small.output.reads)
  return networkOf(writing.words ? [null, TOKENS] : [null, rows, 1, TOKENS], held, lines)
}
