/** Small random transformers for the tests, of numbers that Float32 holds, and changes that leave what they compute as it is. */
import type { LinearMap, Norm, Step, Transformer } from '../../../src/network/transformer.ts'
import { type Random, randomStream } from '../../../src/random.ts'
import { normalDraws } from '../../../src/stats/normal.ts'

/** A matrix, [rows × columns], that tests may change in place. */
export interface Matrix {
  rows: number
  columns: number
  values: Float64Array
}

interface SmallNorm {
  kind: Norm['kind']
  gain: Matrix
}

export interface SmallAttention {
  kind: 'attention'
  norm?: SmallNorm
  heads: number
  keyHeads: number
  query: Matrix
  key: Matrix
  value: Matrix
  output: Matrix
}

export interface SmallMlp {
  kind: 'mlp'
  norm?: SmallNorm
  homogeneous: boolean
  experts: { up: Matrix; gate?: Matrix; down: Matrix }[]
}

export interface SmallTransformer {
  width: number
  /** [rows × width]: one row a channel. */
  input: Matrix
  steps: { parts: (SmallAttention | SmallMlp)[]; norm?: SmallNorm }[]
  output: { norm?: SmallNorm; reads: Matrix }
}

export interface SmallOptions {
  norm?: Norm['kind'] | 'none'
  /** Norms on the stream. */
  behind?: boolean
  parallel?: boolean
  gated?: boolean
  homogeneous?: boolean
  heads?: number
  keyHeads?: number
  experts?: number
  blocks?: number
  width?: number
  neurons?: number
}

export function smallTransformer(seed: number, options: SmallOptions = {}): SmallTransformer {
  const { norm = 'layer', behind = false, parallel = false, gated = false, homogeneous = false } = options
  const { heads = 3, keyHeads = heads, experts = 1, blocks = 2, width = 12, neurons = 10 } = options
  const draw = normalDraws(randomStream(seed, 5))
  const size = 4
  const matrix = (rows: number, columns: number): Matrix => ({
    rows,
    columns,
    values: Float64Array.from({ length: rows * columns }, () => Math.fround(draw() / Math.sqrt(columns))),
  })
  const normed = (): SmallNorm | undefined =>
    norm === 'none'
      ? undefined
      : {
          kind: norm,
          gain: {
            rows: width,
            columns: 1,
            values: Float64Array.from({ length: width }, () => Math.fround(1 + 0.4 * draw())),
          },
        }
  const attention = (): SmallAttention => ({
    kind: 'attention',
    heads,
    keyHeads,
    query: matrix(heads * size, width),
    key: matrix(keyHeads * size, width),
    value: matrix(keyHeads * size, width),
    output: matrix(width, heads * size),
    ...(!behind && { norm: normed() }),
  })
  const mlp = (): SmallMlp => ({
    kind: 'mlp',
    homogeneous,
    experts: Array.from({ length: experts }, () => ({
      up: matrix(neurons, width),
      ...(gated && { gate: matrix(neurons, width) }),
      down: matrix(width, neurons),
    })),
    ...(!behind && { norm: normed() }),
  })
  const steps: SmallTransformer['steps'] = Array.from({ length: blocks }, () =>
    parallel
      ? [{ parts: [attention(), mlp()] }]
      : [attention(), mlp()].map(part => ({ parts: [part], ...(behind && { norm: normed() }) })),
  ).flat()
  return {
    width,
    input: matrix(3, width),
    steps,
    output: { ...(!behind && { norm: normed() }), reads: matrix(5, width) },
  }
}

