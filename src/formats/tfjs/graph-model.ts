/**
 * Graph models: a TensorFlow graph, node by node, as ONNX operators. An operation without a rule stays in the network
 * under TensorFlow's name, in the domain `tensorflow`: what stands before and after it can still be analysed.
 */
import { FormatError, UnsupportedError } from '../../errors.ts'
import type { Network, Operator, ValueInfo, WeightTensor } from '../../network/network.ts'
import { readShapeVectors } from '../../network/shapes.ts'
import { upgradeNetwork } from '../../network/upgrade.ts'
import { type DType, elementCount } from '../../tensor/tensor.ts'
import { createDraft, type Draft, type Value } from './draft.ts'
import { type NodeDef, readNodes, readShape, shapeAttribute, typeAttribute } from './graph-def.ts'
import { RULES } from './operators/table.ts'

interface GraphModel {
  readonly name: string
  readonly topology: Readonly<Record<string, unknown>>
  readonly weights: readonly WeightTensor[]
  /** The model's named inputs and outputs, where the converter wrote them. */
  readonly signature: unknown
}

/** Nodes that hold a value instead of computing one, or compute none. */
const WITHOUT_VALUE = new Set(['NoOp', 'Assert'])

/** Outputs of all nodes together. */
const MOST_VALUES = 1 << 18

export async function graphNetwork(model: GraphModel): Promise<Network> {
  const nodes = readNodes(model.topology.node, model.name)
  const { inputs: inputShapes, outputs: outputNames } = readSignature(model.signature)
  const constants = constantsOf(model, nodes)
  const vectors = await readShapeVectors(constants, [])
  const placeholders = nodes.filter(({ op }) => op === 'Placeholder')
  const inputs = placeholders.map((node): ValueInfo => {
    const shape = shapeAttribute(node, 'shape') ?? inputShapes.get(node.name) ?? []
    return { name: node.name, dtype: inputType(node), shape }
  })
  const draft = createDraft(inputs, constants, vectors)
  const values = new Map<string, Value>()
  for (const { name, dtype } of inputs) values.set(name, inputValue(name, dtype, draft))
  for (const name of constants.keys()) values.set(name, { plain: name })
  const counts = outputCounts(nodes)
  for (const node of nodes) {
    if (values.has(node.name) || WITHOUT_VALUE.has(node.op)) continue
    const outputs = translate(node, values, draft, counts.get(node.name) ?? 1)
    outputs.forEach((value, index) => {
      values.set(index === 0 ? node.name : `${node.name}:${index}`, value)
    })
    if (values.size > MOST_VALUES)
      throw new UnsupportedError('unsupported.tfjs', `${model.name} has more than ${MOST_VALUES} values.`)
  }

  const outputs = (outputNames ?? leaves(nodes)).map(name => outputOf(name, values, draft, model))
  const network = draft.finish(outputs, {
    name: model.name,
    source: { format: 'tfjs', operators: operationCounts(nodes) },
    activationsKnown: true,
    notes: [],
  })
  return upgradeNetwork(withoutUnread(network))
}

/** Without what the outputs do not need: training's leftovers, and sizes that were worked out. */
function withoutUnread(network: Network): Network {
  const operators = neededFor(network)
  const read = new Set([...operators.flatMap(({ inputs }) => inputs), ...network.outputs.map(({ name }) => name)])
  const inputs = network.inputs.filter(({ name }) => read.has(name))
  const weights = new Map(Array.from(network.weights).filter(([name]) => read.has(name)))
  return { ...network, inputs, operators, weights, notes: notesOn(operators) }
}

/** The weights of the graph's constants. TensorFlow computes sizes in 32 bits, ONNX in 64. */
function constantsOf({ name: file, weights }: GraphModel, nodes: readonly NodeDef[]): Map<string, WeightTensor> {
  const stored = new Map(weights.map(weight => [weight.name, weight]))
  const constants = new Map<string, WeightTensor>()
  const paddings = new Set(nodes.flatMap(({ op, inputs }) => (PADDING.has(op) ? inputs.slice(1, 2) : [])))
  for (const { name, op } of nodes) {
    const weight = stored.get(name)
    if (op !== 'Const' && !weight) continue
    if (!weight)
      throw new FormatError('format.tfjs', `${file}: the constant "${name}" has no weight in the weightsManifest.`)
    constants.set(name, weight.dtype === 'int32' ? widened(weight, paddings.has(name)) : weight)
  }
  return constants
}

/** Operations whose second input is [axes, 2]: before and after. */
const PADDING = new Set(['Pad', 'PadV2', 'MirrorPad'])

/** Flat where the numbers are looked at, as small vectors are. */
function widened(weight: WeightTensor, isFlat: boolean): WeightTensor {
  const shape = isFlat ? [elementCount(weight.shape)] : weight.shape
  return {
    ...{ name: weight.name, dtype: 'int64', shape },
    async read() {
      const { data } = await weight.read()
      return { dtype: 'int64', shape, data: BigInt64Array.from(data as Int32Array, BigInt) }
    },
  }
}

