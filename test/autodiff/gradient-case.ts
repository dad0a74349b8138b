/**
 * One operator under test: its float inputs are drawn, its output is weighted at random and summed to a loss, and the
 * gradient of that loss in each input is compared with central differences on the reference runtime.
 */
import { gradientGraph, gradientName } from '../../src/autodiff/gradient-graph.ts'
import type { StraightThrough } from '../../src/autodiff/rules/rule.ts'
import { heldWeight } from '../../src/network/build.ts'
import type { AttributeValue, Network, Operator } from '../../src/network/network.ts'
import { inferShapes } from '../../src/network/shapes.ts'
import { randomStream } from '../../src/random.ts'
import type { Runtime } from '../../src/runtime/runtime.ts'
import { type DType, elementCount, type Tensor, tensor } from '../../src/tensor/tensor.ts'

export interface GradientCase {
  readonly name: string
  readonly type: string
  /**
   * The operator's inputs in order: a shape is a float that is fed and differentiated; others are constants. Null is an
   * input left out.
   */
  readonly inputs: readonly (readonly number[] | Constant | null)[]
  readonly attributes?: Readonly<Record<string, AttributeValue>>
  /** Number of outputs. Default: 1. */
  readonly outputs?: number
  /** How many of the outputs the loss reads. Default: all. */
  readonly judged?: number
  /** Bounds between which inputs are drawn. Default: −2 and 2. */
  readonly range?: readonly [number, number]
  /** Values of the inputs, instead of drawn ones. */
  readonly values?: readonly (readonly number[])[]
  /** Leaves the first dimension of the first input open. Default: false. */
  readonly open?: boolean
  readonly straightThrough?: StraightThrough
  /** Inputs that have no gradient: constant in the eyes of the rule. */
  readonly fixed?: readonly number[]
}

interface Constant {
  readonly kind: 'integers' | 'floats' | 'booleans'
  readonly shape: readonly number[]
  readonly data: readonly number[]
}

export const integers = (...data: number[]): Constant => ({ kind: 'integers', shape: [data.length], data })
export const indices = (shape: readonly number[], data: readonly number[]): Constant => ({
  kind: 'integers',
  shape,
  data,
})
export const scalar = (value: number): Constant => ({ kind: 'floats', shape: [], data: [value] })
export const booleans = (shape: readonly number[], data: readonly number[]): Constant => ({
  kind: 'booleans',
  shape,
  data,
})

export type FloatType = 'float32' | 'float64'

export function floats(values: ArrayLike<number>, shape: readonly number[], dtype: FloatType): Tensor {
  return tensor(dtype === 'float64' ? Float64Array.from(values) : Float32Array.from(values), shape, dtype)
}

export function draw(
  shape: readonly number[],
  seed: number,
  [low, high]: readonly [number, number] = [-2, 2],
): number[] {
  const random = randomStream(20, seed)
  // Few digits, so that float32 and float64 hold nearly the same.
  return Array.from(
    { length: elementCount(shape) },
    () => Math.round((low + (high - low) * random.uniform()) * 4096) / 4096,
  )
}

export interface Posed {
  readonly network: Network
  readonly feeds: Readonly<Record<string, Tensor>>
  readonly wrt: readonly string[]
}

