/** Real TensorFlow.js models by others: what is in them, what they answer, and their unit graphs. */
import { existsSync, readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import * as ort from 'onnxruntime-node'
import { describe, expect, test } from 'vitest'
import { fileSource } from '../../../src/formats/file-source.ts'
import { encodeOnnx } from '../../../src/formats/onnx-write.ts'
import { openNetwork } from '../../../src/formats/open.ts'
import { forEachEdge, type UnitGraph } from '../../../src/graph/unit-graph.ts'
import { unitGraph } from '../../../src/graph/walk.ts'
import type { Network } from '../../../src/network/network.ts'
import { testModularity } from '../../../src/significance/test.ts'
import { noise } from './model-files.ts'

const FOLDER = '../shared/nets/tfjs'
const IMAGES = '../shared/data/mnist/t10k-images-idx3-ubyte.gz'
const LABELS = '../shared/data/mnist/t10k-labels-idx1-ubyte.gz'
if (!existsSync(FOLDER)) console.warn(`skipped: the real networks of ${FOLDER} are not here`)
if (!existsSync(IMAGES)) console.warn(`skipped: ${IMAGES} is not here`)

/** All of them by their folders. */
const open = async (name: string) => openNetwork(await fileSource(`${FOLDER}/${name}`))
const MLP = 'mnist-mlp-graph'
const CNN = 'mnist-cnn-graph'
const MOBILENET = 'imagenet-mobilenet-v1-025'
const TEACHABLE = 'teachable-machine'

function countsOf({ operators }: Network): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { type } of operators) counts[type] = (counts[type] ?? 0) + 1
  return counts
}

/** By native ONNX Runtime, from the bytes that `lobes export` writes. */
async function run(network: Network, values: Float32Array, batch: number): Promise<Float32Array> {
  const session = await ort.InferenceSession.create(await encodeOnnx(network), { logSeverityLevel: 3 })
  const shape = network.inputs[0].shape.map((size, axis) => (axis === 0 ? batch : (size as number)))
  const results = await session.run({ [network.inputs[0].name]: new ort.Tensor('float32', values, shape) })
  return results[network.outputs[0].name].data as Float32Array
}

/** Channels last, as TensorFlow has them, → channels first. */
function channelsFirst(values: readonly number[], channels: number): Float32Array {
  const positions = values.length / channels
  return Float32Array.from(values, (_, at) => values[(at % positions) * channels + Math.floor(at / positions)])
}

