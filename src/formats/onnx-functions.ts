/** Model-local functions: operators that an ONNX file defines by other operators. Each call is replaced by its body. */
import { clone } from '@bufbuild/protobuf'
import {
  type AttributeProto,
  AttributeProtoSchema,
  type FunctionProto,
  type GraphProto,
  type ModelProto,
  type NodeProto,
  NodeProtoSchema,
} from 'onnx-buf'
import { FormatError, UnsupportedError } from '../errors.ts'

/** Small functions that call each other can grow without bounds. */
const MAX_NODES = 1 << 16
const MAX_DEPTH = 64

/** Replaces all calls of the model's functions in a graph, however deeply nested. Changes the graph and returns it. */
export function inlineFunctions(model: ModelProto, graph: GraphProto): GraphProto {
  if (model.functions.length === 0) return graph
  const functions = new Map(model.functions.map(body => [functionKey(body.domain, body.name, body.overload), body]))
  let nodes = 0
  let calls = 0

  function expand(list: readonly NodeProto[], depth: number): NodeProto[] {
    return list.flatMap(node => {
      if (++nodes > MAX_NODES)
        throw new UnsupportedError(
          'unsupported.functions',
          `The functions of the model unfold to more than ${MAX_NODES} operators; export it with functions inlined.`,
        )
      const body = functions.get(functionKey(node.domain, node.opType, node.overload))
      if (!body) return [expandBodies(node, depth)]
      if (depth >= MAX_DEPTH)
        throw new FormatError('format.functions', `The function "${body.name}" calls itself, or nests too deeply.`)
      return expand(callBody(node, body, `${node.name || node.opType}_${calls++}`), depth + 1)
    })
  }

  function expandBodies(node: NodeProto, depth: number): NodeProto {
    for (const { g } of node.attribute) if (g) expandGraph(g, depth + 1)
    return node
  }

  function expandGraph(part: GraphProto, depth: number): GraphProto {
    part.node = expand(part.node, depth)
    return part
  }

  return expandGraph(graph, 0)
}

function functionKey(domain: string, name: string, overload: string): string {
  return `${domain}\n${name}\n${overload}`
}

/** The function's operators with the call's values and attributes in place of its parameters. */
function callBody(call: NodeProto, body: FunctionProto, prefix: string): NodeProto[] {
  const names = new Map<string, string>([['', '']])
  for (const [index, name] of body.input.entries()) names.set(name, call.input[index] ?? '')
  for (const [index, name] of body.output.entries()) if (call.output[index]) names.set(name, call.output[index])
  const rename = (name: string) => names.get(name) ?? `${prefix}/${name}`
  const given = new Map([...body.attributeProto, ...call.attribute].map(item => [item.name, item]))
  return body.node.map(node => renamed(node, `${prefix}/${node.name || node.opType}`, rename, given))
}

function renamed(
  node: NodeProto,
  name: string,
  rename: (name: string) => string,
  given: ReadonlyMap<string, AttributeProto>,
): NodeProto {
  const copy = clone(NodeProtoSchema, node)
  copy.name = name
  copy.input = node.input.map(rename)
  copy.output = node.output.map(rename)
  copy.attribute = node.attribute.flatMap(item => boundAttribute(item, rename, given))
  return copy
}

/** An attribute of the body: a reference takes the call's value, or disappears where the call gives none. */
function boundAttribute(
  item: AttributeProto,
  rename: (name: string) => string,
  given: ReadonlyMap<string, AttributeProto>,
): AttributeProto[] {
  const source = item.refAttrName === '' ? item : given.get(item.refAttrName)
  if (!source) return []
  const bound = clone(AttributeProtoSchema, source)
  bound.name = item.name
  if (bound.g && source === item) renameGraph(bound.g, rename, given)
  return [bound]
}

/** Renames the values of a subgraph, which may be the function's own, in place. */
function renameGraph(
  graph: GraphProto,
  rename: (name: string) => string,
  given: ReadonlyMap<string, AttributeProto>,
): void {
  for (const value of [...graph.initializer, ...graph.input, ...graph.output]) value.name = rename(value.name)
  graph.valueInfo = []
  graph.node = graph.node.map(node => renamed(node, node.name, rename, given))
}
