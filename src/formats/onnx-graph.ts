/** From ONNX's GraphProto to a `Network` in the file's own opset: names, values, attributes, constants, subgraphs. */
import { isFieldSet } from '@bufbuild/protobuf'
import {
  type AttributeProto,
  AttributeProtoSchema,
  AttributeProto_AttributeType as AttributeType,
  type GraphProto,
  type NodeProto,
  type ValueInfoProto,
} from 'onnx-buf'
import { FormatError, UnsupportedError } from '../errors.ts'
import type { AttributeValue, Network, Operator, ValueInfo, WeightTensor } from '../network/network.ts'
import { sortOperators } from '../network/topology.ts'
import { type Tensor, tensor } from '../tensor/tensor.ts'
import { dtypeOfOnnx, openTensor } from './onnx-tensors.ts'
import type { ByteSource } from './source.ts'

/** Reads one graph. `outer` holds the values of the enclosing graphs, for subgraphs. */
export async function readGraph(
  graph: GraphProto,
  source: ByteSource,
  networkSource: Network['source'],
  outer: ReadonlySet<string> = new Set(),
): Promise<Network> {
  const weights = new Map<string, WeightTensor>()
  const add = (name: string, weight: WeightTensor) => {
    if (weights.has(name))
      throw new FormatError('format.duplicate', `${source.name} defines the tensor "${name}" a second time.`)
    weights.set(name, { ...weight, name })
  }
  for (const proto of graph.initializer) add(proto.name, await openTensor(proto, `tensor "${proto.name}"`, source))
  if (graph.sparseInitializer.length > 0)
    throw new UnsupportedError(
      'unsupported.sparse',
      `${source.name} stores "${graph.sparseInitializer[0].values?.name}" as a sparse tensor; export it with dense ones.`,
    )

  const nodes = graph.node.map((node, index) => ({ node, name: node.name || `${node.opType}_${index}` }))
  const constants = nodes.filter(({ node }) => isConstant(node))
  for (const { node, name } of constants) add(node.output[0] ?? '', await constantOf(node, name, source))

  // Before IR version 4 initialisers had to be listed among the inputs; they are defaults, not data that flows in.
  const inputs = graph.input.map(readValueInfo).filter(({ name }) => !weights.has(name))
  const defined = new Set([...outer, ...weights.keys(), ...inputs.map(({ name }) => name)])
  if (new Set(inputs.map(({ name }) => name)).size < inputs.length)
    throw new FormatError('format.duplicate', `${source.name} lists an input twice.`)

  const visible = new Set([...defined, ...graph.node.flatMap(node => node.output)])
  const operators: Operator[] = []
  const taken = new Set<string>()
  for (const { node, name } of nodes) {
    if (isConstant(node)) continue
    const unique = taken.has(name) ? freeName(name, taken) : name
    taken.add(unique)
    operators.push(await readNode(node, unique, source, networkSource, visible))
  }
  const sorted = sortOperators(operators, defined)
  const outputs = graph.output.map(readValueInfo)
  for (const { name } of outputs) {
    if (!visible.has(name))
      throw new FormatError('format.undefined', `${source.name} names the output "${name}", which no operator defines.`)
  }
  const shapes = new Map(graph.valueInfo.filter(hasShape).map(info => [info.name, readValueInfo(info).shape]))
  return {
    name: graph.name,
    source: networkSource,
    inputs,
    outputs,
    operators: sorted,
    weights,
    shapes,
    activationsKnown: true,
    notes: [],
  }
}

function freeName(name: string, taken: ReadonlySet<string>): string {
  let count = 2
  while (taken.has(`${name}_${count}`)) count++
  return `${name}_${count}`
}

async function readNode(
  node: NodeProto,
  name: string,
  source: ByteSource,
  networkSource: Network['source'],
  visible: ReadonlySet<string>,
): Promise<Operator> {
  const where = `attribute of operator "${name}" (${node.opType})`
  const attributes: Record<string, AttributeValue> = Object.create(null)
  for (const attribute of node.attribute) {
    const value = await readAttribute(attribute, where, source)
    attributes[attribute.name] =
      value !== 'graph' ? value : await readGraph(attribute.g!, source, networkSource, visible)
  }
  return {
    name,
    type: node.opType,
    domain: node.domain === 'ai.onnx' ? '' : node.domain,
    inputs: node.input,
    outputs: node.output,
    attributes: { ...attributes },
  }
}

