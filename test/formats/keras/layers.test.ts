/** Every layer of Keras that is read computes what Keras says it does, with its channels turned and without. */
import { describe, expect, it } from 'vitest'
import { memorySource } from '../../../src/formats/memory-source.ts'
import { openNetwork } from '../../../src/formats/open.ts'
import { chooseRuntime } from '../../../src/runtime/choose.ts'
import type { Tensor } from '../../../src/tensor/tensor.ts'
import { tensor } from '../../../src/tensor/tensor.ts'
import * as ref from './channels-last.ts'
import { h5Model, type LayerWeights, layer, ramp, sequential } from './files.ts'

const { mapped } = ref

interface Case {
  readonly name: string
  readonly input: readonly number[]
  readonly layers: readonly ReturnType<typeof layer>[]
  readonly weights?: LayerWeights
  readonly expected: (x: ref.Grid) => ref.Grid
}

/** One layer called "own". */
const one = (
  name: string,
  input: readonly number[],
  className: string,
  config: object,
  expected: Case['expected'],
  weights?: LayerWeights,
): Case => ({
  name: `${className} ${name}`,
  ...{ input, layers: [layer(className, 'own', config)], expected, weights },
})

const positive = (...shape: number[]) => {
  const values = ramp(...shape)
  return tensor(
    (values.data as Float32Array).map(value => value + 1.5),
    shape,
  )
}
const [image, sequence] = [
  [7, 6, 4],
  [9, 4],
]
const kernel = ramp(3, 2, 4, 6)
const bias = ramp(6)
const sizes = { filters: 6, kernel_size: [3, 2] }

const CONVOLUTIONS: readonly Case[] = [
  one('valid', image, 'Conv2D', sizes, x => ref.convolution(x, kernel, bias), { kernel, bias }),
  one(
    'same',
    image,
    'Conv2D',
    { ...sizes, padding: 'same' },
    x => ref.convolution(x, kernel, bias, { padding: 'same' }),
    { kernel, bias },
  ),
  ...[2, 3].map(step =>
    one(
      `same, stride ${step}`,
      image,
      'Conv2D',
      { ...sizes, padding: 'same', strides: [step, 2] },
      x => ref.convolution(x, kernel, bias, { padding: 'same', strides: [step, 2] }),
      { kernel, bias },
    ),
  ),
  one(
    'dilated',
    image,
    'Conv2D',
    { ...sizes, padding: 'same', dilation_rate: [2, 3] },
    x => ref.convolution(x, kernel, bias, { padding: 'same', dilations: [2, 3] }),
    { kernel, bias },
  ),
  one(
    'grouped, without bias',
    image,
    'Conv2D',
    { ...sizes, groups: 2, use_bias: false },
    x => ref.convolution(x, ramp(3, 2, 2, 6), undefined, { groups: 2 }),
    { kernel: ramp(3, 2, 2, 6) },
  ),
  one(
    'with an activation',
    image,
    'Conv2D',
    { ...sizes, activation: 'relu' },
    x => mapped(ref.convolution(x, kernel, bias), v => Math.max(0, v)),
    { kernel, bias },
  ),
  one(
    'causal',
    sequence,
    'Conv1D',
    { filters: 2, kernel_size: [3], padding: 'causal', dilation_rate: [2] },
    x => ref.convolution(x, ramp(3, 4, 2), ramp(2), { padding: 'causal', dilations: [2] }),
    { kernel: ramp(3, 4, 2), bias: ramp(2) },
  ),
  one(
    'same',
    sequence,
    'Conv1D',
    { filters: 2, kernel_size: 4, padding: 'same', strides: 2 },
    x => ref.convolution(x, ramp(4, 4, 2), ramp(2), { padding: 'same', strides: [2] }),
    { kernel: ramp(4, 4, 2), bias: ramp(2) },
  ),
  one(
    'valid',
    [4, 3, 3, 2],
    'Conv3D',
    { filters: 3, kernel_size: [2, 2, 1] },
    x => ref.convolution(x, ramp(2, 2, 1, 2, 3), ramp(3)),
    { kernel: ramp(2, 2, 1, 2, 3), bias: ramp(3) },
  ),
  one(
    'with a multiplier',
    image,
    'DepthwiseConv2D',
    { kernel_size: [3, 3], depth_multiplier: 2, padding: 'same', strides: [2, 2] },
    x => ref.depthwise(x, ramp(3, 3, 4, 2), ramp(8), { padding: 'same', strides: [2, 2] }),
    { depthwise_kernel: ramp(3, 3, 4, 2), bias: ramp(8) },
  ),
  one(
    '',
    image,
    'SeparableConv2D',
    { filters: 3, kernel_size: [3, 3], depth_multiplier: 2 },
    x => ref.convolution(ref.depthwise(x, ramp(3, 3, 4, 2), undefined), ramp(1, 1, 8, 3), ramp(3)),
    { depthwise_kernel: ramp(3, 3, 4, 2), pointwise_kernel: ramp(1, 1, 8, 3), bias: ramp(3) },
  ),
  ...(['same', 'valid'] as const).flatMap(padding =>
    [2, 3, 4].map(size =>
      one(
        `${padding}, ${size} by stride 3`,
        image,
        'Conv2DTranspose',
        { filters: 2, kernel_size: [size, 3], strides: [3, 2], padding },
        x => ref.transposed(x, ramp(size, 3, 2, 4), ramp(2), [3, 2], padding),
        { kernel: ramp(size, 3, 2, 4), bias: ramp(2) },
      ),
    ),
  ),
]

