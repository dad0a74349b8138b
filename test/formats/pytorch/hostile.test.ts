/** Damaged and malicious checkpoints: nothing in them is executed, and nothing takes memory or time without end. */
import { describe, expect, it, test } from 'vitest'
import { FormatError, LobesError, UnsupportedError } from '../../../src/errors.ts'
import { memorySource } from '../../../src/formats/memory-source.ts'
import { openNetwork } from '../../../src/formats/open.ts'
import { randomStream } from '../../../src/random.ts'
import { mutate } from '../mutations.ts'
import {
  bytesOfText,
  called,
  dict,
  floatStorage,
  list,
  named,
  persistent,
  pickled,
  raw,
  type Source,
  tensorOf,
  torchLegacy,
  torchZip,
  type Written,
} from './pickle-bytes.ts'

const storage = floatStorage(24)
const perceptron: Readonly<Record<string, Source>> = {
  'fc1.weight': tensorOf('0', storage, [3, 4]),
  'fc1.bias': tensorOf('0', storage, [3], [1], 12),
  'fc2.weight': tensorOf('0', storage, [2, 3], [1, 2], 15),
}
const open = (bytes: Uint8Array) => openNetwork(memorySource(bytes, { name: 'net.pth' }))
const containers = (value: Source) => [torchZip(value, { 0: storage }), torchLegacy(value, { 0: storage })]

describe('calls are refused by name, and nothing happens', () => {
  const payload = 'globalThis.hacked = 1'

  it.each<[string, Written]>([
    ['os.system', called('os', 'system', payload)],
    ['posix.system', called('posix', 'system', payload)],
    ['subprocess.Popen', called('subprocess', 'Popen', payload)],
    ['builtins.eval', called('builtins', 'eval', payload)],
    ['__builtin__.eval', called('__builtin__', 'eval', payload)],
    ['builtins.exec', called('builtins', 'exec', payload)],
    ['builtins.getattr', called('builtins', 'getattr', 'a', '__class__')],
    ['torch.load', called('torch', 'load', 'other.pth')],
    ['torch.hub.load', called('torch.hub', 'load', 'x')],
    ['torch.storage._load_from_bytes', called('torch.storage', '_load_from_bytes', 'x')],
    ['numpy.core.multiarray._reconstruct', called('numpy.core.multiarray', '_reconstruct', 0)],
    ['numpy.f2py.crackfortran.getlincoef', called('numpy.f2py.crackfortran', 'getlincoef', payload)],
    ['collections.OrderedDict.__reduce__', called('collections', 'OrderedDict.__reduce__')],
    ['constructor.constructor', called('constructor', 'constructor', payload)],
    ['__proto__.toString', called('__proto__', 'toString')],
    ['.hasOwnProperty', called('', 'hasOwnProperty')],
  ])('%s', async (name, call) => {
    for (const bytes of containers(dict({ ...perceptron, extra: call }))) {
      const failure = await open(bytes).catch(error => error)
      expect(failure).toBeInstanceOf(UnsupportedError)
      expect(failure.message).toContain(`"${name}"`)
      expect(failure.message).toMatch(/nothing was executed/)
    }
    expect('hacked' in globalThis).toBe(false)
  })

  it('by STACK_GLOBAL, too', async () => {
    const unicode = (text: string) => [0x8c, text.length, ...bytesOfText(text)]
    const call = raw(...unicode('os'), ...unicode('system'), 0x93, 0x29, 0x52)
    await expect(open(torchZip(call, {}))).rejects.toThrow(/"os\.system"/)
  })

  it('state cannot be set on what is on the list', async () => {
    const build = raw(...named('torch._utils', '_rebuild_tensor_v2').write, 0x7d, 0x62)
    await expect(open(torchZip(build, {}))).rejects.toThrow(/state is set on what has none/)
  })

  it('values of the list that are no functions cannot be called', async () => {
    await expect(open(torchZip(called('torch', 'FloatStorage', 3), {}))).rejects.toThrow(/called that cannot be/)
  })

  it('keys named like built-in properties are keys', async () => {
    const poison = dict({ polluted: true })
    const bytes = torchZip(dict({ ...perceptron, ['__proto__']: poison, constructor: poison }), { 0: storage })
    expect((await open(bytes)).operators).toHaveLength(2)
    expect('polluted' in {}).toBe(false)
  })
})

