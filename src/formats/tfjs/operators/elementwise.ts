/** Operators that treat each value by itself, alone or paired by broadcasting: they stay in the form they are given. */
import type { Operator } from '../../../network/network.ts'
import type { Draft, Value } from '../draft.ts'
import { floatAttribute, type NodeDef, textAttribute, typeAttribute } from '../graph-def.ts'
import { isChannelsFirst, type Rule, unsupported } from './rule.ts'

type Attributes = Operator['attributes']

/** Adds one elementwise operator. `extras` are inputs without a layout: scalars. */
function elementwise(
  draft: Draft,
  name: string,
  type: string,
  operands: readonly Value[],
  attributes: Attributes = {},
  extras: readonly string[] = [],
): Value {
  const images = operands.some(isChannelsFirst) ? operands.map(operand => imageOperand(draft, operand)) : [undefined]
  if (images.every(image => image !== undefined))
    return { channelsFirst: draft.op(name, type, [...images, ...extras], attributes) }
  return { plain: draft.op(name, type, [...operands.map(draft.plain), ...extras], attributes) }
}

/** An operand beside an image with channels first; undefined where it cannot be brought to that form. */
function imageOperand(draft: Draft, operand: Value): string | undefined {
  if (isChannelsFirst(operand)) return operand.channelsFirst!
  const rank = draft.shape(operand)?.length
  if (rank === 4) return draft.channelsFirst(operand)
  if (rank === 0) return operand.plain
  if (rank === 1) return perChannel(draft, operand)
  return undefined
}

/** A vector of channels as it broadcasts against an image with channels first: [C, 1, 1]. */
function perChannel(draft: Draft, vector: Value): string {
  const shape = draft.integers(`${vector.plain}/shape`, [-1, 1, 1])
  return draft.op(`${vector.plain}/channels_first`, 'Reshape', [draft.plain(vector), shape])
}

/** One operator of ONNX for one of TensorFlow. */
export function plainly(type: string, attributes?: (node: NodeDef) => Attributes): Rule {
  return (node, inputs, draft) => elementwise(draft, node.name, type, inputs, attributes?.(node))
}

/** An activation that the fused operators have as well. */
export function activate(
  draft: Draft,
  name: string,
  activation: string,
  value: Value,
  node: NodeDef,
  slope?: Value,
): Value {
  switch (activation) {
    case 'Relu6': {
      const bounds = [0, 6].map(bound => draft.float(`${name}/${bound}`, bound))
      return elementwise(draft, name, 'Clip', [value], {}, bounds)
    }
    case 'LeakyRelu':
      return elementwise(draft, name, 'LeakyRelu', [value], {
        alpha: floatAttribute(node, node.op === 'LeakyRelu' ? 'alpha' : 'leakyrelu_alpha', 0.2),
      })
    case 'Prelu':
      if (!slope) throw unsupported(node, 'has a Prelu without its slopes')
      return elementwise(draft, name, 'PRelu', [value, slope])
    case 'Relu':
    case 'Elu':
    case 'Selu':
    case 'Sigmoid':
    case 'Tanh':
      return elementwise(draft, name, activation, [value])
    default:
      throw unsupported(node, `is fused with ${JSON.stringify(activation.slice(0, 100))}`)
  }
}

export const activation: Rule = (node, [value, slope], draft) => activate(draft, node.name, node.op, value, node, slope)

/** A bias per channel; the channels are on axis 1 where the node says so. */
export const biasAdd: Rule = (node, [value, bias], draft) => {
  if (textAttribute(node, 'data_format', 'NHWC') !== 'NCHW' || draft.shape(value)?.length !== 4)
    return elementwise(draft, node.name, 'Add', [value, bias])
  return { plain: draft.op(node.name, 'Add', [draft.plain(value), perChannel(draft, bias)]) }
}

export const same: Rule = (_, [value]) => value

export const clipByValue: Rule = (node, [value, ...bounds], draft) =>
  elementwise(draft, node.name, 'Clip', [value], {}, bounds.map(draft.plain))

export const square: Rule = (node, [value], draft) => elementwise(draft, node.name, 'Mul', [value, value])

export const squaredDifference: Rule = (node, inputs, draft) => {
  const difference = elementwise(draft, `${node.name}/difference`, 'Sub', inputs)
  return elementwise(draft, node.name, 'Mul', [difference, difference])
}

export const reciprocalRoot: Rule = (node, inputs, draft) =>
  elementwise(draft, node.name, 'Reciprocal', [elementwise(draft, `${node.name}/root`, 'Sqrt', inputs)])

/** ONNX's numbers of the types that are read; TensorFlow's integers all become 64-bit ones. */
const CAST: Readonly<Record<string, number>> = {
  DT_FLOAT: 1,
  DT_DOUBLE: 1,
  DT_HALF: 1,
  DT_BOOL: 9,
  DT_INT32: 7,
  DT_INT64: 7,
}

export const cast: Rule = (node, inputs, draft) => {
  const [from, to] = [typeAttribute(node, 'SrcT'), typeAttribute(node, 'DstT')]
  if (!Object.hasOwn(CAST, to)) throw unsupported(node, `casts to ${to}`)
  return CAST[from] === CAST[to] ? inputs[0] : elementwise(draft, node.name, 'Cast', inputs, { to: CAST[to] })
}

/** Over the last axis, or the channels. */
export const softmax: Rule = (node, [value], draft) => {
  const type = node.op
  return isChannelsFirst(value)
    ? { channelsFirst: draft.op(node.name, type, [value.channelsFirst!], { axis: 1 }) }
    : { plain: draft.op(node.name, type, [draft.plain(value)], { axis: -1 }) }
}
