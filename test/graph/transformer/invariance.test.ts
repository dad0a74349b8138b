/** Every symmetry of a transformer leaves its unit graph as it was, up to the order of the units. */
import { Matrix as DenseMatrix, inverse } from 'ml-matrix'
import { describe, expect, it } from 'vitest'
import { transformerGraph } from '../../../src/graph/transformer/transformer-graph.ts'
import { layerOffsets, type UnitGraph } from '../../../src/graph/unit-graph.ts'
import { cluster } from '../../../src/partition/cluster.ts'
import { type Random, randomStream, shuffle } from '../../../src/random.ts'
import { testModularity } from '../../../src/significance/test.ts'
import { adjustedRandIndex } from '../../../src/stats/agreement.ts'
import { blockMatrix } from '../block-matrix.ts'
import {
  asTransformer,
  foldGains,
  mixColumns,
  mixRows,
  rotateStream,
  type SmallOptions,
  type SmallTransformer,
  smallTransformer,
  streamMatrices,
} from './small-transformer.ts'

/** For each layer that is permuted: unit i was unit order[i] before. */
type Orders = ReadonlyMap<string, Int32Array>

interface Case {
  readonly options?: SmallOptions
  /** Changes the network in place. */
  change(small: SmallTransformer, random: Random): Orders | undefined
}

const graphOf = async (small: SmallTransformer) => (await transformerGraph(asTransformer(small))).graph

/** Largest difference of two edges, relative to the largest edge of their block. */
function difference(before: UnitGraph, after: UnitGraph, orders: Orders = new Map()): number {
  expect(after.layers).toEqual(before.layers)
  expect(after.blocks.map(({ from, to }) => [from, to])).toEqual(before.blocks.map(({ from, to }) => [from, to]))
  let worst = 0
  for (const { from, to } of before.blocks) {
    const [a, b] = [blockMatrix(before, from, to), blockMatrix(after, from, to)]
    const scale = a.values.reduce((most, value) => Math.max(most, value), 0)
    const place = (layer: number, unit: number) => orders.get(before.layers[layer].name)?.[unit] ?? unit
    for (let r = 0; r < b.rows; r++)
      for (let c = 0; c < b.columns; c++) {
        const old = a.values[place(to, r) * a.columns + place(from, c)]
        worst = Math.max(worst, Math.abs(b.values[r * b.columns + c] - old) / scale)
      }
  }
  return worst
}

const order = (size: number, random: Random) =>
  shuffle(
    Int32Array.from({ length: size }, (_, i) => i),
    random,
  )

/** Rows in another order, in groups of `size`. */
function permute(
  matrix: { rows: number; columns: number; values: Float64Array },
  places: Int32Array,
  byColumn = false,
) {
  const { rows, columns, values } = matrix
  const before = values.slice()
  const size = (byColumn ? columns : rows) / places.length
  for (let r = 0; r < rows; r++)
    for (let c = 0; c < columns; c++) {
      const moved = (at: number) => places[Math.floor(at / size)] * size + (at % size)
      values[r * columns + c] = before[(byColumn ? r : moved(r)) * columns + (byColumn ? moved(c) : c)]
    }
}

function scaleRow({ columns, values }: { columns: number; values: Float64Array }, row: number, factor: number) {
  for (let c = 0; c < columns; c++) values[row * columns + c] *= factor
}

function scaleColumn(
  { rows, columns, values }: { rows: number; columns: number; values: Float64Array },
  column: number,
  factor: number,
) {
  for (let r = 0; r < rows; r++) values[r * columns + column] *= factor
}

/** A matrix far from orthogonal, and its inverse. */
function invertible(size: number, random: Random) {
  const m = new DenseMatrix(size, size)
  for (let i = 0; i < size; i++)
    for (let j = 0; j < size; j++) m.set(i, j, random.uniform() - 0.5 + (i === j ? 1.5 : 0))
  return { m: Float64Array.from(m.to1DArray()), inverted: Float64Array.from(inverse(m).to1DArray()) }
}

const transposed = (m: Float64Array, size: number) => m.map((_, at) => m[(at % size) * size + Math.floor(at / size)])
const parts = (small: SmallTransformer) =>
  small.steps.flatMap((step, s) => step.parts.map((part, p) => ({ part, name: `${s}.${p}.${part.kind}` })))
const positive = (random: Random) => 0.25 + 4 * random.uniform()

const rotation = (keepMean: boolean) => (small: SmallTransformer, random: Random) => {
  foldGains(small)
  rotateStream(small, random, keepMean)
  return undefined
}

