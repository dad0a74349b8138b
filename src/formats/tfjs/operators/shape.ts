/** Operators that move values without changing them. The sizes that exporters compute are followed as they go. */
import type { Dim, DimShape } from '../../../network/dims.ts'
import type { Draft, Value } from '../draft.ts'
import { integerAttribute, integersAttribute, type NodeDef, textAttribute } from '../graph-def.ts'
import { staysInOrder } from './pooling.ts'
import { AXIS_IN_CHANNELS_FIRST, axesOf, constantsOf, isChannelsFirst, type Rule, unsupported } from './rule.ts'

/** To the shape that is known, with at most one size left open; otherwise to the one computed at run time. */
export const reshape: Rule = (node, [value, target], draft) => {
  const output = draft.op(node.name, 'Reshape', [draft.plain(value), draft.plain(target)])
  const fixed = fixedSizes(draft.shape({ plain: output }), draft.shape(value))
  if (!fixed) return { plain: output }
  const shape = draft.integers(`${node.name}/shape`, fixed)
  return { plain: draft.op(node.name, 'Reshape', [draft.plain(value), shape]) }
}

/** ONNX's way to write a shape: 0 copies the size of the input on that axis, −1 is what is left. */
function fixedSizes(shape: DimShape | undefined, from: DimShape | undefined): number[] | undefined {
  if (!shape) return undefined
  const copied = shape.map((dim: Dim, axis) => (typeof dim === 'number' ? dim : from?.[axis] === dim ? 0 : -1))
  // A size that is zero cannot be told from one that is copied.
  if (shape.includes(0)) return undefined
  return copied.filter(size => size < 0).length <= 1 ? copied : undefined
}

export const squeeze: Rule = (node, [value], draft) => {
  const shape = draft.shape(value)
  const given = integersAttribute(node, 'squeeze_dims').concat(integersAttribute(node, 'axis'))
  const ones = given.length > 0 ? given : shape?.flatMap((size, axis) => (size === 1 ? [axis] : []))
  if (!ones) throw unsupported(node, 'drops the axes of length 1 of a value of unknown shape')
  const axes = axesOf(node, ones, shape?.length)
  const inImage = isChannelsFirst(value) && staysInOrder(axes)
  const own = draft.integers(`${node.name}/axes`, inImage ? axes.map(axis => AXIS_IN_CHANNELS_FIRST[axis]) : axes)
  const read = inImage ? value.channelsFirst! : draft.plain(value)
  return { plain: draft.op(node.name, 'Squeeze', [read, own]) }
}

export const expandDims: Rule = (node, [value, axis], draft) => {
  const [at = 0] = constantsOf(node, axis, draft)
  const axes = draft.integers(`${node.name}/axes`, [at])
  return { plain: draft.op(node.name, 'Unsqueeze', [draft.plain(value), axes]) }
}

export const transpose: Rule = (node, [value, order], draft) => {
  const perm = constantsOf(node, order, draft)
  const key = perm.join()
  // A graph that turns its images itself only changes what the forms are called.
  if (key === '0,3,1,2') return { plain: draft.channelsFirst(value) }
  if (key === '0,2,3,1' && !draft.isWeight(value)) return { channelsFirst: draft.plain(value) }
  return { plain: draft.op(node.name, 'Transpose', [draft.plain(value)], { perm }) }
}

export const pad: Rule = (node, [value, paddings, fill], draft) => {
  const pairs = constantsOf(node, paddings, draft)
  const inImage = isChannelsFirst(value) && pairs.length === 8
  const order = inImage ? [0, 3, 1, 2] : Array.from({ length: pairs.length / 2 }, (_, axis) => axis)
  const pads = [0, 1].flatMap(side => order.map(axis => pairs[2 * axis + side]))
  const mirrored = node.op === 'MirrorPad' && textAttribute(node, 'mode', 'REFLECT')
  if (mirrored === 'SYMMETRIC') throw unsupported(node, 'repeats the border row when it pads (SYMMETRIC)')
  const own = draft.integers(`${node.name}/pads`, pads)
  const inputs = [
    inImage ? value.channelsFirst! : draft.plain(value),
    own,
    ...(fill && !mirrored ? [draft.plain(fill)] : []),
  ]
  const output = draft.op(node.name, 'Pad', inputs, mirrored ? { mode: 'reflect' } : {})
  return inImage ? { channelsFirst: output } : { plain: output }
}

export const concat: Rule = (node, inputs, draft) => {
  const [axis = 0] = constantsOf(node, inputs[inputs.length - 1], draft)
  return joined(node, inputs.slice(0, -1), axis, draft)
}

function joined(node: NodeDef, parts: readonly Value[], given: number, draft: Draft): Value {
  const inImage = parts.some(isChannelsFirst) && parts.every(part => draft.shape(part)?.length === 4)
  const axis = inImage ? AXIS_IN_CHANNELS_FIRST[axesOf(node, [given], 4)[0]] : given
  const output = draft.op(node.name, 'Concat', parts.map(inImage ? draft.channelsFirst : draft.plain), { axis })
  return inImage ? { channelsFirst: output } : { plain: output }
}

export const pack: Rule = (node, inputs, draft) => {
  const axis = integerAttribute(node, 'axis', 0)
  const axes = draft.integers(`${node.name}/axes`, [axis])
  const parts = inputs.map((value, index) => draft.op(`${node.name}/${index}`, 'Unsqueeze', [draft.plain(value), axes]))
  return { plain: draft.op(node.name, 'Concat', parts, { axis }) }
}

export const split: Rule = (node, inputs, draft) => {
  const sized = node.op === 'SplitV'
  const [value, axisValue] = sized ? [inputs[0], inputs[2]] : [inputs[1], inputs[0]]
  const [axis = 0] = constantsOf(node, axisValue, draft)
  const sizes = sized ? constantsOf(node, inputs[1], draft) : undefined
  const count = sizes?.length ?? integerAttribute(node, 'num_split', 1)
  if (!(count >= 1 && count <= 1024)) throw unsupported(node, `splits in ${count} parts`)
  const read = [draft.plain(value), ...(sizes ? [draft.plain(inputs[1])] : [])]
  const attributes = { axis, ...(!sizes && { num_outputs: count }) }
  return draft.ops(node.name, 'Split', read, attributes, { count }).map(plain => ({ plain }))
}

/** Rows looked up along an axis, 0 where there is no third input. */
export const gather: Rule = (node, [value, indices, axisValue], draft) => {
  const [axis = 0] = axisValue ? constantsOf(node, axisValue, draft) : [0]
  if (integerAttribute(node, 'batch_dims', 0) !== 0) throw unsupported(node, 'has batch_dims')
  return { plain: draft.op(node.name, 'Gather', [draft.plain(value), draft.plain(indices)], { axis }) }
}

/** One operator of ONNX for one of TensorFlow, in the plain form. */
export const plainForm =
  (type: string, attributes: Readonly<Record<string, number>> = {}): Rule =>
  (node, inputs, draft) => ({
    plain: draft.op(node.name, type, inputs.map(draft.plain), attributes),
  })

export const fill: Rule = (node, [dims, value], draft) => ({
  plain: draft.op(node.name, 'Expand', [draft.plain(value), draft.plain(dims)]),
})
