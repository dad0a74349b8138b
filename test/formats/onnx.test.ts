/** What ONNX files can hold, and that it all comes out: every place and type of tensor, constants, subgraphs, order. */
import { describe, expect, test } from 'vitest'
import { FormatError, UnsupportedError } from '../../src/errors.ts'
import { memorySource } from '../../src/formats/memory-source.ts'
import { encodeOnnx } from '../../src/formats/onnx-write.ts'
import { openNetwork } from '../../src/formats/open.ts'
import { floats, int64s, type ModelInit, node, onnxBytes, openModel, types, valuesOf } from './onnx-models.ts'

function withTensor(tensor: object): ModelInit {
  return {
    opset: 21,
    inputs: { x: [1] },
    outputs: ['y'],
    initializer: [{ name: 'w', dims: [3n], ...tensor }],
    nodes: [node('Custom', ['x', 'w'], ['y'])],
  }
}

describe('tensor values', () => {
  const typed: [string, object, number[]][] = [
    ['float_data', { dataType: 1, floatData: [1.5, -2, 3] }, [1.5, -2, 3]],
    ['double_data', { dataType: 11, doubleData: [1e300, 2, 3] }, [1e300, 2, 3]],
    ['int64_data', { dataType: 7, int64Data: [-(2n ** 40n), 2n, 3n] }, [-(2 ** 40), 2, 3]],
    ['uint64_data', { dataType: 13, uint64Data: [2n ** 40n, 2n, 3n] }, [2 ** 40, 2, 3]],
    ['uint64_data as uint32', { dataType: 12, uint64Data: [2n ** 31n, 2n, 3n] }, [2 ** 31, 2, 3]],
    ['int32_data', { dataType: 6, int32Data: [-5, 2, 3] }, [-5, 2, 3]],
    ['int32_data as int8', { dataType: 3, int32Data: [-5, 2, 3] }, [-5, 2, 3]],
    ['int32_data as uint8', { dataType: 2, int32Data: [250, 2, 3] }, [250, 2, 3]],
    ['int32_data as int16', { dataType: 5, int32Data: [-500, 2, 3] }, [-500, 2, 3]],
    ['int32_data as uint16', { dataType: 4, int32Data: [65000, 2, 3] }, [65000, 2, 3]],
    ['int32_data as bool', { dataType: 9, int32Data: [1, 0, 1] }, [1, 0, 1]],
    ['int32_data as float16', { dataType: 10, int32Data: [0x3c00, 0xc000, 1] }, [1, -2, 2 ** -24]],
    ['int32_data as bfloat16', { dataType: 16, int32Data: [0x3f80, 0xc000, 0x4040] }, [1, -2, 3]],
    ['int32_data as float8', { dataType: 17, int32Data: [0x38, 0xc0, 0x7e] }, [1, -2, 448]],
    ['raw float32', { dataType: 1, rawData: new Uint8Array(Float32Array.of(1, 2, 3).buffer) }, [1, 2, 3]],
    ['raw float16', { dataType: 10, rawData: Uint8Array.of(0, 0x3c, 0, 0xc0, 0, 0) }, [1, -2, 0]],
    ['raw bfloat16', { dataType: 16, rawData: Uint8Array.of(0x80, 0x3f, 0, 0xc0, 0, 0) }, [1, -2, 0]],
    ['raw int64', { dataType: 7, rawData: new Uint8Array(BigInt64Array.of(-1n, 2n, 3n).buffer) }, [-1, 2, 3]],
  ]
  test.each(typed)('%s', async (_, tensor, expected) => {
    const network = await openModel(withTensor(tensor))
    expect(await valuesOf(network, 'w')).toEqual(expected)
    const again = await openNetwork(memorySource(await encodeOnnx(network), { name: 'again.onnx' }))
    expect(await valuesOf(again, 'w')).toEqual(expected)
    expect(again.weights.get('w')!.dtype).toBe(network.weights.get('w')!.dtype)
  })

  test('large raw data stays in the file until it is asked for', async () => {
    const values = Array.from({ length: 5000 }, (_, i) => i)
    const bytes = onnxBytes({ ...withTensor({}), initializer: [floats('w', [50, 100], values)] })
    const source = memorySource(bytes, { name: 'large.onnx' })
    const ranges: number[][] = []
    const watched = {
      ...source,
      slice(start: number, end: number) {
        ranges.push([start, end])
        return source.slice(start, end)
      },
    }
    const network = await openNetwork(watched)
    expect(await valuesOf(network, 'w')).toEqual(values)
    expect(ranges.at(-1)![1] - ranges.at(-1)![0]).toBe(20000)
  })

  test.each([
    ['strings', { dataType: 8, stringData: [] }, /STRING/],
    ['complex numbers', { dataType: 14, floatData: [] }, /COMPLEX64/],
    ['4-bit integers', { dataType: 22, int32Data: [] }, /INT4/],
  ])('%s are refused by name', async (_, tensor, message) => {
    const failure = await openModel(withTensor(tensor)).catch(error => error)
    expect(failure).toBeInstanceOf(UnsupportedError)
    expect(failure.message).toMatch(message)
    expect(failure.message).toMatch(/"w"/)
  })

  test('a sparse tensor is refused by name', async () => {
    const sparse = { values: floats('sparse_w', [1], [1]), indices: int64s('', [1], [0]), dims: [4n] }
    const model = { ...withTensor({ dataType: 1, floatData: [1, 2, 3] }), graph: { sparseInitializer: [sparse] } }
    await expect(openModel(model)).rejects.toThrow(/"sparse_w" as a sparse tensor/)
  })
})

