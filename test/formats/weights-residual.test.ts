import { describe, expect, it } from 'vitest'
import { memorySource } from '../../src/formats/memory-source.ts'
import { openNetwork } from '../../src/formats/open.ts'
import { unitGraph } from '../../src/graph/walk.ts'
import { chooseRuntime } from '../../src/runtime/choose.ts'
import { tensor } from '../../src/tensor/tensor.ts'
import { float32File } from './safetensors-file.ts'

type Shapes = Record<string, readonly number[]>

const conv = (name: string, out: number, into: number, side = 3): Shapes => ({
  [`${name}.weight`]: [out, into, side, side],
})
const norm = (name: string, size: number): Shapes => ({
  [`${name}.weight`]: [size],
  [`${name}.bias`]: [size],
  [`${name}.running_mean`]: [size],
  [`${name}.running_var`]: [size],
  [`${name}.num_batches_tracked`]: [],
})
/** A block with two convolutions, as PyTorch's ResNet-18 names them. */
const block = (name: string, out: number, into: number): Shapes => ({
  ...conv(`${name}.conv1`, out, into),
  ...norm(`${name}.bn1`, out),
  ...conv(`${name}.conv2`, out, out),
  ...norm(`${name}.bn2`, out),
})
const way = (name: string, out: number, into: number): Shapes => ({
  ...conv(`${name}.0`, out, into, 1),
  ...norm(`${name}.1`, out),
})
const STEM = { ...conv('conv1', 4, 3), ...norm('bn1', 4) }
const FC = { 'fc.weight': [5, 8], 'fc.bias': [5] }

const open = (shapes: Shapes, layers?: unknown) =>
  openNetwork(memorySource(float32File(shapes), { name: 'net.safetensors' }), { layers })
/** What each sum adds. */
const sums = async (shapes: Shapes) =>
  (await open(shapes)).operators.filter(({ type }) => type === 'Add').map(({ inputs }) => inputs.join(' + '))
const links = async (shapes: Shapes) => {
  const { graph } = await unitGraph(await open(shapes))
  const { layers } = graph
  return graph.blocks.map(({ from, to }) => `${layers[from].name} > ${layers[to].name}`)
}

describe('a residual network from weights alone', () => {
  const shapes = {
    ...STEM,
    ...block('layer1.0', 4, 4),
    ...block('layer2.0', 8, 4),
    ...way('layer2.0.downsample', 8, 4),
    ...FC,
  }

  it('adds to each block what it reads, or what the shortcut makes of it', async () => {
    expect(await sums(shapes)).toEqual(['layer1.0.bn2 + bn1', 'layer2.0.bn2 + layer2.0.downsample.1'])
    const network = await open(shapes)
    const reads = Object.fromEntries(network.operators.map(({ name, inputs }) => [name, inputs[0]]))
    expect(reads).toMatchObject({
      'layer1.0.conv1': 'bn1',
      'layer2.0.conv1': 'layer1.0.add',
      'layer2.0.downsample.0': 'layer1.0.add',
      flatten: 'layer2.0.add',
    })
    expect(network.notes.join(' ')).toMatch(/7 layers with weights, in 2 residual blocks/)
  })

  it('has the edges of its shortcuts in the unit graph', async () => {
    expect(await links(shapes)).toEqual([
      'input > conv1',
      'conv1 > layer1.0.conv1',
      'layer1.0.conv1 > layer1.0.conv2',
      'conv1 > layer2.0.conv1',
      'layer1.0.conv2 > layer2.0.conv1',
      'layer2.0.conv1 > layer2.0.conv2',
      'conv1 > layer2.0.downsample.0',
      'layer1.0.conv2 > layer2.0.downsample.0',
      'layer2.0.conv2 > fc',
      'layer2.0.downsample.0 > fc',
    ])
  })

  it('pads channels where a shortcut has no weights, and says so', async () => {
    const padded = { ...STEM, ...block('layer1.0', 4, 4), ...block('layer2.0', 8, 4), ...FC }
    expect(await sums(padded)).toEqual(['layer1.0.bn2 + bn1', 'layer2.0.bn2 + layer2.0.shortcut'])
    expect((await open(padded)).notes.join(' ')).toMatch(/pad channels with zeros on both sides: layer2.0.shortcut/)
    // What is padded keeps its own number of channels, also when the flatten behind tells the extent.
    expect((await open(padded)).shapes.get('layer1.0.add')?.[1]).toBe(4)
    const { graph } = await unitGraph(await open(padded))
    const [last] = graph.blocks.filter(({ from, to }) => graph.layers[from].name === 'conv1' && to === 6)
    expect(graph.layers[6].name).toBe('fc')
    const { values } = last.edges as { values: Float32Array }
    // fc reads 8 channels: the stem's four stand in the middle of them.
    expect(values).toHaveLength(5 * 4)
    // The file counts from 0, so the stem's first channel is scaled by 0.
    expect([...values].map(value => value > 0)).toEqual(Array.from({ length: 20 }, (_, at) => at % 4 > 0))
  })

  it('puts normalisations before the convolutions whose inputs they fit', async () => {
    const before = {
      ...conv('conv1', 4, 3),
      ...norm('layer1.0.bn1', 4),
      ...conv('layer1.0.conv1', 8, 4),
      ...norm('layer1.0.bn2', 8),
      ...conv('layer1.0.conv2', 8, 8),
      ...conv('layer1.0.shortcut.0', 8, 4, 1),
      ...FC,
    }
    const network = await open(before)
    const names = network.operators.map(({ name }) => name)
    expect(names.slice(0, 5)).toEqual(['conv1', 'layer1.0.bn1', 'layer1.0.conv1', 'layer1.0.bn2', 'layer1.0.conv2'])
  })

  it('is refused where its sizes do not meet', async () => {
    await expect(open({ ...shapes, ...conv('layer2.0.conv2', 7, 8) })).rejects.toThrow(/layers\.json/)
  })

  it('comes with a layers.json that holds the whole structure', async () => {
    const { layersDraft } = await open(shapes)
    const layers = JSON.parse(layersDraft!)
    // What is left to tell: activations, strides and padding, pooling.
    const told = layers.map((layer: { type: string; weight?: string }) => ({
      ...(['conv', 'batchnorm', 'add', 'dense'].includes(layer.type) && { activation: 'relu' }),
      ...(layer.type === 'conv' && { padding: /downsample/.test(layer.weight!) ? 0 : 1 }),
      ...layer,
    }))
    told.splice(-1, 0, { type: 'globalaveragepool' })
    const network = await open(shapes, told)
    expect(network.activationsKnown).toBe(true)
    // The stem, the first normalisation of each block, each sum, the last layer; convolutions and ends of paths are linear.
    expect(network.operators.filter(({ type }) => type === 'Relu')).toHaveLength(1 + 2 + 2 + 1)
    const session = await (await chooseRuntime({ prefer: 'reference' })).load(network)
    const { [network.outputs[0].name]: output } = await session.run({
      [network.inputs[0].name]: tensor(new Float32Array(2 * 3 * 4 * 4).fill(0.1), [2, 3, 4, 4]),
    })
    expect(output.shape).toEqual([2, 5])
  })
})

