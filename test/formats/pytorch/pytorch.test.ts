import { zipSync } from 'fflate'
import { describe, expect, it } from 'vitest'
import { FormatError, UnsupportedError, UsageError } from '../../../src/errors.ts'
import type { OpenOptions } from '../../../src/formats/format.ts'
import { memorySource } from '../../../src/formats/memory-source.ts'
import { openNetwork } from '../../../src/formats/open.ts'
import {
  bytesOfText,
  called,
  dict,
  floatStorage,
  named,
  persistent,
  rowMajor,
  type Source,
  type StoredBytes,
  tensorOf,
  torchLegacy,
  torchZip,
} from './pickle-bytes.ts'

const open = (bytes: Uint8Array, options: OpenOptions = {}, name = 'net.pth') =>
  openNetwork(memorySource(bytes, { name }), options)
const storage = floatStorage(24)
/** A perceptron 4-3-2 whose tensors lie in one storage. */
const perceptron = (prefix = ''): Record<string, Source> => ({
  [`${prefix}fc1.weight`]: tensorOf('0', storage, [3, 4]),
  [`${prefix}fc1.bias`]: tensorOf('0', storage, [3], [1], 12),
  [`${prefix}fc2.weight`]: tensorOf('0', storage, [2, 3], [3, 1], 15),
})
const zipped = (value: Source, more: Record<string, Uint8Array> = {}) => torchZip(value, { 0: storage }, more)
const values = async (bytes: Uint8Array, name: string, options?: OpenOptions) =>
  Array.from((await (await open(bytes, options)).weights.get(name)!.read()).data, Number)

describe.each([
  ['zip', torchZip],
  ['legacy stream', torchLegacy],
] as const)('a state_dict in a %s', (_, container) => {
  it('opens, its tensors read from where they lie in their storage', async () => {
    const bytes = container(dict(perceptron()), { 0: storage })
    const network = await open(bytes)
    expect(network.source.format).toBe('pytorch')
    expect(network.operators.map(({ name }) => name)).toEqual(['fc1', 'fc2'])
    expect(await values(bytes, 'fc1.bias')).toEqual([12, 13, 14])
    expect(await values(bytes, 'fc2.weight')).toEqual([15, 16, 17, 18, 19, 20])
  })

  it('is known by its bytes, whatever the name', async () => {
    const network = await open(container(dict(perceptron()), { 0: storage }), {}, 'download')
    expect(network.operators).toHaveLength(2)
  })

  it('puts transposed and strided tensors in order', async () => {
    const state = dict({
      'fc1.weight': tensorOf('0', storage, [3, 4], [1, 3]),
      'fc1.bias': tensorOf('0', storage, [3], [4], 1),
      'fc2.weight': tensorOf('0', storage, [2, 3], [0, 1]),
    })
    const bytes = container(state, { 0: storage })
    expect(await values(bytes, 'fc1.weight')).toEqual([0, 3, 6, 9, 1, 4, 7, 10, 2, 5, 8, 11])
    expect(await values(bytes, 'fc1.bias')).toEqual([1, 5, 9])
    expect(await values(bytes, 'fc2.weight')).toEqual([0, 1, 2, 0, 1, 2])
  })

  it('refuses a view that reaches beyond its storage', async () => {
    for (const [sizes, strides, offset] of [
      [[5, 5], [5, 1], 0],
      [[3, 4], [4, 1], 13],
      [[2, 2], [23, 1], 0],
    ]) {
      const state = dict({
        'fc.weight': tensorOf('0', storage, sizes as number[], strides as number[], offset as number),
      })
      await expect(open(container(state, { 0: storage }))).rejects.toThrow(/reaches beyond storage "0" of 96 bytes/)
    }
  })
})