const POOLING: readonly Case[] = [
  one('', image, 'MaxPooling2D', { pool_size: [2, 2] }, x => ref.pooled(x, 'max', { kernel: [2, 2], strides: [2, 2] })),
  one('same', image, 'MaxPooling2D', { pool_size: [3, 3], strides: [2, 2], padding: 'same' }, x =>
    ref.pooled(x, 'max', { kernel: [3, 3], strides: [2, 2], padding: 'same' }),
  ),
  one('same', image, 'AveragePooling2D', { pool_size: [3, 3], strides: [2, 2], padding: 'same' }, x =>
    ref.pooled(x, 'mean', { kernel: [3, 3], strides: [2, 2], padding: 'same' }),
  ),
  one('', sequence, 'AveragePooling1D', { pool_size: 3 }, x => ref.pooled(x, 'mean', { kernel: [3], strides: [3] })),
  one('', image, 'GlobalAveragePooling2D', {}, x => ref.flat(ref.pooled(x, 'mean', { kernel: [7, 6] }))),
  one('keeping axes', image, 'GlobalMaxPooling2D', { keepdims: true }, x => ref.pooled(x, 'max', { kernel: [7, 6] })),
  one('', sequence, 'GlobalMaxPooling1D', {}, x => ref.flat(ref.pooled(x, 'max', { kernel: [9] }))),
  one(
    '',
    image,
    'ZeroPadding2D',
    {
      padding: [
        [1, 0],
        [2, 3],
      ],
    },
    x => ref.grid([8, 11, 4], ([i, j, c]) => (i < 1 || j < 2 || j > 7 ? 0 : ref.at(x, [i - 1, j - 2, c]))),
  ),
  one('', sequence, 'ZeroPadding1D', { padding: [2, 1] }, x =>
    ref.grid([12, 4], ([t, c]) => (t < 2 || t > 10 ? 0 : ref.at(x, [t - 2, c]))),
  ),
  one(
    '',
    image,
    'Cropping2D',
    {
      cropping: [
        [1, 0],
        [2, 1],
      ],
    },
    x => ref.grid([6, 3, 4], ([i, j, c]) => ref.at(x, [i + 1, j + 2, c])),
  ),
  one('', image, 'UpSampling2D', { size: [2, 3] }, x =>
    ref.grid([14, 18, 4], ([i, j, c]) => ref.at(x, [i >> 1, Math.floor(j / 3), c])),
  ),
]

const rms = (x: ref.Grid, place: readonly number[]) => {
  const row = Array.from({ length: x.shape.at(-1)! }, (_, i) => ref.at(x, [...place.slice(0, -1), i]))
  const mean = row.reduce((sum, v) => sum + v, 0) / row.length
  return { mean, variance: row.reduce((sum, v) => sum + (v - mean) ** 2, 0) / row.length }
}
const statistics = { gamma: ramp(4), beta: ramp(4), moving_mean: ramp(4), moving_variance: positive(4) }
const [, , moving_mean, moving_variance] = Object.values(statistics)

