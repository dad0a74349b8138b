/** The shapes we infer are those of the values ONNX Runtime computes: every intermediate value is looked at. */
import { existsSync, readdirSync } from 'node:fs'
import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import { ModelProtoSchema, ValueInfoProtoSchema } from 'onnx-buf'
import * as ort from 'onnxruntime-node'
import { describe, expect, test } from 'vitest'
import { fileSource } from '../../src/formats/file-source.ts'
import { encodeOnnx } from '../../src/formats/onnx-write.ts'
import { openNetwork } from '../../src/formats/open.ts'
import type { Network } from '../../src/network/network.ts'
import { inferShapes } from '../../src/network/shapes.ts'
import { floats, int64s, type ModelInit, node, openModel } from '../formats/onnx-models.ts'

/** Sizes of all values when open input dimensions are 3. */
async function actualShapes(network: Network): Promise<Map<string, readonly number[]>> {
  const model = fromBinary(ModelProtoSchema, await encodeOnnx(network))
  const names = network.operators.flatMap(({ outputs }) => outputs).filter(name => name !== '')
  model.graph!.output = names.map(name => create(ValueInfoProtoSchema, { name }))
  const options = {
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    logSeverityLevel: 3,
    graphOptimizationLevel: 'disabled',
  } as const
  const session = await ort.InferenceSession.create(toBinary(ModelProtoSchema, model), options)
  const feeds = network.inputs.map(({ name, shape }) => {
    const dims = shape.map(size => size ?? 3)
    const data = new Float32Array(dims.reduce((a, b) => a * b, 1)).fill(0.5)
    return [name, new ort.Tensor('float32', data, dims)]
  })
  const results = await session.run(Object.fromEntries(feeds))
  return new Map(Object.entries(results).map(([name, { dims }]) => [name, dims]))
}

/** Every value has a shape, of the right rank; its numbers are right; at most `open` dimensions per value are left open. */
async function expectRight(network: Network, open: number): Promise<void> {
  const actual = await actualShapes(network)
  expect(actual.size).toBeGreaterThan(0)
  for (const [name, dims] of actual) {
    const shape = network.shapes.get(name)
    expect(shape, name).toBeDefined()
    expect(
      shape!.map((size, axis) => size ?? dims[axis]),
      name,
    ).toEqual(dims)
    expect(shape!.filter(size => size === null).length, `${name} [${shape}]`).toBeLessThanOrEqual(open)
  }
}

const FOLDER = '../shared/nets/onnx'
const FILES = existsSync(FOLDER) ? readdirSync(FOLDER).filter(name => name.endsWith('.onnx')) : []
if (FILES.length === 0) console.warn(`skipped: the real networks of ${FOLDER} are not here`)

test.skipIf(FILES.length === 0).each(FILES)('%s', async file => {
  const network = await openNetwork(await fileSource(`${FOLDER}/${file}`))
  await expectRight(network, 1)
  expect(await inferShapes({ ...network, shapes: new Map() })).toEqual(network.shapes)
})

type Attributes = Parameters<typeof node>[3]

/** One operator on one image, or on what `shape` says. */
function single(
  type: string,
  attributes: Attributes = {},
  initializer: ModelInit['initializer'] = [],
  shape: readonly (number | string)[] = ['n', 4, 9, 7],
): ModelInit {
  const inputs = ['x', ...initializer.map(({ name }) => name!)]
  return {
    opset: 21,
    inputs: { x: shape },
    outputs: ['y'],
    initializer,
    nodes: [node(type, inputs, ['y'], attributes)],
  }
}

const zeros = (name: string, dims: readonly number[]) =>
  floats(name, dims, new Array(dims.reduce((a, b) => a * b, 1)).fill(0.1))
const sizes = (...values: number[]) => int64s('sizes', [values.length], values)