describe('a file is refused with the place named', () => {
  it.each<[string, Source, RegExp]>([
    ['a storage that is no storage', tensorOfId('storage', 'FloatStorage', '0', 'cpu', 24), /does not describe/],
    [
      'a storage of negative size',
      tensorOfId('storage', named('torch', 'FloatStorage'), '0', 'cpu', -1),
      /does not describe/,
    ],
    [
      'a storage of two sizes',
      [tensorOf('0', storage, [2]), tensorOf('0', { ...storage, count: 23 }, [2])],
      /two types or sizes/,
    ],
    ['a storage elsewhere', tensorOf('../../etc/passwd', storage, [2]), /storage "\.\.\/\.\.\/etc\/passwd" .*missing/],
    ['a view without strides', tensorOf('0', storage, [3, 4], [1]), /sizes are \[3,4\], its strides \[1\]/],
    ['negative sizes', tensorOf('0', storage, [-3, 4], [4, 1]), /sizes are \[-3,4\]/],
    [
      'a product of sizes beyond all numbers',
      tensorOf('0', storage, new Array(40).fill(2 ** 30), new Array(40).fill(0)),
      /its shape is/,
    ],
    ['trillions of values from one', tensorOf('0', storage, [2 ** 20, 2 ** 20], [0, 0]), /repeats 1 stored values/],
    ['a tensor in no storage', called('torch._utils', '_rebuild_tensor_v2', 7, 0, [1], [1], false), /in no storage/],
    ['an opcode that PyTorch does not use', raw(0x69), /opcode 0x69/],
    ['a value taken from nowhere', raw(0x30, 0x30), /taken where there is none/],
    ['a value recalled that was never remembered', raw(0x68, 9), /value 9 is recalled/],
    ['an item for what is no dictionary', raw(0x5d, 0x4e, 0x4e, 0x73), /no dictionary/],
    ['a string longer than the file', raw(0x58, 255, 255, 255, 255), /cut off/],
    ['bytes longer than any file', raw(0x8e, 255, 255, 255, 255, 255, 255, 255, 255), /cut off/],
    ['an integer of 100 bytes', raw(0x8a, 100, ...new Array(100).fill(1)), /integer of 100 bytes/],
    ['a global whose name never ends', raw(0x63, ...new Array(2000).fill(65)), /line of more than 1000/],
  ])('%s', async (_, value, message) => {
    const failure = await open(torchZip(value, { 0: storage })).catch(error => error)
    expect(failure).toBeInstanceOf(LobesError)
    expect(failure.message).toMatch(message)
  })

  it('a storage with fewer bytes than it claims', async () => {
    const short = { 0: { ...storage, bytes: storage.bytes.subarray(0, 95) } }
    await expect(open(torchZip(dict(perceptron), short))).rejects.toThrow(/storage "0" of 96 bytes has only 95/)
    await expect(open(torchLegacy(dict(perceptron), { 0: { ...storage, count: 23 } }))).rejects.toThrow(/23 elements/)
    await expect(open(torchLegacy(dict(perceptron), {}))).rejects.toThrow(/storage "0" is missing/)
  })

  it.each(['../escape', '/etc/passwd', 'archive/../../x', 'C:\\x', 'archive\\..\\x', 'nul\0l'])(
    'member %s',
    async name => {
      const bytes = torchZip(dict(perceptron), { 0: storage }, { [name]: new Uint8Array(1) })
      await expect(open(bytes)).rejects.toThrow(FormatError)
      await expect(open(bytes)).rejects.toThrow(/would leave its folder/)
    },
  )
})

function tensorOfId(...id: Source[]): Written {
  return called('torch._utils', '_rebuild_tensor_v2', persistent(...id), 0, [1], [1], false)
}

