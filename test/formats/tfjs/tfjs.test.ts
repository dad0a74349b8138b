/** Opening `model.json`: from a URL, with what else stands in it, and what is said where something is missing. */
import { describe, expect, test } from 'vitest'
import { UnsupportedError } from '../../../src/errors.ts'
import { openNetwork } from '../../../src/formats/open.ts'
import { urlSource } from '../../../src/formats/url-source.ts'
import { unitGraph } from '../../../src/graph/walk.ts'
import { referenceRuntime } from '../../../src/runtime/reference.ts'
import { tensor } from '../../../src/tensor/tensor.ts'
import {
  flag,
  graphModel,
  ints,
  type Model,
  node,
  noise,
  openModel,
  placeholder,
  sourceOf,
  text,
  texts,
  vector,
} from './model-files.ts'

const DENSE = graphModel(
  [
    placeholder('x', [-1, 3]),
    node('init', 'NoOp'),
    node('block/dense/Relu', '_FusedMatMul', ['x', 'w', 'b', '^init'], { fused_ops: texts('BiasAdd', 'Relu') }),
    node('y', 'Identity', ['block/dense/Relu:0']),
  ],
  { w: noise([3, 2]), b: noise([2], 1) },
)

const typesOf = async (model: Model) => (await openModel(model)).operators.map(({ name, type }) => `${name}: ${type}`)

test('a fused node is a layer and its activation; control inputs only order', async () => {
  expect(await typesOf(DENSE)).toEqual(['block/dense: Gemm', 'block/dense/Relu: Relu', 'y: Identity'])
  const { source, inputs, outputs } = await openModel(DENSE)
  expect(source).toEqual({
    format: 'tfjs',
    producer: 'TensorFlow.js Converter v4',
    operators: { Const: 2, Placeholder: 1, NoOp: 1, _FusedMatMul: 1, Identity: 1 },
    parameters: 8,
  })
  expect(inputs).toEqual([{ name: 'x', dtype: 'float32', shape: [null, 3] }])
  expect(outputs).toEqual([{ name: 'y', dtype: 'float32', shape: [null, 2] }])
})

test('from a URL, shards are found beside model.json and read by ranges', async () => {
  const requests: string[] = []
  const files: Readonly<Record<string, Uint8Array>> = {
    '/nets/model.json': new TextEncoder().encode(JSON.stringify(DENSE.json)),
    '/nets/group1-shard1of1.bin': DENSE.files['group1-shard1of1.bin'],
  }
  const serve = async (input: string | URL | Request, init: RequestInit = {}) => {
    const url = new URL(String(input))
    const file = files[url.pathname]
    if (!file) return new Response('', { status: 404 })
    const [start, last] = new Headers(init.headers).get('range')!.slice(6).split('-').map(Number)
    requests.push(`${url.pathname}${url.search}`)
    const headers = { 'content-range': `bytes ${start}-${last}/${file.length}` }
    return new Response(file.slice(start, last + 1), { status: 206, headers })
  }
  const source = await urlSource('https://example.org/nets/model.json?key=1', { fetch: serve as typeof fetch })
  const network = await openNetwork(source)
  const { data } = await network.weights.get('b')!.read()
  expect(Array.from(data as Float32Array)).toEqual(noise([2], 1).values.map(Math.fround))
  expect(new Set(requests)).toEqual(new Set(['/nets/model.json?key=1', '/nets/group1-shard1of1.bin?key=1']))
})

test('images have their channels first between operators, and nothing is turned twice', async () => {
  const image = { strides: { list: { i: ['1', '1', '1', '1'] } }, padding: { s: btoa('SAME') } }
  const model = graphModel(
    [
      placeholder('x', [-1, 8, 8, 3]),
      node('c', 'Conv2D', ['x', 'k'], image),
      node('a', 'BiasAdd', ['c', 'b']),
      node('r', 'Relu', ['a']),
      node('d', 'DepthwiseConv2dNative', ['r', 'dk'], image),
      node('e', 'Conv2D', ['d', 'l'], image),
      node('s', 'AddV2', ['e', 'r']),
      node('y', 'Mean', ['s', 'axes'], { keep_dims: flag(false) }),
    ],
    { k: noise([3, 3, 3, 4]), b: noise([4]), dk: noise([3, 3, 4, 1]), l: noise([1, 1, 4, 4]), axes: vector(1, 2) },
  )
  const network = await openModel(model)
  const types = network.operators.map(({ type }) => type)
  expect(types).toEqual(['Transpose', 'Conv', 'Add', 'Relu', 'Conv', 'Conv', 'Add', 'ReduceMean'])
  const { graph, leftOut } = await unitGraph(network)
  expect(leftOut).toEqual([])
  expect(graph.layers.map(({ name, size, kind }) => [name, size, kind])).toEqual([
    ['x', 3, 'channel'],
    ['c', 4, 'channel'],
    ['e', 4, 'channel'],
  ])
})