describe('operators', () => {
  const cases: [string, ModelInit][] = [
    ['Conv', single('Conv', { pads: [1, 0, 1, 2], strides: [2, 1], dilations: [2, 1] }, [zeros('w', [6, 4, 3, 3])])],
    ['Conv SAME', single('Conv', { auto_pad: 'SAME_UPPER', strides: [2, 2] }, [zeros('w', [6, 4, 3, 3])])],
    ['Conv VALID, grouped', single('Conv', { auto_pad: 'VALID', group: 2 }, [zeros('w', [6, 2, 3, 3])])],
    ['Conv 1-d', single('Conv', {}, [zeros('w', [5, 4, 3])], ['n', 4, 10])],
    [
      'ConvTranspose',
      single('ConvTranspose', { strides: [2, 2], pads: [1, 1, 1, 1], output_padding: [1, 1], group: 2 }, [
        zeros('w', [4, 3, 3, 3]),
      ]),
    ],
    ['MaxPool', single('MaxPool', { kernel_shape: [3, 2], strides: [2, 2] })],
    ['MaxPool rounding up', single('MaxPool', { kernel_shape: [3, 3], strides: [2, 2], ceil_mode: 1 })],
    [
      'MaxPool whose last window would start outside',
      single('MaxPool', { kernel_shape: [1, 1], strides: [3, 3], ceil_mode: 1 }),
    ],
    ['AveragePool SAME', single('AveragePool', { kernel_shape: [3, 3], strides: [2, 2], auto_pad: 'SAME_LOWER' })],
    [
      'AveragePool rounding up',
      single('AveragePool', { kernel_shape: [2, 2], strides: [2, 2], ceil_mode: 1, pads: [1, 1, 1, 1] }),
    ],
    ['GlobalAveragePool', single('GlobalAveragePool')],
    ['Flatten', single('Flatten')],
    ['Flatten all but the last axis', single('Flatten', { axis: -1 }, [], [2, 3, 4])],
    ['Reshape', single('Reshape', {}, [sizes(0, -1)])],
    ['Reshape with the batch left over', single('Reshape', {}, [sizes(-1, 252)])],
    ['Reshape with splitting', single('Reshape', {}, [sizes(0, 2, 2, -1)])],
    ['Transpose', single('Transpose', { perm: [0, 2, 3, 1] })],
    ['Transpose reversed', single('Transpose', {}, [], [2, 3, 4])],
    [
      'Slice',
      single('Slice', {}, [
        int64s('s', [2], [1, -5]),
        int64s('e', [2], [3, 9e9]),
        int64s('a', [2], [1, 3]),
        int64s('t', [2], [1, 2]),
      ]),
    ],
    [
      'Slice backwards',
      single('Slice', {}, [
        int64s('s', [1], [-1]),
        int64s('e', [1], [-9e9]),
        int64s('a', [1], [2]),
        int64s('t', [1], [-2]),
      ]),
    ],
    ['Gather of one', single('Gather', { axis: 1 }, [int64s('i', [], [2])])],
    ['Gather of several', single('Gather', { axis: 2 }, [int64s('i', [2, 1], [2, 0])])],
    ['Squeeze', single('Squeeze', {}, [sizes(1, -1)], ['n', 1, 3, 1])],
    ['Unsqueeze', single('Unsqueeze', {}, [sizes(0, -1)])],
    ['Expand', single('Expand', {}, [sizes(2, 1, 3)], ['n', 1])],
    ['Tile', single('Tile', {}, [sizes(1, 2, 3, 1)])],
    ['Pad', single('Pad', {}, [sizes(0, 0, 1, 2, 0, 0, 3, 4)])],
    ['ReduceMean', single('ReduceMean', { keepdims: 0 }, [sizes(2, -1)])],
    ['ReduceMax of all', single('ReduceMax', { keepdims: 1 })],
    ['ArgMax', single('ArgMax', { axis: -1, keepdims: 0 })],
    ['TopK', { ...single('TopK', {}, [sizes(2)]), nodes: [node('TopK', ['x', 'sizes'], ['y', 'i'], { axis: 1 })] }],
    ['Split', { ...single('Split'), nodes: [node('Split', ['x'], ['y', 'z'], { axis: 2, num_outputs: 2 })] }],
    ['Concat', { ...single('Concat'), nodes: [node('Concat', ['x', 'x', 'x'], ['y'], { axis: 1 })] }],
    ['Add broadcasting', single('Add', {}, [zeros('w', [5, 1, 1, 7])], [5, 4, 9, 1])],
    [
      'Where',
      { ...single('Where'), nodes: [node('Greater', ['x', 'x'], ['g']), node('Where', ['g', 'x', 'x'], ['y'])] },
    ],
    ['Gemm', single('Gemm', { transB: 1 }, [zeros('w', [5, 6])], ['n', 6])],
    ['MatMul of stacks', single('MatMul', {}, [zeros('w', [4, 7, 5])])],
    ['MatMul with a vector', single('MatMul', {}, [zeros('w', [7])])],
    ['Resize by scales', single('Resize', {}, [floats('roi', [0], []), floats('scales', [4], [1, 1, 2, 1.5])])],
    [
      'Resize by sizes',
      single('Resize', {}, [floats('roi', [0], []), floats('scales', [0], []), sizes(1, 1, 5, 6)], [1, 1, 3, 3]),
    ],
    ['DepthToSpace', single('DepthToSpace', { blocksize: 2 })],
    ['SpaceToDepth', single('SpaceToDepth', { blocksize: 2 }, [], ['n', 1, 4, 6])],
    ['LayerNormalization', single('LayerNormalization', {}, [zeros('w', [7])])],
    ['Softmax', single('Softmax')],
    [
      'LSTM',
      {
        ...single('LSTM', {}, [zeros('w', [2, 20, 6]), zeros('r', [2, 20, 5])], [8, 'n', 6]),
        nodes: [node('LSTM', ['x', 'w', 'r'], ['y', 'h', 'c'], { hidden_size: 5, direction: 'bidirectional' })],
      },
    ],
  ]
  test.each(cases)('%s', async (_, model) => expectRight(await openModel(model), 1))
})