describe('a shortcut without weights', () => {
  it('keeps every second row and column, between channels of zeros', async () => {
    const file = float32File({ 'a.weight': [2, 1, 1, 1] })
    const layers = [
      { type: 'conv', weight: 'a.weight', orientation: 'out-in', activation: 'linear' },
      { type: 'identity', stride: 2, channels: 5 },
    ]
    const network = await openNetwork(memorySource(file, { name: 'net.safetensors' }), { layers })
    const session = await (await chooseRuntime({ prefer: 'reference' })).load(network)
    const image = Float32Array.from({ length: 9 }, (_, i) => i + 1)
    const outputs = await session.run({ [network.inputs[0].name]: tensor(image, [1, 1, 3, 3]) })
    const { shape, data } = outputs[network.outputs[0].name]
    expect(shape).toEqual([1, 5, 2, 2])
    // The kernels are 0 and 1. One channel of zeros before, two behind.
    const zeros = [0, 0, 0, 0]
    expect([...(data as Float32Array)]).toEqual([...zeros, ...zeros, ...[1, 3, 7, 9], ...zeros, ...zeros])
  })

  it.each<[string, unknown[], RegExp]>([
    ['reads a layer that is not there', [{ type: 'add', inputs: ['a', 'z'] }], /layer 1: it reads "a"/],
    [
      'adds unequal channels',
      [
        { type: 'conv', weight: 'a.weight' },
        { type: 'add', inputs: ['a', 'input2'] },
      ],
      /layer 2: it reads "input2".*last ones are input, a/,
    ],
    [
      'widens what is not known',
      [
        { type: 'identity', channels: 3 },
        { type: 'conv', weight: 'a.weight' },
      ],
      /layer 1: "identity1" reads/,
    ],
    [
      'has fewer channels than it reads',
      [
        { type: 'conv', weight: 'a.weight' },
        { type: 'identity', channels: 1 },
      ],
      /layer 2: "identity1" has 1 channels, fewer than the 5 that it reads/,
    ],
    [
      'is added to another number of channels',
      [
        { type: 'conv', weight: 'a.weight' },
        { type: 'identity', name: 'wide', channels: 9 },
        { type: 'add', inputs: ['a', 'wide'] },
      ],
      /layer 3: "add1" adds the 5 channels of "a" and the 9 of "wide"/,
    ],
    ['adds one thing', [{ type: 'add', inputs: ['a'] }], /"inputs".*two or more names/],
  ])('that %s is refused', async (_, layers, message) => {
    const file = float32File({ 'a.weight': [5, 2, 3, 3] })
    await expect(openNetwork(memorySource(file, { name: 'net.safetensors' }), { layers })).rejects.toThrow(message)
  })
})