describe.skipIf(!existsSync(FOLDER))('real files', () => {
  test.each([
    [MLP, { Gemm: 3, Relu: 2, Reshape: 1, Softmax: 1, Identity: 1 }, [null, 28, 28], 118_282],
    [
      CNN,
      { Conv: 2, Gemm: 2, Relu: 3, MaxPool: 2, Transpose: 2, Reshape: 1, Softmax: 1, Identity: 1 },
      [null, 28, 28, 1],
      37_610,
    ],
    [
      MOBILENET,
      { Conv: 28, BatchNormalization: 27, Clip: 27, GlobalAveragePool: 1, Softmax: 1 },
      [null, 3, 224, 224],
      475_544,
    ],
    [
      TEACHABLE,
      { Conv: 52, BatchNormalization: 52, Clip: 35, Add: 10, Pad: 5, Gemm: 2, Softmax: 1 },
      [null, 3, 224, 224],
      538_808,
    ],
  ])('%s has the operators of its topology', async (name, operators, input, parameters) => {
    const network = await open(name)
    expect(countsOf(network)).toMatchObject(operators)
    expect(network.inputs[0].shape).toEqual(input)
    expect(network.source).toMatchObject({ format: 'tfjs', parameters })
  })

  // The same by an independent forward pass in PyTorch: .970 and .980, and no output further away than 1e-6.
  test.skipIf(!existsSync(IMAGES)).each([
    [MLP, 970],
    [CNN, 980],
  ])('%s knows %i of the first 1,000 test digits', async (name, right) => {
    const pixels = gunzipSync(readFileSync(IMAGES)).subarray(16, 16 + 784_000)
    const labels = gunzipSync(readFileSync(LABELS)).subarray(8)
    const answers = await run(
      await open(name),
      Float32Array.from(pixels, value => value / 255),
      1000,
    )
    const found = Array.from({ length: 1000 }, (_, i) => {
      const row = answers.subarray(10 * i, 10 * i + 10)
      return row.indexOf(Math.max(...row)) === labels[i]
    })
    expect(found.filter(Boolean)).toHaveLength(right)
  })

  // Computed by PyTorch and by TensorFlow.js itself, which agree to six digits.
  test.each([
    [MOBILENET, { 885: 0.265522, 911: 0.0932121, 533: 0.0456791, 741: 0.0279244, 824: 0.0238623 }],
    [TEACHABLE, { 0: 0.999999, 2: 8.61424e-7, 3: 3.11603e-9, 4: 1.23817e-11 }],
  ])('%s answers as it does in TensorFlow.js', async (name, wanted) => {
    const image = channelsFirst(noise([224, 224, 3]).values, 3)
    const answers = await run(await open(name), image, 1)
    for (const [label, probability] of Object.entries(wanted))
      expect(answers[Number(label)] / probability, label).toBeCloseTo(1, 3)
  })

  test('MobileNet has all its 13 depthwise blocks on its paths', async () => {
    const network = await open(MOBILENET)
    const { graph, leftOut } = await unitGraph(network, { canonical: 'none' })
    const blocks = Array.from({ length: 13 }, (_, i) => `conv_pw_${i + 1}`)
    expect(graph.layers.map(({ name }) => name)).toEqual(['input_1', 'conv1', ...blocks, 'conv_preds'])
    expect(leftOut).toEqual([])
    // Each depthwise kernel scales what passes: without the first of each, the first channel reaches nothing.
    const depthwise = [...network.weights].filter(([, { shape }]) => shape[1] === 1 && shape[2] === 3)
    expect(depthwise).toHaveLength(13)
    const masks = new Map(
      depthwise.map(([name, { shape }]) => {
        const data = new Float32Array(shape[0] * 9).fill(1).fill(0, 0, 9)
        return [name, { dtype: 'float32' as const, shape, data }]
      }),
    )
    const { graph: masked } = await unitGraph(network, { canonical: 'none', masks })
    for (let block = 0; block < 13; block++) {
      const [whole, cut] = [graph, masked].map(of => columnSums(of, block + 1, block + 2))
      expect(cut[0]).toBe(0)
      expect(cut.slice(1)).toEqual(whole.slice(1))
    }
    expect(columnSums(graph, 1, 2)[0] + columnSums(graph, 8, 9)[0]).toBeGreaterThan(0)
  })

  test('a network that pads its input first has its colours as units', async () => {
    const { graph, leftOut } = await unitGraph(await open(TEACHABLE), { canonical: 'none' })
    expect(leftOut).toEqual([])
    expect(graph.layers).toHaveLength(38)
    expect(graph.layers[0]).toMatchObject({ role: 'input', size: 3, kind: 'channel' })
  })

  test('the same weights as a Keras file give the same graph and verdict', async () => {
    const keras = await openNetwork(await fileSource('../shared/nets/keras/mnist-mlp-128x2.keras'))
    const graphs = [(await unitGraph(await open(MLP))).graph, (await unitGraph(keras)).graph]
    const [ours, theirs] = graphs.map(({ layers, blocks }) => ({
      sizes: layers.map(({ size, role }) => [size, role]),
      weights: blocks.map(({ edges }) => edges.values),
    }))
    expect(ours.sizes).toEqual(theirs.sizes)
    ours.weights.forEach((values, block) => {
      const others = theirs.weights[block]
      expect(values).toHaveLength(others.length)
      expect(values.reduce((most, value, i) => Math.max(most, Math.abs(value - others[i])), 0)).toBeLessThan(1e-6)
    })
    // Without the pixels, which take the tests most of their time.
    const hidden = await Promise.all(
      [await open(MLP), keras].map(network => unitGraph(network, { units: 'no-inputs' })),
    )
    const [first, second] = await Promise.all(
      hidden.map(({ graph }) => testModularity(graph, { k: 4, seed: 1, shuffles: 20, nulls: ['layer'] })),
    )
    expect([first.modular, first.ncut]).toEqual([second.modular, second.ncut])
  })
})

/** Sum of the edges that leave each unit of one layer for another. */
function columnSums(graph: UnitGraph, from: number, to: number): number[] {
  const sums = new Array<number>(graph.layers[from].size).fill(0)
  const block = graph.blocks.find(block => block.from === from && block.to === to)!
  forEachEdge(graph, block, (_, column, weight) => {
    sums[column] += weight
  })
  return sums
}
