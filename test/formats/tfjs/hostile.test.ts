/** Damaged and malicious TensorFlow.js models: refused by an error that names the place, at once. */
import { describe, expect, test } from 'vitest'
import { FormatError, LobesError, UnsupportedError } from '../../../src/errors.ts'
import { memorySource } from '../../../src/formats/memory-source.ts'
import { openNetwork } from '../../../src/formats/open.ts'
import { prepareGraph } from '../../../src/graph/prepare.ts'
import { type Random, randomStream } from '../../../src/random.ts'
import { flipped } from '../mutations.ts'
import { CASES } from './graph-cases.ts'
import { graphModel, type Model, node, noise, openModel, placeholder, vector } from './model-files.ts'

const MUTANTS = 400

/** Opens a model whose `model.json` is given as bytes, and reads all of it. */
async function openAndRead(json: Uint8Array, files: Model['files']): Promise<void> {
  const network = await openNetwork(memorySource(json, { name: 'model.json', siblings: files }))
  for (const weight of network.weights.values()) await weight.read()
  await prepareGraph(network).catch(error => {
    // Most mutants have no unit graph, and say so.
    if (!(error instanceof LobesError)) throw error
  })
}

const encode = (value: unknown) => new TextEncoder().encode(JSON.stringify(value))

function mutateBytes(bytes: Uint8Array, random: Random): Uint8Array {
  const at = random.below(bytes.length)
  const inserted = ['9', '[', ']', '{', '}', '"', ',', '-', '1e9', 'null', '[[[[', '^', ':1', '../']
  switch (random.below(4)) {
    case 0:
      return bytes.slice(0, at)
    case 1:
      return flipped(bytes, random)
    case 2: {
      const text = new TextEncoder().encode(inserted[random.below(inserted.length)])
      return Uint8Array.from([...bytes.subarray(0, at), ...text, ...bytes.subarray(at + random.below(3))])
    }
    default:
      return Uint8Array.from([...bytes.subarray(0, at), ...bytes.subarray(at + random.below(30))])
  }
}

const SENSELESS = [null, -1, 0, 1, 3.5, 1e300, 2 ** 53, '', '-1', 'x', 'y', '^x', 'x:1', 'AAAA', '!', [], {}, [1], true]

/** Puts a senseless value, or another part of the same model, in some place of it. */
function mutateContent(json: Model['json'], random: Random): unknown {
  const copy = structuredClone(json)
  const places: [Record<string, unknown>, string][] = []
  const visit = (value: unknown) => {
    if (typeof value !== 'object' || value === null) return
    for (const key of Object.keys(value)) {
      places.push([value as Record<string, unknown>, key])
      visit((value as Record<string, unknown>)[key])
    }
  }
  // The manifest is checked strictly; most mutants should get past it.
  visit(random.below(5) ? copy.modelTopology : copy)
  for (let count = 1 + random.below(3); count > 0; count--) {
    const [parent, key] = places[random.below(places.length)]
    const [other, from] = places[random.below(places.length)]
    if (random.below(4) === 0) delete parent[key]
    else parent[key] = random.below(2) ? SENSELESS[random.below(SENSELESS.length)] : structuredClone(other[from])
  }
  return copy
}

const LAYERS = {
  class_name: 'Sequential',
  config: {
    layers: [
      {
        class_name: 'Conv2D',
        config: {
          name: 'c',
          filters: 4,
          kernel_size: [3, 3],
          strides: [1, 1],
          padding: 'same',
          batch_input_shape: [null, 6, 6, 3],
        },
      },
      { class_name: 'Flatten', config: { name: 'f' } },
      { class_name: 'Dense', config: { name: 'd', units: 2, activation: 'softmax' } },
    ],
  },
}
const SHAPES = { 'c/kernel': [3, 3, 3, 4], 'c/bias': [4], 'd/kernel': [144, 2], 'd/bias': [2] }

function layersModel(): Model {
  const weights = Object.entries(SHAPES).map(([name, shape]) => ({ name, shape, dtype: 'float32' }))
  const { files } = graphModel(
    [placeholder('x', [1])],
    Object.fromEntries(weights.map(({ name, shape }) => [name, noise(shape)])),
  )
  const weightsManifest = [{ paths: Object.keys(files), weights }]
  return { json: { format: 'layers-model', modelTopology: { model_config: LAYERS }, weightsManifest }, files }
}

test(`${MUTANTS} mutated models each open or are refused by a LobesError, quickly`, async () => {
  const random = randomStream(2026)
  const models = [layersModel(), ...CASES.map(({ nodes, weights }) => graphModel(nodes, weights))]
  const codes = new Map<string, number>()
  for (let trial = 0; trial < MUTANTS; trial++) {
    const { json, files } = models[random.below(8) ? random.below(models.length) : 0]
    const mutant = random.below(3) ? encode(mutateContent(json, random)) : mutateBytes(encode(json), random)
    const start = performance.now()
    try {
      await openAndRead(mutant, files)
      codes.set('opened', (codes.get('opened') ?? 0) + 1)
    } catch (error) {
      if (!(error instanceof LobesError))
        throw new Error(`mutant ${trial}: ${error}\n${new TextDecoder().decode(mutant)}`, { cause: error })
      codes.set(error.code, (codes.get(error.code) ?? 0) + 1)
    }
    expect(performance.now() - start).toBeLessThan(5000)
  }
  // The mutations reach past the decoder: several different checks have fired, and some files are still good.
  expect(codes.size).toBeGreaterThan(6)
  expect(codes.get('opened')).toBeGreaterThan(50)
})

