/** What a gradient graph promises beyond its rules: sums, sharing, names, ends, errors, whole networks. */
import { describe, expect, it } from 'vitest'
import { gradientGraph, gradientName } from '../../src/autodiff/gradient-graph.ts'
import { meanSquaredError, softmaxCrossEntropy } from '../../src/autodiff/losses.ts'
import { trainableParameters, withInputs } from '../../src/autodiff/parameters.ts'
import { UnsupportedError, UsageError } from '../../src/errors.ts'
import { buildChain, type Layer } from '../../src/network/build.ts'
import { CURRENT_OPSET, type Network, type Operator } from '../../src/network/network.ts'
import { referenceRuntime } from '../../src/runtime/reference.ts'
import { type Tensor, tensor } from '../../src/tensor/tensor.ts'
import { differencesOf, draw, floats, gap, type Posed } from './gradient-case.ts'

const runtime = referenceRuntime()

type Step = readonly [type: string, inputs: readonly string[], output: string, attributes?: Operator['attributes']]

/** A network of float64 inputs and given operators. */
function graph(inputs: Readonly<Record<string, readonly (number | null)[]>>, steps: readonly Step[]): Network {
  return {
    name: 'test',
    source: { format: 'built', opset: CURRENT_OPSET },
    inputs: Object.entries(inputs).map(([name, shape]) => ({ name, dtype: 'float64', shape })),
    outputs: [{ name: steps.at(-1)![2], dtype: 'float64', shape: [] }],
    operators: steps.map(([type, read, output, attributes = {}]) => ({
      ...{ name: `make ${output}`, type, domain: '', inputs: read, outputs: [output], attributes },
    })),
    weights: new Map(),
    shapes: new Map(),
    activationsKnown: true,
    notes: [],
  }
}

const vector = (...values: number[]) => tensor(Float64Array.from(values), [values.length])

async function gradients(
  network: Network,
  wrt: readonly string[],
  feeds: Readonly<Record<string, Tensor>>,
  options: { straightThrough?: 'identity' | 'clamp' | 'hard-tanh' } = {},
): Promise<number[][]> {
  const made = await gradientGraph(network, { loss: network.outputs.at(-1)!.name, wrt, ...options })
  const results = await (await runtime.load(made)).run(feeds)
  return wrt.map(name => Array.from(results[gradientName(name)].data, Number))
}