describe('what TensorFlow.js itself does not run on a CPU', () => {
  const answer = async (nodes: Parameters<typeof graphModel>[0], input: readonly number[], weights = {}) => {
    const network = await openModel(
      graphModel([placeholder('x', [-1, ...input.slice(1)]), ...nodes], { ...KERNEL, ...weights }),
    )
    const session = await referenceRuntime().load(network)
    const { data, shape } = (await session.run({ x: tensor(Float32Array.from(noise(input).values), input) }))[
      network.outputs[0].name
    ]
    return { shape, values: Array.from(data as ArrayLike<number>, value => value.toFixed(4)) }
  }
  const KERNEL = {
    k: noise([3, 2, 3, 4], 1),
    b: noise([4], 2),
    s: noise([4], 3),
    m: noise([4], 4),
    v: { shape: [4], values: [1, 2, 0.5, 3] },
  }
  const NHWC = { strides: ints(1, 2, 1, 1), padding: text('SAME'), dilations: ints(1, 1, 1, 1) }
  const NCHW = { ...NHWC, strides: ints(1, 1, 2, 1), data_format: text('NCHW') }
  const turns = { to: vector(0, 2, 3, 1), from: vector(0, 3, 1, 2) }

  test('images with channels first compute the same', async () => {
    const input = [1, 3, 5, 4]
    const inside = [
      node('c', 'Conv2D', ['x', 'k'], NCHW),
      node('a', 'BiasAdd', ['c', 'b'], NCHW),
      node('y', 'MaxPool', ['a'], { ...NCHW, ksize: ints(1, 1, 2, 2) }),
    ]
    const around = [
      node('t', 'Transpose', ['x', 'to']),
      node('c', 'Conv2D', ['t', 'k'], NHWC),
      node('a', 'BiasAdd', ['c', 'b']),
      node('p', 'MaxPool', ['a'], { ...NHWC, ksize: ints(1, 2, 2, 1) }),
      node('y', 'Transpose', ['p', 'from']),
    ]
    expect(await answer(inside, input)).toEqual(await answer(around, input, turns))
  })

  test('a convolution fused with batch normalisation', async () => {
    const input = [1, 5, 4, 3]
    const epsilon = { epsilon: { f: 0.01 } }
    const steps = { ...NHWC, ...epsilon, fused_ops: texts('FusedBatchNorm', 'Relu') }
    const apart = [
      node('c', 'Conv2D', ['x', 'k'], NHWC),
      node('n', 'FusedBatchNormV3', ['c', 's', 'b', 'm', 'v'], { ...epsilon, is_training: flag(false) }),
      node('y', 'Relu', ['n']),
    ]
    const fused = [node('y', '_FusedConv2D', ['x', 'k', 's', 'b', 'm', 'v'], steps)]
    expect(await answer(fused, input)).toEqual(await answer(apart, input))
  })
})

test('operations that are not known stay in the network, by name', async () => {
  const nodes = [
    placeholder('x', [-1, 3]),
    node('h', 'MatMul', ['x', 'w']),
    node('z', 'TensorScatterUpdate', ['h', 'h']),
    node('y', 'Add', ['z', 'z:1']),
  ]
  const network = await openModel(graphModel(nodes, { w: noise([3, 2]) }))
  expect(network.operators[1]).toMatchObject({
    type: 'TensorScatterUpdate',
    domain: 'tensorflow',
    outputs: ['z', 'z:1'],
  })
  expect(network.notes[0]).toMatch(/does not know, and cannot run: TensorScatterUpdate \("z"\)/)
  await expect(referenceRuntime().load(network)).rejects.toThrow(/TensorScatterUpdate/)
})