describe('a graph is refused with the place named', () => {
  const dense = (...nodes: ReturnType<typeof node>[]) =>
    graphModel([placeholder('x', [-1, 3]), ...nodes], { w: noise([3, 3]), a: vector(0, 1) })

  test.each([
    ['a cycle', dense(node('y', 'Add', ['x', 'z']), node('z', 'Relu', ['y'])), FormatError, /"y" \(Add\).*cycle/],
    ['itself as input', dense(node('y', 'Relu', ['y'])), FormatError, /"y" \(Relu\).*cycle/],
    ['an input that no node has', dense(node('y', 'Relu', ['ghost'])), FormatError, /"y".*"ghost"/],
    [
      'two nodes of one name',
      dense(node('y', 'Relu', ['x']), node('y', 'Relu', ['x'])),
      FormatError,
      /"y" a second time/,
    ],
    [
      'an output that is not there',
      dense(node('h', 'Relu', ['x']), node('y', 'Relu', ['h:7'])),
      UnsupportedError,
      /"h:7"/,
    ],
    ['a missing input', dense(node('y', 'MatMul', ['x'])), FormatError, /"y" \(MatMul\) has 1 inputs; it needs 2/],
    [
      'a constant without a weight',
      dense(node('c', 'Const'), node('y', 'Add', ['x', 'c'])),
      FormatError,
      /"c" has no weight/,
    ],
    [
      'base64 that is none',
      dense(node('y', '_FusedMatMul', ['x', 'w'], { fused_ops: { list: { s: ['%%%'] } } })),
      FormatError,
      /fused_ops.*"%%%".*base64/,
    ],
    ['a number that is none', dense(node('y', 'Pack', ['x'], { axis: { i: 'one' } })), FormatError, /axis.*"one"/],
    [
      'a list that is none',
      dense(node('y', 'Squeeze', ['x'], { squeeze_dims: { list: { i: 7 } } })),
      FormatError,
      /squeeze_dims.*no list/,
    ],
    [
      'an unknown fusion',
      dense(node('y', '_FusedMatMul', ['x', 'w'], { fused_ops: { list: { s: [btoa('Rm')] } } })),
      UnsupportedError,
      /"y".*"Rm"/,
    ],
    ['a loop', dense(node('y', 'While', ['x'])), UnsupportedError, /"y" \(While\) is control flow/],
    [
      'axes computed at run time',
      dense(node('s', 'ArgMax', ['x', 'a']), node('y', 'Mean', ['x', 's'])),
      UnsupportedError,
      /"y".*run time/,
    ],
    [
      'parts without number',
      dense(node('y', 'Split', ['a', 'x'], { num_split: { i: '1000000' } })),
      UnsupportedError,
      /1000000 parts/,
    ],
    ['an image of two axes', dense(node('y', 'MaxPool', ['x'], {})), UnsupportedError, /"y".*ksize|2 dimensions/],
  ])('%s', async (_, model, type, message) => {
    const failure = await openModel(model).catch(error => error)
    expect(failure).toBeInstanceOf(type)
    expect(failure.message).toMatch(message)
  })

  test('a million nodes, at once', async () => {
    const nodes = '{"name":"n","op":"Relu","input":["n"]},'.repeat(1_000_000)
    const json = new TextEncoder().encode(`{"modelTopology":{"node":[${nodes}null]},"weightsManifest":[]}`)
    const start = performance.now()
    await expect(openAndRead(json, {})).rejects.toThrow(/holds more than 2000000 values/)
    expect(performance.now() - start).toBeLessThan(5000)
  })

  test('a hundred thousand nodes', async () => {
    const nodes = Array.from({ length: 100_000 }, (_, i) => node(`n${i}`, 'Relu', [`n${i - 1}`]))
    await expect(openModel(graphModel(nodes, {}))).rejects.toThrow(/100000 nodes; 65536 is the limit/)
  })

  test('lists in lists in lists', async () => {
    const json = new TextEncoder().encode(`{"modelTopology":{},"weightsManifest":${'['.repeat(100_000)}`)
    await expect(openAndRead(json, {})).rejects.toThrow(/nested more than 500 deep/)
  })

  test('a long chain of operations opens, and is read', async () => {
    const chain = Array.from({ length: 20_000 }, (_, i) => node(`n${i}`, 'Relu', [i ? `n${i - 1}` : 'x']))
    const { json, files } = dense(...chain, node('y', 'MatMul', ['n19999', 'w']))
    const start = performance.now()
    await openAndRead(encode(json), files)
    expect(performance.now() - start).toBeLessThan(5000)
  })

  test('a long chain of constants', async () => {
    const chain = Array.from({ length: 20_000 }, (_, i) => node(`n${i}`, 'Neg', [i ? `n${i - 1}` : 'w']))
    const turns = Array.from({ length: 20_000 }, (_, i) => node(`t${i}`, 'Transpose', [i ? `t${i - 1}` : 'w', 'a']))
    for (const [nodes, last] of [
      [chain, 'n19999'],
      [turns, 't19999'],
    ] as const) {
      const { json, files } = dense(...nodes, node('y', 'MatMul', ['x', last]))
      const start = performance.now()
      await openAndRead(encode(json), files).catch(error => expect(error).toBeInstanceOf(LobesError))
      expect(performance.now() - start).toBeLessThan(5000)
    }
  })
})