/** As the library takes it. */
export function asTransformer(small: SmallTransformer): Transformer {
  const map = ({ rows, columns, values }: Matrix): LinearMap => ({ rows, columns, read: async () => values.slice() })
  const norm = (given?: SmallNorm): Norm | undefined => given && { kind: given.kind, gain: map(given.gain) }
  const steps = small.steps.map(
    ({ parts, norm: onStream }, s): Step => ({
      norm: norm(onStream),
      parts: parts.map((part, p) => {
        const name = `${s}.${p}.${part.kind}`
        if (part.kind === 'mlp') {
          const experts = part.experts.map(({ up, gate, down }) => ({
            up: map(up),
            ...(gate && { gate: map(gate) }),
            down: map(down),
          }))
          return { kind: 'mlp', name, norm: norm(part.norm), homogeneous: part.homogeneous, experts }
        }
        const { heads, keyHeads, query, key, value, output } = part
        const maps = { query: map(query), key: map(key), value: map(value), output: map(output) }
        return { kind: 'attention', name, norm: norm(part.norm), heads, keyHeads, ...maps }
      }),
    }),
  )
  const inputs = [{ name: 'patches', kind: 'channel' as const, units: small.input.rows, writes: map(small.input) }]
  return {
    width: small.width,
    inputs,
    steps,
    output: { name: 'classes', norm: norm(small.output.norm), reads: map(small.output.reads) },
  }
}

/** All that read the stream ([… × width]) or write to it ([width × …]; the input's rows write), with the norm they read behind. */
export function streamMatrices(small: SmallTransformer) {
  const readers: { matrix: Matrix; norm?: SmallNorm }[] = [{ matrix: small.output.reads, norm: small.output.norm }]
  const writers: Matrix[] = []
  for (const { parts } of small.steps)
    for (const part of parts) {
      const { norm } = part
      if (part.kind === 'attention') {
        readers.push(...[part.query, part.key, part.value].map(matrix => ({ matrix, norm })))
        writers.push(part.output)
      } else
        for (const { up, gate, down } of part.experts) {
          readers.push(...[up, ...(gate ? [gate] : [])].map(matrix => ({ matrix, norm })))
          writers.push(down)
        }
    }
  return { readers, writers }
}

/** Gains multiplied into the readers behind them, for norms before the parts. */
export function foldGains(small: SmallTransformer): void {
  const { readers } = streamMatrices(small)
  for (const { matrix, norm } of readers)
    if (norm) for (let at = 0; at < matrix.values.length; at++) matrix.values[at] *= norm.gain.values[at % small.width]
  for (const { norm } of readers) norm?.gain.values.fill(1)
}

/** Reflections at random directions, all at right angles to (1, 1, …) if the norms take the mean off. */
export function rotateStream(small: SmallTransformer, random: Random, keepMean: boolean): void {
  const { width } = small
  const { readers, writers } = streamMatrices(small)
  for (let turn = 0; turn < 4; turn++) {
    const direction = Float64Array.from({ length: width }, () => random.uniform() - 0.5)
    if (keepMean) {
      const mean = direction.reduce((sum, value) => sum + value, 0) / width
      direction.forEach((value, i) => {
        direction[i] = value - mean
      })
    }
    const square = direction.reduce((sum, value) => sum + value * value, 0)
    const reflect = (at: (i: number) => number, values: Float64Array) => {
      let along = 0
      for (let i = 0; i < width; i++) along += values[at(i)] * direction[i]
      for (let i = 0; i < width; i++) values[at(i)] -= (2 * along * direction[i]) / square
    }
    for (const { rows, values } of [...readers.map(({ matrix }) => matrix), small.input])
      for (let r = 0; r < rows; r++) reflect(i => r * width + i, values)
    for (const { columns, values } of writers) for (let c = 0; c < columns; c++) reflect(i => i * columns + c, values)
  }
}

/** Rows `first` … of a matrix become M times them; `size` of them, M [size × size]. */
export function mixRows({ columns, values }: Matrix, first: number, size: number, m: Float64Array): void {
  const before = values.slice(first * columns, (first + size) * columns)
  for (let r = 0; r < size; r++)
    for (let c = 0; c < columns; c++) {
      let sum = 0
      for (let k = 0; k < size; k++) sum += m[r * size + k] * before[k * columns + c]
      values[(first + r) * columns + c] = sum
    }
}

/** Columns `first` … become them times M. */
export function mixColumns({ rows, columns, values }: Matrix, first: number, size: number, m: Float64Array): void {
  for (let r = 0; r < rows; r++) {
    const before = values.slice(r * columns + first, r * columns + first + size)
    for (let c = 0; c < size; c++) {
      let sum = 0
      for (let k = 0; k < size; k++) sum += before[k] * m[k * size + c]
      values[r * columns + first + c] = sum
    }
  }
}
