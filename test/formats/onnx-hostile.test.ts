/** Damaged and malicious ONNX files: refused by an error that names the place, at once, without believing any header. */
import { describe, expect, test } from 'vitest'
import { FormatError, LobesError } from '../../src/errors.ts'
import { memorySource } from '../../src/formats/memory-source.ts'
import { onnx } from '../../src/formats/onnx.ts'
import type { Network } from '../../src/network/network.ts'
import { randomStream } from '../../src/random.ts'
import { mutate } from './mutations.ts'
import { float8s, floats, int64s, type ModelInit, node, onnxBytes, openModel } from './onnx-models.ts'

/** A small convolutional network with an old opset, subgraph, constants and every kind of field. */
const BASE: ModelInit = {
  opset: 9,
  inputs: { x: ['batch', 1, 8, 8] },
  outputs: ['y'],
  initializer: [
    floats(
      'w',
      [4, 1, 3, 3],
      Array.from({ length: 36 }, (_, i) => i / 10),
    ),
    { name: 'b', dims: [4n], dataType: 1, floatData: [1, 2, 3, 4] },
    floats('dense', [64, 10], new Array(640).fill(0.5)),
    int64s('shape', [2], [0, -1]),
    { name: 'half', dims: [2n], dataType: 10, int32Data: [0x3c00, 0x4000] },
    float8s('tiny', [3], [1, 2, 3]),
  ],
  nodes: [
    node('Conv', ['x', 'w', 'b'], ['c'], { kernel_shape: [3, 3], pads: [1, 1, 1, 1], strides: [2, 2] }),
    node('Clip', ['c'], ['r'], { min: { float: 0 }, max: { float: 6 } }),
    node('Constant', [], ['k'], { value: { tensor: floats('', [1], [2]) } }),
    node('Mul', ['r', 'k'], ['m']),
    node('Reshape', ['m', 'shape'], ['f']),
    node('Pad', ['f'], ['p'], { pads: [0, 0, 0, 0], mode: 'constant' }),
    node('Slice', ['p'], ['s'], { starts: [0], ends: [64], axes: [1] }),
    node('MatMul', ['s', 'dense'], ['d']),
    node('Softmax', ['d'], ['y'], { axis: 1 }),
  ],
}

async function openAndRead(bytes: Uint8Array): Promise<Network> {
  const network = await onnx.open(memorySource(bytes, { name: 'broken.onnx' }), {})
  for (const weight of network.weights.values()) await weight.read()
  return network
}

test('3,000 mutated files each open or are refused by a LobesError, quickly', async () => {
  const bytes = onnxBytes(BASE)
  expect((await openAndRead(bytes)).operators).toHaveLength(8)
  const random = randomStream(2026)
  const codes = new Map<string, number>()
  for (let trial = 0; trial < 3000; trial++) {
    const mutant = mutate(bytes, random)
    const start = performance.now()
    try {
      await openAndRead(mutant)
      codes.set('opened', (codes.get('opened') ?? 0) + 1)
    } catch (error) {
      if (!(error instanceof LobesError)) throw new Error(`mutant ${trial}: ${error}`, { cause: error })
      codes.set(error.code, (codes.get(error.code) ?? 0) + 1)
    }
    // Not a measure of speed: reading all of them would take minutes.
    expect(performance.now() - start).toBeLessThan(10_000)
  }
  // The mutations reach past the decoder: several different checks have fired, and some files are still good.
  expect(codes.size).toBeGreaterThan(6)
  expect(codes.get('opened')).toBeGreaterThan(100)
})

