import { describe, expect, it } from 'vitest'
import { UnsupportedError, UsageError } from '../../src/errors.ts'
import type { OpenOptions } from '../../src/formats/format.ts'
import { memorySource } from '../../src/formats/memory-source.ts'
import { openNetwork } from '../../src/formats/open.ts'
import { float32File } from './safetensors-file.ts'

type Shapes = Record<string, readonly number[]>

const dense = (name: string, out: number, into: number): Shapes => ({
  [`${name}.weight`]: [out, into],
  [`${name}.bias`]: [out],
})
const conv = (name: string, out: number, into: number, side = 3): Shapes => ({
  [`${name}.weight`]: [out, into, side, side],
  [`${name}.bias`]: [out],
})
const norm = (name: string, size: number): Shapes => ({
  [`${name}.weight`]: [size],
  [`${name}.bias`]: [size],
  [`${name}.running_mean`]: [size],
  [`${name}.running_var`]: [size],
  [`${name}.num_batches_tracked`]: [],
})

const open = (shapes: Shapes, options: OpenOptions = {}, siblings: Record<string, Uint8Array> = {}) =>
  openNetwork(memorySource(float32File(shapes), { name: 'net.safetensors', siblings }), options)
const chain = async (shapes: Shapes, options?: OpenOptions) =>
  (await open(shapes, options)).operators.map(({ name }) => name).join(' ')

describe('the chain inferred from names and shapes', () => {
  it.each<[string, Shapes, string]>([
    [
      'counts past nine',
      Object.assign({}, ...Array.from({ length: 11 }, (_, i) => dense(`fc${i + 1}`, 20 + i, 19 + i))),
      'fc1 fc2 fc3 fc4 fc5 fc6 fc7 fc8 fc9 fc10 fc11',
    ],
    [
      'follows a Sequential',
      { ...dense('net.0', 30, 20), ...norm('net.1', 30), ...dense('net.3', 30, 30), ...dense('net.5', 5, 30) },
      'net.0 net.1 net.3 net.5',
    ],
    [
      'follows nested Sequentials',
      { ...dense('layers.0.0', 30, 20), ...dense('layers.1.0', 5, 30) },
      'layers.0.0 layers.1.0',
    ],
    ['starts with a normalisation of the input', { ...norm('net.0', 20), ...dense('net.1', 30, 20) }, 'net.0 net.1'],
    [
      'puts features before the classifier',
      { ...dense('classifier.1', 10, 64), ...conv('features.0', 16, 3), ...conv('features.3', 16, 16) },
      'features.0 features.3 flatten classifier.1',
    ],
    [
      'puts the encoder before the decoder',
      { ...dense('decoder', 8, 4), ...dense('encoder', 4, 8) },
      'encoder decoder',
    ],
    ['orders families by the sizes', { ...dense('alpha', 3, 16), ...dense('omega', 16, 8) }, 'omega alpha'],
    [
      'matches normalisations by number',
      { ...conv('conv1', 8, 3), ...conv('conv2', 8, 8), ...conv('conv3', 8, 8), ...norm('bn1', 8), ...norm('bn3', 8) },
      'conv1 bn1 conv2 conv3 bn3',
    ],
    [
      'matches normalisations by size',
      { ...conv('conv1', 8, 3), ...conv('conv2', 16, 8), ...dense('fc1', 5, 16 * 9), ...norm('norm1', 16) },
      'conv1 conv2 norm1 flatten fc1',
    ],
    [
      'reads depthwise convolutions as such',
      { ...conv('conv0', 8, 3), ...conv('conv1', 8, 1), ...conv('conv2', 4, 8, 1) },
      'conv0 conv1 conv2',
    ],
    [
      'knows the names of Keras',
      {
        'dense/kernel:0': [7, 5],
        'dense/bias:0': [5],
        'dense_1/kernel:0': [5, 5],
        'dense_1/bias:0': [5],
        'dense_2/kernel:0': [5, 2],
      },
      'dense dense_1 dense_2',
    ],
    [
      'knows convolutions over sequences',
      { 'conv1.weight': [8, 4, 5], 'conv1.bias': [8], ...dense('fc', 2, 24) },
      'conv1 flatten fc',
    ],
  ])('%s', async (_, shapes, expected) => {
    expect(await chain(shapes)).toBe(expected)
  })

  it('has no activations that the file does not hold, and says so', async () => {
    const network = await open({ ...dense('fc1', 5, 3), ...dense('fc2', 2, 5) })
    expect(network.operators.map(({ type }) => type)).toEqual(['Gemm', 'Gemm'])
    expect(network.activationsKnown).toBe(false)
    expect(network.notes.join(' ')).toMatch(/activations.*none were put in/)
  })

  it('gives the shapes that map channels to blocks of the inputs of a matrix', async () => {
    const network = await open({ ...conv('conv1', 6, 1), ...dense('fc1', 4, 6 * 25) })
    expect(network.inputs[0].shape).toEqual([null, 1, null, null])
    expect(network.shapes.get('conv1')).toEqual([null, 6, 25, 1])
    expect(network.shapes.get('flatten')).toEqual([null, 150])
    expect(network.outputs[0]).toEqual({ name: 'fc1', dtype: 'float32', shape: [null, 4] })
  })

  it('turns channels-last weights to channels first', async () => {
    const network = await open(
      { 'conv/kernel': [3, 2, 1, 4], 'conv/bias': [4], 'dense/kernel': [8, 5], 'dense/bias': [5] },
      { orientation: 'in-out' },
    )
    const kernel = await network.weights.get('conv/kernel')!.read()
    expect(kernel.shape).toEqual([4, 1, 3, 2])
    // Value at row 2, column 1, channel 3 in the file.
    expect(kernel.data[3 * 6 + 2 * 2 + 1]).toBe((2 * 2 + 1) * 4 + 3)
    const matrix = await network.weights.get('dense/kernel')!.read()
    expect(matrix.shape).toEqual([8, 5])
    // Two positions of four channels: channel 3 at position 1 is row 7 in the file and here; channel 0 at 1 moves 4 → 1.
    expect([matrix.data[7 * 5], matrix.data[1 * 5]]).toEqual([7 * 5, 4 * 5])
  })
})