const POINTWISE: readonly Case[] = [
  ...[image, sequence, [4]].map(input =>
    one(
      `of ${input.length} axes`,
      input,
      'BatchNormalization',
      { axis: -1, epsilon: 0.01 },
      x => ref.normalised(x, { ...statistics, mean: moving_mean, variance: moving_variance }, 0.01),
      statistics,
    ),
  ),
  one(
    'without scale',
    image,
    'BatchNormalization',
    { axis: [3], scale: false },
    x => ref.normalised(x, { beta: ramp(4), mean: moving_mean, variance: moving_variance }, 1e-3),
    { beta: ramp(4), moving_mean, moving_variance },
  ),
  ...[image, sequence].map(input =>
    one(
      `of ${input.length} axes`,
      input,
      'LayerNormalization',
      { axis: [input.length] },
      x =>
        mapped(x, (v, place) => {
          const { mean, variance } = rms(x, place)
          const channel = place[place.length - 1]
          return (
            ((v - mean) / Math.sqrt(variance + 1e-3)) * Number(ramp(4).data[channel]) + Number(ramp(4).data[channel])
          )
        }),
      { gamma: ramp(4), beta: ramp(4) },
    ),
  ),
  one('', image, 'Rescaling', { scale: 0.5, offset: [1, 2, 3, 4] }, x =>
    mapped(x, (v, place) => 0.5 * v + place[2] + 1),
  ),
  one(
    '',
    image,
    'Normalization',
    { axis: [-1] },
    x =>
      mapped(
        x,
        (v, place) => (v - Number(moving_mean.data[place[2]])) / Math.sqrt(Number(moving_variance.data[place[2]])),
      ),
    { mean: moving_mean, variance: moving_variance, count: tensor(Float32Array.of(3), []) },
  ),
  one('by its configuration', [4], 'Normalization', { axis: -1, mean: [1, 2, 3, 4], variance: [4, 4, 9, 9] }, x =>
    mapped(x, (v, [i]) => (v - i - 1) / (i < 2 ? 2 : 3)),
  ),
  ...Object.entries<(v: number) => number>({
    relu: v => Math.max(0, v),
    relu6: v => Math.min(6, Math.max(0, v)),
    sigmoid: v => 1 / (1 + Math.exp(-v)),
    tanh: Math.tanh,
    elu: v => (v > 0 ? v : Math.exp(v) - 1),
    softplus: v => Math.log1p(Math.exp(v)),
    softsign: v => v / (1 + Math.abs(v)),
    swish: v => v / (1 + Math.exp(-v)),
    exponential: Math.exp,
    hard_sigmoid: v => Math.max(0, Math.min(1, 0.2 * v + 0.5)),
    mish: v => v * Math.tanh(Math.log1p(Math.exp(v))),
    linear: v => v,
  }).map(([name, f]) => one(name, image, 'Activation', { activation: name }, x => mapped(x, f))),
  one('', image, 'LeakyReLU', { alpha: 0.25 }, x => mapped(x, v => (v > 0 ? v : 0.25 * v))),
  one('by its default', image, 'LeakyReLU', {}, x => mapped(x, v => (v > 0 ? v : 0.3 * v))),
  one('', image, 'ELU', { alpha: 0.5 }, x => mapped(x, v => (v > 0 ? v : 0.5 * (Math.exp(v) - 1)))),
  one('with a limit', image, 'ReLU', { max_value: 0.5 }, x => mapped(x, v => Math.min(0.5, Math.max(0, v)))),
  one('with a slope', image, 'ReLU', { negative_slope: 0.1 }, x => mapped(x, v => (v > 0 ? v : 0.1 * v))),
  one(
    '',
    image,
    'PReLU',
    { shared_axes: [1] },
    x => mapped(x, (v, place) => (v > 0 ? v : v * ref.at(ramp(1, 6, 4), [0, place[1], place[2]]))),
    { alpha: ramp(1, 6, 4) },
  ),
  one('', image, 'Softmax', { axis: -1 }, x =>
    mapped(x, (v, place) => {
      const row = Array.from({ length: 4 }, (_, i) => Math.exp(ref.at(x, [...place.slice(0, -1), i])))
      return Math.exp(v) / row.reduce((sum, e) => sum + e, 0)
    }),
  ),
]