describe('bombs', () => {
  const repeat = (count: number, ...bytes: number[]) => raw(...Array.from({ length: count }, () => bytes).flat())

  it('lists of lists of lists, each named ten times', async () => {
    // Sixty levels: 10⁶⁰ values, were they written out.
    const levels = Array.from({ length: 60 }, (_, i) => [
      0x5d,
      0x71,
      i + 1,
      0x28,
      ...new Array(10).fill([0x68, i]).flat(),
      0x65,
    ])
    const bomb = raw(0x5d, 0x71, 0, ...levels.flat())
    await expect(open(torchZip(bomb, {}))).rejects.toThrow(/no state_dict/)
  })

  it('dictionaries within themselves', async () => {
    const loop = raw(0x7d, 0x71, 0, 0x58, 1, 0, 0, 0, 97, 0x68, 0, 0x73)
    await expect(open(torchZip(loop, {}))).rejects.toThrow(/no state_dict/)
  })

  it.each<[string, number, number[]]>([
    ['empty dictionaries', 600_000, [0x7d]],
    ['memories', 1_200_000, [0x4e, 0x94]],
    ['opcodes', 1_600_000, [0x4e, 0x30]],
  ])('millions of %s', async (_, count, opcodes) => {
    const pickle = new Uint8Array(count * opcodes.length + 2)
    pickle.set([0x80, 2])
    for (let at = 2; at < pickle.length; at += opcodes.length) pickle.set(opcodes, at)
    const started = performance.now()
    await expect(open(torchZip(null, {}, { 'archive/data.pkl': pickle }))).rejects.toThrow(/more than/)
    // Not a measure of speed: without the limits it would end in an error of memory.
    expect(performance.now() - started).toBeLessThan(20_000)
  })

  it('one list made a set again and again', async () => {
    const ascii = (text: string) => [...bytesOfText(text)]
    const items = Array.from({ length: 20_000 }, (_, i) => [0x4d, i & 255, i >> 8]).flat()
    const shared = [...ascii('cbuiltins\nset\n'), 0x71, 0, 0x30, 0x5d, 0x28, ...items, 0x65, 0x85, 0x71, 1]
    const copies = Array.from({ length: 10_000 }, () => [0x68, 0, 0x68, 1, 0x52]).flat()
    await expect(open(torchZip(raw(...shared, ...copies), {}))).rejects.toThrow(/more than 500000 objects/)
  })

  it('a prefix before prefixes before prefixes', async () => {
    const name = `${'module.'.repeat(100_000)}fc.weight`
    await expect(open(torchZip(dict({ [name]: tensorOf('0', storage, [3, 4]) }), { 0: storage }))).rejects.toThrow(
      /a tensor whose name is \d+ characters long/,
    )
  })

  it('more tensors than a network has', async () => {
    const one = [
      ...bytesOfText('ctorch._utils\n_rebuild_tensor_v2\n'),
      0x71,
      0,
      0x30,
      ...tensorOf('0', storage, [3, 4]).write,
    ]
    const names = Array.from({ length: 40_000 }, (_, i) => [
      0x58,
      5,
      0,
      0,
      0,
      ...bytesOfText(String(10_000 + i)),
      0x68,
      1,
    ])
    const bomb: Written = { write: [...one, 0x71, 1, 0x30, 0x7d, 0x28, ...names.flat(), 0x75] }
    await expect(open(torchZip(bomb, { 0: storage }))).rejects.toThrow(/has 40000 tensors.*more than the 30000/)
  })

  it('marks within marks', async () => {
    await expect(open(torchZip(repeat(100_000, 0x28), {}))).rejects.toThrow(LobesError)
  })

  it('thousands of state_dicts', async () => {
    const many = Object.fromEntries(Array.from({ length: 3000 }, (_, i) => [`n${i}`, dict({ x: 1 })]))
    await expect(open(torchZip(dict(many), {}))).rejects.toThrow(/no state_dict/)
  })
})

/** Both containers, with nested dictionaries, lists, several storages and views. */
const STATE = dict({
  epoch: 3,
  lr: 0.1,
  history: list(1, 2, 0.5),
  state_dict: dict({ ...perceptron, 'fc2.bias': tensorOf('b', floatStorage(2), [2]) }),
})
const FILES = [torchZip, torchLegacy].map(container => container(STATE, { 0: storage, b: floatStorage(2) }))
const TRIALS = 600

test(`${TRIALS} mutated files each open or are refused by a LobesError, quickly`, async () => {
  const random = randomStream(61)
  const codes = new Map<string, number>()
  let slowest = 0
  for (let trial = 0; trial < TRIALS; trial++) {
    const mutant = mutate(FILES[trial % 2], random)
    const started = performance.now()
    try {
      const network = await open(mutant)
      for (const weight of network.weights.values()) await weight.read()
      codes.set('opened', (codes.get('opened') ?? 0) + 1)
    } catch (error) {
      if (!(error instanceof LobesError)) throw new Error(`mutant ${trial}: ${error}`, { cause: error })
      codes.set(error.code, (codes.get(error.code) ?? 0) + 1)
    }
    slowest = Math.max(slowest, performance.now() - started)
  }
  // Not a measure of speed: a hang would take minutes.
  expect(slowest).toBeLessThan(10_000)
  // The mutations reach past the container: several different checks have fired, and some files are still good.
  expect(codes.size).toBeGreaterThan(6)
  expect(codes.get('opened')).toBeGreaterThan(40)
})

test('pickles of all kinds of rubbish', async () => {
  const random = randomStream(62)
  for (let trial = 0; trial < 500; trial++) {
    const rubbish = raw(...Array.from({ length: 40 }, () => random.below(256)))
    const failure = await open(torchZip(rubbish, {})).catch(error => error)
    expect(failure).toBeInstanceOf(LobesError)
    const whole = await open(pickled(rubbish)).catch(error => error)
    expect(whole).toBeInstanceOf(LobesError)
  }
})
