/**
 * Old operators compute the same after the upgrade. ONNX Runtime still runs many old forms itself: there it is asked
 * about the original. Where it does not (most of opsets 1 to 6), the expected values are written out.
 */
import * as ort from 'onnxruntime-node'
import { describe, expect, test } from 'vitest'
import { encodeOnnx } from '../../src/formats/onnx-write.ts'
import { randomStream } from '../../src/random.ts'
import { floats, int64s, type ModelInit, node, onnxBytes, openModel, types } from '../formats/onnx-models.ts'

// Optimised, some operators are replaced by coarser ones (8-bit products): the plain operators are compared.
const QUIET = {
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  logSeverityLevel: 3,
  graphOptimizationLevel: 'disabled',
} as const

/** Small numbers of both signs, the same in every run. */
function inputOf(shape: readonly (number | string)[]): ort.Tensor {
  const dims = shape.map(size => (typeof size === 'number' ? size : 2))
  const random = randomStream(11)
  const data = Float32Array.from({ length: dims.reduce((a, b) => a * b, 1) }, () => 4 * random.uniform() - 2)
  return new ort.Tensor('float32', data, dims)
}

async function run(bytes: Uint8Array, model: ModelInit): Promise<number[]> {
  const session = await ort.InferenceSession.create(bytes, QUIET)
  const feeds = Object.entries(model.inputs!).map(([name, shape]) => [name, inputOf(shape)])
  const results = await session.run(Object.fromEntries(feeds))
  return Array.from(results[model.outputs![0]].data as Float32Array, Number)
}

async function runUpgraded(model: ModelInit): Promise<number[]> {
  return run(await encodeOnnx(await openModel(model)), model)
}

function expectClose(actual: readonly number[], expected: readonly number[]): void {
  expect(actual).toHaveLength(expected.length)
  for (const [index, value] of actual.entries()) expect(value).toBeCloseTo(expected[index], 4)
}

/** One operator from `x` to `y`. */
function single(
  opset: number,
  shape: readonly (number | string)[],
  type: string,
  attributes: Parameters<typeof node>[3] = {},
  initializer: ModelInit['initializer'] = [],
): ModelInit {
  const inputs = ['x', ...initializer.map(({ name }) => name!)]
  return { opset, inputs: { x: shape }, outputs: ['y'], initializer, nodes: [node(type, inputs, ['y'], attributes)] }
}

const ONE_TO = (count: number) => Array.from({ length: count }, (_, i) => i + 1)

/** MatMul with 8-bit weights of shape [2, 3]. */
function quantized(parameters: NonNullable<ModelInit['initializer']>, axis?: number): ModelInit {
  const weights = { name: 'q', dims: [2n, 3n], dataType: 3, int32Data: [-128, 127, 0, 1, 2, 3] }
  const names = ['q', ...parameters.map(({ name }) => name!)]
  return {
    opset: 13,
    inputs: { x: [4, 2] },
    outputs: ['y'],
    initializer: [weights, ...parameters],
    nodes: [
      node('DequantizeLinear', names, ['w'], axis === undefined ? {} : { axis }),
      node('MatMul', ['x', 'w'], ['y']),
    ],
  }
}

