/** Real checkpoints by others: what is inferred, that they score as in PyTorch, and that the same weights in ONNX agree. */
import { existsSync, readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import * as ort from 'onnxruntime-node'
import { describe, expect, it } from 'vitest'
import { UnsupportedError } from '../../../src/errors.ts'
import { fileSource } from '../../../src/formats/file-source.ts'
import { encodeOnnx } from '../../../src/formats/onnx-write.ts'
import { openNetwork } from '../../../src/formats/open.ts'
import { unitGraph } from '../../../src/graph/walk.ts'
import type { Network } from '../../../src/network/network.ts'
import { testModularity } from '../../../src/significance/test.ts'
import { blockMatrix } from '../../graph/block-matrix.ts'

const NETS = '../shared/nets'
const DATA = '../shared/data'
if (!existsSync(NETS)) console.warn(`skipped: the real networks of ${NETS} are not here`)

const open = async (file: string, layers?: unknown) => openNetwork(await fileSource(`${NETS}/${file}`), { layers })

type Layer = Readonly<Record<string, unknown>>

const weighted = (type: string, stem: string, more: Layer): Layer => ({
  type,
  weight: `${stem}.weight`,
  bias: `${stem}.bias`,
  ...more,
})
const conv = (stem: string, more: Layer = {}) => weighted('conv', stem, { activation: 'relu', ...more })
const dense = (stem: string, activation = 'relu') => weighted('dense', stem, { activation })
const norm = (stem: string): Layer => ({
  ...{ type: 'batchnorm', scale: `${stem}.weight`, shift: `${stem}.bias` },
  ...{ mean: `${stem}.running_mean`, variance: `${stem}.running_var` },
})

const COLT = [
  conv('blocks.layers.1.conv', { stride: 2, padding: 2 }),
  conv('blocks.layers.3.conv', { stride: 2, padding: 1 }),
  dense('blocks.layers.6.linear'),
  dense('blocks.layers.8.linear', 'linear'),
]
const POOL = { type: 'maxpool', kernel: 2 }
const DEEPEVEREST = [conv('conv1'), POOL, conv('conv2'), POOL, dense('fc1'), dense('fc2', 'softmax')]
const BURN = [
  conv('conv1'),
  conv('conv2'),
  conv('conv3'),
  norm('norm1'),
  dense('fc1'),
  dense('fc2', 'linear'),
  norm('norm2'),
]

/** What the draft of the file says, with what it cannot know: 3 × 3 kernels are padded, sums are followed by ReLU. */
async function draftOf(file: string): Promise<Layer[]> {
  const layers = JSON.parse((await open(file)).layersDraft!) as Layer[]
  return layers.map(layer => {
    if (layer.type === 'add') return { ...layer, activation: 'relu' }
    return layer.type === 'conv' && /conv\d\.weight$/.test(String(layer.weight)) ? { ...layer, padding: 1 } : layer
  })
}

/** The first convolutions halve rows and columns; there is no batch normalisation. */
async function resnet2b(): Promise<Layer[]> {
  const halves = /^(conv1|layer1\.0\.(conv1|shortcut\.0))\.weight$/
  const linear = /(conv2|shortcut\.0|linear2)\.weight$/
  return (await draftOf('pytorch/cifar10-resnet-2b.pth')).map(layer => ({
    ...layer,
    ...(halves.test(String(layer.weight)) && { stride: 2 }),
    ...('weight' in layer && { activation: linear.test(String(layer.weight)) ? 'linear' : 'relu' }),
  }))
}

/** ReLU where the draft leaves it open, after normalisations and sums; stages 2 and 3 halve rows and columns. */
async function resnet20(): Promise<Layer[]> {
  const draft = await draftOf('pytorch/cifar10-resnet20-legacy.th')
  const halves = /^layer[23]\.0\.conv1\.weight$/
  const told = draft.map(
    (layer): Layer => ({
      ...(layer.type === 'batchnorm' && { activation: 'relu' }),
      ...((halves.test(String(layer.weight)) || layer.type === 'identity') && { stride: 2 }),
      ...layer,
    }),
  )
  return told.toSpliced(-1, 0, { type: 'globalaveragepool' })
}

describe.skipIf(!existsSync(NETS))('real checkpoints', () => {
  it.each([
    ['cifar10-resnet-2b.pth', '6 Conv 2 Add 1 Flatten 2 Gemm', [3, 8, 16, 16, 16, 16, 16, 100, 10]],
    ['mnist-colt-convmed.pt', '2 Conv 1 Flatten 2 Gemm', [1, 32, 64, 100, 10]],
    ['mnist-deepeverest.pth', '2 Conv 1 Flatten 2 Gemm', [1, 10, 20, 50, 10]],
    ['mnist-burn-cnn.pt', '3 Conv 2 BatchNormalization 1 Flatten 2 Gemm', [1, 8, 16, 24, 32, 10]],
    [
      'cifar10-resnet20-legacy.th',
      '19 Conv 19 BatchNormalization 9 Add 2 Pad 1 Flatten 1 Gemm',
      [3, ...new Array(7).fill(16), ...new Array(6).fill(32), ...new Array(6).fill(64), 10],
    ],
  ])('%s is %s', async (file, operators, sizes) => {
    const network = await open(`pytorch/${file}`)
    const types = network.operators.map(({ type }) => type)
    const counts = [...new Set(types)].map(type => `${types.filter(other => other === type).length} ${type}`)
    expect(counts.sort()).toEqual(operators.match(/\d+ \w+/g)!.sort())
    const { graph, leftOut } = await unitGraph(network)
    expect(leftOut).toEqual([])
    expect(graph.layers.map(({ size }) => size)).toEqual(sizes)
  })

  it.each(['pickled-whole-module.pt', 'plain-pickle-load-from-bytes.pt'])('hostile: %s is refused', async file => {
    await expect(open(`hostile/${file}`)).rejects.toThrow(UnsupportedError)
    await expect(open(`hostile/${file}`)).rejects.toThrow(/"(mnist\.NNet|torch\.storage\._load_from_bytes)"/)
  })

  it('opening reads the pickles and the places of the weights, not the weights', async () => {
    for (const file of ['mnist-colt-convmed.pt', 'mnist-burn-cnn.pt']) {
      const source = await fileSource(`${NETS}/pytorch/${file}`)
      let read = 0
      const slice = (start: number, end: number) => {
        read += end - start
        return source.slice(start, end)
      }
      await openNetwork({ ...source, slice })
      expect(read).toBeLessThan(source.byteLength / 4)
    }
  })
})

const COUNT = 1000

interface Images {
  readonly pixels: Float32Array
  readonly labels: ArrayLike<number>
  readonly shape: readonly number[]
}

/** First test images, (value / 255 − mean) / deviation per channel. */
function images(set: 'mnist' | 'cifar10', mean: readonly number[], deviation: readonly number[]): Images {
  const unzip = (file: string) => gunzipSync(readFileSync(`${DATA}/${set}/${file}`))
  const isMnist = set === 'mnist'
  const area = isMnist ? 784 : 1024
  const size = area * mean.length
  const raw = isMnist ? unzip('t10k-images-idx3-ubyte.gz').subarray(16) : unzip('test_3k.bin.gz')
  const record = isMnist ? size : size + 1
  const labels = isMnist
    ? unzip('t10k-labels-idx1-ubyte.gz').subarray(8)
    : Uint8Array.from({ length: COUNT }, (_, i) => raw[i * record])
  const pixels = Float32Array.from({ length: COUNT * size }, (_, at) => {
    const channel = Math.floor((at % size) / area)
    const byte = raw[Math.floor(at / size) * record + (record - size) + (at % size)]
    return (byte / 255 - mean[channel]) / deviation[channel]
  })
  return { pixels, labels, shape: isMnist ? [1, 28, 28] : [3, 32, 32] }
}

const MEAN = [0.485, 0.456, 0.406]

/** Share of the images that the network, written as ONNX, gets right. */
async function accuracy(network: Network, { pixels, labels, shape }: Images): Promise<number> {
  const session = await ort.InferenceSession.create(await encodeOnnx(network), { logSeverityLevel: 3 })
  const scores: number[] = []
  const size = pixels.length / COUNT
  const batch = network.inputs[0].shape[0] ?? COUNT
  for (let at = 0; at < COUNT; at += batch) {
    const input = new ort.Tensor('float32', pixels.subarray(at * size, (at + batch) * size), [batch, ...shape])
    const results = await session.run({ [session.inputNames[0]]: input })
    scores.push(...(results[session.outputNames[0]].data as Float32Array))
  }
  const rows = Array.from({ length: COUNT }, (_, i) => scores.slice(10 * i, 10 * i + 10))
  return rows.filter((row, i) => row.indexOf(Math.max(...row)) === labels[i]).length / COUNT
}

/** What an independent forward pass over the same images scored. */
describe.skipIf(!existsSync(NETS) || !existsSync(DATA))(
  'checkpoints that a layers.json describes score as in PyTorch',
  () => {
    it.each<[string, () => Promise<Layer[]>, () => Images, number]>([
      ['mnist-colt-convmed.pt', async () => COLT, () => images('mnist', [0], [1]), 0.978],
      ['mnist-deepeverest.pth', async () => DEEPEVEREST, () => images('mnist', [0], [1]), 0.978],
      ['mnist-burn-cnn.pt', async () => BURN, () => images('mnist', [0.1307], [0.3081]), 0.991],
      ['cifar10-resnet-2b.pth', resnet2b, () => images('cifar10', MEAN, [0.225, 0.225, 0.225]), 0.672],
      ['cifar10-resnet20-legacy.th', resnet20, () => images('cifar10', MEAN, [0.229, 0.224, 0.225]), 0.803],
    ])('%s', async (file, layers, set, expected) => {
      const network = await open(`pytorch/${file}`, await layers())
      expect(network.activationsKnown).toBe(true)
      expect(Math.abs((await accuracy(network, set())) - expected)).toBeLessThan(0.005)
    })
  },
)

describe.skipIf(!existsSync(NETS))('the same weights in two formats', () => {
  it.each<[string, string, () => Promise<Layer[]>]>([
    ['pytorch/mnist-colt-convmed.pt', 'onnx/mnist-colt-convmed.onnx', async () => COLT],
    ['pytorch/mnist-deepeverest.pth', 'onnx/mnist-deepeverest.onnx', async () => DEEPEVEREST],
    ['pytorch/cifar10-resnet-2b.pth', 'onnx/cifar10-resnet-2b.onnx', resnet2b],
  ])('%s and %s: one unit graph, one verdict', async (file, other, layers) => {
    const networks = [await open(file, await layers()), await open(other)]
    const [a, b] = await Promise.all(networks.map(network => unitGraph(network)))
    expect(a.graph.layers.map(({ size }) => size)).toEqual(b.graph.layers.map(({ size }) => size))
    const links = ({ graph }: typeof a) => graph.blocks.map(({ from, to }) => `${from}>${to}`)
    expect(links(a)).toEqual(links(b))
    for (const { from, to } of a.graph.blocks) {
      const [left, right] = [a, b].map(({ graph }) => blockMatrix(graph, from, to).values)
      const largest = left.reduce((most, value) => Math.max(most, value), 0)
      expect(largest).toBeGreaterThan(0)
      const apart = left.reduce((most, value, i) => Math.max(most, Math.abs(value - right[i])), 0)
      expect(apart / largest).toBeLessThan(1e-6)
    }
    const options = { k: 4, seed: 3, shuffles: 19, nulls: ['layer-nonzero'] } as const
    const [first, second] = [await testModularity(a.graph, options), await testModularity(b.graph, options)]
    expect(second.modular).toBe(first.modular)
    expect(second.ncut).toBeCloseTo(first.ncut, 5)
  })
})
