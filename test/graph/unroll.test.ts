import { describe, expect, it } from 'vitest'
import { unrolledGraph } from '../../src/graph/unroll.ts'
import { mlp, smallCnn } from '../../src/network/architectures.ts'
import { buildChain } from '../../src/network/build.ts'
import { randomStream } from '../../src/random.ts'
import { blockMatrix } from './block-matrix.ts'
import { forward, networkOf, weights } from './small-network.ts'

function drawn(shape: readonly number[], seed: number) {
  const random = randomStream(seed)
  const count = shape.reduce((product, size) => product * size, 1)
  return weights(
    shape,
    Array.from({ length: count }, () => 0.1 + random.uniform()),
  )
}

describe('unrolled convolutions', () => {
  it('each neuron is one pixel of one channel: edges are what a one-pixel image does', async () => {
    const held = { a: drawn([2, 3, 3, 3], 1), d: drawn([2, 8], 2) }
    const network = await networkOf([1, 3, 4, 4], held, [
      ['Conv', ['x', 'a'], ['conv'], { kernel_shape: [3, 3] }],
      ['Flatten', ['conv'], ['flat']],
      ['Gemm', ['flat', 'd'], ['y'], { transB: 1 }],
    ])
    const graph = await unrolledGraph(network)
    expect(graph.layers.map(({ size, role }) => [size, role])).toEqual([
      [48, 'input'],
      [8, 'hidden'],
      [2, 'output'],
    ])
    const [first, second] = [blockMatrix(graph, 0, 1), blockMatrix(graph, 1, 2)]
    const [channel, row, column] = [1, 2, 1]
    const image = Array.from({ length: 48 }, (_, i) => (i === channel * 16 + row * 4 + column ? 1 : 0))
    const expected = forward(network, held, weights([1, 3, 4, 4], image)).data
    for (const unit of [0, 1]) {
      let sum = 0
      for (let h = 0; h < 8; h++)
        sum += second.values[unit * 8 + h] * first.values[h * 48 + (row * 4 + column) * 3 + channel]
      expect(sum).toBeCloseTo(Number(expected[unit]), 5)
    }
  })

  it('same padding cuts kernels off at the border', async () => {
    const network = buildChain([{ kind: 'conv', weight: weights([1, 1, 3, 3], [1, 2, 3, 4, 5, 6, 7, 8, 9]) }], {
      input: [1, 2, 2],
    })
    // Corner (0, 0) sees the kernel's centre, right, below and diagonal.
    expect([...blockMatrix(await unrolledGraph(network), 0, 1).values.slice(0, 4)]).toEqual([5, 6, 8, 9])
  })

  it.each([
    ['all-one', 1],
    ['one-on-n', 0.25],
  ] as const)('a pool links each window with %s; the rest is dropped', async (pooling, weight) => {
    const network = buildChain([{ kind: 'max-pool', size: 2 }], { input: [2, 3, 2] })
    const { values, rows, columns } = blockMatrix(await unrolledGraph(network, pooling), 0, 1)
    expect([rows, columns]).toEqual([2, 12])
    expect([...values.slice(0, 12)]).toEqual([1, 0, 1, 0, 1, 0, 1, 0, 0, 0, 0, 0].map(one => one * weight))
    expect([...values.slice(12)]).toEqual([0, 1, 0, 1, 0, 1, 0, 1, 0, 0, 0, 0].map(one => one * weight))
  })

  it('numbers the layers of the small CNN by rows, columns and channels', async () => {
    const { layers, blocks } = await unrolledGraph(smallCnn({ seed: 1, width: 2 }).network)
    expect(layers.map(layer => layer.size)).toEqual([784, 1568, 1568, 392, 392, 98, 128, 10])
    expect(blocks.map(block => block.edges.kind)).toEqual([...Array(5).fill('sparse'), 'dense', 'dense'])
  })

  it('refuses what is no image and what is too large', async () => {
    await expect(unrolledGraph(mlp([4, 2], { seed: 1 }).network)).rejects.toThrow(
      /cannot be unrolled: its input has shape/,
    )
    await expect(unrolledGraph(smallCnn({ seed: 1, width: 64 }).network)).rejects.toThrow(/more than 16777216 edges/)
  })
})