const CASES: Readonly<Record<string, Case>> = {
  'the stream turned (RMSNorm, gated, grouped heads)': {
    options: { norm: 'rms', gated: true, heads: 4, keyHeads: 2 },
    change: rotation(false),
  },
  'the stream turned about (1, 1, …) (LayerNorm)': { options: { norm: 'layer' }, change: rotation(true) },
  'the stream turned (no norm)': { options: { norm: 'none', homogeneous: true }, change: rotation(false) },
  'the same added to every dimension that is written (LayerNorm)': {
    change(small, random) {
      for (const { rows, columns, values } of streamMatrices(small).writers)
        for (let c = 0; c < columns; c++) {
          const shift = random.uniform()
          for (let r = 0; r < rows; r++) values[r * columns + c] += shift
        }
      return undefined
    },
  },
  'gains folded into the readers': {
    options: { norm: 'rms', parallel: true },
    change(small) {
      foldGains(small)
      return undefined
    },
  },
  'all that is written larger (norms divide it out)': {
    options: { norm: 'rms', gated: true, keyHeads: 1 },
    change: small => scaleStream(small, 3, false),
  },
  'all that is written larger, all that reads smaller (no norm)': {
    options: { norm: 'none', gated: true },
    change: small => scaleStream(small, 3, true),
  },
  'all that is written larger, all that reads smaller (batch norm)': {
    options: { norm: 'batch', homogeneous: true },
    change: small => scaleStream(small, 0.3, true),
  },
  'neurons in another order (GELU)': {
    change: (small, random) => permuteNeurons(small, random),
  },
  'neurons in another order (experts, gated)': {
    options: { experts: 3, gated: true, norm: 'rms' },
    change: (small, random) => permuteNeurons(small, random),
  },
  'neurons of ReLU rescaled': {
    options: { homogeneous: true },
    change(small, random) {
      for (const { part } of parts(small))
        if (part.kind === 'mlp')
          for (const { up, down } of part.experts)
            for (let n = 0; n < up.rows; n++) {
              const factor = positive(random)
              scaleRow(up, n, factor)
              scaleColumn(down, n, 1 / factor)
            }
      return undefined
    },
  },
  'gated neurons with `up` rescaled, signs too (SwiGLU)': {
    options: { gated: true, norm: 'rms' },
    change(small, random) {
      for (const { part } of parts(small))
        if (part.kind === 'mlp')
          for (const { up, down } of part.experts)
            for (let n = 0; n < up.rows; n++) {
              const factor = positive(random) * (n % 2 ? 1 : -1)
              scaleRow(up, n, factor)
              scaleColumn(down, n, 1 / factor)
            }
      return undefined
    },
  },
  'gated neurons with gate and `up` rescaled (ReGLU)': {
    options: { gated: true, homogeneous: true, norm: 'rms' },
    change(small, random) {
      for (const { part } of parts(small))
        if (part.kind === 'mlp')
          for (const { up, gate, down } of part.experts)
            for (let n = 0; n < up.rows; n++) {
              const [a, b] = [positive(random), positive(random)]
              scaleRow(up, n, a)
              scaleRow(gate!, n, b)
              scaleColumn(down, n, 1 / (a * b))
            }
      return undefined
    },
  },
  'any invertible change inside heads': {
    options: { norm: 'rms' },
    change(small, random) {
      for (const { part } of parts(small)) {
        if (part.kind !== 'attention') continue
        const size = part.query.rows / part.heads
        for (let h = 0; h < part.heads; h++) {
          const [inner, scores] = [invertible(size, random), invertible(size, random)]
          mixRows(part.value, h * size, size, inner.m)
          mixColumns(part.output, h * size, size, inner.inverted)
          mixRows(part.query, h * size, size, scores.m)
          mixRows(part.key, h * size, size, transposed(scores.inverted, size))
        }
      }
      return undefined
    },
  },
  'any invertible change of shared keys and values': {
    options: { norm: 'layer', heads: 4, keyHeads: 2 },
    change(small, random) {
      for (const { part } of parts(small)) {
        if (part.kind !== 'attention') continue
        const size = part.query.rows / part.heads
        for (let g = 0; g < part.keyHeads; g++) {
          const [inner, scores] = [invertible(size, random), invertible(size, random)]
          mixRows(part.value, g * size, size, inner.m)
          mixRows(part.key, g * size, size, transposed(scores.inverted, size))
          for (const h of [2 * g, 2 * g + 1]) {
            mixColumns(part.output, h * size, size, inner.inverted)
            mixRows(part.query, h * size, size, scores.m)
          }
        }
      }
      return undefined
    },
  },
  'heads in another order': {
    change(small, random) {
      const orders = new Map<string, Int32Array>()
      for (const { part, name } of parts(small)) {
        if (part.kind !== 'attention') continue
        const places = order(part.heads, random)
        orders.set(name, places)
        for (const matrix of [part.query, part.key, part.value]) permute(matrix, places)
        permute(part.output, places, true)
      }
      return orders
    },
  },
  'the scale of each stretch of the stream (norms on it)': {
    options: { behind: true },
    change(small, random) {
      let [before, scale] = [1, 1]
      for (const { parts, norm } of small.steps) {
        before = scale
        scale = positive(random)
        multiply(norm!.gain.values, scale)
        for (const part of parts) {
          const [reads, writes] =
            part.kind === 'attention'
              ? [[part.query, part.key, part.value], [part.output]]
              : [part.experts.map(({ up }) => up), part.experts.map(({ down }) => down)]
          for (const { values } of reads) multiply(values, 1 / before)
          for (const { values } of writes) multiply(values, before)
        }
      }
      multiply(small.output.reads.values, 1 / scale)
      return undefined
    },
  },
}

