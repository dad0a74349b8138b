/** Keras files of every kind: containers, generations of configurations, models in models, and what is refused. */
import { describe, expect, it } from 'vitest'
import { UnsupportedError } from '../../../src/errors.ts'
import { memorySource } from '../../../src/formats/memory-source.ts'
import { encodeOnnx } from '../../../src/formats/onnx-write.ts'
import { openNetwork } from '../../../src/formats/open.ts'
import { unitGraph } from '../../../src/graph/walk.ts'
import { buildChain } from '../../../src/network/build.ts'
import type { Network } from '../../../src/network/network.ts'
import { chooseRuntime } from '../../../src/runtime/choose.ts'
import { permute } from '../../../src/tensor/permute.ts'
import { type Tensor, tensor } from '../../../src/tensor/tensor.ts'
import { archive, h5Model, hdf5Bytes, type LayerWeights, layer, ramp, sequential, store } from './files.ts'

const open = (bytes: Uint8Array, name = 'net.h5', layers?: unknown) =>
  openNetwork(memorySource(bytes, { name }), { layers })
const dense = (name: string, units: number, activation = 'linear') => layer('Dense', name, { units, activation })
const typesOf = ({ operators }: Network) => operators.map(({ type }) => type).join(' ')

async function run(network: Network, ...inputs: Tensor[]): Promise<number[]> {
  const session = await (await chooseRuntime()).load(network)
  const feeds = Object.fromEntries(network.inputs.map(({ name }, i) => [name, inputs[i]]))
  return Array.from((await session.run(feeds))[network.outputs[0].name].data as Float32Array)
}

const CNN = sequential(
  [6, 6, 2],
  layer('Conv2D', 'first', { filters: 3, kernel_size: [3, 3], padding: 'same', activation: 'relu' }),
  layer('MaxPooling2D', 'pool', { pool_size: [2, 2] }),
  layer('Flatten', 'flat'),
  dense('second', 5, 'relu'),
  dense('third', 4),
)
const first = { kernel: ramp(3, 3, 2, 3), bias: ramp(3) }
const second = { kernel: ramp(27, 5), bias: ramp(5) }
const third = { kernel: ramp(5, 4), bias: ramp(4) }
const WEIGHTS = { first, pool: {}, flat: {}, second, third }
const values = (own: LayerWeights) => Object.values(own)

