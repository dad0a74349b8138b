/** One operator with its inputs, on which all runtimes must agree; and how inputs are drawn. */
import { heldWeight } from '../../../src/network/build.ts'
import type { AttributeValue, Network, Operator } from '../../../src/network/network.ts'
import { randomStream } from '../../../src/random.ts'
import { type DType, elementCount, type Tensor, tensor } from '../../../src/tensor/tensor.ts'

export interface OperatorCase {
  readonly type: string
  /** What is special about it. */
  readonly name: string
  /** null: an optional input that is left out. */
  readonly inputs: readonly (Tensor | null)[]
  readonly attributes?: Readonly<Record<string, AttributeValue>>
  /** Default: 1. */
  readonly outputs?: number
  readonly domain?: string
  /** Whether ONNX Runtime has the operator for float64. Default: true. */
  readonly float64?: boolean
}

let draws = 0

/** Floats between `low` and `high`, other ones for each call, the same in each run. */
export function floats(shape: readonly number[], low = -2, high = 2): Tensor {
  const random = randomStream(77, draws++)
  const data = Float32Array.from({ length: elementCount(shape) }, () => low + (high - low) * random.uniform())
  return tensor(data, shape)
}

/** Whole floats between −2 and 2: many are equal. */
export function ties(shape: readonly number[]): Tensor {
  const { data } = floats(shape, -2.4, 2.4)
  return tensor((data as Float32Array).map(Math.round), shape)
}

/** The float32 numbers given. */
export function exactly(values: readonly number[], shape: readonly number[] = [values.length]): Tensor {
  return tensor(Float32Array.from(values), shape)
}

export function int64(values: readonly number[], shape: readonly number[] = [values.length]): Tensor {
  return tensor(BigInt64Array.from(values, BigInt), shape)
}

export function int32(values: readonly number[], shape: readonly number[] = [values.length]): Tensor {
  return tensor(Int32Array.from(values), shape)
}

export function truth(values: readonly number[], shape: readonly number[] = [values.length]): Tensor {
  return tensor(Uint8Array.from(values), shape, 'bool')
}

const isFloat = (dtype: DType) => dtype === 'float32' || dtype === 'float64'

function retyped(input: Tensor, float: 'float32' | 'float64'): Tensor {
  if (input.dtype !== 'float32') return input
  return float === 'float32' ? input : tensor(Float64Array.from(input.data as Float32Array), input.shape)
}

/** A network of this operator alone: its inputs are fed, in the float type given, as `in0`, `in1` … */
export function networkOf(
  { type, domain = '', inputs, attributes = {}, outputs = 1 }: OperatorCase,
  float: 'float32' | 'float64',
  outputTypes: readonly DType[] = [],
): { network: Network; feeds: Record<string, Tensor> } {
  const names = inputs.map((input, at) => (input ? `in${at}` : ''))
  const fed = inputs.flatMap((input, at) => (input ? [[names[at], retyped(input, float)] as const] : []))
  const outputNames = Array.from({ length: outputs }, (_, at) => `out${at}`)
  const network = networkAround(
    [{ name: 'node', type, domain, inputs: names, outputs: outputNames, attributes }],
    fed.map(([name, { dtype, shape }]) => ({ name, dtype, shape })),
    outputNames.map((name, at) => ({ name, dtype: outputTypes[at] ?? float })),
  )
  return { network, feeds: Object.fromEntries(fed) }
}

export function networkAround(
  operators: readonly Operator[],
  inputs: readonly { name: string; dtype: DType; shape: readonly (number | null)[] }[],
  outputs: readonly { name: string; dtype: DType }[],
  weights: Readonly<Record<string, Tensor>> = {},
): Network {
  return {
    name: 'test',
    source: { format: 'built' },
    inputs,
    outputs: outputs.map(output => ({ ...output, shape: [] })),
    operators,
    weights: new Map(Object.entries(weights).map(([name, value]) => [name, heldWeight(name, value)])),
    shapes: new Map(),
    activationsKnown: true,
    notes: [],
  }
}

/** Where two results differ by more than `tolerance`, relative above 1; undefined where they agree. Integers exactly. */
export function difference(actual: Tensor, expected: Tensor, tolerance: number): string | undefined {
  if (String(actual.shape) !== String(expected.shape)) return `shape [${actual.shape}], expected [${expected.shape}]`
  const isSameKind = actual.dtype === expected.dtype || (isFloat(actual.dtype) && isFloat(expected.dtype))
  if (!isSameKind) return `type ${actual.dtype}, expected ${expected.dtype}`
  const allowed = isFloat(expected.dtype) ? tolerance : 0
  for (let i = 0; i < expected.data.length; i++) {
    const [a, b] = [Number(actual.data[i]), Number(expected.data[i])]
    if (Object.is(a, b) || Math.abs(a - b) <= allowed * Math.max(1, Math.abs(b))) continue
    return `at ${i}: ${a}, expected ${b}`
  }
  return undefined
}
