import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { unitGraph } from '../../src/graph/walk.ts'
import { mlp, smallCnn } from '../../src/network/architectures.ts'
import { buildChain, type Layer } from '../../src/network/build.ts'
import { disguise } from '../../src/network/disguise.ts'
import { randomStream } from '../../src/random.ts'
import { tensor } from '../../src/tensor/tensor.ts'
import { blockMatrix } from './block-matrix.ts'
import { networkOf, weights } from './small-network.ts'

/** Multiplies a hidden layer's units by scales: what enters × s, what leaves ÷ s. Convolutions and flattens included. */
function rescaleHidden(layers: readonly Layer[], at: number, scales: readonly number[]): Layer[] {
  let next = at + 1
  while (!('weight' in layers[next])) next++
  return layers.map((layer, l) => {
    if (!('weight' in layer) || (l !== at && l !== next)) return layer
    const { shape } = layer.weight
    const perUnit = layer.weight.data.length / shape[0]
    const perChannel = perUnit / scales.length
    const data = Float64Array.from(layer.weight.data as Float32Array, (value, i) =>
      l === at ? value * scales[Math.floor(i / perUnit)] : value / scales[Math.floor((i % perUnit) / perChannel)],
    )
    return { ...layer, weight: tensor(data, shape) } as Layer
  })
}

async function blocksOf(layers: readonly Layer[], input: readonly number[]) {
  const { graph } = await unitGraph(buildChain(layers, { input }))
  return graph.blocks.map(({ from, to }) => blockMatrix(graph, from, to))
}

describe('balanced scales', () => {
  it('make the weight into each hidden unit equal the weight out of it, and do not change path products', async () => {
    const network = buildChain(
      [
        { kind: 'dense', weight: weights([1, 2], [4, 5]), activation: 'Relu' },
        { kind: 'dense', weight: weights([1, 1], [4]) },
      ],
      { input: [2] },
    )
    const { graph, gauge } = await unitGraph(network)
    // In 9 s and out 4 / s are equal at s = 2/3: both 6.
    expect(gauge.scales[2]).toBeCloseTo(2 / 3, 14)
    const [first, second] = [blockMatrix(graph, 0, 1).values, blockMatrix(graph, 1, 2).values]
    expect(first[0] + first[1]).toBeCloseTo(6, 6)
    expect(second[0]).toBeCloseTo(6, 6)
    expect(first[0] * second[0]).toBeCloseTo(16, 5)
  })

  it('do not see permutations and positive rescalings that keep the function', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 2 ** 31 }), async seed => {
        const { layers } = mlp([6, 9, 7, 8, 3], { seed })
        const hidden = disguise(layers, randomStream(seed, 9))
        const [plain, other] = [await blocksOf(layers, [6]), await blocksOf(hidden.layers, [6])]
        other.forEach((block, l) => {
          for (let r = 0; r < block.rows; r++)
            for (let c = 0; c < block.columns; c++) {
              const before = plain[l].values[hidden.order[l + 1][r] * block.columns + hidden.order[l][c]]
              expect(Math.abs(block.values[r * block.columns + c] / before - 1)).toBeLessThan(1e-6)
            }
        })
      }),
      { numRuns: 25, seed: 2 },
    )
  })

  it('do not see the scales of channels either, through pooling and flatten', async () => {
    const { layers } = smallCnn({ seed: 4, width: 5 })
    const random = randomStream(5)
    const scales = (count: number) => Array.from({ length: count }, () => 0.1 + 8 * random.uniform())
    const at = layers.flatMap((layer, l) => ('weight' in layer ? [l] : []))
    const moved = rescaleHidden(rescaleHidden(layers, at[0], scales(5)), at[2], scales(5))
    const [plain, other] = [await blocksOf(layers, [1, 28, 28]), await blocksOf(moved, [1, 28, 28])]
    plain.forEach(({ values }, b) => {
      values.forEach((value, i) => {
        expect(Math.abs(other[b].values[i] / value - 1)).toBeLessThan(1e-6)
      })
    })
  })

  it('leave units behind a sigmoid alone', async () => {
    const { network } = mlp([4, 5, 6, 2], { seed: 1, activation: 'Sigmoid' })
    expect(new Set((await unitGraph(network)).gauge.scales)).toEqual(new Set([1]))
  })

  it.each([
    ['Max', ['h', 'zero'], true],
    ['Clip', ['h', 'zero'], true],
    ['Clip', ['h', 'zero', 'six'], false],
    ['Min', ['h', 'six'], false],
  ] as const)('%s of %s: free to rescale %s', async (type, inputs, free) => {
    const held = { a: weights([1, 1], [3]), c: weights([1, 1], [2]), zero: weights([], [0]), six: weights([], [6]) }
    const network = await networkOf([1, 1], held, [
      ['Gemm', ['x', 'a'], ['h'], { transB: 1 }],
      [type, inputs, ['bounded']],
      ['Gemm', ['bounded', 'c'], ['y'], { transB: 1 }],
    ])
    expect((await unitGraph(network)).gauge.scales[1] !== 1).toBe(free)
  })

  it('share one scale where units are added, but not through a batch norm, which can take it up', async () => {
    const held = {
      a: weights([1, 2], [1, 3]),
      b: weights([1, 2], [5, 5]),
      c: weights([1, 1], [2]),
      one: weights([1], [1]),
    }
    const lines = (last: string) =>
      [
        ['Gemm', ['x', 'a'], ['left'], { transB: 1 }],
        ['Gemm', ['x', 'b'], ['right'], { transB: 1 }],
        ['BatchNormalization', ['right', 'one', 'one', 'one', 'one'], ['norm'], { epsilon: 0 }],
        ['Add', ['left', last], ['sum']],
        ['Relu', ['sum'], ['r']],
        ['Gemm', ['r', 'c'], ['y'], { transB: 1 }],
      ] as const
    const tied = await unitGraph(await networkOf([1, 2], held, lines('right')))
    // In (4 + 10) s, out (2 + 2) / s.
    expect(tied.gauge.scales[2]).toBeCloseTo(Math.sqrt(4 / 14), 12)
    expect(tied.gauge.scales[3]).toBe(tied.gauge.scales[2])
    const free = await unitGraph(await networkOf([1, 2], held, lines('norm')))
    expect(free.gauge.scales[2]).toBeCloseTo(Math.sqrt(2 / 4), 12)
    expect(free.gauge.scales[3]).toBeCloseTo(Math.sqrt(2 / 10), 12)
  })

  it('ignore units that carry nothing, so these cannot move the others', async () => {
    const chain = (dead: number) =>
      buildChain(
        [
          { kind: 'dense', weight: weights([2, 1], [3, 0]), activation: 'Relu' },
          { kind: 'dense', weight: weights([1, 2], [5, dead]), activation: 'Relu' },
          { kind: 'dense', weight: weights([1, 1], [7]) },
        ],
        { input: [1] },
      )
    const [one, other] = [await unitGraph(chain(1)), await unitGraph(chain(1000))]
    expect(one.gauge.scales).toEqual(other.gauge.scales)
    expect(one.gauge.scales[2]).toBe(1)
  })

  it('say so when the file does not tell the activations', async () => {
    const { network } = mlp([3, 4, 2], { seed: 1 })
    const { notes } = await unitGraph({ ...network, activationsKnown: false })
    expect(notes.join()).toMatch(/does not say which activations/)
  })
})