describe('external data', () => {
  const values = Float32Array.of(9, 1, 2, 3, 9)
  const siblings = { 'data/weights.bin': new Uint8Array(values.buffer) }
  const place = (entries: Record<string, string>) =>
    withTensor({
      dataType: 1,
      dataLocation: 1,
      externalData: Object.entries(entries).map(([key, value]) => ({ key, value })),
    })
  const open = (entries: Record<string, string>) =>
    openNetwork(memorySource(onnxBytes(place(entries)), { name: 'm.onnx', siblings }))

  test('is read from the file beside the model', async () => {
    const network = await open({ location: 'data/weights.bin', offset: '4', length: '12' })
    expect(await valuesOf(network, 'w')).toEqual([1, 2, 3])
    expect(await valuesOf(await open({ location: './data/weights.bin', offset: '8' }), 'w')).toEqual([2, 3, 9])
  })

  test.each([
    ['a missing file', { location: 'other.bin' }, /"other.bin".*not beside/],
    ['a way out of the folder', { location: '../weights.bin' }, /"\.\.\/weights\.bin".*same folder/],
    ['an absolute path', { location: '/etc/passwd' }, /"\/etc\/passwd".*same folder/],
    ['a drive', { location: 'C:\\weights.bin' }, /same folder/],
    ['no path', {}, /same folder/],
    ['an offset past the end', { location: 'data/weights.bin', offset: '12' }, /"w".*12 to 24.*only 20/],
    ['an absurd offset', { location: 'data/weights.bin', offset: '1152921504606846976' }, /1152921504606846976/],
    ['a negative offset', { location: 'data/weights.bin', offset: '-4' }, /-4/],
    ['a wrong length', { location: 'data/weights.bin', length: '8' }, /"w".*12 bytes.*8/],
  ])('%s is refused', async (_, entries, message) => {
    const failure = await open(entries as Record<string, string>).catch(error => error)
    expect(failure).toBeInstanceOf(FormatError)
    expect(failure.message).toMatch(message)
  })
})