describe('gradientGraph', () => {
  it('adds the gradients of a value that is read twice', async () => {
    const square = graph({ x: [3] }, [
      ['Mul', ['x', 'x'], 'xx'],
      ['Add', ['xx', 'x'], 'y'],
      ['ReduceSum', ['y'], 'loss', { keepdims: 0 }],
    ])
    expect(await gradients(square, ['x'], { x: vector(1, 2, -3) })).toEqual([[3, 5, -5]])
  })

  it('keeps the outputs of the network and names the new ones', async () => {
    const network = graph({ x: [null, 2] }, [
      ['Exp', ['x'], 'y'],
      ['ReduceSum', ['y'], 'loss', { keepdims: 0 }],
    ])
    const made = await gradientGraph(network, { loss: 'loss', wrt: ['x', 'y'] })
    expect(made.outputs.map(({ name }) => name)).toEqual(['loss', 'grad:x', 'grad:y'])
    expect(made.outputs[1].shape).toEqual([null, 2])
    expect(network.operators).toHaveLength(2)
  })

  it('gives one gradient two names where two values share it', async () => {
    const network = graph({ a: [2], b: [2] }, [
      ['Add', ['a', 'b'], 'sum'],
      ['Mul', ['sum', 'sum'], 'y'],
      ['ReduceSum', ['y'], 'loss', { keepdims: 0 }],
    ])
    const found = await gradients(network, ['a', 'sum', 'b'], { a: vector(1, 2), b: vector(3, 4) })
    expect(found).toEqual([
      [8, 12],
      [8, 12],
      [8, 12],
    ])
  })

  it('gives zeros for what the loss does not depend on', async () => {
    const network = graph({ x: [null], y: [2] }, [
      ['Floor', ['x'], 'whole'],
      ['Mul', ['whole', 'y'], 'product'],
      ['ReduceSum', ['product'], 'loss', { keepdims: 0 }],
    ])
    const found = await gradients(network, ['x', 'y'], { x: vector(1.5, 2.5), y: vector(1, 1) })
    expect(found).toEqual([
      [0, 0],
      [1, 2],
    ])
  })

  it('writes nothing for what is not asked for', async () => {
    const network = graph({ x: [4, 3], w: [3, 2] }, [
      ['MatMul', ['x', 'w'], 'y'],
      ['ReduceSum', ['y'], 'loss', { keepdims: 0 }],
    ])
    const one = await gradientGraph(network, { loss: 'loss', wrt: ['w'] })
    expect(one.operators.filter(({ type }) => type === 'Gemm')).toHaveLength(1)
    expect(one.operators.filter(({ attributes }) => attributes.transA)).toHaveLength(1)
  })

  it('reuses what the forward network computes', async () => {
    const network = graph({ x: [3] }, [
      ['Softplus', ['x'], 'soft'],
      ['Sigmoid', ['x'], 'squashed'],
      ['Mul', ['soft', 'squashed'], 'y'],
      ['ReduceSum', ['y'], 'loss', { keepdims: 0 }],
    ])
    const made = await gradientGraph(network, { loss: 'loss', wrt: ['x'] })
    expect(made.operators.filter(({ type }) => type === 'Sigmoid')).toHaveLength(1)
  })

  it('can be differentiated again', async () => {
    const cube = graph({ x: [2] }, [
      ['Mul', ['x', 'x'], 'xx'],
      ['Mul', ['xx', 'x'], 'xxx'],
      ['ReduceSum', ['xxx'], 'loss', { keepdims: 0 }],
    ])
    const once = await gradientGraph(cube, { loss: 'loss', wrt: ['x'] })
    const sum = { name: 'slope', type: 'ReduceSum', domain: '', inputs: ['grad:x'], outputs: ['slope'] }
    const slope: Network = { ...once, operators: [...once.operators, { ...sum, attributes: { keepdims: 0 } }] }
    const twice = await gradientGraph(slope, { loss: 'slope', wrt: ['x'], prefix: 'second' })
    const results = await (await runtime.load(twice)).run({ x: vector(2, 5) }, ['grad:x', 'second:x'])
    expect(Array.from(results['grad:x'].data, Number)).toEqual([12, 75])
    expect(Array.from(results['second:x'].data, Number)).toEqual([12, 30])
    await expect(gradientGraph(slope, { loss: 'slope', wrt: ['x'] })).rejects.toThrow(/prefix/)
  })

  it('passes steps by the estimator asked for', async () => {
    const network = graph({ x: [4], t: [] }, [
      ['Greater', ['x', 't'], 'fires'],
      ['Cast', ['fires'], 'step', { to: 11 }],
      ['Mul', ['step', 'x'], 'y'],
      ['ReduceSum', ['y'], 'loss', { keepdims: 0 }],
    ])
    const feeds = { x: vector(-3, -0.5, 0.5, 2), t: tensor(Float64Array.of(0), []) }
    expect(await gradients(network, ['x', 't'], feeds)).toEqual([[0, 0, 1, 1], [0]])
    const through = (straightThrough: 'identity' | 'clamp' | 'hard-tanh') =>
      gradients(network, ['x', 't'], feeds, { straightThrough })
    expect(await through('identity')).toEqual([[-3, -0.5, 1.5, 3], [1]])
    expect(await through('clamp')).toEqual([[-1, -0.5, 1.5, 2], [0]])
    expect(await through('hard-tanh')).toEqual([[0, -0.5, 1.5, 1], [0]])
  })

  it('names what it cannot differentiate', async () => {
    const network = graph({ x: [3, 3] }, [
      ['Det', ['x'], 'y'],
      ['ReduceSum', ['y'], 'loss', { keepdims: 0 }],
    ])
    await expect(
      gradientGraph({ ...network, shapes: new Map([['y', []]]) }, { loss: 'loss', wrt: ['x'] }),
    ).rejects.toThrow(UnsupportedError)
    await expect(
      gradientGraph({ ...network, shapes: new Map([['y', []]]) }, { loss: 'loss', wrt: ['x'] }),
    ).rejects.toThrow(/Det \("make y"\)/)
  })

  it('does not pass over a subgraph that reads what is differentiated', async () => {
    const body = graph({ c: [3] }, [['Mul', ['c', 'x'], 'out']])
    const loop: Step = ['Loop', ['', '', 'start'], 'y', { body: { ...body, outputs: [] } }]
    const network = graph({ x: [3], start: [3] }, [loop, ['ReduceSum', ['y'], 'loss', { keepdims: 0 }]])
    const known = { ...network, shapes: new Map([['y', [3]]]) }
    await expect(gradientGraph(known, { loss: 'loss', wrt: ['x'] })).rejects.toThrow(/Loop \("make y"\)/)
  })

  it('refuses a loss of several elements, unknown names and integers', async () => {
    const network = graph({ x: [3] }, [
      ['Exp', ['x'], 'y'],
      ['Shape', ['y'], 'size'],
      ['ReduceSum', ['y'], 'loss', { keepdims: 0 }],
    ])
    for (const options of [
      { loss: 'y', wrt: ['x'] },
      { loss: 'loss', wrt: ['z'] },
      { loss: 'nothing', wrt: ['x'] },
      { loss: 'loss', wrt: ['size'] },
    ])
      await expect(gradientGraph(network, options)).rejects.toThrow(UsageError)
  })
})