const MOVING: readonly Case[] = [
  one('', [4], 'Dense', { units: 3 }, x => ref.dense(x, ramp(4, 3), ramp(3)), { kernel: ramp(4, 3), bias: ramp(3) }),
  one('of sequences', sequence, 'Dense', { units: 3 }, x => ref.dense(x, ramp(4, 3), ramp(3)), {
    kernel: ramp(4, 3),
    bias: ramp(3),
  }),
  one(
    'of images',
    image,
    'Dense',
    { units: 3, activation: 'tanh' },
    x => mapped(ref.dense(x, ramp(4, 3), ramp(3)), Math.tanh),
    { kernel: ramp(4, 3), bias: ramp(3) },
  ),
  one('', image, 'Flatten', {}, ref.flat),
  one('', image, 'Reshape', { target_shape: [14, -1] }, x => ({ ...x, shape: [14, 12] })),
  one('of positions', image, 'Reshape', { target_shape: [-1, 4] }, x => ({ ...x, shape: [42, 4] })),
  one('', image, 'Permute', { dims: [3, 1, 2] }, x => ref.grid([4, 7, 6], ([c, i, j]) => ref.at(x, [i, j, c]))),
  one('', [4], 'RepeatVector', { n: 3 }, x => ref.grid([3, 4], ([, i]) => ref.at(x, [i]))),
  one('', image, 'Dropout', { rate: 0.5 }, x => x),
  {
    name: 'images flattened, normalised, and read by a dense layer',
    input: [2, 3, 4],
    layers: [layer('Flatten', 'flat'), layer('Dropout', 'drop', { rate: 0.5 }), layer('Dense', 'own', { units: 5 })],
    weights: { kernel: ramp(24, 5), bias: ramp(5) },
    expected: x => ref.dense(ref.flat(x), ramp(24, 5), ramp(5)),
  },
  {
    name: 'images flattened and normalised',
    input: [2, 3, 4],
    layers: [layer('Flatten', 'flat'), layer('BatchNormalization', 'own', {})],
    weights: { gamma: ramp(24), beta: ramp(24), moving_mean: ramp(24), moving_variance: positive(24) },
    expected: x =>
      ref.normalised(ref.flat(x), { gamma: ramp(24), beta: ramp(24), mean: ramp(24), variance: positive(24) }, 1e-3),
  },
  {
    name: 'numbers made an image',
    input: [24],
    layers: [
      layer('Reshape', 'image', { target_shape: [2, 3, 4] }),
      layer('Conv2D', 'own', { filters: 2, kernel_size: [2, 2] }),
    ],
    weights: { kernel: ramp(2, 2, 4, 2), bias: ramp(2) },
    expected: x => ref.convolution({ ...x, shape: [2, 3, 4] }, ramp(2, 2, 4, 2), ramp(2)),
  },
  {
    name: 'a flattened image made an image again',
    input: [2, 3, 4],
    layers: [
      layer('Flatten', 'flat'),
      layer('Reshape', 'image', { target_shape: [3, 2, 4] }),
      layer('Conv2D', 'own', { filters: 2, kernel_size: 2 }),
    ],
    weights: { kernel: ramp(2, 2, 4, 2), bias: ramp(2) },
    expected: x => ref.convolution({ ...x, shape: [3, 2, 4] }, ramp(2, 2, 4, 2), ramp(2)),
  },
]

/** The result of the network in Keras's order: [examples × values]. */
async function answers({ input, layers, weights = {} }: Case, examples: readonly ref.Grid[]) {
  const bytes = await h5Model(sequential(input, ...layers), { own: weights })
  const network = await openNetwork(memorySource(bytes, { name: 'net.h5' }))
  const [{ name, shape }] = network.inputs
  const isTurned = String(shape.slice(1)) !== String(input)
  const session = await (await chooseRuntime()).load(network)
  const [{ name: output }] = network.outputs
  const result = (await session.run({ [name]: ref.fed(examples, isTurned) }))[output]
  return { result, declared: network.outputs[0].shape }
}

describe.each(Object.entries({ CONVOLUTIONS, POOLING, POINTWISE, MOVING }))('%s', (_, cases) => {
  it.each(cases.map(one => [one.name, one] as const))('%s', async (_, one) => {
    const examples = [0, 100].map(shift =>
      ref.grid(one.input, place => Math.sin(shift + place.reduce((sum, i) => 7 * sum + i, 3))),
    )
    const { result, declared } = await answers(one, examples)
    const expected = examples.map(one.expected)
    expect(result.shape[0]).toBe(2)
    // Shapes are known before anything runs.
    expect(declared.slice(1)).toEqual(result.shape.slice(1))
    const sizes = result.shape.slice(1)
    const isAsIs = String(sizes) === String(expected[0].shape)
    expect(isAsIs ? sizes : [...sizes.slice(1), sizes[0]]).toEqual(expected[0].shape)
    const wanted = ref.fed(expected, !isAsIs)
    expect(difference(result, wanted)).toBeLessThan(2e-5)
  })
})

function difference(a: Tensor, b: Tensor): number {
  return Array.from(a.data as Float32Array).reduce(
    (most, value, i) => Math.max(most, Math.abs(value - Number(b.data[i]))),
    0,
  )
}