describe('element types', () => {
  it.each<[string, string, number[], number[]]>([
    ['DoubleStorage', 'float64', [0, 0, 0, 0, 0, 0, 0xf8, 0x3f], [1.5]],
    ['HalfStorage', 'float16', [0, 0x3e], [1.5]],
    ['BFloat16Storage', 'bfloat16', [0xc0, 0x3f], [1.5]],
    ['LongStorage', 'int64', [254, 255, 255, 255, 255, 255, 255, 255], [-2]],
    ['IntStorage', 'int32', [254, 255, 255, 255], [-2]],
    ['ShortStorage', 'int16', [254, 255], [-2]],
    ['CharStorage', 'int8', [254], [-2]],
    ['ByteStorage', 'uint8', [254], [254]],
    ['BoolStorage', 'bool', [1], [1]],
  ])('%s', async (type, dtype, bytes, expected) => {
    const stored: StoredBytes = { type, count: 1, bytes: Uint8Array.from(bytes) }
    const network = await open(torchZip(dict({ 'fc.weight': tensorOf('7', stored, [1, 1]) }), { 7: stored }), {
      orientation: 'out-in',
    })
    const weight = await network.weights.get('fc.weight')!.read()
    expect(weight.dtype).toBe(dtype)
    expect(Array.from(weight.data, Number)).toEqual(expected)
  })

  it('of tensors in untyped storages stand beside them', async () => {
    const untyped = persistent('storage', named('torch.storage', 'UntypedStorage'), '0', 'cpu', 96)
    const weight = called(
      'torch._utils',
      '_rebuild_tensor_v3',
      ...[untyped, 2, [2, 3], [3, 1], false, called('collections', 'OrderedDict'), named('torch', 'float32')],
    )
    expect(await values(zipped(dict({ 'fc.weight': weight })), 'fc.weight')).toEqual([2, 3, 4, 5, 6, 7])
  })

  it('that are not read are named', async () => {
    const stored = { type: 'ComplexFloatStorage', count: 1, bytes: new Uint8Array(8) }
    const bytes = torchZip(dict({ 'fc.weight': tensorOf('0', stored, [1, 1]) }), { 0: stored })
    await expect(open(bytes)).rejects.toThrow(/torch.ComplexFloatStorage.*complex/)
  })
})

describe('parameters and subclasses', () => {
  it('are the tensors in them', async () => {
    const hooks = called('collections', 'OrderedDict')
    const tensor = tensorOf('0', storage, [3, 4])
    const subclass = called(
      'torch._tensor',
      '_rebuild_from_type_v2',
      named('torch._utils', '_rebuild_parameter'),
      named('torch.nn.parameter', 'Parameter'),
      [tensor, true, hooks],
      dict({}),
    )
    const state = dict({
      'fc1.weight': called('torch._utils', '_rebuild_parameter', tensor, true, hooks),
      'fc2.weight': subclass,
    })
    expect(
      await values(zipped(state), 'fc1.weight', { layers: [{ type: 'dense', weight: 'fc1.weight' }] }),
    ).toHaveLength(12)
  })
})

