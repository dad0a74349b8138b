/** What convolutions and pooling have together: axes, strides, padding as TensorFlow counts it, and the channels in front. */
import type { AttributeValue } from '../../../network/network.ts'
import { damagedLayer, type LayerScope, unsupported } from '../layer-scope.ts'
import { asKeras, channelsFirst, kerasShape, type Value } from '../values.ts'

/** Number of spatial axes, from the class: `Conv2D` has two. */
export function axesOf(scope: LayerScope): number {
  const axes = Number(/([123])D/.exec(scope.className)?.[1])
  return axes
}

export interface Image {
  /** With the channels at axis 1. */
  readonly value: Value
  readonly channels: number | null
  /** Sizes along the spatial axes. */
  readonly extent: readonly (number | null)[]
  /** A result of the layer, which has its channels at axis 1 as well. */
  result(name: string): Value
}

/** The layer's input, turned so that its channels stand first. */
export function imageOf(scope: LayerScope): Image {
  const { draft, inputs, settings } = scope
  const isKept = settings.text('data_format', 'channels_last') === 'channels_first'
  const value = (isKept ? asKeras : channelsFirst)(draft, inputs[0])
  const shape = (draft.shape(value.name) ?? []).slice(1).map(size => (typeof size === 'number' ? size : null))
  if (shape.length !== axesOf(scope) + 1)
    throw damagedLayer(scope, `reads ${kerasShape(draft, inputs[0]).length} axes, not ${axesOf(scope) + 1}`)
  return { value, channels: shape[0], extent: shape.slice(1), result: name => ({ name, order: value.order }) }
}

export interface Window {
  readonly kernel: readonly number[]
  readonly strides: readonly number[]
  readonly dilations?: readonly number[]
}

/**
 * Attributes of a window operator. TensorFlow's `same` gives ⌈size / stride⌉ positions and puts the odd zero at the end;
 * the padding is written out where it does not depend on a size that is left open.
 */
export function windowAttributes(
  scope: LayerScope,
  extent: readonly (number | null)[],
  { kernel, strides, dilations = kernel.map(() => 1) }: Window,
): Record<string, AttributeValue> {
  const attributes = { kernel_shape: kernel, strides, ...(dilations.some(step => step > 1) && { dilations }) }
  const padding = scope.settings.text('padding', 'valid').toLowerCase()
  const reach = kernel.map((size, axis) => (size - 1) * dilations[axis] + 1)
  if (padding === 'valid') return attributes
  if (padding === 'causal') return { ...attributes, pads: [...reach.map(size => size - 1), ...reach.map(() => 0)] }
  if (padding !== 'same') throw unsupported(scope, `has the padding "${padding}", which is not known here`)
  const totals = reach.map((size, axis) => totalPadding(extent[axis], size, strides[axis]))
  if (totals.some(total => total === undefined)) return { ...attributes, auto_pad: 'SAME_UPPER' }
  const before = (totals as number[]).map(total => Math.floor(total / 2))
  return { ...attributes, pads: [...before, ...before.map((start, axis) => totals[axis]! - start)] }
}

function totalPadding(size: number | null, reach: number, stride: number): number | undefined {
  if (stride === 1) return reach - 1
  return size === null ? undefined : Math.max(0, (Math.ceil(size / stride) - 1) * stride + reach - size)
}