describe('what cannot be told', () => {
  it.each<[string, Shapes, string, RegExp]>([
    [
      'square matrices',
      { ...dense('fc1', 8, 8), ...dense('fc2', 8, 8) },
      'unsupported.orientation',
      /"fc1.weight" \[8,8\].*--orientation/,
    ],
    [
      'a palindrome without biases',
      { 'l1.weight': [4, 8], 'l2.weight': [8, 4] },
      'unsupported.orientation',
      /"l1.weight" \[4,8\]/,
    ],
    [
      'two layers without an order',
      { ...dense('alpha', 8, 8), ...dense('beta', 8, 8), ...dense('out', 3, 8) },
      'unsupported.layer-order',
      /"alpha" or "beta"/,
    ],
    [
      'a normalisation with two places',
      { ...conv('conv1', 8, 3), ...conv('conv2', 8, 8), ...norm('bn', 8) },
      'unsupported.batchnorm-place',
      /bn.running_mean.*conv1 or conv2/,
    ],
    [
      'a shortcut',
      { ...conv('c1', 8, 3), ...conv('c2', 8, 8), ...conv('shortcut', 8, 3, 1) },
      'unsupported.not-a-chain',
      /"shortcut.weight"/,
    ],
    [
      'attention outside the blocks of a transformer',
      { ...dense('attn.c_attn', 24, 8), ...dense('mlp.c_fc', 8, 8) },
      'unsupported.not-a-chain',
      /"attn.c_attn.weight"/,
    ],
    [
      'a normalisation without statistics',
      { ...dense('fc1', 5, 3), 'ln.weight': [5], 'ln.bias': [5] },
      'unsupported.not-a-chain',
      /"ln\.\w+"/,
    ],
    [
      'sizes that do not meet',
      { ...dense('fc1', 5, 3), ...dense('fc2', 2, 6) },
      'unsupported.not-a-chain',
      /"fc2.weight" takes in 6/,
    ],
    [
      'a bias of another size',
      { 'fc.weight': [3, 4], 'fc.bias': [5] },
      'unsupported.not-a-chain',
      /"fc.bias" has the shape \[5\]/,
    ],
  ])('%s: an error names the tensor and drafts the layers.json', async (_, shapes, code, message) => {
    await expect(open(shapes)).rejects.toThrow(expect.objectContaining({ code }))
    await expect(open(shapes)).rejects.toThrow(message)
    await expect(open(shapes)).rejects.toThrow(UnsupportedError)
    await expect(open(shapes)).rejects.toThrow(/layers.json beside the file[^\n]*\n\[\n {2}\{"type":/)
  })

  it('an orientation that the sizes contradict is refused', async () => {
    await expect(open({ ...dense('fc1', 5, 3) }, { orientation: 'in-out' })).rejects.toThrow(UsageError)
  })

  it('the draft in the error is a layers.json that opens the file', async () => {
    const shapes = { ...dense('fc1', 8, 8), ...dense('fc2', 8, 8) }
    const error = await open(shapes).catch(reason => reason as Error)
    const layers = JSON.parse((error as Error).message.slice((error as Error).message.indexOf('\n') + 1))
    expect(await chain(shapes, { layers })).toBe('fc1 fc2')
  })
})

describe('many layers of one size', () => {
  it('in families without an order end in an error, not in a search without end', async () => {
    const shapes = Object.assign(
      {},
      ...Array.from('abcdefghijklmnop', letter => dense(letter.repeat(3), 8, 8)),
      dense('zz', 3, 8),
    )
    await expect(open(shapes)).rejects.toThrow(expect.objectContaining({ code: 'unsupported.layer-order' }))
  })
})