test('without a signature, inputs are placeholders and outputs what nothing reads', async () => {
  const { signature: _, ...json } = graphModel(
    [placeholder('x', [-1, 3]), placeholder('unused', [1]), node('y', 'MatMul', ['x', 'w']), node('z', 'Tanh', ['x'])],
    { w: noise([3, 2]) },
  ).json
  const network = await openModel({ json, files: DENSE.files }).catch(error => error)
  // Six floats of the eight.
  expect(network.message).toMatch(/describes 24 bytes.*hold 32/)
  const files = { 'group1-shard1of1.bin': DENSE.files['group1-shard1of1.bin'].slice(0, 24) }
  const { inputs, outputs } = await openModel({ json, files })
  expect([inputs, outputs].map(infos => infos.map(({ name }) => name))).toEqual([['x'], ['y', 'z']])
})

test('integers of 32 bits become 64 wide, the input excepted', async () => {
  const nodes = [
    placeholder('x', [-1], 'DT_INT32'),
    node('r', 'AddV2', ['x', 'one']),
    node('y', 'GatherV2', ['w', 'r', 'zero']),
  ]
  const weights = { w: noise([4, 2]), one: vector(1), zero: { shape: [], values: [0], dtype: 'int32' as const } }
  const network = await openModel(graphModel(nodes, weights))
  expect(network.inputs[0].dtype).toBe('int32')
  const session = await referenceRuntime().load(network)
  const { y } = await session.run({ x: tensor(Int32Array.of(2, 0), [2]) })
  const rows = noise([4, 2]).values.map(Math.fround)
  expect(Array.from(y.data, Number)).toEqual([...rows.slice(6, 8), ...rows.slice(2, 4)])
})

describe('a layers model', () => {
  const layer = (className: string, config: object) => ({ class_name: className, config })
  const config = {
    class_name: 'Sequential',
    config: {
      name: 'net',
      layers: [
        layer('Dense', { name: 'first', units: 2, activation: 'relu', use_bias: true, batch_input_shape: [null, 3] }),
        layer('Dense', { name: 'second', units: 1, activation: 'linear', use_bias: false }),
      ],
    },
  }
  const values = new Float32Array([1, -1, 2, 0, 1, -3, 0.5, -0.5, 2, 1])
  const weightsManifest = [
    {
      paths: ['weights.bin'],
      weights: [
        { name: 'first/kernel', shape: [3, 2], dtype: 'float32' },
        { name: 'first/bias', shape: [2], dtype: 'float32' },
        { name: 'second/kernel', shape: [2, 1], dtype: 'float32' },
      ],
    },
  ]
  const files = { 'weights.bin': new Uint8Array(values.buffer) }

  test.each([
    ['as Keras converts it', { model_config: config, keras_version: '2.1.4', backend: 'tensorflow' }],
    ['as TensorFlow.js saves it', { ...config, keras_version: 'tfjs-layers 1.3.1' }],
  ])('%s', async (_, modelTopology) => {
    const network = await openModel({ json: { format: 'layers-model', modelTopology, weightsManifest }, files })
    expect(network.source).toMatchObject({ format: 'tfjs', parameters: 10 })
    const session = await referenceRuntime().load(network)
    const found = await session.run({ [network.inputs[0].name]: tensor(Float32Array.of(1, 2, 3), [1, 3]) })
    // relu(1 + 4 + 3 + .5) = 8.5, relu(−1 − 9 − .5) = 0; 2 · 8.5 = 17
    expect(Array.from(found[network.outputs[0].name].data, Number)).toEqual([17])
  })
})

describe('refused', () => {
  test.each([
    ['weights alone', { weightsManifest: [] }, UnsupportedError, /no modelTopology/],
    ['a graph without nodes', { modelTopology: { node: [] }, weightsManifest: [] }, Error, /no list of nodes/],
  ])('%s', async (_, json, type, message) => {
    const failure = await openNetwork(sourceOf({ json, files: {} })).catch(error => error)
    expect(failure).toBeInstanceOf(type)
    expect(failure.message).toMatch(message)
  })
})
