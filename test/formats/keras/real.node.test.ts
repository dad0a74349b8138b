/** Real Keras files by others: what is in them, and that they answer as they did in Keras. */
import { existsSync, readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import * as ort from 'onnxruntime-node'
import { describe, expect, it } from 'vitest'
import { fileSource } from '../../../src/formats/file-source.ts'
import { encodeOnnx } from '../../../src/formats/onnx-write.ts'
import { openNetwork } from '../../../src/formats/open.ts'
import { unitGraph } from '../../../src/graph/walk.ts'
import type { Network } from '../../../src/network/network.ts'

const FOLDER = '../shared/nets/keras'
const DATA = '../shared/data'
if (!existsSync(FOLDER)) console.warn(`skipped: the real networks of ${FOLDER} are not here`)

const open = async (file: string, layers?: unknown) => openNetwork(await fileSource(`${FOLDER}/${file}`), { layers })
const typesOf = ({ operators }: Network) => operators.map(({ type }) => type)

/** Dense layers of a file with weights alone. */
const denseLayers = (count: number, activation: string) =>
  Array.from({ length: count }, (_, i) => ({
    type: 'dense',
    weight: `dense_${i + 1}/kernel:0`,
    activation: i < count - 1 ? activation : 'softmax',
  }))

const COUNT = 1000

interface Images {
  readonly pixels: Float32Array
  readonly labels: Uint8Array
}

function mnist(): Images {
  const images = gunzipSync(readFileSync(`${DATA}/mnist/t10k-images-idx3-ubyte.gz`)).subarray(16, 16 + COUNT * 784)
  const labels = gunzipSync(readFileSync(`${DATA}/mnist/t10k-labels-idx1-ubyte.gz`)).subarray(8)
  return { pixels: Float32Array.from(images, value => value / 255), labels }
}

/** As they are stored, 0 to 255, channels first. */
function cifar10(): Images {
  const bytes = gunzipSync(readFileSync(`${DATA}/cifar10/test_3k.bin.gz`))
  const records = Array.from({ length: COUNT }, (_, i) => bytes.subarray(3073 * i, 3073 * (i + 1)))
  const pixels = new Float32Array(3072 * COUNT)
  records.forEach((record, i) => {
    pixels.set(record.subarray(1), 3072 * i)
  })
  return { pixels, labels: Uint8Array.from(records, ([label]) => label) }
}

/** Share of the images that the network, written as ONNX, gets right. */
async function accuracy(network: Network, { pixels, labels }: Images): Promise<number> {
  const session = await ort.InferenceSession.create(await encodeOnnx(network), { logSeverityLevel: 3 })
  const dims = [COUNT, ...network.inputs[0].shape.slice(1).map(size => size as number)]
  const results = await session.run({ [session.inputNames[0]]: new ort.Tensor('float32', pixels, dims) })
  const scores = results[session.outputNames[0]].data as Float32Array
  const size = scores.length / COUNT
  let right = 0
  for (let i = 0; i < COUNT; i++) {
    const row = scores.subarray(size * i, size * (i + 1))
    right += Number(row.indexOf(Math.max(...row)) === labels[i])
  }
  return right / COUNT
}

describe.skipIf(!existsSync(FOLDER))('real Keras files', () => {
  it('a functional model of Keras 2 with shortcuts', async () => {
    const network = await open('cifar10-resnet8.h5')
    const { graph, leftOut } = await unitGraph(network)
    expect(network.inputs[0].shape).toEqual([null, 3, 32, 32])
    expect(graph.layers.map(({ size }) => size)).toEqual([3, 16, 16, 16, 32, 32, 32, 64, 64, 64, 10])
    expect(leftOut).toEqual([])
    expect(typesOf(network).filter(type => type === 'Add')).toHaveLength(3)
  })

  it.each(['mnist-cnn-keras3.h5', 'mnist-cnn-keras3.keras'])('%s is a small convolutional network', async file => {
    const network = await open(file)
    expect(typesOf(network).join(' ')).toBe('Conv Relu MaxPool Conv Relu MaxPool Flatten Gemm Softmax')
    expect(network.source.producer).toBe('Keras 3.1.1')
    expect(network.shapes.get('flatten')).toEqual([null, 1600])
  })

  it('the branches of SqueezeNet are found from weights alone', async () => {
    const network = await open('imagenet-squeezenet-notop-weights-only.h5')
    const { graph } = await unitGraph(network)
    const blocks = graph.blocks.map(({ from, to }) => `${graph.layers[from].name} → ${graph.layers[to].name}`)
    expect(graph.layers).toHaveLength(26)
    expect(blocks.slice(0, 5)).toEqual([
      'input → conv1',
      'conv1 → fire2/squeeze1x1',
      'fire2/squeeze1x1 → fire2/expand1x1',
      'fire2/squeeze1x1 → fire2/expand3x3',
      'fire2/expand1x1 → fire3/squeeze1x1',
    ])
    expect(network.activationsKnown).toBe(false)
  })
})

describe.skipIf(!existsSync(FOLDER) || !existsSync(DATA))('the first 1,000 test images', () => {
  // Measured by a forward pass in NumPy, from weights that h5py read.
  it.each<[string, number, unknown?]>([
    ['mnist-mlp-128x2.keras', 0.97],
    ['mnist-cnn-keras3.keras', 0.993],
    ['mnist-cnn-keras3.h5', 0.994],
    ['mnist-mlp-5x30-leaky.h5', 0.961, denseLayers(6, 'leakyrelu')],
    ['mnist-mlp-5x30-weights-only.h5', 0.968, denseLayers(6, 'relu')],
    ['mnist-mlp-8x20.h5', 0.949, denseLayers(9, 'relu')],
  ])('%s', async (file, expected, layers) => {
    expect(await accuracy(await open(file, layers), mnist())).toBeCloseTo(expected, 3)
  })

  // What the training code fed: pixels as they are. These images went through JPEG, which costs it some.
  it('cifar10-resnet8.h5, on as many photographs', async () => {
    expect(await accuracy(await open('cifar10-resnet8.h5'), cifar10())).toBeCloseTo(0.741, 3)
  })
})