/** Types with rules of their own, for graphs whose messages are sound and whose content is not. */
const TYPES = [
  ...['Conv', 'ConvTranspose', 'MaxPool', 'AveragePool', 'Gemm', 'MatMul', 'Reshape', 'Flatten', 'Transpose', 'Concat'],
  ...[
    'Split',
    'Slice',
    'Gather',
    'Squeeze',
    'Unsqueeze',
    'Expand',
    'Tile',
    'Pad',
    'Resize',
    'Upsample',
    'TopK',
    'Shape',
  ],
  ...[
    'ConstantOfShape',
    'Range',
    'ReduceSum',
    'ReduceMean',
    'ArgMax',
    'LSTM',
    'Softmax',
    'Clip',
    'Dropout',
    'PRelu',
    'Add',
  ],
  ...[
    'BatchNormalization',
    'Cast',
    'GroupNormalization',
    'ImageScaler',
    'DepthToSpace',
    'Where',
    'Equal',
    'Div',
    'Size',
  ],
]
const NAMES = [
  ...[
    'axis',
    'axes',
    'perm',
    'pads',
    'kernel_shape',
    'strides',
    'dilations',
    'shape',
    'starts',
    'ends',
    'scales',
    'to',
  ],
  ...[
    'split',
    'k',
    'broadcast',
    'blocksize',
    'num_groups',
    'group',
    'bias',
    'start',
    'end',
    'hidden_size',
    'output_shape',
  ],
]
const NUMBERS = [0, 1, -1, 2, 3, 64, -7, 1e6, -1e9, 2 ** 31, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER]

test('2,000 files with senseless operators each open or are refused by a LobesError, quickly', async () => {
  const random = randomStream(31)
  const pick = <T>(items: readonly T[]) => items[random.below(items.length)]
  const list = () => Array.from({ length: random.below(6) }, () => pick(NUMBERS))
  let opened = 0
  for (let trial = 0; trial < 2000; trial++) {
    const initializer = ['i', 'j', 'l'].map(name => {
      const values = list()
      return int64s(name, values.length === 1 && random.below(2) ? [] : [values.length], values)
    })
    const values = ['x', 'w', 'i', 'j', 'l', '']
    const nodes = Array.from({ length: 1 + random.below(8) }, (_, index) => {
      const inputs = Array.from({ length: random.below(5) }, () => pick(values))
      const attributes = Array.from({ length: random.below(5) }, () => [
        pick(NAMES),
        random.below(2) ? list() : pick(NUMBERS),
      ])
      const outputs = Array.from({ length: random.below(4) }, (_, output) => `v${index}_${output}`)
      values.push(...outputs)
      return node(pick(TYPES), inputs, outputs, Object.fromEntries(attributes))
    })
    const model: ModelInit = {
      opset: pick([1, 6, 7, 9, 11, 13, 18, 21, 25]),
      inputs: { x: pick([['batch', 3, 8, 8], [2, 5], [], [1e12, 1e12, 1e12]]) },
      initializer: [floats('w', [2, 3, 1, 1], [1, 2, 3, 4, 5, 6]), ...initializer],
      nodes,
    }
    const start = performance.now()
    await openAndRead(onnxBytes(model)).then(
      () => opened++,
      error => {
        if (!(error instanceof LobesError)) throw new Error(`model ${trial}: ${error}`, { cause: error })
      },
    )
    // Not a measure of speed: reading all of them would take minutes.
    expect(performance.now() - start).toBeLessThan(10_000)
  }
  expect(opened).toBeGreaterThan(1000)
})