function inputType(node: NodeDef): DType {
  const type = typeAttribute(node, 'dtype')
  const dtypes: Readonly<Record<string, DType>> = {
    DT_FLOAT: 'float32',
    DT_INT32: 'int32',
    DT_INT64: 'int64',
    DT_BOOL: 'bool',
    DT_UINT8: 'uint8',
    DT_DOUBLE: 'float32',
  }
  if (Object.hasOwn(dtypes, type)) return dtypes[type]
  throw new UnsupportedError('unsupported.dtype', `The input "${node.name}" holds ${type}, which lobes does not read.`)
}

/** ONNX's number of int64, for `Cast`. */
const INT64 = 7

function inputValue(name: string, dtype: DType, draft: Draft): Value {
  return { plain: dtype === 'int32' ? draft.op(`${name}/int64`, 'Cast', [name], { to: INT64 }) : name }
}

/** How many outputs of each node are read. */
function outputCounts(nodes: readonly NodeDef[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const input of nodes.flatMap(({ inputs }) => inputs)) {
    const [, name, index] = /^(.*):(\d{1,3})$/s.exec(input) ?? []
    if (name !== undefined) counts.set(name, Math.max(counts.get(name) ?? 1, Number(index) + 1))
  }
  return counts
}

function translate(node: NodeDef, values: ReadonlyMap<string, Value>, draft: Draft, count: number): readonly Value[] {
  const where = `"${node.name}" (${node.op})`
  const inputs = node.inputs.map(name => {
    const value = values.get(name)
    if (value) return value
    throw new UnsupportedError(
      'unsupported.tfjs',
      `The node ${where} reads "${name}", which is no value that lobes computes.`,
    )
  })
  const entry = RULES.get(node.op)
  if (!entry) return foreign(node, inputs, draft, count)
  if (inputs.length < entry.inputs)
    throw new FormatError('format.tfjs', `The node ${where} has ${inputs.length} inputs; it needs ${entry.inputs}.`)
  const outputs = entry.rule(node, inputs, draft)
  return Array.isArray(outputs) ? outputs : [outputs as Value]
}

function foreign(node: NodeDef, inputs: readonly Value[], draft: Draft, count: number): Value[] {
  const outputs = draft.ops(node.name, node.op, inputs.map(draft.plain), {}, { count, domain: 'tensorflow' })
  return outputs.map(plain => ({ plain }))
}

function readSignature(given: unknown): { inputs: Map<string, (number | null)[]>; outputs?: string[] } {
  const { inputs = {}, outputs } = (given ?? {}) as { inputs?: object; outputs?: object }
  const entries = (part: object | null | undefined) =>
    Object.values(part ?? {}).filter(
      (entry): entry is { name: string; tensorShape?: unknown } => typeof entry?.name === 'string',
    )
  const shapes = entries(inputs).map(
    ({ name, tensorShape }) => [name.replace(/:0$/, ''), readShape(tensorShape) ?? []] as const,
  )
  const names = entries(outputs).map(({ name }) => name.replace(/:0$/, ''))
  return { inputs: new Map(shapes), ...(names.length > 0 && { outputs: names }) }
}

/** Nodes that no other one reads. */
function leaves(nodes: readonly NodeDef[]): string[] {
  const read = new Set(nodes.flatMap(({ inputs }) => inputs.map(name => name.replace(/:\d+$/, ''))))
  const ends = nodes.filter(({ name, op }) => !read.has(name) && !WITHOUT_VALUE.has(op))
  return ends.filter(({ op }) => op !== 'Const' && op !== 'Placeholder').map(({ name }) => name)
}

/** The output as a value of its own, under its name where that is free. */
function outputOf(name: string, values: ReadonlyMap<string, Value>, draft: Draft, { name: file }: GraphModel): string {
  const value = values.get(name)
  if (!value) throw new FormatError('format.undefined', `${file} names the output "${name}", which no node computes.`)
  const plain = draft.plain(value)
  return plain === name && !draft.isWeight(value) ? plain : draft.op(name, 'Identity', [plain])
}

/** The operators, in order, without which the outputs cannot be computed. */
function neededFor({ outputs, operators }: Network): Operator[] {
  const needed = new Set(outputs.map(({ name }) => name))
  const kept = operators.toReversed().filter(({ outputs: made, inputs }) => {
    const isNeeded = made.some(name => needed.has(name))
    if (isNeeded) for (const name of inputs) needed.add(name)
    return isNeeded
  })
  return kept.reverse()
}

function operationCounts(nodes: readonly NodeDef[]): Record<string, number> {
  const counts = new Map<string, number>()
  for (const { op } of nodes) counts.set(op, (counts.get(op) ?? 0) + 1)
  return Object.fromEntries(counts)
}

function notesOn(operators: readonly Operator[]): string[] {
  const foreign = operators.filter(({ domain }) => domain !== '')
  if (foreign.length === 0) return []
  const list = foreign.slice(0, 20).map(({ name, type }) => `${type} ("${name}")`)
  const more = foreign.length > 20 ? ` and ${foreign.length - 20} more` : ''
  return [`TensorFlow operations that lobes does not know, and cannot run: ${list.join(', ')}${more}.`]
}