describe('which weights', () => {
  const other = dict({
    'a.weight': tensorOf('0', storage, [5, 4]),
    'b.weight': tensorOf('0', storage, [3, 5], rowMajor([3, 5])),
  })

  it.each<[string, Source, OpenOptions, string[]]>([
    [
      'the state_dict of a training script',
      dict({ epoch: 3, best: 0.5, state_dict: dict(perceptron()) }),
      {},
      ['fc1', 'fc2'],
    ],
    [
      'the model beside its optimiser',
      dict({ model: dict(perceptron()), optimizer: dict({ momentum: other }) }),
      {},
      ['fc1', 'fc2'],
    ],
    ['the model beside its average', dict({ model_ema: other, model: dict(perceptron()) }), {}, ['fc1', 'fc2']],
    [
      'the average that --key asks for',
      dict({ model_ema: other, model: dict(perceptron()) }),
      { key: 'model_ema' },
      ['a', 'b'],
    ],
    ['nested keys', dict({ nets: dict({ one: other, two: dict(perceptron()) }) }), { key: 'nets.one' }, ['a', 'b']],
    ['the only average there is', dict({ ema: dict(perceptron()), args: 'x' }), {}, ['fc1', 'fc2']],
  ])('%s', async (_, value, options, expected) => {
    const network = await open(zipped(value), options)
    expect(network.operators.map(({ name }) => name)).toEqual(expected)
  })

  it('what was chosen and what was not is said', async () => {
    const { notes } = await open(zipped(dict({ model_ema: other, model: dict(perceptron()) })))
    expect(notes).toContain('The weights are those at "model" of the checkpoint.')
    expect(notes.join('\n')).toMatch(/--key: "model_ema" \(2 tensors, 35 elements\)/)
  })

  it('two networks without a usual name are an error that lists them', async () => {
    const both = zipped(dict({ generator: other, discriminator: dict(perceptron()) }))
    await expect(open(both)).rejects.toThrow(/--key .*"generator" \(2 tensors.*"discriminator" \(3 tensors/)
    await expect(open(both, { key: 'critic' })).rejects.toThrow(UsageError)
    await expect(open(both, { key: 'critic' })).rejects.toThrow(/"critic"; it has them at "generator"/)
  })

  it('prefixes of wrappers are left out, and said', async () => {
    const network = await open(zipped(dict(perceptron('module._orig_mod.'))))
    expect([...network.weights.keys()]).toEqual(['fc1.weight', 'fc1.bias', 'fc2.weight'])
    expect(network.notes.join('\n')).toMatch(/prefix "module\.".*\n.*prefix "_orig_mod\."/)
  })

  it('no weights at all: what there is instead', async () => {
    await expect(open(zipped(dict({ epoch: 1 })))).rejects.toThrow(/no state_dict, but a dictionary of epoch/)
    await expect(open(zipped([1, 2]))).rejects.toThrow(/but a list of 2/)
    await expect(open(zipped(tensorOf('0', storage, [3, 4])))).rejects.toThrow(/but a single tensor/)
  })
})

describe('what is not read is recognised', () => {
  it('TorchScript', async () => {
    const script = zipped(dict({}), {
      'archive/constants.pkl': new Uint8Array(4),
      'archive/code/net.py': new Uint8Array(1),
    })
    await expect(open(script)).rejects.toThrow(/TorchScript.*\n.*torch\.jit\.load.*\n.*torch\.onnx\.export/)
  })

  it('programs of torch.export', async () => {
    await expect(open(zipped(dict({}), { 'archive/archive_format': bytesOfText('pt2') }))).rejects.toThrow(
      /torch\.export/,
    )
  })

  it('big-endian files', async () => {
    const big = zipped(dict(perceptron()), { 'archive/byteorder': bytesOfText('big') })
    await expect(open(big)).rejects.toThrow(/big-endian/)
    const little = zipped(dict(perceptron()), { 'archive/byteorder': bytesOfText('little') })
    expect((await open(little)).operators).toHaveLength(2)
    await expect(open(torchLegacy(dict(perceptron()), { 0: storage }, { littleEndian: false }))).rejects.toThrow(
      /big-endian/,
    )
  })

  it('whole models, with the two lines that export them', async () => {
    const model = called('torch.nn.modules.linear', 'Linear', 3)
    for (const bytes of [zipped(model), torchLegacy(model, {})]) {
      await expect(open(bytes)).rejects.toThrow(UnsupportedError)
      await expect(open(bytes)).rejects.toThrow(/whole Python object.*\nmodel = torch\.load.*\ntorch\.onnx\.export/)
    }
  })

  it('a zip of something else', async () => {
    const other = new Uint8Array(zipSync({ 'x/whatever': new Uint8Array(1) }))
    await expect(open(other)).rejects.toThrow(/no members called data\.pkl/)
  })

  it('a pickle that is not of torch.save', async () => {
    await expect(open(torchLegacy(dict({}), {}, { magic: called('torch', 'Size', []) }))).rejects.toThrow(
      /a Python pickle, but not one of torch\.save/,
    )
  })

  it('a cut-off file', async () => {
    const bytes = torchLegacy(dict(perceptron()), { 0: storage })
    await expect(open(bytes.subarray(0, bytes.length - 1))).rejects.toThrow(FormatError)
    await expect(open(bytes.subarray(0, bytes.length - 1))).rejects.toThrow(/storage "0" ends at byte.*cut off/)
    await expect(open(zipped(dict(perceptron())).subarray(0, 200))).rejects.toThrow(FormatError)
  })
})
