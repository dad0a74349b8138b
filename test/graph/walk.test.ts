import { describe, expect, it } from 'vitest'
import { unitGraph } from '../../src/graph/walk.ts'
import { buildChain } from '../../src/network/build.ts'
import { blockMatrix } from './block-matrix.ts'
import { networkOf, weights } from './small-network.ts'

const RAW = { canonical: 'none' } as const

describe('the walk, by hand', () => {
  it('a dense chain: absolute weights, inputs as units, biases ignored', async () => {
    const network = buildChain(
      [
        {
          kind: 'dense',
          weight: weights([2, 3], [1, -2, 3, 0, 5, -6]),
          bias: weights([2], [9, 9]),
          activation: 'Relu',
        },
        { kind: 'dense', weight: weights([1, 2], [-7, 8]) },
      ],
      { input: [3] },
    )
    const { graph, leftOut } = await unitGraph(network, RAW)
    expect(graph.layers).toEqual([
      { name: 'input', size: 3, kind: 'neuron', role: 'input' },
      { name: 'dense1', size: 2, kind: 'neuron', role: 'hidden' },
      { name: 'dense2', size: 1, kind: 'neuron', role: 'output' },
    ])
    expect([...blockMatrix(graph, 0, 1).values]).toEqual([1, 2, 3, 0, 5, 6])
    expect([...blockMatrix(graph, 1, 2).values]).toEqual([7, 8])
    expect(leftOut).toEqual([])
  })

  it('a batch norm behind the last layer scales the edges that enter it', async () => {
    const vector = (values: readonly number[]) => weights([2], values)
    const layers = [
      { kind: 'dense' as const, weight: weights([2, 2], [1, 2, 3, 4]) },
      {
        kind: 'batch-norm' as const,
        scale: vector([2, -3]),
        shift: vector([1, 1]),
        mean: vector([5, 5]),
        variance: vector([4, 1]),
        epsilon: 0,
      },
    ]
    const { graph } = await unitGraph(buildChain(layers, { input: [2] }), RAW)
    expect([...blockMatrix(graph, 0, 1).values]).toEqual([1, 2, 9, 12])
  })

  it('residual: the reader is linked to both sources of the sum, with the same weights', async () => {
    const network = await networkOf(
      [null, 2],
      { a: weights([2, 2], [1, 2, 3, 4]), b: weights([2, 2], [5, 6, 7, 8]), c: weights([1, 2], [9, -10]) },
      [
        ['Gemm', ['x', 'a'], ['first'], { transB: 1 }],
        ['Relu', ['first'], ['r']],
        ['Gemm', ['r', 'b'], ['second'], { transB: 1 }],
        ['Add', ['second', 'r'], ['sum']],
        ['Gemm', ['sum', 'c'], ['last'], { transB: 1 }],
      ],
    )
    const { graph, gauge } = await unitGraph(network, RAW)
    expect(graph.blocks.map(({ from, to }) => [from, to])).toEqual([
      [0, 1],
      [1, 2],
      [1, 3],
      [2, 3],
    ])
    expect([...blockMatrix(graph, 1, 3).values]).toEqual([9, 10])
    expect([...blockMatrix(graph, 2, 3).values]).toEqual([9, 10])
    // Units that are added share their scale; inputs and outputs keep theirs.
    expect(gauge.classes[2]).toBe(gauge.classes[4])
    expect(gauge.classes[3]).toBe(gauge.classes[5])
    expect(gauge.classes[2]).not.toBe(gauge.classes[3])
    expect([gauge.classes[0], gauge.classes[1], gauge.classes[6]]).toEqual([0, 0, 0])
  })

  it('concatenation splits the sources; slices pick from it', async () => {
    const network = await networkOf(
      [null, 1],
      {
        a: weights([2, 1], [1, 2]),
        b: weights([3, 1], [3, 4, 5]),
        c: weights([1, 5], [10, 20, 30, 40, 50]),
        d: weights([1, 2], [60, 70]),
        from: weights([1], [1]),
        to: weights([1], [3]),
        axis: weights([1], [1]),
      },
      [
        ['Gemm', ['x', 'a'], ['left'], { transB: 1 }],
        ['Gemm', ['x', 'b'], ['right'], { transB: 1 }],
        ['Concat', ['left', 'right'], ['both'], { axis: 1 }],
        ['Gemm', ['both', 'c'], ['all'], { transB: 1 }],
        ['Slice', ['both', 'from', 'to', 'axis'], ['middle']],
        ['Gemm', ['middle', 'd'], ['some'], { transB: 1 }],
      ],
    )
    const { graph } = await unitGraph(network, RAW)
    const at = (name: string) => graph.layers.findIndex(layer => layer.name === name)
    expect([...blockMatrix(graph, at('left'), at('all')).values]).toEqual([10, 20])
    expect([...blockMatrix(graph, at('right'), at('all')).values]).toEqual([30, 40, 50])
    expect([...blockMatrix(graph, at('left'), at('some')).values]).toEqual([0, 60])
    expect([...blockMatrix(graph, at('right'), at('some')).values]).toEqual([70, 0, 0])
  })

  it('depthwise convolution is transparent: it multiplies, and fans out with a multiplier', async () => {
    const network = await networkOf(
      [1, 1, 4, 4],
      {
        a: weights([2, 1, 1, 1], [1, -2]),
        depth: weights([4, 1, 1, 2], [1, -1, 2, 2, 3, 0, -4, 4]),
        c: weights([1, 4, 1, 1], [10, 100, 1000, 10000]),
      },
      [
        ['Conv', ['x', 'a'], ['first'], { kernel_shape: [1, 1] }],
        ['Conv', ['first', 'depth'], ['spread'], { group: 2, kernel_shape: [1, 2] }],
        ['Conv', ['spread', 'c'], ['last'], { kernel_shape: [1, 1] }],
      ],
    )
    const { graph } = await unitGraph(network, RAW)
    expect(graph.layers.map(layer => layer.name)).toEqual(['x', 'first', 'last'])
    // Channel 0 feeds copies of norm 2 and 4, channel 1 of norm 3 and 8.
    expect([...blockMatrix(graph, 1, 2).values]).toEqual([2 * 10 + 4 * 100, 3 * 1000 + 8 * 10000])
  })

  it('grouped convolution is block-diagonal', async () => {
    const network = await networkOf([1, 4, 3, 3], { a: weights([4, 2, 1, 1], [1, 2, 3, 4, 5, 6, 7, 8]) }, [
      ['Conv', ['x', 'a'], ['out'], { group: 2, kernel_shape: [1, 1] }],
    ])
    const { graph } = await unitGraph(network, RAW)
    expect(graph.layers[0]).toMatchObject({ size: 4, kind: 'channel' })
    expect([...blockMatrix(graph, 0, 1).values]).toEqual([1, 2, 0, 0, 3, 4, 0, 0, 0, 0, 5, 6, 0, 0, 7, 8])
  })

  it('a grayscale image read by one group is an ordinary convolution', async () => {
    const network = await networkOf([1, 1, 3, 3], { a: weights([2, 1, 1, 1], [3, 4]) }, [
      ['Conv', ['x', 'a'], ['out'], { kernel_shape: [1, 1] }],
    ])
    const { graph } = await unitGraph(network, RAW)
    expect([...blockMatrix(graph, 0, 1).values]).toEqual([3, 4])
  })

  it('flatten links a channel by its block, channels first or last', async () => {
    const held = {
      a: weights([2, 1, 1, 1], [1, 1]),
      d: weights([1, 8], [1, 2, 3, 4, 50, 60, 70, 80]),
    }
    const first = await networkOf([1, 1, 2, 2], held, [
      ['Conv', ['x', 'a'], ['conv'], { kernel_shape: [1, 1] }],
      ['Flatten', ['conv'], ['flat'], { axis: 1 }],
      ['Gemm', ['flat', 'd'], ['out'], { transB: 1 }],
    ])
    const last = await networkOf([1, 1, 2, 2], { ...held, shape: weights([2], [1, 8]) }, [
      ['Conv', ['x', 'a'], ['conv'], { kernel_shape: [1, 1] }],
      ['Transpose', ['conv'], ['nhwc'], { perm: [0, 2, 3, 1] }],
      ['Flatten', ['nhwc'], ['flat'], { axis: 1 }],
      ['Gemm', ['flat', 'd'], ['out'], { transB: 1 }],
    ])
    expect([...blockMatrix((await unitGraph(first, RAW)).graph, 1, 2).values]).toEqual([10, 260])
    expect([...blockMatrix((await unitGraph(last, RAW)).graph, 1, 2).values]).toEqual([
      1 + 3 + 50 + 70,
      2 + 4 + 60 + 80,
    ])
  })

  it('Gemm and MatMul: transposed, scaled, weight on either side', async () => {
    const w = weights([2, 3], [1, 2, 3, 4, 5, 6])
    const edges = async (input: number[], lines: Parameters<typeof networkOf>[2]) => {
      const { graph } = await unitGraph(await networkOf(input, { w }, lines), RAW)
      return [...blockMatrix(graph, 0, 1).values]
    }
    expect(await edges([1, 2], [['Gemm', ['x', 'w'], ['y'], { alpha: -2 }]])).toEqual([2, 8, 4, 10, 6, 12])
    expect(await edges([1, 3], [['Gemm', ['x', 'w'], ['y'], { transB: 1 }]])).toEqual([1, 2, 3, 4, 5, 6])
    expect(await edges([1, 2], [['MatMul', ['x', 'w'], ['y']]])).toEqual([1, 4, 2, 5, 3, 6])
    expect(
      await edges(
        [1, 3],
        [
          ['Transpose', ['x'], ['column'], { perm: [1, 0] }],
          ['MatMul', ['w', 'column'], ['y']],
        ],
      ),
    ).toEqual([1, 2, 3, 4, 5, 6])
  })

  it('batch norm multiplies by |γ| / √(σ² + ε), with the operator’s own ε, and can be ignored', async () => {
    const held = {
      a: weights([2, 1], [1, 1]),
      gamma: weights([2], [-3, 2]),
      beta: weights([2], [7, 7]),
      mean: weights([2], [1, 1]),
      variance: weights([2], [8, 3]),
      c: weights([1, 2], [10, 10]),
    }
    const network = await networkOf([1, 1], held, [
      ['Gemm', ['x', 'a'], ['first'], { transB: 1 }],
      ['BatchNormalization', ['first', 'gamma', 'beta', 'mean', 'variance'], ['norm'], { epsilon: 1 }],
      ['Gemm', ['norm', 'c'], ['last'], { transB: 1 }],
    ])
    expect([...blockMatrix((await unitGraph(network, RAW)).graph, 1, 2).values]).toEqual([10, 10])
    const larger = { ...held, variance: weights([2], [3, 0]) }
    const other = await networkOf(
      [1, 1],
      larger,
      network.operators.map(o => [o.type, o.inputs, o.outputs, o.attributes] as const),
    )
    expect([...blockMatrix((await unitGraph(other, RAW)).graph, 1, 2).values]).toEqual([15, 20])
    const ignored = await unitGraph(other, { ...RAW, batchNorm: false })
    expect([...blockMatrix(ignored.graph, 1, 2).values]).toEqual([10, 10])
  })

  it('an image that a dense layer reads is a layer of pixels; one that a convolution reads, of channels', async () => {
    const dense = await networkOf([1, 2, 2, 2], { a: weights([1, 8], [1, 2, 3, 4, 5, 6, 7, 8]) }, [
      ['Flatten', ['x'], ['flat'], { axis: 1 }],
      ['Gemm', ['flat', 'a'], ['y'], { transB: 1 }],
    ])
    const pixels = (await unitGraph(dense, RAW)).graph
    expect(pixels.layers[0]).toMatchObject({ size: 8, kind: 'neuron' })
    expect([...blockMatrix(pixels, 0, 1).values]).toEqual([1, 2, 3, 4, 5, 6, 7, 8])

    // A flat input of 2 × 3 × 3 values, reshaped for a convolution.
    const held = { shape: weights([4], [1, 2, 3, 3]), a: weights([1, 2, 1, 1], [5, 6]) }
    const flat = await networkOf([1, 18], held, [
      ['Reshape', ['x', 'shape'], ['image']],
      ['Conv', ['image', 'a'], ['y'], { kernel_shape: [1, 1] }],
    ])
    const shapes = new Map([...flat.shapes, ['image', [1, 2, 3, 3]], ['y', [1, 1, 3, 3]]])
    const channels = (await unitGraph({ ...flat, shapes }, RAW)).graph
    expect(channels.layers[0]).toMatchObject({ size: 2, kind: 'channel' })
    expect([...blockMatrix(channels, 0, 1).values]).toEqual([5, 6])
  })

  it('a dense layer reshaped to an image: each of its units feeds the channel it is in', async () => {
    const held = {
      a: weights([4, 1], [1, 1, 1, 1]),
      c: weights([1, 2, 1, 2], [1, 2, 3, 4]),
      shape: weights([4], [1, 2, 1, 2]),
    }
    const network = await networkOf([1, 1], held, [
      ['Gemm', ['x', 'a'], ['dense'], { transB: 1 }],
      ['Reshape', ['dense', 'shape'], ['image']],
      ['Conv', ['image', 'c'], ['y'], { kernel_shape: [1, 2] }],
    ])
    const shapes = new Map([...network.shapes, ['image', [1, 2, 1, 2]], ['y', [1, 1, 1, 1]]])
    const { graph } = await unitGraph({ ...network, shapes }, RAW)
    expect([...blockMatrix(graph, 1, 2).values]).toEqual([3, 3, 7, 7])
  })

  it('x · σ(x) is an activation: units pass, their scale is fixed; a product of two others stops the walk', async () => {
    const held = { a: weights([2, 1], [1, 1]), b: weights([2, 1], [1, 1]), c: weights([1, 2], [3, 4]) }
    const gate = (other: string) =>
      networkOf([1, 1], held, [
        ['Gemm', ['x', 'a'], ['first'], { transB: 1 }],
        ['Gemm', ['x', 'b'], ['second'], { transB: 1 }],
        ['Sigmoid', [other], ['gate']],
        ['Mul', ['first', 'gate'], ['product']],
        ['Gemm', ['product', 'c'], ['y'], { transB: 1 }],
      ])
    const swish = await unitGraph(await gate('first'), RAW)
    expect([...blockMatrix(swish.graph, 1, 3).values]).toEqual([3, 4])
    expect([...swish.gauge.classes]).toEqual([0, 0, 0, 0, 0, 0])
    const gated = await unitGraph(await gate('second'), RAW)
    expect(gated.leftOut[0]).toMatchObject({ name: 'product', reason: 'it multiplies two activations by each other' })
  })

  it('refuses a block that memory could not hold', async () => {
    const a = { ...weights([1, 1], [1]), shape: [40_000, 4_000] }
    const network = await networkOf([1, 4000], { a }, [['Gemm', ['x', 'a'], ['y'], { transB: 1 }]])
    await expect(unitGraph(network)).rejects.toThrow(/more than 134217728 edges/)
  })

  it('stops at recurrence and attention, and says which operator and why', async () => {
    const network = await networkOf(
      [1, 4, 2],
      {
        a: weights([2, 2], [1, 2, 3, 4]),
        w: weights([1, 8, 2], Array(16).fill(1)),
        b: weights([2, 1], [5, 6]),
        c: weights([1, 1], [7]),
      },
      [
        ['MatMul', ['x', 'a'], ['first']],
        ['LSTM', ['first', 'w', 'w'], ['memory'], { hidden_size: 2 }],
        ['MatMul', ['first', 'b'], ['second']],
        ['MatMul', ['second', 'c'], ['third']],
        ['MatMul', ['memory', 'b'], ['fourth']],
      ],
    )
    const { graph, leftOut } = await unitGraph(network, RAW)
    expect(leftOut).toEqual([
      { name: 'memory', type: 'LSTM', reason: 'it is recurrent' },
      { name: 'fourth', type: 'MatMul', reason: 'it reads from and feeds only operators that could not be placed' },
    ])
    expect(graph.layers.map(layer => layer.name)).toEqual(['x', 'first', 'second', 'third'])
  })

  it('refuses weights that are not finite, by name and index', async () => {
    const network = await networkOf([1, 2], { a: weights([1, 2], [1, Number.NaN]) }, [
      ['Gemm', ['x', 'a'], ['y'], { transB: 1 }],
    ])
    await expect(unitGraph(network)).rejects.toThrow(/"a" \[1,2\] holds NaN at flat index 1/)
  })
})