describe('old forms that ONNX Runtime still runs', () => {
  const cases: [string, ModelInit][] = [
    ['Softmax flattens from its axis', single(11, [2, 3, 4], 'Softmax', { axis: 1 })],
    ['Softmax of unknown sizes', single(11, ['n', 3, 'm'], 'Softmax', { axis: 1 })],
    ['LogSoftmax over the last axis', single(9, [2, 5], 'LogSoftmax')],
    ['Softmax over channels of one pixel', single(7, [2, 5, 1, 1], 'Softmax')],
    ['Hardmax', single(11, [2, 3, 4], 'Hardmax', { axis: 0 })],
    ['Clip', single(6, [10], 'Clip', { min: { float: -0.5 }, max: { float: 0.5 } })],
    ['Clip from below only', single(6, [10], 'Clip', { min: { float: 0 } })],
    ['Clip from above only', single(6, [10], 'Clip', { max: { float: 0 } })],
    ['Pad with a value', single(2, [2, 3], 'Pad', { pads: [0, 1, 1, 0], value: { float: 7 } })],
    ['Pad by reflection', single(2, [1, 1, 4, 4], 'Pad', { pads: [0, 0, 1, 2, 0, 0, 2, 1], mode: 'reflect' })],
    ['Slice', single(9, [4, 5], 'Slice', { starts: [1, -3], ends: [4, 9000000000], axes: [0, 1] })],
    ['Slice without axes', single(1, [4, 5], 'Slice', { starts: [1], ends: [-1] })],
    ['Squeeze', single(11, [1, 3, 1], 'Squeeze', { axes: [0, -1] })],
    ['Squeeze of all', single(11, [1, 3, 1], 'Squeeze')],
    ['Unsqueeze', single(11, [3], 'Unsqueeze', { axes: [0, 2] })],
    [
      'Split by sizes',
      { ...single(11, [5, 2], 'Split'), nodes: [node('Split', ['x'], ['a', 'y'], { split: [2, 3] })] },
    ],
    ['Split evenly', { ...single(11, [4, 2], 'Split'), nodes: [node('Split', ['x'], ['a', 'y'], { axis: 0 })] }],
    ['ReduceSum', single(11, [2, 3, 4], 'ReduceSum', { axes: [1], keepdims: 0 })],
    ['ReduceMean', single(13, [2, 3, 4], 'ReduceMean', { axes: [-1, 1] })],
    ['ReduceMax of all', single(11, [2, 3, 4], 'ReduceMax', { keepdims: 0 })],
    ['TopK', { ...single(9, [2, 6], 'TopK'), nodes: [node('TopK', ['x'], ['y', 'i'], { k: 3 })] }],
    ['Dropout', single(10, [6], 'Dropout', { ratio: { float: 0.9 } })],
    ['Upsample by attribute', single(7, [1, 1, 3, 3], 'Upsample', { scales: { float: [1, 1, 2, 1.5] } })],
    ['Upsample by input', single(9, [1, 1, 3, 3], 'Upsample', { mode: 'linear' }, [floats('s', [4], [1, 1, 2, 2])])],
    ['Resize of opset 10', single(10, [1, 1, 3, 3], 'Resize', { mode: 'nearest' }, [floats('s', [4], [1, 1, 2, 2])])],
    [
      'Resize of opset 11 with empty inputs',
      single(11, [1, 1, 3, 3], 'Resize', { mode: 'linear', coordinate_transformation_mode: 'half_pixel' }, [
        floats('roi', [0], []),
        floats('scales', [0], []),
        int64s('sizes', [4], [1, 1, 5, 6]),
      ]),
    ],
    [
      'BatchNormalization',
      single(7, [2, 2, 3], 'BatchNormalization', { epsilon: { float: 0.01 } }, [
        floats('scale', [2], [2, 3]),
        floats('bias', [2], [1, -1]),
        floats('mean', [2], [0.5, 0]),
        floats('var', [2], [4, 1]),
      ]),
    ],
    [
      'Scatter',
      single(9, [3, 2], 'Scatter', { axis: 0 }, [int64s('at', [1, 2], [2, 0]), floats('updates', [1, 2], [8, 9])]),
    ],
    ['AveragePool', single(7, [1, 1, 5, 5], 'AveragePool', { kernel_shape: [3, 3], pads: [1, 1, 1, 1] })],
    [
      'Gemm',
      single(7, [2, 3], 'Gemm', { alpha: { float: 2 } }, [floats('b', [3, 2], ONE_TO(6)), floats('c', [2], [1, 2])]),
    ],
    [
      'GridSample',
      single(16, [1, 1, 3, 3], 'GridSample', { mode: 'bilinear' }, [
        floats('grid', [1, 1, 2, 2], [0.1, 0.2, -0.4, 0.9]),
      ]),
    ],
    [
      'DequantizeLinear of weights, one scale',
      quantized([floats('scale', [], [0.5]), { name: 'zero', dims: [], dataType: 3, int32Data: [3] }]),
    ],
    [
      'DequantizeLinear of weights, a scale per row',
      quantized([floats('scale', [2], [0.5, 2]), { name: 'zero', dims: [2n], dataType: 3, int32Data: [0, -1] }], 0),
    ],
    ['DequantizeLinear of weights, a scale per column', quantized([floats('scale', [3], [1, 2, 3])], 1)],
  ]
  test.each(cases)('%s', async (_, model) => {
    expectClose(await runUpgraded(model), await run(onnxBytes(model), model))
  })
})