describe('a file is refused with the place named', () => {
  const weight = (tensor: object): ModelInit => ({
    opset: 21,
    inputs: { x: [1, 2] },
    outputs: ['y'],
    initializer: [{ name: 'w', dataType: 1, ...tensor }],
    nodes: [node('MatMul', ['x', 'w'], ['y'])],
  })
  const chain = (...nodes: ModelInit['nodes']): ModelInit => ({
    opset: 21,
    inputs: { x: [1, 2] },
    outputs: ['y'],
    nodes,
  })
  const relu = (input: string, output: string) => node('Relu', [input], [output])

  const cases: [string, ModelInit, RegExp][] = [
    ['a size of 2^60', weight({ dims: [2n ** 60n, 2n] }), /tensor "w".*1152921504606846976/],
    ['a size of 2^60 beside a zero', weight({ dims: [2n ** 60n, 0n] }), /tensor "w".*1152921504606846976/],
    ['sizes that overflow', weight({ dims: [2n ** 32n, 2n ** 32n] }), /tensor "w".*impossibly large/],
    ['a negative size', weight({ dims: [-1n, 2n] }), /tensor "w".*\[-1, 2\].*negative/],
    ['too many dimensions', weight({ dims: new Array(100).fill(1n) }), /tensor "w".*100 dimensions/],
    [
      'a size the bytes do not fill',
      weight({ dims: [2n ** 20n], rawData: new Uint8Array(8) }),
      /tensor "w".*4194304 bytes.*8/,
    ],
    ['too few typed values', weight({ dims: [3n], floatData: [1, 2] }), /tensor "w".*12 bytes.*8/],
    ['an unknown element type', weight({ dims: [1n], dataType: 99 }), /tensor "w".*element type 99/],
    ['a cycle', chain(relu('z', 'y'), relu('y', 'z')), /Relu_0.*cycle/],
    ['a value nothing defines', chain(relu('ghost', 'y')), /Relu_0.*"ghost".*nothing defines/],
    ['a value defined twice', chain(relu('x', 'y'), relu('x', 'y')), /Relu_1.*"y" a second time/],
    ['an input defined again', chain(relu('x', 'x'), relu('x', 'y')), /Relu_0.*"x" a second time/],
    ['an output nothing defines', chain(relu('x', 'z')), /output "y".*no operator/],
    ['a constant without a value', chain(node('Constant', [], ['y'])), /Constant_0.*no value/],
  ]
  test.each(cases)('%s', async (_, model, message) => {
    const failure = await openModel(model).catch(error => error)
    expect(failure).toBeInstanceOf(FormatError)
    expect(failure.message).toMatch(message)
  })

  test('two tensors of one name', async () => {
    const twice = { ...weight({}), initializer: [floats('w', [2], [1, 2]), floats('w', [2], [1, 2])] }
    await expect(openModel(twice)).rejects.toThrow(/"w" a second time/)
  })

  test('every truncation, with the byte', async () => {
    const bytes = onnxBytes(BASE)
    for (let length = 1; length < bytes.length; length += 7) {
      const failure = await openAndRead(bytes.slice(0, length)).catch(error => error)
      if (failure instanceof LobesError) expect(failure.message).toMatch(/byte|no operator graph|has the unknown|holds/)
      else expect(failure.operators).toBeDefined()
    }
  })

  test('subgraphs nested without end', async () => {
    let graph: object = { node: [node('Relu', ['x'], ['y'])], output: [{ name: 'y' }] }
    for (let depth = 0; depth < 200; depth++) graph = { node: [node('If', ['x'], ['y'], { then_branch: { graph } })] }
    await expect(openModel({ opset: 21, nodes: [], graph })).rejects.toThrow(/nested more than/)
  })

  test('millions of empty messages', async () => {
    // Two bytes each in the file, hundreds in memory.
    const nodes = new Uint8Array(5_000_000)
    for (let at = 0; at < nodes.length; at += 2) nodes[at] = 0x0a
    const length = [0xc0, 0x96, 0xb1, 0x02]
    const bytes = Uint8Array.from([0x08, 8, 0x3a, ...length, ...nodes])
    const start = performance.now()
    await expect(openAndRead(bytes)).rejects.toThrow(/more than 1048576 fields/)
    // Not a measure of speed: reading all of them would take minutes.
    expect(performance.now() - start).toBeLessThan(10_000)
  })

  test('operators named like built-in properties have no rules and do no harm', async () => {
    const names = ['constructor', '__proto__', 'toString', 'hasOwnProperty']
    const network = await openModel(
      chain(...names.map((type, i) => node(type, [i ? `v${i}` : 'x'], [i === 3 ? 'y' : `v${i + 1}`], { [type]: 1 }))),
    )
    expect(network.operators.map(({ type }) => type)).toEqual(names)
  })
})