describe('containers', () => {
  it('.h5 and .keras of one network are the same network, and have the same graph', async () => {
    const fromH5 = await open(await h5Model(CNN, WEIGHTS))
    const parts = { conv2d: values(first), dense: values(second), dense_1: values(third) }
    for (const level of [0, 6] as const) {
      const fromArchive = await open(await archive(CNN, parts, level), 'net.keras')
      expect(fromArchive.operators).toEqual(fromH5.operators)
      expect((await unitGraph(fromArchive)).graph).toEqual((await unitGraph(fromH5)).graph)
    }
    expect(fromH5.operators.map(({ name }) => name).join(' ')).toBe(
      'first first.relu pool flat second second.relu third',
    )
    expect(fromH5.source).toEqual({ format: 'keras-h5', producer: 'Keras 2.15.0' })
  })

  it('the graph is that of the same network in ONNX, whose channels come first', async () => {
    const network = await open(await h5Model(CNN, WEIGHTS))
    // Rows (position, channel) → columns (channel, position).
    const columns = permute({ ...second.kernel, shape: [9, 3, 5] }, [2, 1, 0])
    const onnx = buildChain(
      [
        {
          kind: 'conv',
          name: 'first',
          weight: permute(first.kernel, [3, 2, 0, 1]),
          bias: first.bias,
          activation: 'Relu',
        },
        { kind: 'max-pool', size: 2 },
        { kind: 'flatten' },
        {
          kind: 'dense',
          name: 'second',
          weight: { ...columns, shape: [5, 27] },
          bias: second.bias,
          activation: 'Relu',
        },
        { kind: 'dense', name: 'third', weight: permute(third.kernel, [1, 0]), bias: third.bias },
      ],
      { input: [2, 6, 6] },
    )
    const [graph, other] = [(await unitGraph(network)).graph, (await unitGraph(onnx)).graph]
    expect(graph.blocks).toEqual(other.blocks)
    expect(graph.layers.map(({ size, kind }) => [size, kind])).toEqual(
      other.layers.map(({ size, kind }) => [size, kind]),
    )
    const image = ramp(1, 2, 6, 6)
    const [own, theirs] = [await run(network, image), await run(onnx, image)]
    own.forEach((value, i) => {
      expect(value).toBeCloseTo(theirs[i], 5)
    })
  })

  it('what is exported to ONNX computes the same', async () => {
    const network = await open(await h5Model(CNN, WEIGHTS))
    const exported = await open(await encodeOnnx(network), 'net.onnx')
    expect(await run(exported, ramp(1, 2, 6, 6))).toEqual(await run(network, ramp(1, 2, 6, 6)))
  })

  it('weights alone keep the order of their list, and need a layers.json to run', async () => {
    const bytes = await h5Model(undefined, { zeta: { kernel: ramp(3, 5) }, act: {}, alpha: { kernel: ramp(5, 5) } })
    const network = await open(bytes)
    expect(network.operators.map(({ name }) => name)).toEqual(['zeta', 'alpha'])
    expect([network.activationsKnown, network.inputs[0].shape]).toEqual([false, [null, 3]])
    expect(network.layersDraft).toContain('"weight":"zeta/kernel:0"')
    const layers = ['zeta', 'alpha'].map(name => ({ type: 'dense', weight: `${name}/kernel:0`, activation: 'relu' }))
    expect(typesOf(await open(bytes, 'net.h5', layers))).toBe('Gemm Relu Gemm Relu')
  })

  it('.weights.h5 of Keras 3 is opened as weights alone', async () => {
    const bytes = await hdf5Bytes(file => {
      store(file, 'layers/dense/vars/0', ramp(3, 4))
      store(file, 'layers/dense/vars/1', ramp(4))
      store(file, 'layers/dense_1/vars/0', ramp(4, 4))
      store(file, 'layers/dense_1/vars/1', ramp(4))
    })
    const network = await open(bytes, 'net.weights.h5')
    expect(network.operators.map(({ inputs }) => inputs.slice(1))).toEqual([
      ['dense/kernel', 'dense/bias'],
      ['dense_1/kernel', 'dense_1/bias'],
    ])
  })

  it('branches that are joined are found from weights alone', async () => {
    const conv = (channels: number, filters: number) => ({ kernel: ramp(1, 1, channels, filters), bias: ramp(filters) })
    const weights = { squeeze: conv(3, 2), left: conv(2, 4), right: conv(2, 5), 'fire/concat': {}, last: conv(9, 2) }
    const network = await open(await h5Model(undefined, weights))
    expect(typesOf(network)).toBe('Conv Conv Conv Concat Conv')
    expect(network.operators.map(({ inputs }) => inputs[0])).toEqual(['input', 'squeeze', 'squeeze', 'left', 'concat1'])
  })
})

const node2 = (...names: string[]) => [names.map(name => [name, 0, 0, {}])]
const tensor3 = (name: string, call = 0) => ({
  class_name: '__keras_tensor__',
  config: { keras_history: [name, call, 0] },
})
const input = (...shape: number[]) => ({
  ...layer('InputLayer', 'x', { batch_shape: [null, ...shape] }),
  name: 'x',
  inbound_nodes: [],
})
const model = (layers: readonly object[], output: string, call = 0) => ({
  class_name: 'Functional',
  config: { name: 'model', layers, input_layers: [['x', 0, 0]], output_layers: [[output, call, 0]] },
})
/** A layer with what flows into it, as Keras 2 writes it. */
const from = (one: ReturnType<typeof layer>, ...names: string[]) => ({
  ...one,
  name: (one.config as { name: string }).name,
  inbound_nodes: node2(...names),
})
const square = { kernel: ramp(3, 3), bias: ramp(3) }
const vector = tensor(Float32Array.of(0.5, -1, 2), [1, 3])
const product = (x: readonly number[], { kernel, bias }: { kernel: Tensor; bias: Tensor }) =>
  Array.from(bias.data as Float32Array, (start, unit) =>
    x.reduce((sum, v, i) => sum + v * Number(kernel.data[i * bias.data.length + unit]), start),
  )
