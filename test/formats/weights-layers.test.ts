import { describe, expect, it } from 'vitest'
import { UnsupportedError, UsageError } from '../../src/errors.ts'
import { memorySource } from '../../src/formats/memory-source.ts'
import { openNetwork } from '../../src/formats/open.ts'
import { parseLayers } from '../../src/formats/weights-layers.ts'
import { float32File } from './safetensors-file.ts'

const file = float32File({
  k: [6, 1, 3, 3],
  'k.b': [6],
  m: [6],
  v: [6],
  a: [12, 24],
  b: [12],
  c: [12, 12],
  square: [3, 3],
})

const open = (layers: unknown, orientation?: 'out-in' | 'in-out') =>
  openNetwork(memorySource(file, { name: 'net.safetensors' }), { layers, orientation })

const LAYERS = [
  { type: 'conv', weight: 'k', bias: 'k.b', stride: 2, padding: 1, activation: 'relu', name: 'first' },
  { type: 'batchnorm', mean: 'm', variance: 'v', epsilon: 1e-3 },
  { type: 'maxpool', kernel: 2 },
  { type: 'flatten' },
  { type: 'dense', weight: 'a', bias: 'b' },
  { type: 'activation', activation: 'tanh' },
  { type: 'dense', weight: 'c' },
]

describe('a network described by layers.json', () => {
  it('has the operators it names, in its order, with its attributes', async () => {
    const network = await open(LAYERS)
    expect(network.operators.map(({ type }) => type)).toEqual([
      'Conv',
      'Relu',
      'BatchNormalization',
      'MaxPool',
      'Flatten',
      'Gemm',
      'Tanh',
      'Gemm',
    ])
    const [conv, , norm, pool] = network.operators
    expect(conv).toMatchObject({
      name: 'first',
      attributes: { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] },
    })
    expect(norm.attributes.epsilon).toBe(1e-3)
    expect(pool.attributes).toEqual({ kernel_shape: [2, 2], strides: [2, 2] })
    expect(network.shapes.get(pool.outputs[0])).toEqual([null, 6, 4, 1])
    expect(network.activationsKnown).toBe(true)
    expect(network.notes.join()).toMatch(/leaves out: square/)
  })

  it('fills in what a batch normalisation without scale and shift means', async () => {
    const network = await open(LAYERS)
    const norm = network.operators.find(({ type }) => type === 'BatchNormalization')!
    const [scale, shift] = await Promise.all(norm.inputs.slice(1, 3).map(name => network.weights.get(name)!.read()))
    expect([[...scale.data], [...shift.data]]).toEqual([new Array(6).fill(1), new Array(6).fill(0)])
  })

  it('knows the activations only when each layer before the last says so', async () => {
    const silent = LAYERS.filter(({ type }) => type !== 'activation')
    expect((await open(silent)).activationsKnown).toBe(false)
  })

  it('is described by the layers.json beside the file, too', async () => {
    const siblings = { 'layers.json': new TextEncoder().encode(JSON.stringify(LAYERS.slice(0, 3))) }
    const network = await openNetwork(memorySource(file, { name: 'net.safetensors', siblings }))
    expect(network.operators).toHaveLength(4)
    expect(network.notes.join()).toMatch(/layers.json beside the file/)
  })

  it('has its square matrices oriented by the file, the option or not at all', async () => {
    const square = { type: 'dense', weight: 'square' }
    await expect(open([square])).rejects.toThrow(UnsupportedError)
    await expect(open([square])).rejects.toThrow(/"square" is the output cannot be told/)
    expect((await open([{ ...square, orientation: 'in-out' }], 'out-in')).operators[0].attributes).toEqual({})
    expect((await open([square], 'out-in')).operators[0].attributes).toEqual({ transB: 1 })
  })
})

describe('a wrong layers.json', () => {
  const dense = { type: 'dense', weight: 'a' }

  it.each<[string, unknown, RegExp]>([
    ['no list', { layers: [] }, /must be a list/],
    ['an empty list', [], /must be a list/],
    ['a layer that is no object', [dense, 'relu'], /layer 2: "relu" is not an object/],
    ['an unknown type', [{ type: 'linear', weight: 'a' }], /layer 1: the type is "linear".*dense, conv/],
    ['an unknown key', [{ ...dense, strides: 2 }], /no "strides"; it has weight, bias/],
    ['a wrong value', [{ ...dense, orientation: 'rows' }], /"orientation" is "rows"; it must be "out-in" or "in-out"/],
    ['a wrong size', [{ type: 'conv', weight: 'k', stride: 0 }], /"stride" is 0; it must be a positive integer/],
    ['an unknown activation', [{ ...dense, activation: 'swish' }], /"swish".*relu/],
    ['a key missing', [{ type: 'batchnorm', mean: 'm' }], /layer 1: a batchnorm layer needs "variance"/],
    ['a tensor twice', [dense, dense], /uses the tensor "a" twice/],
  ])('with %s is refused, naming the layer', (_, layers, message) => {
    expect(() => parseLayers(layers)).toThrow(UsageError)
    expect(() => parseLayers(layers)).toThrow(message)
  })

  it.each<[string, unknown, RegExp]>([
    ['names a tensor that is not there', [{ type: 'dense', weight: 'z' }], /"z", which is not in the file; it has k,/],
    ['has sizes that do not meet', [dense, { type: 'dense', weight: 'square' }], /layer 2: "square" takes in 3/],
    ['takes a vector for a matrix', [{ type: 'dense', weight: 'b' }], /layer 1: "b" has the shape \[12\]/],
  ])('that %s is refused, naming the tensor', async (_, layers, message) => {
    await expect(open(layers)).rejects.toThrow(UsageError)
    await expect(open(layers)).rejects.toThrow(message)
  })
})
