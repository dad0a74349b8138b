import { describe, expect, it } from 'vitest'
import { prepareGraph } from '../../src/graph/prepare.ts'
import { unitSites } from '../../src/modules/unit-sites.ts'
import { mlp, smallCnn, vgg16 } from '../../src/network/architectures.ts'
import { buildChain } from '../../src/network/build.ts'
import { cutNetwork } from '../../src/network/cut.ts'
import type { Network } from '../../src/network/network.ts'
import { randomStream } from '../../src/random.ts'
import { referenceRuntime } from '../../src/runtime/reference.ts'
import { tensor } from '../../src/tensor/tensor.ts'

async function sitesOf(network: Network) {
  const { graph } = await prepareGraph(network, { protocol: 'default' })
  return unitSites(network, graph)
}

const each = (value: number) => tensor(new Float32Array(4).fill(value), [4])

describe('where the units of a layer live', () => {
  it('in a perceptron: behind the bias, and behind the activation', async () => {
    const { network } = mlp([6, 4, 3], { seed: 1 })
    expect(await sitesOf(network)).toEqual([
      { layer: 0, name: 'input', pre: 'input', post: 'input', axis: 1, size: 6, spatial: false },
      { layer: 1, name: 'dense1', pre: 'dense1', post: 'dense1.relu', axis: 1, size: 4, spatial: false },
      { layer: 2, name: 'dense2', pre: 'output', post: 'output', axis: 1, size: 3, spatial: false },
    ])
  })

  it('in a convolutional network: channels before pooling and flattening', async () => {
    const { network } = smallCnn({ seed: 1, width: 4 })
    const sites = await sitesOf(network)
    expect(sites.map(({ post }) => post)).toEqual([
      ...['input', 'conv1.relu', 'conv2.relu', 'conv3.relu', 'dense1.relu', 'output'],
    ])
    expect(sites.map(({ spatial }) => spatial)).toEqual([true, true, true, true, false, false])
  })

  it('batch norm before the activation belongs to what is before it, behind it to nothing', async () => {
    const weight = tensor(new Float32Array(4 * 2 * 9).fill(0.1), [4, 2, 3, 3])
    const norm = { kind: 'batch-norm', scale: each(2), shift: each(1), mean: each(0), variance: each(1) } as const
    const head = { kind: 'dense', weight: tensor(new Float32Array(3 * 4 * 16).fill(0.1), [3, 64]) } as const
    const after = buildChain([{ kind: 'conv', weight, activation: 'Relu' }, norm, { kind: 'flatten' }, head], {
      input: [2, 4, 4],
    })
    expect((await sitesOf(after))[1]).toMatchObject({ pre: 'conv1', post: 'conv1.relu' })
    const before: Network = {
      ...after,
      operators: after.operators.map(operator => {
        if (operator.name === 'batch-norm1') return { ...operator, inputs: ['conv1', ...operator.inputs.slice(1)] }
        if (operator.name === 'conv1.relu') return { ...operator, inputs: ['batch-norm1'] }
        if (operator.type === 'Flatten') return { ...operator, inputs: ['conv1.relu'] }
        return operator
      }),
    }
    const sorted = { ...before, operators: [0, 2, 1, 3, 4, 5].map(at => before.operators[at]) }
    expect((await sitesOf(sorted))[1]).toMatchObject({ pre: 'batch-norm1', post: 'conv1.relu' })
  })

  it("a residual convolution's units are its own outputs, before the addition", async () => {
    const { network } = mlp([4, 4, 4, 2], { seed: 3 })
    const add = {
      ...{ name: 'sum', type: 'Add', domain: '', attributes: {} },
      ...{ inputs: ['dense2', 'dense1.relu'], outputs: ['sum'] },
    }
    const operators = network.operators.flatMap(operator =>
      operator.name === 'dense2.relu' ? [add, { ...operator, inputs: ['sum'] }] : [operator],
    )
    const residual = { ...network, operators, shapes: new Map([...network.shapes, ['sum', [null, 4]]]) }
    const sites = await sitesOf(residual)
    expect(sites[1]).toMatchObject({ pre: 'dense1', post: 'dense1.relu' })
    expect(sites[2]).toMatchObject({ pre: 'dense2', post: 'dense2' })
  })

  it('finds them for all layers of deep networks', async () => {
    const { network } = vgg16({ seed: 1, batchNorm: true })
    const sites = await sitesOf(network)
    expect(sites).toHaveLength(16)
    expect(sites.slice(1, -1).every(({ post }) => post.endsWith('.relu'))).toBe(true)
  })

  it('names a layer that is not there', async () => {
    const { network } = mlp([6, 4, 3], { seed: 1 })
    const layer = { name: 'dense9', size: 4, role: 'hidden', kind: 'neuron' } as const
    expect(() => unitSites(network, { layers: [layer] })).toThrow(/no operator or input "dense9"/)
  })
})

describe('a network cut at a value', () => {
  it('computes in two parts what the whole computes', async () => {
    const { network } = smallCnn({ seed: 5, width: 3, input: [1, 8, 8] })
    const runtime = referenceRuntime()
    const random = randomStream(1)
    const x = tensor(
      Float32Array.from({ length: 128 }, () => random.uniform()),
      [2, 1, 8, 8],
    )
    const run = async (part: Network, feeds: Record<string, typeof x>) => (await runtime.load(part)).run(feeds)
    const whole = await run(network, { input: x })
    const middle = await run(cutNetwork(network, { outputs: ['conv2.relu'] }), { input: x })
    const head = cutNetwork(network, { inputs: ['conv2.relu'] })
    expect(head.inputs.map(({ name }) => name)).toEqual(['conv2.relu'])
    expect([...head.weights.keys()].some(name => name.startsWith('conv1'))).toBe(false)
    expect(await run(head, { 'conv2.relu': middle['conv2.relu'] as typeof x })).toEqual(whole)
  })

  it('keeps the inputs that a way around the cut needs, and names a value that is not there', () => {
    const { network } = mlp([4, 4, 2], { seed: 1 })
    expect(cutNetwork(network, { outputs: ['dense1', 'output'] }).inputs.map(({ name }) => name)).toEqual(['input'])
    expect(() => cutNetwork(network, { inputs: ['nowhere'] })).toThrow(/no value "nowhere"/)
  })
})
