/**
 * What flows between layers. Keras keeps the channels of images last, the network here first: each value says in which
 * order its axes lie, and is turned only where a layer needs the other order. Flattening images leaves the channels in
 * front as well; a dense layer takes its rows in that order then, as in the same network exported to ONNX.
 */
import type { GraphDraft } from '../../network/graph-draft.ts'

export interface Value {
  /** In the draft. */
  readonly name: string
  /**
   * `keras`: as Keras has it. `channels-first`: the last axis of Keras stands first after the batch. `flattened`: a flat
   * vector, (channel, position) instead of (position, channel).
   */
  readonly order: 'keras' | 'channels-first' | 'flattened'
  /** Of a flattened value: how many there are. */
  readonly channels?: number
}

type OpenShape = readonly (number | null)[]

/** The sizes that Keras sees, without the batch. */
export function kerasShape(draft: GraphDraft, value: Value): OpenShape {
  const shape = (draft.shape(value.name) ?? []).slice(1).map(size => (typeof size === 'number' ? size : null))
  return value.order === 'channels-first' ? [...shape.slice(1), shape[0]] : shape
}

/** With the channels in front. Values of one channel or one position are only reshaped. */
export function channelsFirst(draft: GraphDraft, value: Value): Value {
  const given = value.order === 'flattened' ? asKeras(draft, value) : value
  const shape = kerasShape(draft, given)
  if (given.order === 'channels-first' || shape.length < 2) return given
  const perm = [0, shape.length, ...Array.from({ length: shape.length - 1 }, (_, axis) => axis + 1)]
  const target = [shape[shape.length - 1], ...shape.slice(0, -1)]
  return { name: turned(draft, given.name, shape, target, perm), order: 'channels-first' }
}

export function asKeras(draft: GraphDraft, value: Value): Value {
  const { name, order } = value
  if (order === 'keras') return value
  const shape = kerasShape(draft, value)
  if (order === 'flattened') {
    const [size] = shape
    const channels = value.channels as number
    const apart = reshaped(draft, `${name}.channels`, name, [channels, null])
    const swapped = draft.op(`${name}.turned`, 'Transpose', [apart], { perm: [0, 2, 1] })
    return { name: reshaped(draft, `${name}.flat`, swapped, [size]), order: 'keras' }
  }
  const perm = [0, ...Array.from({ length: shape.length - 1 }, (_, axis) => axis + 2), 1]
  return { name: turned(draft, name, shape, shape, perm), order: 'keras' }
}

/** @param shape as Keras has it */
function turned(draft: GraphDraft, name: string, shape: OpenShape, target: OpenShape, perm: readonly number[]): string {
  const isOrderKept = shape.at(-1) === 1 || shape.slice(0, -1).every(size => size === 1)
  const open = shape.filter(size => size === null).length
  if (isOrderKept && open <= 1) return reshaped(draft, `${name}.reshaped`, name, target)
  return draft.op(`${name}.turned`, 'Transpose', [name], { perm })
}

/** The shape is given without the batch, and with at most one open size. */
export function reshaped(draft: GraphDraft, name: string, value: string, shape: OpenShape): string {
  const target = [0, ...shape.map(size => size ?? -1)]
  return draft.op(name, 'Reshape', [value, draft.integers(`${name}.shape`, target)])
}

/** Several values in one order: theirs where they share it, channels first where one has it, else as in Keras. */
export function inOneOrder(draft: GraphDraft, values: readonly Value[]): Value[] {
  const [first] = values
  const isShared = values.every(({ order, channels }) => order === first.order && channels === first.channels)
  if (isShared) return [...values]
  const ranks = new Set(values.map(value => kerasShape(draft, value).length))
  const isImage = ranks.size === 1 && values.some(({ order }) => order === 'channels-first')
  return values.map(value => (isImage ? channelsFirst(draft, value) : asKeras(draft, value)))
}

/** The axis in the draft of one that Keras counts, the batch included; negative ones count from the end. */
export function axisOf(draft: GraphDraft, value: Value, axis: number): number {
  const rank = kerasShape(draft, value).length + 1
  const normal = axis < 0 ? axis + rank : axis
  if (value.order !== 'channels-first' || normal <= 0) return normal
  return normal === rank - 1 ? 1 : normal + 1
}