const close = (actual: readonly number[], expected: readonly number[]) => {
  expect(actual).toHaveLength(expected.length)
  actual.forEach((value, i) => {
    expect(value).toBeCloseTo(expected[i], 5)
  })
}

describe('functional models', () => {
  it.each<[string, (a: number, b: number) => number]>([
    ['Add', (a, b) => a + b],
    ['Subtract', (a, b) => a - b],
    ['Multiply', (a, b) => a * b],
    ['Average', (a, b) => (a + b) / 2],
    ['Maximum', Math.max],
    ['Minimum', Math.min],
  ])('%s of two branches, in the words of Keras 2 and 3', async (className, combine) => {
    const hidden = product([0.5, -1, 2], square)
    const expected = hidden.map((value, i) => combine(value, Number(vector.data[i])))
    const keras2 = model([input(3), from(dense('a', 3), 'x'), from(layer(className, 'join'), 'a', 'x')], 'join')
    const args = (...list: object[]) => [{ args: list, kwargs: {} }]
    const keras3 = model(
      [
        input(3),
        { ...dense('a', 3), name: 'a', inbound_nodes: args(tensor3('x')) },
        { ...layer(className, 'join'), name: 'join', inbound_nodes: args([tensor3('a'), tensor3('x')] as object) },
      ],
      'join',
    )
    close(await run(await open(await h5Model(keras2, { a: square })), vector), expected)
    close(await run(await open(await archive(keras3, { dense: values(square) }), 'net.keras'), vector), expected)
  })

  it('concatenates images by channel and flattened images in their own order', async () => {
    const layers = [
      input(2, 2, 3),
      from(layer('Concatenate', 'twice', { axis: -1 }), 'x', 'x'),
      from(layer('Flatten', 'flat'), 'twice'),
      from(layer('Flatten', 'alone'), 'x'),
      from(layer('Concatenate', 'all', { axis: -1 }), 'flat', 'alone'),
    ]
    const network = await open(await h5Model(model(layers, 'all'), {}))
    const image = ramp(1, 3, 2, 2)
    const pixels = Array.from(permute(image, [0, 2, 3, 1]).data as Float32Array)
    const rows = [0, 1, 2, 3].map(pixel => pixels.slice(3 * pixel, 3 * pixel + 3))
    expect(await run(network, image)).toEqual([...rows.flatMap(row => [...row, ...row]), ...pixels])
  })

  it('images are weighted by channel, as in squeeze-and-excite blocks', async () => {
    const layers = [
      input(2, 2, 3),
      from(layer('GlobalAveragePooling2D', 'mean'), 'x'),
      from(layer('Reshape', 'pixel', { target_shape: [1, 1, 3] }), 'mean'),
      from(layer('Conv2D', 'gate', { filters: 3, kernel_size: 1, activation: 'sigmoid' }), 'pixel'),
      from(layer('Multiply', 'out'), 'x', 'gate'),
    ]
    const gate = { kernel: { ...square.kernel, shape: [1, 1, 3, 3] }, bias: square.bias }
    const network = await open(await h5Model(model(layers, 'out'), { gate }))
    const image = ramp(1, 3, 2, 2)
    const planes = [0, 1, 2].map(c => Array.from((image.data as Float32Array).subarray(4 * c, 4 * c + 4)))
    const means = planes.map(plane => plane.reduce((sum, v) => sum + v, 0) / 4)
    const gates = product(means, square).map(v => 1 / (1 + Math.exp(-v)))
    close(
      await run(network, image),
      planes.flatMap((plane, c) => plane.map(v => v * gates[c])),
    )
    expect(typesOf(network)).not.toContain('Transpose')
  })

  it('a layer that is called twice has its weights once', async () => {
    const shared = { ...dense('a', 3), name: 'a', inbound_nodes: [node2('x')[0], node2('a')[0]] }
    const network = await open(await h5Model(model([input(3), shared], 'a', 1), { a: square }))
    close(await run(network, vector), product(product([0.5, -1, 2], square), square))
    expect([...network.weights.keys()]).toEqual(['a/kernel', 'a/bias'])
  })

  it('models within models find their weights in both containers', async () => {
    const inner = { ...sequential([3], dense('deep', 3, 'relu'), dense('deeper', 3)), name: 'inner' }
    const other = { kernel: ramp(3, 3), bias: tensor(Float32Array.of(3, 2, 1), [3]) }
    const config = model([input(3), { ...inner, inbound_nodes: node2('x') }, from(dense('top', 3), 'inner')], 'top')
    const hidden = product([0.5, -1, 2], square).map(value => Math.max(0, value))
    const expected = product(product(hidden, other), square)
    const parts = {
      'sequential/layers/dense': values(square),
      'sequential/layers/dense_1': values(other),
      dense: values(square),
    }
    close(await run(await open(await archive(config, parts), 'net.keras'), vector), expected)
    const flat = {
      'deep/kernel': square.kernel,
      'deep/bias': square.bias,
      'deeper/kernel': other.kernel,
      'deeper/bias': other.bias,
    }
    const fromH5 = await open(await h5Model(config, { inner: flat, top: square }))
    close(await run(fromH5, vector), expected)
    expect(fromH5.operators.map(({ name }) => name)).toEqual(['inner/deep', 'inner/deep.relu', 'inner/deeper', 'top'])
  })
})

