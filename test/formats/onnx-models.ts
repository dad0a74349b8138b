/** Builds small ONNX files for the tests, at any opset, straight from the protobuf definitions. */
import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf'
import {
  AttributeProto_AttributeType as AttributeType,
  type FunctionProtoSchema,
  type GraphProtoSchema,
  ModelProtoSchema,
  type NodeProtoSchema,
  type TensorProtoSchema,
  type ValueInfoProtoSchema,
} from 'onnx-buf'
import { memorySource } from '../../src/formats/memory-source.ts'
import { openNetwork } from '../../src/formats/open.ts'
import type { Network } from '../../src/network/network.ts'

type TensorInit = MessageInitShape<typeof TensorProtoSchema>
type GraphInit = MessageInitShape<typeof GraphProtoSchema>
type NodeInit = MessageInitShape<typeof NodeProtoSchema>

/** A whole number is an int attribute; wrap it in `float` to make it a float one. */
export type AttributeInit =
  | number
  | string
  | readonly number[]
  | { readonly float: number | readonly number[] }
  | { readonly tensor: TensorInit }
  | { readonly graph: GraphInit }

export interface ModelInit {
  readonly opset: number
  readonly inputs?: Readonly<Record<string, readonly (number | string)[]>>
  readonly outputs?: readonly string[]
  readonly nodes: readonly NodeInit[]
  readonly initializer?: readonly TensorInit[]
  readonly irVersion?: number
  readonly graph?: GraphInit
  readonly functions?: readonly MessageInitShape<typeof FunctionProtoSchema>[]
}

export function node(
  type: string,
  inputs: readonly string[],
  outputs: readonly string[],
  attributes: Readonly<Record<string, AttributeInit>> = {},
): NodeInit {
  return {
    opType: type,
    input: [...inputs],
    output: [...outputs],
    attribute: Object.entries(attributes).map(([name, value]) => ({ name, ...attribute(value) })),
  }
}

function attribute(value: AttributeInit) {
  if (typeof value === 'number') return { type: AttributeType.INT, i: BigInt(value) }
  if (typeof value === 'string') return { type: AttributeType.STRING, s: new TextEncoder().encode(value) }
  if ('tensor' in value) return { type: AttributeType.TENSOR, t: value.tensor }
  if ('graph' in value) return { type: AttributeType.GRAPH, g: value.graph }
  if ('float' in value)
    return typeof value.float === 'number'
      ? { type: AttributeType.FLOAT, f: value.float }
      : { type: AttributeType.FLOATS, floats: [...value.float] }
  return { type: AttributeType.INTS, ints: value.map(BigInt) }
}

export function floats(name: string, dims: readonly number[], values: readonly number[]): TensorInit {
  const rawData = new Uint8Array(Float32Array.from(values).buffer)
  return { name, dims: dims.map(BigInt), dataType: 1, rawData }
}

export function int64s(name: string, dims: readonly number[], values: readonly number[]): TensorInit {
  return {
    name,
    dims: dims.map(BigInt),
    dataType: 7,
    rawData: new Uint8Array(BigInt64Array.from(values, BigInt).buffer),
  }
}

function value(name: string, shape?: readonly (number | string)[]): MessageInitShape<typeof ValueInfoProtoSchema> {
  const dim = shape?.map(size => ({
    value:
      typeof size === 'number'
        ? { case: 'dimValue' as const, value: BigInt(size) }
        : { case: 'dimParam' as const, value: size },
  }))
  return { name, type: { value: { case: 'tensorType', value: { elemType: 1, shape: dim && { dim } } } } }
}

export function onnxBytes({
  opset,
  nodes,
  inputs = {},
  outputs = [],
  initializer = [],
  irVersion = 8,
  graph,
  functions = [],
}: ModelInit): Uint8Array<ArrayBuffer> {
  const model = create(ModelProtoSchema, {
    irVersion: BigInt(irVersion),
    producerName: 'test',
    functions: [...functions],
    opsetImport: [{ domain: '', version: BigInt(opset) }],
    graph: {
      name: 'g',
      node: [...nodes],
      initializer: [...initializer],
      input: Object.entries(inputs).map(([name, shape]) => value(name, shape)),
      output: outputs.map(name => value(name)),
      ...graph,
    },
  })
  return toBinary(ModelProtoSchema, model) as Uint8Array<ArrayBuffer>
}

export function openModel(init: ModelInit): Promise<Network> {
  return openNetwork(memorySource(onnxBytes(init), { name: 'test.onnx' }))
}

/** Types of the operators, in order. */
export function types(network: Network): string[] {
  return network.operators.map(({ type }) => type)
}

/** All values of a weight, as numbers. */
export async function valuesOf(network: Network, name: string): Promise<number[]> {
  const weight = network.weights.get(name)
  if (!weight) throw new Error(`no weight ${name}`)
  return Array.from((await weight.read()).data as ArrayLike<number | bigint>, Number)
}

export function float8s(name: string, dims: readonly number[], patterns: readonly number[]): TensorInit {
  return { name, dims: dims.map(BigInt), dataType: 17, rawData: Uint8Array.from(patterns) }
}
