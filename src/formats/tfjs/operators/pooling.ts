/** Pooling over windows, and reductions over axes; global pooling is a mean over rows and columns. */
import type { Value } from '../draft.ts'
import { flagAttribute } from '../graph-def.ts'
import { AXIS_IN_CHANNELS_FIRST, axesOf, constantsOf, isChannelsFirst, type Rule } from './rule.ts'
import { extentOf, imageOf, imageValue, paddingOf, spatial } from './window.ts'

export const pool =
  (type: 'MaxPool' | 'AveragePool'): Rule =>
  (node, [value], draft) => {
    const window = { kernel: spatial(node, 'ksize'), strides: spatial(node, 'strides'), dilations: [1, 1] }
    const padding = paddingOf(node, window, extentOf(node, value, draft))
    const attributes = { kernel_shape: window.kernel, strides: window.strides, ...padding }
    return imageValue(node, draft.op(node.name, type, [imageOf(node, value, draft)], attributes))
  }

/** Without axes, all of them. An image keeps its channels first as far as it stays one. */
export const reduce =
  (type: string): Rule =>
  (node, [value, given], draft) => {
    const rank = draft.shape(value)?.length
    const axes = axesOf(node, constantsOf(node, given, draft), rank)
    const keeps = flagAttribute(node, 'keep_dims')
    const stays = isChannelsFirst(value) && (keeps || staysInOrder(axes))
    const read = stays ? value.channelsFirst! : draft.plain(value)
    const own = draft.integers(`${node.name}/axes`, stays ? axes.map(axis => AXIS_IN_CHANNELS_FIRST[axis]) : axes)
    const attributes = { keepdims: keeps ? 1 : 0, ...(axes.length === 0 && { noop_with_empty_axes: 1 }) }
    const output = draft.op(node.name, type, [read, own], attributes)
    return stays && keeps ? { channelsFirst: output } : { plain: output }
  }

/** Whether what is left of an image is in the same order in both forms: rows and columns, or channels, are gone. */
export function staysInOrder(gone: readonly number[]): boolean {
  return (gone.includes(1) && gone.includes(2)) || gone.includes(3)
}

export const argMax: Rule = (node, [value, dimension], draft): Value => {
  const [axis = 0] = constantsOf(node, dimension, draft)
  return { plain: draft.op(node.name, node.op, [draft.plain(value)], { axis, keepdims: 0 }) }
}