/** The operator as a network with the output `loss`, and what to feed. */
export async function pose(test: GradientCase, dtype: FloatType): Promise<Posed> {
  const weights = new Map()
  const feeds: Record<string, Tensor> = {}
  const names = test.inputs.map((input, index) => {
    if (input === null) return ''
    const name = `x${index}`
    if ('kind' in input) weights.set(name, heldWeight(name, constantTensor(input, dtype)))
    else feeds[name] = floats(test.values?.[index] ?? draw(input, index, test.range), input, dtype)
    return name
  })
  const outputs = Array.from({ length: test.outputs ?? 1 }, (_, index) => `y${index}`)
  const attributes = test.attributes ?? {}
  const main: Operator = { name: 'tested', type: test.type, domain: '', inputs: names, outputs, attributes }
  const open = (shape: readonly number[], index: number) =>
    test.open && index === 0 ? [null, ...shape.slice(1)] : shape
  const bare: Network = {
    name: test.name,
    source: { format: 'built' },
    inputs: Object.entries(feeds).map(([name, { shape }], index) => ({ name, dtype, shape: open(shape, index) })),
    outputs: [],
    operators: [main],
    weights,
    shapes: new Map(),
    activationsKnown: true,
    notes: [],
  }
  const fixedBatch = { ...bare, inputs: Object.entries(feeds).map(([name, { shape }]) => ({ name, dtype, shape })) }
  const shapes = await inferShapes(fixedBatch)
  const operators = [main]
  const parts = outputs.slice(0, test.judged).map((output, index) => {
    const shape = shapes.get(output)!.map(size => size ?? 1)
    weights.set(`r${index}`, heldWeight(`r${index}`, floats(draw(shape, 100 + index), shape, dtype)))
    const step = (type: string, inputs: string[], result: string) =>
      operators.push({
        name: result,
        type,
        domain: '',
        inputs,
        outputs: [result],
        attributes: type === 'ReduceSum' ? { keepdims: 0 } : {},
      })
    step('Mul', [output, `r${index}`], `weighted${index}`)
    step('ReduceSum', [`weighted${index}`], `loss${index}`)
    return `loss${index}`
  })
  operators.push({ name: 'sum', type: 'Sum', domain: '', inputs: parts, outputs: ['loss'], attributes: {} })
  const network = { ...bare, operators, outputs: [{ name: 'loss', dtype: dtype as DType, shape: [] }] }
  const wrt = Object.keys(feeds).filter(name => !test.fixed?.includes(Number(name.slice(1))))
  return { network, feeds, wrt }
}

function constantTensor({ kind, shape, data }: Constant, dtype: FloatType): Tensor {
  if (kind === 'floats') return floats(data, shape, dtype)
  if (kind === 'booleans') return tensor(Uint8Array.from(data), shape, 'bool')
  return tensor(BigInt64Array.from(data, BigInt), shape)
}

/** The gradients by name, as the gradient graph gives them. */
export async function gradientsOf(
  runtime: Runtime,
  { network, feeds, wrt }: Posed,
  straightThrough?: StraightThrough,
): Promise<Record<string, Tensor>> {
  const graph = await gradientGraph(network, { loss: 'loss', wrt, straightThrough })
  const session = await runtime.load(graph)
  const results = await session.run(
    feeds,
    wrt.map(name => gradientName(name)),
  )
  await session.release()
  return Object.fromEntries(wrt.map(name => [name, results[gradientName(name)]]))
}

/** (L(x + h) − L(x − h)) / 2h for every element of every input asked for. */
export async function differencesOf(
  runtime: Runtime,
  { network, feeds, wrt }: Posed,
  step = 1e-5,
): Promise<Record<string, Float64Array>> {
  const session = await runtime.load(network)
  const differences: Record<string, Float64Array> = {}
  for (const name of wrt) {
    const base = Float64Array.from(feeds[name].data as Float64Array)
    const loss = async (at: number, shift: number) => {
      const data = base.with(at, base[at] + shift)
      const { loss } = await session.run({ ...feeds, [name]: { ...feeds[name], data } }, ['loss'])
      return Number(loss.data[0])
    }
    const found = new Float64Array(base.length)
    for (let at = 0; at < base.length; at++) found[at] = ((await loss(at, step)) - (await loss(at, -step))) / (2 * step)
    differences[name] = found
  }
  await session.release()
  return differences
}

/** The largest |a − b| / max(1, |b|). */
export function gap(a: ArrayLike<number | bigint>, b: ArrayLike<number | bigint>): number {
  let worst = a.length === b.length ? 0 : Number.POSITIVE_INFINITY
  for (let i = 0; i < a.length; i++) {
    const [x, y] = [Number(a[i]), Number(b[i])]
    const error = Math.abs(x - y) / Math.max(1, Math.abs(y))
    // Written so that NaN counts as the worst.
    if (!(error <= worst)) worst = Number.isNaN(error) ? Number.POSITIVE_INFINITY : error
  }
  return worst
}
