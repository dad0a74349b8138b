/**
 * Real transformers. The expected numbers were computed from the files by a separate program in Python and NumPy: whole
 * width × width products, singular values by LAPACK. The accuracy is that of an independent forward pass.
 */
import { existsSync, readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { fileSource } from '../../../src/formats/file-source.ts'
import { openNetwork } from '../../../src/formats/open.ts'
import { prepareGraph } from '../../../src/graph/prepare.ts'
import { unitGraph } from '../../../src/graph/walk.ts'
import { unitSites } from '../../../src/modules/unit-sites.ts'
import { chooseRuntime } from '../../../src/runtime/choose.ts'
import { blockMatrix } from '../block-matrix.ts'

const VIT = '../shared/nets/onnx/cifar10-vit.onnx'
const DIGITS = '../shared/nets/pytorch/transformer-5-digit-addition.pth'
const IMAGES = '../shared/data/cifar10/test_3k.bin.gz'

/** From, to, sum of the block, its last edge. */
const BLOCKS = [
  [0, 1, 2.8411430317731146, 0.3421005187782251],
  [1, 2, 75.52597738949802, 0.1414471565206599],
  [1, 3, 8.142131181517449, 0.8149227410358111],
  [2, 3, 139.41651253948632, 0.4979088791162937],
  [2, 4, 1154.3356662390404, 0.00337272819408882],
  [3, 5, 20.133343570705886, 0.46281383437470713],
  [4, 5, 330.7281706555296, 0.4959982466246193],
] as const

describe.skipIf(!existsSync(VIT))('a vision transformer in ONNX', () => {
  it('is heads, neurons, channels and classes, whole', async () => {
    const network = await openNetwork(await fileSource(VIT))
    const { graph, leftOut } = await unitGraph(network)
    expect(leftOut).toEqual([])
    expect(graph.layers.map(({ kind, size }) => `${size} ${kind}`)).toEqual([
      '3 channel',
      '3 head',
      '96 neuron',
      '3 head',
      '96 neuron',
      '10 neuron',
    ])
    expect(graph.blocks.length).toBe(15)
    for (const [from, to, sum, last] of BLOCKS) {
      const { values } = blockMatrix(graph, from, to)
      expect(values.reduce((total, value) => total + value, 0) / sum).toBeCloseTo(1, 6)
      expect(values[values.length - 1]).toBeCloseTo(last, 6)
    }
  })

  it('has its heads on an axis of their own, where they can be lesioned', async () => {
    const network = await openNetwork(await fileSource(VIT))
    const { graph } = await unitGraph(network)
    const [, heads, neurons] = unitSites(network, graph)
    expect(heads).toMatchObject({ axis: 1, size: 3, spatial: true })
    expect(network.shapes.get(heads.pre)).toEqual([null, 3, 5, 16])
    expect(neurons).toMatchObject({ axis: 2, size: 96 })
  })

  it.skipIf(!existsSync(IMAGES))('scores .584 on the first 1,000 images', async () => {
    const bytes = gunzipSync(readFileSync(IMAGES))
    const [mean, deviation] = [
      [0.485, 0.456, 0.406],
      [0.229, 0.224, 0.225],
    ]
    const data = Float32Array.from({ length: 1000 * 3072 }, (_, at) => {
      const channel = Math.floor((at % 3072) / 1024)
      return (bytes[Math.floor(at / 3072) * 3073 + 1 + (at % 3072)] / 255 - mean[channel]) / deviation[channel]
    })
    const network = await openNetwork(await fileSource(VIT))
    const session = await (await chooseRuntime({ prefer: 'onnxruntime-node' })).load(network)
    const outputs = await session.run({ input: { dtype: 'float32', shape: [1000, 3, 32, 32], data } })
    const scores = outputs[network.outputs[0].name].data as Float32Array
    let right = 0
    for (let i = 0; i < 1000; i++) {
      const own = scores.subarray(i * 10, i * 10 + 10)
      if (own.indexOf(Math.max(...own)) === bytes[i * 3073]) right++
    }
    expect(Math.abs(right / 1000 - 0.584)).toBeLessThanOrEqual(0.005)
  })
})

describe.skipIf(!existsSync(DIGITS))('a transformer that adds numbers, from PyTorch weights alone', () => {
  it('has 4 heads and 512 neurons', async () => {
    const network = await openNetwork(await fileSource(DIGITS))
    const { graph, part } = await prepareGraph(network)
    expect(graph.layers.map(({ name, kind, size }) => [name, kind, size])).toEqual([
      ['blocks.0.attention', 'head', 4],
      ['blocks.0.mlp', 'neuron', 512],
    ])
    expect(part.unitOf.length).toBe(516)
    expect(network.notes.join('\n')).toMatch(/1 block with 4 heads each, matrices \[out, in\], no norms/)
  })
})