describe('generations', () => {
  it('Keras 1 had other names for the same', async () => {
    const config = {
      class_name: 'Sequential',
      config: [
        layer('Convolution2D', 'c', {
          batch_input_shape: [null, 5, 5, 2],
          ...{
            nb_filter: 3,
            nb_row: 2,
            nb_col: 3,
            border_mode: 'valid',
            subsample: [1, 1],
            dim_ordering: 'tf',
            bias: true,
          },
          activation: 'relu',
        }),
        layer('Flatten', 'f'),
        layer('Dense', 'd', { output_dim: 2, bias: true, activation: 'linear', input_dim: null }),
      ],
    }
    const c = { W: ramp(2, 3, 2, 3), b: ramp(3) }
    const network = await open(await h5Model(config, { c, f: {}, d: { W: ramp(36, 2), b: ramp(2) } }, '1.2.2'))
    expect(typesOf(network)).toBe('Conv Relu Flatten Gemm')
    expect(network.outputs[0].shape).toEqual([null, 2])
  })

  it('Keras 3 has another hard sigmoid', async () => {
    const config = sequential([3], layer('Activation', 'own', { activation: 'hard_sigmoid' }))
    const ramps = async (version: string) => run(await open(await h5Model(config, {}, version)), vector)
    close(await ramps('2.15.0'), [0.6, 0.3, 0.9])
    close(await ramps('3.1.1'), [0.5 + 0.5 / 6, 0.5 - 1 / 6, 0.5 + 2 / 6])
  })

  it('archives of TensorFlow 2.13 count layers with weights twice', async () => {
    const bytes = await archive(CNN, {}, 0, file => {
      const at = '_layer_checkpoint_dependencies'
      Object.entries({ conv2d: first, dense: second, dense_2: third }).forEach(([name, own]) => {
        values(own).forEach((one, i) => {
          store(file, `${at}/${name}/vars/${i}`, one)
        })
      })
    })
    const network = await open(bytes, 'net.keras')
    const image = ramp(1, 2, 6, 6)
    expect(await run(network, image)).toEqual(await run(await open(await h5Model(CNN, WEIGHTS)), image))
  })

  it('embeddings look rows up', async () => {
    const layers = [
      layer('Embedding', 'words', { input_dim: 5, output_dim: 3 }),
      layer('GlobalAveragePooling1D', 'mean'),
    ]
    const network = await open(await h5Model(sequential([2], ...layers), { words: { embeddings: ramp(5, 3) } }))
    const table = ramp(5, 3).data as Float32Array
    const mean = [0, 1, 2].map(i => (table[3 * 4 + i] + table[3 + i]) / 2)
    close(await run(network, tensor(Float32Array.of(4, 1), [1, 2])), mean)
  })

  it('a chain without an input layer, whose input follows from the first weights', async () => {
    const config = { class_name: 'Sequential', config: { name: 'net', layers: [dense('d', 3)] } }
    const network = await open(await h5Model(config, { d: { kernel: ramp(7, 3), bias: ramp(3) } }))
    expect(network.inputs).toEqual([{ name: 'd_input', dtype: 'float32', shape: [null, 7] }])
  })

  it('channels first in the file stay where they are', async () => {
    const config = sequential(
      [2, 4, 4],
      layer('Conv2D', 'c', { filters: 3, kernel_size: 2, data_format: 'channels_first' }),
      layer('BatchNormalization', 'n', { axis: 1 }),
      layer('Flatten', 'f', { data_format: 'channels_last' }),
    )
    const n = { gamma: ramp(3), beta: ramp(3), moving_mean: ramp(3), moving_variance: ramp(3) }
    const network = await open(await h5Model(config, { c: { kernel: ramp(2, 2, 2, 3), bias: ramp(3) }, n }))
    expect(network.inputs[0].shape).toEqual([null, 2, 4, 4])
    expect(typesOf(network)).toBe('Conv BatchNormalization Flatten')
  })
})