function isConstant(node: NodeProto): boolean {
  return node.opType === 'Constant' && (node.domain === '' || node.domain === 'ai.onnx')
}

/** The weight that a `Constant` operator stands for, in any of the forms its value can take. */
async function constantOf(node: NodeProto, name: string, source: ByteSource): Promise<WeightTensor> {
  const where = `constant "${name}"`
  const attribute = node.attribute.find(({ name }) => name.startsWith('value'))
  if (!attribute || node.output.length !== 1) throw new FormatError('format.constant', `The ${where} has no value.`)
  if (attribute.t) return openTensor(attribute.t, where, source)
  const value = constantTensor(attribute)
  if (!value)
    throw new UnsupportedError(
      'unsupported.constant',
      `The ${where} holds its value as ${attribute.name}, which lobes does not read.`,
    )
  const { dtype, shape } = value
  return { name, dtype, shape, read: async () => ({ ...value, data: value.data.slice() }) }
}

function constantTensor({ name, f, i, floats, ints }: AttributeProto): Tensor | undefined {
  if (name === 'value_float') return tensor(Float32Array.of(f), [])
  if (name === 'value_int') return tensor(BigInt64Array.of(i), [])
  if (name === 'value_floats') return tensor(Float32Array.from(floats), [floats.length])
  if (name === 'value_ints') return tensor(BigInt64Array.from(ints), [ints.length])
  return undefined
}

async function readAttribute(attribute: AttributeProto, where: string, source: ByteSource): Promise<AttributeValue> {
  const named = `${where}: "${attribute.name}"`
  switch (attributeType(attribute)) {
    case AttributeType.FLOAT:
      return attribute.f
    case AttributeType.INT:
      return wholeNumber(attribute.i)
    case AttributeType.STRING:
      return new TextDecoder().decode(attribute.s)
    case AttributeType.FLOATS:
      return attribute.floats
    case AttributeType.INTS:
      return attribute.ints.map(wholeNumber)
    case AttributeType.STRINGS:
      return attribute.strings.map(bytes => new TextDecoder().decode(bytes))
    case AttributeType.TENSOR:
      if (attribute.t) return (await openTensor(attribute.t, named, source)).read()
      break
    case AttributeType.GRAPH:
      if (attribute.g) return 'graph'
      break
    case AttributeType.UNDEFINED:
      break
    default:
      throw new UnsupportedError(
        'unsupported.attribute',
        `The ${named} is of type ${AttributeType[attribute.type]}, which lobes does not read.`,
      )
  }
  throw new FormatError('format.attribute', `The ${named} has no value; the file is damaged.`)
}

/** Before IR version 2 the type was not written: then the field that is set tells. */
function attributeType(attribute: AttributeProto): AttributeType {
  if (attribute.type !== AttributeType.UNDEFINED) return attribute.type
  const { field } = AttributeProtoSchema
  if (isFieldSet(attribute, field.f)) return AttributeType.FLOAT
  if (isFieldSet(attribute, field.i)) return AttributeType.INT
  if (isFieldSet(attribute, field.s)) return AttributeType.STRING
  if (attribute.t) return AttributeType.TENSOR
  if (attribute.g) return AttributeType.GRAPH
  if (attribute.floats.length > 0) return AttributeType.FLOATS
  if (attribute.ints.length > 0) return AttributeType.INTS
  if (attribute.strings.length > 0) return AttributeType.STRINGS
  return AttributeType.UNDEFINED
}

/** The largest 64-bit integers mean "to the end" (`Slice`); they become the largest exact number, which means the same. */
function wholeNumber(value: bigint): number {
  return Math.min(Math.max(Number(value), Number.MIN_SAFE_INTEGER), Number.MAX_SAFE_INTEGER)
}

function hasShape({ type }: ValueInfoProto): boolean {
  return type?.value.case === 'tensorType' && type.value.value.shape !== undefined
}

function readValueInfo(info: ValueInfoProto): ValueInfo {
  const tensorType = info.type?.value.case === 'tensorType' ? info.type.value.value : undefined
  const dims = tensorType?.shape?.dim ?? []
  const shape = dims.map(({ value }) => {
    const size = value.case === 'dimValue' ? Number(value.value) : Number.NaN
    return size > 0 && size <= Number.MAX_SAFE_INTEGER ? size : null
  })
  return { name: info.name, dtype: dtypeOfOnnx(tensorType?.elemType ?? 0) ?? 'float32', shape }
}