describe('sizes computed by operators', () => {
  const flatten = (...middle: ModelInit['nodes']): ModelInit => ({
    opset: 11,
    inputs: { x: ['n', 4, 9, 7] },
    outputs: ['y'],
    initializer: [
      int64s('zero', [], [0]),
      int64s('minus', [1], [-1]),
      int64s('start', [1], [0]),
      int64s('end', [1], [1]),
      int64s('two', [], [2]),
    ],
    nodes: [node('Shape', ['x'], ['s']), ...middle, node('Reshape', ['x', 'to'], ['y'])],
  })
  test.each([
    [
      'by Gather',
      flatten(
        node('Gather', ['s', 'zero'], ['g']),
        node('Unsqueeze', ['g'], ['u'], { axes: [0] }),
        node('Concat', ['u', 'minus'], ['to'], { axis: 0 }),
      ),
    ],
    [
      'by Slice',
      flatten(node('Slice', ['s', 'start', 'end'], ['g']), node('Concat', ['g', 'minus'], ['to'], { axis: 0 })),
    ],
    [
      'with Cast',
      flatten(
        node('Slice', ['s', 'start', 'end'], ['g']),
        node('Cast', ['g'], ['h'], { to: 7 }),
        node('Concat', ['h', 'minus'], ['to'], { axis: 0 }),
      ),
    ],
    [
      'by halving a size',
      flatten(
        node('Gather', ['s', 'two'], ['g']),
        node('Div', ['g', 'two'], ['h']),
        node('Unsqueeze', ['h'], ['u'], { axes: [0] }),
        node('Concat', ['end', 'u', 'minus'], ['to0'], { axis: 0 }),
        node('Mul', ['to0', 'end'], ['to1']),
        node('Slice', ['to1', 'start', 'end'], ['to2']),
        node('Concat', ['to2', 'minus'], ['to'], { axis: 0 }),
      ),
    ],
  ])('%s', async (name, model) => {
    const network = await openModel(model)
    await expectRight(network, 1)
    expect(network.shapes.get('y')).toEqual(name === 'by halving a size' ? [1, null] : [null, 252])
  })
})

test('an operator nobody knows has no shape and does no harm', async () => {
  const network = await openModel({
    opset: 21,
    inputs: { x: [2] },
    outputs: ['y'],
    nodes: [node('Riddle', ['x'], ['r']), node('Relu', ['r'], ['y'])],
  })
  expect(network.shapes.has('r')).toBe(false)
})
