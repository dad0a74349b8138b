/** Configurations that make no sense: layers of every kind with settings of every kind, refused by an error of ours or run. */
import { expect, it } from 'vitest'
import { LobesError } from '../../../src/errors.ts'
import { kerasNetwork } from '../../../src/formats/keras/network.ts'
import { heldWeight } from '../../../src/network/build.ts'
import { type Random, randomStream } from '../../../src/random.ts'
import { layer, ramp } from './files.ts'

const flow = (one: ReturnType<typeof layer>, ...names: string[]) => ({
  ...one,
  name: (one.config as { name: string }).name,
  inbound_nodes: [names.map(name => [name, 0, 0, {}])],
})

/** Most layers, each with the settings that it reads. */
const CONFIG = {
  class_name: 'Functional',
  config: {
    name: 'net',
    layers: [
      { ...layer('InputLayer', 'x', { batch_shape: [null, 6, 6, 2], dtype: 'float32' }), name: 'x', inbound_nodes: [] },
      flow(layer('Rescaling', 'scaled', { scale: 0.5, offset: [1, 2] }), 'x'),
      flow(
        layer('ZeroPadding2D', 'padded', {
          padding: [
            [1, 1],
            [1, 1],
          ],
        }),
        'scaled',
      ),
      flow(
        layer('Conv2D', 'conv', {
          filters: 4,
          kernel_size: [3, 3],
          strides: [1, 1],
          padding: 'valid',
          groups: 2,
          dilation_rate: [1, 1],
          activation: 'relu',
          use_bias: true,
          data_format: 'channels_last',
        }),
        'padded',
      ),
      flow(layer('BatchNormalization', 'norm', { axis: [3], epsilon: 0.001, scale: true, center: true }), 'conv'),
      flow(layer('DepthwiseConv2D', 'depth', { kernel_size: [3, 3], depth_multiplier: 1, padding: 'same' }), 'norm'),
      flow(
        layer('SeparableConv2D', 'apart', { filters: 4, kernel_size: 3, padding: 'same', depth_multiplier: 1 }),
        'depth',
      ),
      flow(layer('Add', 'sum'), 'apart', 'norm'),
      flow(layer('PReLU', 'slopes', { shared_axes: [1, 2] }), 'sum'),
      flow(layer('MaxPooling2D', 'pool', { pool_size: [2, 2], strides: [2, 2], padding: 'same' }), 'slopes'),
      flow(
        layer('Conv2DTranspose', 'grown', {
          filters: 4,
          kernel_size: [2, 2],
          strides: [2, 2],
          padding: 'same',
          output_padding: null,
        }),
        'pool',
      ),
      flow(
        layer('Cropping2D', 'cut', {
          cropping: [
            [1, 1],
            [1, 1],
          ],
        }),
        'grown',
      ),
      flow(layer('UpSampling2D', 'wide', { size: [2, 2], interpolation: 'nearest' }), 'cut'),
      flow(layer('Softmax', 'soft', { axis: -1 }), 'wide'),
      flow(layer('Reshape', 'rows', { target_shape: [-1, 4] }), 'soft'),
      flow(layer('Permute', 'turned', { dims: [2, 1] }), 'rows'),
      flow(layer('LayerNormalization', 'even', { axis: [2], epsilon: 0.001 }), 'turned'),
      flow(layer('Concatenate', 'both', { axis: -1 }), 'even', 'turned'),
      flow(layer('Flatten', 'flat', { data_format: 'channels_last' }), 'both'),
      flow(layer('LeakyReLU', 'leaky', { alpha: 0.1 }), 'flat'),
      flow(layer('Dense', 'top', { units: 3, activation: 'softmax', use_bias: true }), 'leaky'),
    ],
    input_layers: [['x', 0, 0]],
    output_layers: [['top', 0, 0]],
  },
}

const four = [4, 4, 4, 4].map(size => ramp(size))
const WEIGHTS = new Map<string, ReturnType<typeof ramp>[]>(
  Object.entries({
    conv: [ramp(3, 3, 1, 4), ramp(4)],
    norm: four,
    depth: [ramp(3, 3, 4, 1), ramp(4)],
    apart: [ramp(3, 3, 4, 1), ramp(1, 1, 4, 4), ramp(4)],
    slopes: [ramp(1, 1, 4)],
    grown: [ramp(2, 2, 4, 4), ramp(4)],
    even: [ramp(64), ramp(64)],
    top: [ramp(512, 3), ramp(3)],
  }),
)

async function build(config: unknown): Promise<void> {
  const of = (path: readonly { name: string }[]) =>
    (WEIGHTS.get(path[path.length - 1].name) ?? []).map((values, i) => heldWeight(`w${i}`, values))
  const network = kerasNetwork({ name: 'net.h5', format: 'keras-h5', config, weights: { of } })
  for (const weight of network.weights.values()) {
    const { data, shape } = await weight.read()
    if (String(shape) !== String(weight.shape) || data.length !== shape.reduce((a, b) => a * b, 1))
      throw new Error(`"${weight.name}" is [${shape}] of ${data.length} values, and was said to be [${weight.shape}]`)
  }
}

const SENSELESS = [
  ...[
    null,
    true,
    false,
    0,
    -1,
    1,
    2,
    3,
    7,
    0.5,
    1e9,
    -1e9,
    2 ** 53,
    1e300,
    '',
    'x',
    'same',
    'channels_first',
    'softmax',
  ],
  ...[[], {}, [1], [-1], [2, 3], [0, 0], [[1, 2]], [null], [1e9, 1e9], ['x', 0, 0], { class_name: 'ReLU', config: {} }],
  ...['__proto__', 'constructor', 'Dense', 'Flatten', 'GlobalAveragePooling2D', 'Conv1D', 'Multiply', 'InputLayer'],
]

/** A copy with one to three values of it exchanged. */
function exchanged(config: typeof CONFIG, random: Random): object {
  const copy = structuredClone(config)
  // Mostly in the settings of a layer.
  const layers = copy.config.layers.map(({ config }) => config)
  for (let count = 1 + random.below(3); count > 0; count--) {
    const inLayer = random.below(5) > 0
    let at = (inLayer ? layers[random.below(layers.length)] : copy) as Record<string, unknown>
    for (;;) {
      const keys = Object.keys(at)
      const key = keys[random.below(keys.length)]
      if (key === undefined) break
      const next = at[key]
      if (typeof next === 'object' && next !== null && random.below(6) > 0) at = next as Record<string, unknown>
      else {
        if (random.below(8) === 0 && !Array.isArray(at)) delete at[key]
        else at[key] = structuredClone(SENSELESS[random.below(SENSELESS.length)])
        break
      }
    }
  }
  return copy
}

it('1,000 senseless configurations each are a network or are refused by a LobesError, quickly', async () => {
  await build(CONFIG)
  const random = randomStream(5)
  const codes = new Map<string, number>()
  for (let trial = 0; trial < 1000; trial++) {
    const config = exchanged(CONFIG, random)
    const start = performance.now()
    const code = await build(config).then(
      () => 'opened',
      error => {
        if (!(error instanceof LobesError)) throw new Error(`trial ${trial}: ${error}`, { cause: error })
        return error.code
      },
    )
    codes.set(code, (codes.get(code) ?? 0) + 1)
    expect(performance.now() - start).toBeLessThan(5000)
  }
  expect(codes.get('opened')).toBeGreaterThan(25)
  expect(codes.get('format.keras')).toBeGreaterThan(100)
  expect(codes.get('unsupported.keras-layer')).toBeGreaterThan(10)
})