function multiply(values: Float64Array, factor: number): void {
  for (let i = 0; i < values.length; i++) values[i] *= factor
}

function scaleStream(small: SmallTransformer, factor: number, readersToo: boolean): undefined {
  const { readers, writers } = streamMatrices(small)
  for (const { values } of [...writers, small.input]) multiply(values, factor)
  if (readersToo) for (const { matrix } of readers) multiply(matrix.values, 1 / factor)
  return undefined
}

function permuteNeurons(small: SmallTransformer, random: Random): Orders {
  const orders = new Map<string, Int32Array>()
  for (const { part, name } of parts(small)) {
    if (part.kind !== 'mlp') continue
    const size = part.experts[0].up.rows
    const places = part.experts.map(({ up, gate, down }) => {
      const own = order(size, random)
      permute(up, own)
      if (gate) permute(gate, own)
      permute(down, own, true)
      return own
    })
    orders.set(name, Int32Array.from(places.flatMap((own, e) => [...own].map(unit => e * size + unit))))
  }
  return orders
}

describe('the unit graph of a transformer does not see', () => {
  it.each(Object.entries(CASES))('%s', async (_, { options, change }) => {
    for (const seed of [1, 2, 3]) {
      const [plain, changed] = [smallTransformer(seed, options), smallTransformer(seed, options)]
      const orders = change(changed, randomStream(seed, 77))
      expect(difference(await graphOf(plain), await graphOf(changed), orders)).toBeLessThan(1e-5)
    }
  })
})

describe('the unit graph of a transformer sees', () => {
  it.each<[string, SmallOptions, (small: SmallTransformer) => void]>([
    ['a neuron of GELU rescaled', {}, small => scaleNeuron(small, 3)],
    ['the gate of SwiGLU rescaled', { gated: true }, small => scaleNeuron(small, 3, 'gate')],
    [
      'one head that attends more sharply',
      {},
      small => {
        const [{ part }] = parts(small)
        if (part.kind === 'attention') for (let row = 0; row < 4; row++) scaleRow(part.query, row, 3)
      },
    ],
    [
      'a dimension stretched',
      { norm: 'rms' },
      small => {
        for (const { matrix } of streamMatrices(small).readers) scaleColumn(matrix, 2, 3)
      },
    ],
  ])('%s', async (_, options, change) => {
    const [plain, changed] = [smallTransformer(1, options), smallTransformer(1, options)]
    change(changed)
    expect(difference(await graphOf(plain), await graphOf(changed))).toBeGreaterThan(0.01)
  })
})

/** What goes into the first neuron × factor, what comes out ÷ factor. */
function scaleNeuron(small: SmallTransformer, factor: number, which: 'up' | 'gate' = 'up'): void {
  const mlp = parts(small).find(({ part }) => part.kind === 'mlp')?.part
  if (mlp?.kind !== 'mlp') return
  scaleRow(mlp.experts[0][which]!, 0, factor)
  scaleColumn(mlp.experts[0].down, 0, 1 / factor)
}

describe('modules and verdict', () => {
  it('are those of the same network, turned, rescaled and in another order', async () => {
    const options: SmallOptions = { norm: 'rms', gated: true, neurons: 16, heads: 4, keyHeads: 2 }
    const [plain, changed] = [smallTransformer(4, options), smallTransformer(4, options)]
    const random = randomStream(4, 78)
    foldGains(changed)
    rotateStream(changed, random, false)
    const orders = permuteNeurons(changed, random)
    const [a, b] = [await graphOf(plain), await graphOf(changed)]
    const settings = { k: 3, seed: 1, shuffles: 20 }
    const [first, second] = [await testModularity(a, settings), await testModularity(b, settings)]
    expect(second.modular).toBe(first.modular)
    expect(second.ncut).toBeCloseTo(first.ncut, 5)
    const [own, other] = [await cluster(a, settings), await cluster(b, settings)]
    const offsets = layerOffsets(a)
    const moved = a.layers.flatMap(({ name, size }, l) =>
      Array.from({ length: size }, (_, unit) => own.labels[offsets[l] + (orders.get(name)?.[unit] ?? unit)]),
    )
    expect(adjustedRandIndex(moved, other.labels)).toBe(1)
  })
})