describe('structure', () => {
  test('constants of every form become weights', async () => {
    const network = await openModel({
      opset: 21,
      inputs: { x: [1] },
      outputs: ['y'],
      nodes: [
        node('Constant', [], ['a'], { value: { tensor: floats('', [2], [1, 2]) } }),
        node('Constant', [], ['b'], { value_float: { float: 0.5 } }),
        node('Constant', [], ['c'], { value_int: 7 }),
        node('Constant', [], ['d'], { value_floats: { float: [1.5, 2.5] } }),
        node('Constant', [], ['e'], { value_ints: [3, 4] }),
        node('Custom', ['x', 'a', 'b', 'c', 'd', 'e'], ['y']),
      ],
    })
    expect(types(network)).toEqual(['Custom'])
    const read = await Promise.all(['a', 'b', 'c', 'd', 'e'].map(name => valuesOf(network, name)))
    expect(read).toEqual([[1, 2], [0.5], [7], [1.5, 2.5], [3, 4]])
    expect(network.source.operators).toEqual({ Constant: 5, Custom: 1 })
  })

  test('initialisers listed among the inputs are not inputs', async () => {
    const network = await openModel({
      opset: 7,
      irVersion: 3,
      inputs: { x: ['n', 2], w: [2, 3] },
      outputs: ['y'],
      initializer: [floats('w', [2, 3], [1, 2, 3, 4, 5, 6])],
      nodes: [node('MatMul', ['x', 'w'], ['y'])],
    })
    expect(network.inputs).toEqual([{ name: 'x', dtype: 'float32', shape: [null, 2] }])
  })

  test('operators are sorted, and get unique names', async () => {
    const relu = (input: string, output: string) => ({ ...node('Relu', [input], [output]), name: 'same' })
    const network = await openModel({
      opset: 21,
      inputs: { x: [1] },
      outputs: ['y'],
      nodes: [relu('b', 'y'), relu('a', 'b'), relu('x', 'a')],
    })
    expect(network.operators.map(({ outputs }) => outputs[0])).toEqual(['a', 'b', 'y'])
    expect(new Set(network.operators.map(({ name }) => name)).size).toBe(3)
  })

  test('a subgraph is a network that may use values from outside', async () => {
    const body = { name: 'body', node: [node('MatMul', ['x', 'w'], ['z'])], output: [{ name: 'z' }] }
    const network = await openModel({
      opset: 21,
      inputs: { x: [1, 2], c: [] },
      outputs: ['y'],
      initializer: [floats('w', [2, 2], [1, 2, 3, 4])],
      nodes: [node('If', ['c'], ['y'], { then_branch: { graph: body }, else_branch: { graph: body } })],
    })
    expect(network.source.operators).toEqual({ If: 1, MatMul: 2 })
    expect(network.operators[0].attributes.then_branch).toMatchObject({ operators: [{ type: 'MatMul' }] })
    expect(network.weights.has('w')).toBe(true)
  })

  test('attributes of files that do not state their types', async () => {
    const untyped = {
      opType: 'Custom',
      input: ['x'],
      output: ['y'],
      attribute: [
        { name: 'i', i: 3n },
        { name: 'f', f: 0 },
        { name: 's', s: new TextEncoder().encode('text') },
        { name: 'ints', ints: [1n, 2n] },
      ],
    }
    const network = await openModel({ opset: 1, inputs: { x: [1] }, outputs: ['y'], nodes: [untyped] })
    expect(network.operators[0].attributes).toEqual({ i: 3, f: 0, s: 'text', ints: [1, 2] })
  })

  test('weights that are only rearranged are folded', async () => {
    const network = await openModel({
      opset: 13,
      inputs: { x: [1, 3] },
      outputs: ['y'],
      initializer: [floats('w', [2, 3], [1, 2, 3, 4, 5, 6]), int64s('shape', [2], [3, 2])],
      nodes: [
        node('Transpose', ['w'], ['t']),
        node('Identity', ['t'], ['u']),
        node('MatMul', ['x', 'u'], ['m']),
        node('Reshape', ['w', 'shape'], ['r']),
        node('MatMul', ['x', 'r'], ['n']),
        node('Add', ['m', 'n'], ['y']),
      ],
    })
    expect(types(network)).toEqual(['MatMul', 'MatMul', 'Add'])
    expect(await valuesOf(network, 'u')).toEqual([1, 4, 2, 5, 3, 6])
    expect(await valuesOf(network, 'r')).toEqual([1, 2, 3, 4, 5, 6])
    expect(network.weights.get('u')!.shape).toEqual([3, 2])
    expect([...network.weights.keys()].sort()).toEqual(['r', 'u'])
  })

  test('half-precision weights that are cast for use are folded', async () => {
    const network = await openModel({
      opset: 21,
      inputs: { x: [1, 1] },
      outputs: ['y'],
      initializer: [{ name: 'h', dims: [1n, 2n], dataType: 10, int32Data: [0x3c00, 0x4000] }],
      nodes: [node('Cast', ['h'], ['w'], { to: 1 }), node('MatMul', ['x', 'w'], ['y'])],
    })
    expect(types(network)).toEqual(['MatMul'])
    expect(network.weights.get('w')).toMatchObject({ dtype: 'float32', shape: [1, 2] })
    expect(await valuesOf(network, 'w')).toEqual([1, 2])
  })
})