describe('max-pooling', () => {
  const ones = { kernel_shape: [2, 2], strides: [2, 2] }
  const pooled = (size: number, attributes: Operator['attributes']) =>
    graph({ x: [1, 1, size, size] }, [
      ['MaxPool', ['x'], 'y', attributes],
      ['ReduceSum', ['y'], 'loss', { keepdims: 0 }],
    ])
  const image = (size: number, ...values: number[]) => tensor(Float64Array.from(values), [1, 1, size, size])

  it('gives the gradient of tied elements to the first, row by row', async () => {
    const tied = image(4, ...[0, 7, 5, 5], ...[7, 0, 5, 5], ...[1, 2, 0, 0], ...[2, 2, 0, 3])
    const expected = [0, 1, 1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1]
    expect(await gradients(pooled(4, ones), ['x'], { x: tied })).toEqual([expected])
    // The same windows, written so that the general rule takes them.
    const general = { ...ones, pads: [0, 0, 1, 1] }
    expect(await gradients(pooled(4, general), ['x'], { x: tied })).toEqual([expected])
  })

  it('sums what overlapping windows give to one element', async () => {
    const peak = image(3, 0, 0, 0, 0, 9, 0, 0, 0, 0)
    const found = await gradients(pooled(3, { kernel_shape: [2, 2] }), ['x'], { x: peak })
    expect(found).toEqual([[0, 0, 0, 0, 4, 0, 0, 0, 0]])
  })

  it('over a whole plane takes the first of equals', async () => {
    const network = graph({ x: [1, 1, 2, 2] }, [
      ['GlobalMaxPool', ['x'], 'y'],
      ['ReduceSum', ['y'], 'loss', { keepdims: 0 }],
    ])
    expect(await gradients(network, ['x'], { x: image(2, 1, 4, 4, 4) })).toEqual([[0, 1, 0, 0]])
  })
})

describe('replicas', () => {
  it('in one batched network have the gradients that each has alone', async () => {
    const [replicas, batch, sizes] = [3, 4, [5, 6, 2]]
    const shapes = { w1: [sizes[0], sizes[1]], b1: [1, sizes[1]], w2: [sizes[1], sizes[2]], b2: [1, sizes[2]] }
    const names = Object.keys(shapes) as (keyof typeof shapes)[]
    const steps: Step[] = [
      ['MatMul', ['x', 'w1'], 'm1'],
      ['Add', ['m1', 'b1'], 'h'],
      ['Relu', ['h'], 'r'],
      ['MatMul', ['r', 'w2'], 'm2'],
      ['Add', ['m2', 'b2'], 'y'],
    ]
    const lead = (count: readonly number[], open: readonly (number | null)[]) => ({
      x: [...count, ...open],
      ...Object.fromEntries(names.map(name => [name, [...count, ...shapes[name]]])),
    })
    const outputs = (shape: (number | null)[]) => [{ name: 'y', dtype: 'float64' as const, shape }]
    const many = { ...graph(lead([replicas], [null, sizes[0]]), steps), outputs: outputs([replicas, null, sizes[2]]) }
    const one = { ...graph(lead([], [null, sizes[0]]), steps), outputs: outputs([null, sizes[2]]) }
    const feed = (shape: readonly number[], seed: number, replica?: number): Tensor => {
      const values = draw([replicas, ...shape], seed)
      const size = values.length / replicas
      return replica === undefined
        ? floats(values, [replicas, ...shape], 'float64')
        : floats(values.slice(replica * size, (replica + 1) * size), shape, 'float64')
    }
    const labels = BigInt64Array.from({ length: replicas * batch }, (_, at) => BigInt(at % 2))
    const feeds = (replica?: number) => ({
      x: feed([batch, sizes[0]], 1, replica),
      ...Object.fromEntries(names.map((name, at) => [name, feed(shapes[name], at + 2, replica)])),
      target:
        replica === undefined
          ? tensor(labels, [replicas, batch])
          : tensor(labels.slice(replica * batch, (replica + 1) * batch), [batch]),
    })
    const together = await softmaxCrossEntropy(many, { replicas: true })
    const alone = await softmaxCrossEntropy(one)
    const all = await (await runtime.load(await gradientGraph(together.network, { loss: 'loss', wrt: names }))).run(
      feeds(),
    )
    const single = await runtime.load(await gradientGraph(alone.network, { loss: 'loss', wrt: names }))
    for (let replica = 0; replica < replicas; replica++) {
      const found = await single.run(feeds(replica))
      for (const name of names) {
        const { data } = found[gradientName(name)]
        const part = all[gradientName(name)].data.slice(replica * data.length, (replica + 1) * data.length)
        expect(gap(part, data), `${name} of ${replica}`).toBeLessThan(1e-12)
      }
    }
  })
})