describe('forms of the first opsets', () => {
  const image = [2, 3, 2, 2]
  const x = () => Array.from(inputOf(image).data as Float32Array)
  const channelOf = (index: number) => Math.floor(index / 4) % 3

  test.each(['Add', 'Sub', 'Mul', 'Div'])('%s with broadcast along the channel axis', async type => {
    const model = single(6, image, type, { broadcast: 1, axis: 1 }, [floats('b', [3], [1, 2, 4])])
    const apply = {
      Add: (a: number, b: number) => a + b,
      Sub: (a: number, b: number) => a - b,
      Mul: (a: number, b: number) => a * b,
      Div: (a: number, b: number) => a / b,
    }[type]!
    expectClose(
      await runUpgraded(model),
      x().map((value, i) => apply(value, [1, 2, 4][channelOf(i)])),
    )
    // The constant itself is reshaped: no operator is added.
    expect(types(await openModel(model))).toEqual([type])
  })

  test('Add with broadcast of a computed operand', async () => {
    const model: ModelInit = {
      opset: 1,
      inputs: { x: image },
      outputs: ['y'],
      initializer: [floats('b', [3], [-1, 2, -3])],
      nodes: [
        node('Abs', ['b'], ['c'], { consumed_inputs: [0] }),
        node('Add', ['x', 'c'], ['y'], { broadcast: 1, axis: -3 }),
      ],
    }
    expectClose(
      await runUpgraded(model),
      x().map((value, i) => value + [1, 2, 3][channelOf(i)]),
    )
  })

  test('Mul with broadcast of trailing axes', async () => {
    const model = single(6, image, 'Mul', { broadcast: 1 }, [floats('b', [2, 2], [1, 2, 3, 4])])
    expectClose(
      await runUpgraded(model),
      x().map((value, i) => value * ((i % 4) + 1)),
    )
  })

  test('PRelu with a slope per channel', async () => {
    const model = single(6, image, 'PRelu', {}, [floats('slope', [3], [0.1, 0.2, 0.3])])
    expectClose(
      await runUpgraded(model),
      x().map((value, i) => (value < 0 ? value * [0.1, 0.2, 0.3][channelOf(i)] : value)),
    )
  })

  test('Reshape by attribute, Cast by name, Concat with its default axis', async () => {
    const model: ModelInit = {
      opset: 1,
      inputs: { x: [2, 6] },
      outputs: ['y'],
      nodes: [
        node('Reshape', ['x'], ['a'], { shape: [0, 3, -1] }),
        node('Cast', ['a'], ['b'], { to: 'DOUBLE' }),
        node('Cast', ['b'], ['c'], { to: 'FLOAT' }),
        node('Concat', ['c', 'c'], ['y']),
      ],
    }
    const rows = Array.from(inputOf([2, 6]).data as Float32Array)
    const [first, second] = [rows.slice(0, 6), rows.slice(6)]
    expectClose(await runUpgraded(model), [...first, ...first, ...second, ...second])
    expect((await openModel(model)).shapes.get('y')).toEqual([2, 6, 2])
  })

  test('Pad by paddings', async () => {
    const model = single(1, [2], 'Pad', { paddings: [1, 0], mode: 'constant', value: { float: 5 } })
    expectClose(await runUpgraded(model), [5, ...Array.from(inputOf([2]).data as Float32Array)])
  })

  test('Affine and ImageScaler', async () => {
    const affine = single(1, image, 'Affine', { alpha: { float: 2 }, beta: { float: 1 } })
    expectClose(
      await runUpgraded(affine),
      x().map(value => 2 * value + 1),
    )
    const scaler = single(1, image, 'ImageScaler', { scale: { float: 2 }, bias: { float: [1, 2, 3] } })
    expectClose(
      await runUpgraded(scaler),
      x().map((value, i) => 2 * value + [1, 2, 3][channelOf(i)]),
    )
  })

  test('Upsample by two numbers', async () => {
    const model = single(1, [1, 1, 1, 2], 'Upsample', {
      height_scale: { float: 1 },
      width_scale: { float: 2 },
      mode: 'nearest',
    })
    const [a, b] = inputOf([2]).data as Float32Array
    expectClose(await runUpgraded(model), [a, a, b, b])
  })

  test('BatchNormalization in its first form, with spare outputs', async () => {
    const statistics = ['scale', 'bias', 'mean', 'var'].map((name, i) => floats(name, [3], [i + 1, i + 2, i + 3]))
    const model = single(
      6,
      image,
      'BatchNormalization',
      { is_test: 1, spatial: 1, epsilon: { float: 1e-5 } },
      statistics,
    )
    const nodes = [
      node('BatchNormalization', ['x', 'scale', 'bias', 'mean', 'var'], ['y', 'm', 'v', 'sm', 'sv'], { is_test: 1 }),
    ]
    const expected = x().map((value, i) => {
      const c = channelOf(i)
      return ((value - (3 + c)) / Math.sqrt(4 + c + 1e-5)) * (1 + c) + 2 + c
    })
    expectClose(await runUpgraded(model), expected)
    expectClose(await runUpgraded({ ...model, nodes }), expected)
  })

  test('Selu with the constants of its time, Gemm with broadcast, Dropout for testing', async () => {
    const selu = single(1, [4], 'Selu', { consumed_inputs: [0] })
    const values = Array.from(inputOf([4]).data as Float32Array)
    expectClose(
      await runUpgraded(selu),
      values.map(v => 1.0507 * (v > 0 ? v : 1.6732 * (Math.exp(v) - 1))),
    )
    const gemm = single(6, [1, 2], 'Gemm', { broadcast: 1 }, [floats('b', [2, 1], [1, 1]), floats('c', [1], [3])])
    const [a, b] = inputOf([2]).data as Float32Array
    expectClose(await runUpgraded(gemm), [a + b + 3])
    const dropout = single(6, [4], 'Dropout', { is_test: 1, ratio: { float: 0.5 } })
    expectClose(await runUpgraded(dropout), values)
  })

  test('GroupNormalization with a scale per group', async () => {
    const model = single(18, [1, 4, 2], 'GroupNormalization', { num_groups: 2, epsilon: { float: 1e-5 } }, [
      floats('scale', [2], [1, 10]),
      floats('bias', [2], [0, 100]),
    ])
    const values = Array.from(inputOf([8]).data as Float32Array)
    const expected = [0, 1].flatMap(group => {
      const members = values.slice(4 * group, 4 * group + 4)
      const mean = members.reduce((a, b) => a + b) / 4
      const variance = members.reduce((sum, v) => sum + (v - mean) ** 2, 0) / 4
      return members.map(v => ((v - mean) / Math.sqrt(variance + 1e-5)) * [1, 10][group] + [0, 100][group])
    })
    expectClose(await runUpgraded(model), expected)
  })
})

test('a form without a counterpart today is refused by name', async () => {
  await expect(openModel(single(1, [2], 'Tile', {}, [int64s('n', [], [2]), int64s('axis', [], [0])]))).rejects.toThrow(
    /"Tile_0" \(Tile, opset 1\).*opset 13/,
  )
})

test('operators inside a subgraph are upgraded too', async () => {
  const branch = (value: number) => ({
    name: 'branch',
    node: [node('Clip', ['x'], ['z'], { min: { float: value }, max: { float: value + 1 } })],
    output: [{ name: 'z', type: { value: { case: 'tensorType' as const, value: { elemType: 1 } } } }],
  })
  const model: ModelInit = {
    opset: 9,
    inputs: { x: [3] },
    outputs: ['y'],
    initializer: [{ name: 'yes', dims: [], dataType: 9, rawData: Uint8Array.of(1) }],
    nodes: [node('If', ['yes'], ['y'], { then_branch: { graph: branch(0) }, else_branch: { graph: branch(5) } })],
  }
  const values = Array.from(inputOf([3]).data as Float32Array)
  expectClose(
    await runUpgraded(model),
    values.map(v => Math.min(1, Math.max(0, v))),
  )
})