describe('functions defined in the file', () => {
  const fn = (name: string, nodes: ModelInit['nodes']) => ({
    name,
    domain: 'local',
    input: ['a', 'b'],
    output: ['c'],
    attribute: ['slope'],
    node: [...nodes],
  })
  const call = (...parts: Parameters<typeof node>) => {
    const made = node(...parts)
    made.domain = 'local'
    return made
  }
  const leaky = node('LeakyRelu', ['m'], ['c'], { alpha: { float: 0.25 } })
  leaky.attribute![0].refAttrName = 'slope'
  const dense = fn('Dense', [node('MatMul', ['a', 'b'], ['m']), leaky])
  const model: ModelInit = {
    opset: 21,
    inputs: { x: [1, 2] },
    outputs: ['y'],
    initializer: [floats('w', [2, 2], [1, 2, 3, 4])],
    nodes: [],
  }

  test('are replaced by their bodies, nested ones too', async () => {
    const pair = fn('Pair', [
      call('Dense', ['a', 'b'], ['m'], { slope: { float: 0.5 } }),
      call('Dense', ['m', 'b'], ['c']),
    ])
    const network = await openModel({ ...model, nodes: [call('Pair', ['x', 'w'], ['y'])], functions: [dense, pair] })
    expect(types(network)).toEqual(['MatMul', 'LeakyRelu', 'MatMul', 'LeakyRelu'])
    expect(network.operators.map(({ attributes }) => attributes)).toEqual([{}, { alpha: 0.5 }, {}, {}])
    expect(network.operators.map(({ inputs }) => inputs[1])).toEqual(['w', undefined, 'w', undefined])
    expect(network.operators[3].outputs).toEqual(['y'])
    expect(network.source.operators).toEqual({ Pair: 1 })
  })

  test('that call themselves, or unfold without bounds, are refused', async () => {
    const loop = fn('Loop', [call('Loop', ['a', 'b'], ['c'])])
    await expect(openModel({ ...model, nodes: [call('Loop', ['x', 'w'], ['y'])], functions: [loop] })).rejects.toThrow(
      /"Loop" calls itself/,
    )
    const bombs = Array.from({ length: 40 }, (_, i) =>
      fn(`Bomb${i}`, [call(`Bomb${i + 1}`, ['a', 'b'], ['m']), call(`Bomb${i + 1}`, ['m', 'b'], ['c'])]),
    )
    await expect(openModel({ ...model, nodes: [call('Bomb0', ['x', 'w'], ['y'])], functions: bombs })).rejects.toThrow(
      /unfold to more than/,
    )
  })
})
