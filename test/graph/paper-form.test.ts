import { describe, expect, it } from 'vitest'
import { paperDefaults } from '../../src/graph/paper-form.ts'
import { unitGraph } from '../../src/graph/walk.ts'
import { mlp } from '../../src/network/architectures.ts'
import { blockMatrix } from './block-matrix.ts'
import { networkOf, weights } from './small-network.ts'

/** Two convolutions of one tensor, joined, read by a third; then a sum, a global pool and a dense layer. */
async function inception() {
  const held = {
    a: weights([2, 1, 1, 1], [1, 2]),
    b: weights([1, 2, 1, 1], [3, 4]),
    c: weights([2, 2, 1, 1], [5, 6, 7, 8]),
    d: weights([3, 3, 1, 1], [1, 2, 3, 4, 5, 6, 7, 8, 9]),
    e: weights([1, 3], [1, 1, 1]),
  }
  return networkOf([1, 1, 2, 2], held, [
    ['Conv', ['x', 'a'], ['stem'], { kernel_shape: [1, 1] }],
    ['Conv', ['stem', 'b'], ['left'], { kernel_shape: [1, 1] }],
    ['Conv', ['stem', 'c'], ['right'], { kernel_shape: [1, 1] }],
    ['Concat', ['left', 'right'], ['both'], { axis: 1 }],
    ['Conv', ['both', 'd'], ['mixed'], { kernel_shape: [1, 1] }],
    ['Add', ['mixed', 'both'], ['sum']],
    ['GlobalAveragePool', ['sum'], ['pooled']],
    ['Flatten', ['pooled'], ['flat']],
    ['Gemm', ['flat', 'e'], ['y'], { transB: 1 }],
  ])
}

describe('the ImageNet form', () => {
  it('has a layer for each reader, split where a concatenation feeds it, without the image', async () => {
    const { graph } = await unitGraph(await inception(), { protocol: 'paper' })
    expect(graph.layers.map(({ name, size }) => `${name}: ${size}`)).toEqual([
      'into left: 2',
      'into right: 2',
      'into mixed [0–0]: 1',
      'into mixed [1–2]: 2',
      'into y [0–0]: 1',
      'into y [1–2]: 2',
    ])
    expect(graph.blocks.map(({ from, to }) => `${from}>${to}`)).toEqual([
      '0>2',
      '1>3',
      '0>4',
      '2>4',
      '3>4',
      '1>5',
      '2>5',
      '3>5',
    ])
    // Kernels stand between what a convolution reads and what reads its output; a sum passes both of its operands on.
    expect([...blockMatrix(graph, 0, 2).values]).toEqual([3, 4])
    expect([...blockMatrix(graph, 1, 5).values]).toEqual([5, 6, 7, 8])
    expect([...blockMatrix(graph, 3, 4).values]).toEqual([2, 3])
    expect([...blockMatrix(graph, 2, 5).values]).toEqual([4, 7])
  })

  it('is what the paper protocol takes for networks whose paths join, batch norm included', async () => {
    expect(paperDefaults(await inception())).toMatchObject({ form: 'imagenet', batchNorm: true })
  })

  it('needs convolutions', async () => {
    const { network } = mlp([3, 4, 2], { seed: 1 })
    await expect(unitGraph(network, { form: 'imagenet' })).rejects.toThrow(/needs two convolutions in a row/)
  })
})
