/** Windows that slide over images: strides, dilations and padding of a node in ONNX's terms. */
import type { AttributeValue } from '../../../network/network.ts'
import type { Draft, Value } from '../draft.ts'
import { integersAttribute, type NodeDef, textAttribute } from '../graph-def.ts'
import { unsupported } from './rule.ts'

/** Whether the node's own image has channels on axis 1 in TensorFlow already. */
export function isNchw(node: NodeDef): boolean {
  const format = textAttribute(node, 'data_format', 'NHWC')
  if (format !== 'NHWC' && format !== 'NCHW') throw unsupported(node, `has the layout ${format.slice(0, 20)}`)
  return format === 'NCHW'
}

/** The image that a node reads, with channels on axis 1. */
export function imageOf(node: NodeDef, value: Value, draft: Draft): string {
  const rank = draft.shape(value)?.length
  if (rank !== undefined && rank !== 4) throw unsupported(node, `reads a value of ${rank} dimensions as an image`)
  return isNchw(node) ? draft.plain(value) : draft.channelsFirst(value)
}

export function imageValue(node: NodeDef, name: string): Value {
  return isNchw(node) ? { plain: name } : { channelsFirst: name }
}

/** Rows and columns of an attribute that has a number per axis of the image. */
export function spatial(node: NodeDef, name: string): [number, number] {
  const numbers = integersAttribute(node, name)
  if (numbers.length === 0 && name === 'dilations') return [1, 1]
  const [rows, columns] = isNchw(node) ? [2, 3] : [1, 2]
  const others = numbers.filter((_, axis) => axis !== rows && axis !== columns)
  if (numbers.length !== 4 || others.some(size => size !== 1) || !numbers.every(size => size > 0 && size < 2 ** 31))
    throw unsupported(node, `has the ${name} [${numbers.slice(0, 8)}]`)
  return [numbers[rows], numbers[columns]]
}

/** Rows and columns of the image that a node reads, where known. */
export function extentOf(node: NodeDef, value: Value, draft: Draft): readonly unknown[] {
  return draft.shape(value)?.slice(...(isNchw(node) ? [2, 4] : [1, 3])) ?? []
}

interface Window {
  readonly kernel: readonly number[]
  readonly strides: readonly number[]
  readonly dilations: readonly number[]
}

/**
 * TensorFlow's SAME gives ⌈size / stride⌉ positions and puts an odd row of padding after the image. It is written as
 * numbers where the size is known.
 */
export function paddingOf(
  node: NodeDef,
  window: Window,
  extent: readonly unknown[],
): Readonly<Record<string, AttributeValue>> {
  const padding = textAttribute(node, 'padding', 'VALID')
  if (padding === 'VALID') return {}
  if (padding === 'EXPLICIT') {
    const given = integersAttribute(node, 'explicit_paddings')
    const [rows, columns] = isNchw(node) ? [4, 6] : [2, 4]
    if (given.length !== 8) throw unsupported(node, `has the explicit_paddings [${given.slice(0, 10)}]`)
    return { pads: [given[rows], given[columns], given[rows + 1], given[columns + 1]] }
  }
  if (padding !== 'SAME') throw unsupported(node, `has the padding ${padding.slice(0, 20)}`)
  if (!isExtent(extent)) return { auto_pad: 'SAME_UPPER' }
  const totals = extent.map((size, axis) => samePadding(size, window, axis))
  if (totals.every(total => total === 0)) return {}
  const begin = totals.map(total => Math.floor(total / 2))
  return { pads: [...begin, ...totals.map((total, axis) => total - begin[axis])] }
}

export function isExtent(extent: readonly unknown[]): extent is readonly number[] {
  return extent.length === 2 && extent.every(size => typeof size === 'number')
}

/** Rows of padding, before and after, for an image of this size. */
export function samePadding(size: number, { kernel, strides, dilations }: Window, axis: number): number {
  const reach = dilations[axis] * (kernel[axis] - 1) + 1
  return Math.max((Math.ceil(size / strides[axis]) - 1) * strides[axis] + reach - size, 0)
}