describe('whole networks', () => {
  const drawn = (seed: number, scale: number, ...shape: number[]) =>
    floats(draw(shape, seed, [-scale, scale]), shape, 'float32')

  async function checkAll(network: Network, feeds: Record<string, Tensor>, loss: 'classes' | 'squares'): Promise<void> {
    const judged = loss === 'classes' ? await softmaxCrossEntropy(network) : await meanSquaredError(network)
    const parameters = trainableParameters(judged.network)
    const wrt = parameters.map(({ name }) => name)
    const fed: Record<string, Tensor> = { ...feeds }
    for (const name of wrt) fed[name] = await judged.network.weights.get(name)!.read()
    const posed: Posed = { network: withInputs(judged.network, wrt), feeds: fed, wrt: [...wrt, network.inputs[0].name] }
    const made = await gradientGraph(posed.network, { loss: judged.loss, wrt: posed.wrt })
    const results = await (await runtime.load(made)).run(fed)
    const differences = await differencesOf(runtime, posed)
    for (const name of posed.wrt)
      expect(gap(results[gradientName(name)].data, differences[name]), name).toBeLessThan(1e-6)
  }

  it('a perceptron with cross-entropy', async () => {
    const layers: Layer[] = [
      { kind: 'dense', weight: drawn(1, 1, 6, 5), bias: drawn(2, 1, 6), activation: 'Relu' },
      { kind: 'dense', weight: drawn(3, 1, 6, 6), bias: drawn(4, 1, 6), activation: 'Tanh' },
      { kind: 'dense', weight: drawn(5, 1, 3, 6), bias: drawn(6, 1, 3) },
    ]
    const feeds = { input: drawn(7, 2, 4, 5), target: tensor(BigInt64Array.of(0n, 2n, 1n, 2n), [4]) }
    await checkAll(buildChain(layers, { input: [5] }), feeds, 'classes')
  })

  it('a convolutional network with pooling and batch norm', async () => {
    const channel = (seed: number, count: number) => floats(draw([count], seed, [0.5, 1.5]), [count], 'float32')
    const layers: Layer[] = [
      { kind: 'conv', weight: drawn(1, 1, 3, 1, 3, 3), bias: drawn(2, 1, 3), activation: 'Relu' },
      { kind: 'batch-norm', scale: channel(3, 3), shift: channel(4, 3), mean: channel(5, 3), variance: channel(6, 3) },
      { kind: 'max-pool', size: 2 },
      {
        kind: 'conv',
        weight: drawn(7, 1, 4, 3, 3, 3),
        bias: drawn(8, 1, 4),
        activation: 'LeakyRelu',
        padding: 'valid',
      },
      { kind: 'flatten' },
      { kind: 'dense', weight: drawn(9, 1, 3, 16), bias: drawn(10, 1, 3) },
    ]
    const network = buildChain(layers, { input: [1, 8, 8] })
    const trained = {
      ...network,
      operators: network.operators.map(operator =>
        operator.type === 'BatchNormalization'
          ? {
              ...operator,
              attributes: { ...operator.attributes, training_mode: 1 },
              outputs: [...operator.outputs, 'm', 'v'],
            }
          : operator,
      ),
    }
    const feeds = { input: drawn(11, 2, 2, 1, 8, 8), target: tensor(BigInt64Array.of(1n, 2n), [2]) }
    await checkAll(network, feeds, 'classes')
    await checkAll(trained, feeds, 'classes')
  })

  it('a residual block', async () => {
    const layers: Layer[] = [
      { kind: 'conv', weight: drawn(1, 1, 2, 2, 3, 3), activation: 'Relu' },
      { kind: 'conv', weight: drawn(2, 1, 2, 2, 3, 3), name: 'branch' },
    ]
    const chain = buildChain(layers, { input: [2, 4, 4] })
    const network: Network = {
      ...chain,
      operators: [
        ...chain.operators.filter(({ outputs }) => outputs[0] !== 'output'),
        { name: 'join', type: 'Add', domain: '', inputs: ['branch', 'input'], outputs: ['joined'], attributes: {} },
        { name: 'last', type: 'Relu', domain: '', inputs: ['joined'], outputs: ['output'], attributes: {} },
      ],
    }
    await checkAll(network, { input: drawn(3, 2, 2, 2, 4, 4), target: drawn(4, 2, 2, 2, 4, 4) }, 'squares')
  })
})