describe('fan-in scales', () => {
  it('bring every hidden unit’s incoming weights to L2 norm 1, kernels flattened', async () => {
    const { graph } = await unitGraph(smallCnn({ seed: 3, width: 6 }).network, { canonical: 'fan-in', norm: 'l2' })
    for (const to of [1, 2, 3]) {
      const { values, rows, columns } = blockMatrix(graph, to - 1, to)
      for (let r = 0; r < rows; r++) {
        const squares = values.slice(r * columns, (r + 1) * columns).reduce((sum, value) => sum + value * value, 0)
        expect(squares).toBeCloseTo(1, 3)
      }
    }
  })

  it('for units that are added, take the weights into all of them together', async () => {
    const held = {
      a: weights([1, 2], [0, 3]),
      b: weights([1, 2], [4, 0]),
      c: weights([1, 1], [2]),
      d: weights([1, 1], [7]),
    }
    const network = await networkOf([1, 2], held, [
      ['Gemm', ['x', 'a'], ['left'], { transB: 1 }],
      ['Gemm', ['x', 'b'], ['right'], { transB: 1 }],
      ['Add', ['left', 'right'], ['sum']],
      ['Gemm', ['sum', 'c'], ['next'], { transB: 1 }],
      ['Add', ['next', 'sum'], ['stream']],
      ['Gemm', ['stream', 'd'], ['y'], { transB: 1 }],
    ])
    const { gauge } = await unitGraph(network, { canonical: 'fan-in' })
    // ‖(0, 3, 4, 0)‖ = 5; the unit that reads the sum itself does not count.
    for (const unit of [2, 3, 4]) expect(gauge.scales[unit]).toBeCloseTo(1 / (5 + 1e-5), 12)
  })
})
