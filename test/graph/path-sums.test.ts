/**
 * What the edges mean: in a linear network with non-negative weights, the sum over all paths of the product of their
 * edges is how much an output grows when a whole input channel grows by one. Checked against a forward pass.
 */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { forEachEdge, layerOffsets, type UnitGraph } from '../../src/graph/unit-graph.ts'
import { unitGraph } from '../../src/graph/walk.ts'
import { randomStream } from '../../src/random.ts'
import { elementCount, type Tensor } from '../../src/tensor/tensor.ts'
import { forward, type Line, networkOf, weights } from './small-network.ts'

interface Case {
  readonly name: string
  readonly input: readonly number[]
  readonly shapes: Readonly<Record<string, readonly number[]>>
  readonly lines: readonly Line[]
}

const NORM = { epsilon: 0.01 }

const CASES: readonly Case[] = [
  {
    name: 'convolutions, batch norm, residual sum, flatten',
    input: [1, 2, 5, 5],
    shapes: {
      a: [3, 2, 3, 3],
      b: [3, 3, 1, 1],
      gamma: [3],
      beta: [3],
      mean: [3],
      variance: [3],
      d: [4, 27],
      e: [2, 4],
    },
    lines: [
      ['Conv', ['x', 'a'], ['c1'], { kernel_shape: [3, 3] }],
      ['Relu', ['c1'], ['r1']],
      ['Conv', ['r1', 'b'], ['c2'], { kernel_shape: [1, 1] }],
      ['BatchNormalization', ['c2', 'gamma', 'beta', 'mean', 'variance'], ['n2'], NORM],
      ['Add', ['n2', 'r1'], ['sum']],
      ['Flatten', ['sum'], ['flat']],
      ['Gemm', ['flat', 'd'], ['h'], { transB: 1 }],
      ['Gemm', ['h', 'e'], ['y'], { transB: 1 }],
    ],
  },
  {
    name: 'concatenation, grouped and depthwise convolution, constant factors, global pooling',
    input: [1, 2, 4, 4],
    shapes: { a: [2, 2, 2, 2], b: [4, 2, 2, 2], g: [6, 3, 1, 1], depth: [12, 1, 2, 2], f: [12, 1, 1], d: [3, 12] },
    lines: [
      ['Conv', ['x', 'a'], ['left'], { kernel_shape: [2, 2] }],
      ['Conv', ['x', 'b'], ['right'], { kernel_shape: [2, 2] }],
      ['Concat', ['left', 'right'], ['both'], { axis: 1 }],
      ['Conv', ['both', 'g'], ['grouped'], { group: 2, kernel_shape: [1, 1] }],
      ['Conv', ['grouped', 'depth'], ['spread'], { group: 6, kernel_shape: [2, 2] }],
      ['Mul', ['spread', 'f'], ['scaled']],
      ['GlobalAveragePool', ['scaled'], ['pooled']],
      ['Flatten', ['pooled'], ['flat']],
      ['Gemm', ['flat', 'd'], ['y'], { transB: 1 }],
    ],
  },
  {
    name: 'split, concatenation the other way round, channels-last flatten',
    input: [1, 2, 3, 3],
    shapes: { a: [4, 2, 2, 2], b: [2, 2, 1, 1], d: [3, 16] },
    lines: [
      ['Conv', ['x', 'a'], ['c1'], { kernel_shape: [2, 2] }],
      ['Split', ['c1'], ['first', 'second'], { axis: 1 }],
      ['Conv', ['second', 'b'], ['c2'], { kernel_shape: [1, 1] }],
      ['Concat', ['c2', 'first'], ['both'], { axis: 1 }],
      ['Transpose', ['both'], ['nhwc'], { perm: [0, 2, 3, 1] }],
      ['Flatten', ['nhwc'], ['flat']],
      ['Gemm', ['flat', 'd'], ['y'], { transB: 1 }],
    ],
  },
  {
    name: 'batch norm on a flattened axis: its factors differ within a channel',
    input: [1, 2, 3, 3],
    shapes: { a: [3, 2, 2, 2], gamma: [12], beta: [12], mean: [12], variance: [12], d: [2, 12] },
    lines: [
      ['Conv', ['x', 'a'], ['c1'], { kernel_shape: [2, 2] }],
      ['Flatten', ['c1'], ['flat']],
      ['BatchNormalization', ['flat', 'gamma', 'beta', 'mean', 'variance'], ['norm'], NORM],
      ['Gemm', ['norm', 'd'], ['y'], { transB: 1 }],
    ],
  },
]

/** Sum over paths from one input unit to each unit of the last layer. */
function pathSums(graph: UnitGraph, unit: number): number[] {
  const offsets = layerOffsets(graph)
  const sums = new Float64Array(offsets[graph.layers.length])
  sums[unit] = 1
  const blocks = graph.blocks.toSorted((a, b) => a.to - b.to)
  for (const block of blocks)
    forEachEdge(graph, block, (row, column, weight) => {
      sums[offsets[block.to] + row] += weight * sums[offsets[block.from] + column]
    })
  return [...sums.slice(offsets[graph.layers.length - 1])]
}

describe('path sums equal the Jacobian of a linear non-negative network', () => {
  for (const { name, input, shapes, lines } of CASES) {
    it(name, async () => {
      await fc.assert(
        fc.asyncProperty(fc.integer({ min: 0, max: 2 ** 31 }), async seed => {
          const random = randomStream(seed)
          const draw = (shape: readonly number[]) =>
            weights(
              shape,
              Array.from({ length: elementCount(shape) }, () => 0.1 + random.uniform()),
            )
          const held: Record<string, Tensor> = {}
          for (const [key, shape] of Object.entries(shapes)) held[key] = draw(shape)
          const network = await networkOf(input, held, lines)
          const canonical = seed % 2 === 0 ? 'balance' : 'none'
          const { graph, leftOut } = await unitGraph(network, { canonical })
          expect(leftOut).toEqual([])
          expect(graph.layers[0].size).toBe(input[1])
          const area = input[2] * input[3]
          for (let channel = 0; channel < input[1]; channel++) {
            const image = Array.from({ length: elementCount(input) }, (_, i) =>
              Math.floor(i / area) === channel ? 1 : 0,
            )
            const expected = forward(network, held, weights(input, image)).data
            pathSums(graph, channel).forEach((sum, unit) => {
              expect(sum / Number(expected[unit])).toBeCloseTo(1, 5)
            })
          }
        }),
        { numRuns: 10, seed: 1 },
      )
    })
  }
})
