/**
 * TensorFlow's GraphDef as TensorFlow.js writes it in JSON: a list of nodes, each with an operation, the values it
 * reads and attributes. Values are named after the node; `name:1` is a second output, `^name` only orders execution.
 * Integers may be written as text, text is in base64.
 */
import { FormatError, UnsupportedError } from '../../errors.ts'
import { sortOperators } from '../../network/topology.ts'

const LONGEST_NAME = 1000
/** The largest graphs in use have some ten thousand. */
const MOST_NODES = 1 << 16

export interface NodeDef {
  readonly name: string
  readonly op: string
  /** Names of the values it reads, `:0` and control inputs left out. */
  readonly inputs: readonly string[]
  readonly attributes: Readonly<Record<string, unknown>>
}

/** Operations that jump: which of their values are computed is known only when running. */
const CONTROL_FLOW = new Set(
  [
    'Switch',
    'Merge',
    'Enter',
    'Exit',
    'NextIteration',
    'LoopCond',
    'While',
    'StatelessWhile',
    'If',
    'StatelessIf',
  ].concat(['PartitionedCall', 'StatefulPartitionedCall']),
)

/** The nodes, each after those whose values it reads. `what` names the file in errors. */
export function readNodes(given: unknown, what: string): NodeDef[] {
  if (!Array.isArray(given) || given.length === 0)
    throw new FormatError('format.tfjs', `${what} has no list of nodes in its modelTopology.`)
  if (given.length > MOST_NODES)
    throw new UnsupportedError('unsupported.tfjs', `${what} has ${given.length} nodes; ${MOST_NODES} is the limit.`)
  const nodes = given.map((node, index) => readNode(node, index, what))
  const flow = nodes.find(({ op }) => CONTROL_FLOW.has(op))
  if (flow)
    throw new UnsupportedError(
      'unsupported.tfjs',
      `${what}: the node "${flow.name}" (${flow.op}) is control flow, or calls a function; convert the model with these resolved (a frozen inference graph).`,
    )
  const byName = new Map(nodes.map(node => [node.name, node]))
  const operators = nodes.map(({ name, op, inputs }) => {
    const read = inputs.map(input => input.replace(/:\d+$/, ''))
    return { name, type: op, domain: '', inputs: read, outputs: [name], attributes: {} }
  })
  return sortOperators(operators, new Set()).map(({ name }) => byName.get(name)!)
}

function readNode(given: unknown, index: number, what: string): NodeDef {
  const { name, op, input = [], attr = {} } = (given ?? {}) as Readonly<Record<string, unknown>>
  const isName = (text: unknown): text is string =>
    typeof text === 'string' && text !== '' && text.length <= LONGEST_NAME
  if (!isName(name) || !isName(op) || !Array.isArray(input) || !input.every(isName) || !isObject(attr))
    throw new FormatError(
      'format.tfjs',
      `${what}: node ${index + 1} of the graph lacks a name, an operation or inputs.`,
    )
  const inputs = input.filter(value => !value.startsWith('^')).map(value => value.replace(/:0$/, ''))
  return { name, op, inputs, attributes: attr }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** One field of an attribute's value, e.g. `i` of `{ "i": "3" }`; undefined where there is none. */
function field(node: NodeDef, name: string, key: string): unknown {
  const value = Object.hasOwn(node.attributes, name) ? node.attributes[name] : undefined
  return isObject(value) ? value[key] : undefined
}

function wrong(node: NodeDef, name: string, problem: string): FormatError {
  return new FormatError('format.attribute', `The attribute "${name}" of node "${node.name}" (${node.op}) ${problem}.`)
}

function integer(node: NodeDef, name: string, value: unknown): number {
  const number = typeof value === 'string' && value !== '' ? Number(value) : value
  if (typeof number === 'number' && Number.isSafeInteger(number)) return number
  throw wrong(node, name, `is ${JSON.stringify(value)?.slice(0, 100)}, not a whole number`)
}

export function integerAttribute(node: NodeDef, name: string, fallback: number): number {
  const value = field(node, name, 'i')
  return value === undefined ? fallback : integer(node, name, value)
}

export function integersAttribute(node: NodeDef, name: string): number[] {
  const list = listed(node, name, 'i')
  return list.map(value => integer(node, name, value))
}

export function floatAttribute(node: NodeDef, name: string, fallback: number): number {
  const value = field(node, name, 'f') ?? fallback
  if (typeof value === 'number' && Number.isFinite(value)) return value
  throw wrong(node, name, `is ${JSON.stringify(value)?.slice(0, 100)}, not a number`)
}

export function flagAttribute(node: NodeDef, name: string): boolean {
  return field(node, name, 'b') === true
}

export function textAttribute(node: NodeDef, name: string, fallback: string): string {
  const value = field(node, name, 's')
  return value === undefined ? fallback : text(node, name, value)
}

export function textsAttribute(node: NodeDef, name: string): string[] {
  return listed(node, name, 's').map(value => text(node, name, value))
}

/** The element type, e.g. `DT_FLOAT`; older converters write its number. */
export function typeAttribute(node: NodeDef, name: string): string {
  const value = field(node, name, 'type')
  const names: Readonly<Record<number, string>> = {
    1: 'DT_FLOAT',
    2: 'DT_DOUBLE',
    3: 'DT_INT32',
    4: 'DT_UINT8',
    9: 'DT_INT64',
    10: 'DT_BOOL',
  }
  return typeof value === 'number' ? (names[value] ?? `type ${value}`) : typeof value === 'string' ? value : 'DT_FLOAT'
}

export function shapeAttribute(node: NodeDef, name: string): (number | null)[] | undefined {
  return readShape(field(node, name, 'shape'))
}

/** `{ "dim": [{ "size": "-1" }, …] }`: sizes below 1 are open. Undefined where the rank is unknown. */
export function readShape(given: unknown): (number | null)[] | undefined {
  if (!isObject(given) || given.unknownRank === true) return undefined
  const dims = given.dim ?? []
  if (!Array.isArray(dims)) return undefined
  return dims.map(dim => {
    const size = Number((dim as { size?: unknown } | null)?.size)
    return Number.isSafeInteger(size) && size > 0 ? size : null
  })
}

function listed(node: NodeDef, name: string, key: string): readonly unknown[] {
  const list = field(node, name, 'list')
  const values = isObject(list) ? (list[key] ?? []) : []
  if (Array.isArray(values)) return values
  throw wrong(node, name, 'holds no list')
}

/** ASCII only: names of operations, layouts and paddings. */
function text(node: NodeDef, name: string, value: unknown): string {
  try {
    if (typeof value === 'string') return atob(value)
  } catch {}
  throw wrong(node, name, `is ${JSON.stringify(value)?.slice(0, 100)}, not text in base64`)
}
