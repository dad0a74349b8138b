/** Writes a network as an ONNX model at the current opset. */
import { create, toBinary } from '@bufbuild/protobuf'
import {
  type AttributeProto,
  AttributeProtoSchema,
  AttributeProto_AttributeType as AttributeType,
  type GraphProto,
  GraphProtoSchema,
  ModelProtoSchema,
  NodeProtoSchema,
  OperatorSetIdProtoSchema,
  type TensorProto,
  TensorProtoSchema,
  TensorShapeProto_DimensionSchema,
  TensorShapeProtoSchema,
  TypeProto_TensorSchema,
  TypeProtoSchema,
  type ValueInfoProto,
  ValueInfoProtoSchema,
} from 'onnx-buf'
import { type AttributeValue, CURRENT_OPSET, type Network, type ValueInfo } from '../network/network.ts'
import { encodeTensor } from '../tensor/encode.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { ONNX_TYPES } from './onnx-tensors.ts'

/** The ONNX file-format version that came with the current opset. */
const IR_VERSION = 10n

/** Attributes that are floats even where their value is whole; a `Network` does not tell 1 from 1.0. */
const FLOAT_ATTRIBUTES = new Set([
  ...['alpha', 'beta', 'gamma', 'epsilon', 'momentum', 'ratio', 'lambd', 'bias', 'clip', 'threshold', 'scale'],
  ...['activation_alpha', 'activation_beta', 'extrapolation_value', 'cubic_coeff_a', 'spatial_scale', 'softcap'],
  ...['high', 'low', 'mean', 'seed', 'sample_size', 'value_float', 'value_floats', 'norm_coefficient', 'scales'],
])

/** The bytes of an `.onnx` file. All tensors are read; those of other domains' operators keep their attributes. */
export async function encodeOnnx(network: Network): Promise<Uint8Array<ArrayBuffer>> {
  const opset = Math.max(CURRENT_OPSET, network.source.opset ?? CURRENT_OPSET)
  const domains = new Set(network.operators.map(({ domain }) => domain).filter(domain => domain !== ''))
  const model = create(ModelProtoSchema, {
    irVersion: IR_VERSION,
    producerName: 'lobes',
    opsetImport: [
      create(OperatorSetIdProtoSchema, { domain: '', version: BigInt(opset) }),
      ...Array.from(domains, domain => create(OperatorSetIdProtoSchema, { domain, version: 1n })),
    ],
    graph: await graphProto(network),
  })
  return toBinary(ModelProtoSchema, model) as Uint8Array<ArrayBuffer>
}

async function graphProto(network: Network): Promise<GraphProto> {
  const initializer: TensorProto[] = []
  for (const [name, weight] of network.weights) initializer.push(tensorProto(await weight.read(), name))
  const node = []
  for (const { name, type, domain, inputs, outputs, attributes } of network.operators) {
    const attribute: AttributeProto[] = []
    for (const [key, value] of Object.entries(attributes)) attribute.push(await attributeProto(key, value))
    node.push(
      create(NodeProtoSchema, { name, opType: type, domain, input: [...inputs], output: [...outputs], attribute }),
    )
  }
  return create(GraphProtoSchema, {
    name: network.name || 'network',
    node,
    initializer,
    input: network.inputs.map(valueInfoProto),
    output: network.outputs.map(valueInfoProto),
  })
}

function tensorProto(tensor: Tensor, name = ''): TensorProto {
  return create(TensorProtoSchema, {
    name,
    dims: tensor.shape.map(BigInt),
    dataType: ONNX_TYPES[tensor.dtype],
    rawData: encodeTensor(tensor),
  })
}

function valueInfoProto({ name, dtype, shape }: ValueInfo): ValueInfoProto {
  const dim = shape.map(size =>
    create(TensorShapeProto_DimensionSchema, {
      value: size === null ? { case: undefined } : { case: 'dimValue', value: BigInt(size) },
    }),
  )
  const value = create(TypeProto_TensorSchema, {
    elemType: ONNX_TYPES[dtype],
    // An empty shape is that of a scalar, but also how a shape that the file left out was read: better not claimed.
    shape: shape.length > 0 ? create(TensorShapeProtoSchema, { dim }) : undefined,
  })
  return create(ValueInfoProtoSchema, {
    name,
    type: create(TypeProtoSchema, { value: { case: 'tensorType', value } }),
  })
}

async function attributeProto(name: string, value: AttributeValue): Promise<AttributeProto> {
  const make = (type: AttributeType, content: object) => create(AttributeProtoSchema, { name, type, ...content })
  if (typeof value === 'string') return make(AttributeType.STRING, { s: new TextEncoder().encode(value) })
  if (typeof value === 'number')
    return isFloat(name, [value])
      ? make(AttributeType.FLOAT, { f: value })
      : make(AttributeType.INT, { i: BigInt(value) })
  if (isList(value)) {
    if (value.some(item => typeof item === 'string'))
      return make(AttributeType.STRINGS, { strings: value.map(item => new TextEncoder().encode(String(item))) })
    const numbers = value.map(Number)
    return isFloat(name, numbers)
      ? make(AttributeType.FLOATS, { floats: numbers })
      : make(AttributeType.INTS, { ints: numbers.map(BigInt) })
  }
  if ('operators' in value) return make(AttributeType.GRAPH, { g: await graphProto(value) })
  return make(AttributeType.TENSOR, { t: tensorProto(value) })
}

function isList(value: AttributeValue): value is readonly number[] | readonly string[] {
  return Array.isArray(value)
}

function isFloat(name: string, numbers: readonly number[]): boolean {
  return FLOAT_ATTRIBUTES.has(name) || !numbers.every(Number.isInteger)
}