describe('what is refused, with the layer named', () => {
  it.each([
    ['Lambda', 'runs Python code'],
    ['LSTM', 'is recurrent'],
    ['MultiHeadAttention', 'is attention'],
    ['MyLayer', 'is of a class that is not known here'],
  ])('%s', async (className, reason) => {
    const failure = await open(await h5Model(sequential([3], layer(className, 'odd', { units: 2 })), {})).catch(e => e)
    expect(failure).toBeInstanceOf(UnsupportedError)
    expect(failure.message).toContain(`Layer "odd" (${className}) ${reason}`)
    expect(failure.message).toContain('export the model to ONNX')
  })

  it('a model that is Python code', async () => {
    const config = { class_name: 'MyModel', config: {} }
    await expect(open(await h5Model(config, {}))).rejects.toThrow(/class "MyModel".*Python code.*ONNX/)
  })

  it.each<[string, object, LayerWeights, RegExp]>([
    [
      'another number of units',
      dense('own', 4),
      { kernel: ramp(3, 5), bias: ramp(5) },
      /"own" \(Dense\).*\[3,5\].*\[3,4\]/,
    ],
    ['another fan-in', dense('own', 4), { kernel: ramp(2, 4), bias: ramp(4) }, /"own" \(Dense\).*\[2,4\].*\[3,4\]/],
    [
      'a missing bias',
      dense('own', 4),
      { kernel: ramp(3, 4) },
      /needs the weights kernel, bias, but the file has "own\/kernel/,
    ],
    ['a number that is none', layer('Dense', 'own', { units: '4' }), {}, /"units" must be a size, not "4"/],
    ['an unknown activation', dense('own', 4, 'wild'), { kernel: ramp(3, 4), bias: ramp(4) }, /activation "wild"/],
  ])('%s', async (_, one, own, message) => {
    await expect(open(await h5Model(sequential([3], one), { own }))).rejects.toThrow(message)
  })

  it('a configuration without end', async () => {
    const config = sequential([3], layer('Dense', 'd', { units: 3, note: 'x'.repeat(2 ** 23) }))
    await expect(open(await archive(config, {}, 6), 'net.keras')).rejects.toThrow(
      /config.json of net.keras has \d+ characters/,
    )
  })

  it('layers that wait for each other', async () => {
    const config = model([input(3), from(dense('a', 3), 'b'), from(dense('b', 3), 'a')], 'b')
    await expect(open(await h5Model(config, { a: square, b: square }))).rejects.toThrow(
      /layer "a" reads what no layer gives/,
    )
  })

  it('models that call each other without end', async () => {
    const twice = (depth: number): object => {
      if (depth === 0) return dense('d', 3)
      const inner = { ...twice(depth - 1), name: 'd', inbound_nodes: [node2('x')[0], [['d', 0, 0, {}]]] }
      return model([input(3), inner], 'd', 1)
    }
    await expect(open(await h5Model(twice(18), {}))).rejects.toThrow(/called more than 20000 times|needs the weights/)
  })
})
