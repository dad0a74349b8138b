/** How a node of a TensorFlow graph becomes ONNX operators, and what rules share. */
import { UnsupportedError } from '../../../errors.ts'
import { normalAxis } from '../../../network/dims.ts'
import type { Draft, Value } from '../draft.ts'
import type { NodeDef } from '../graph-def.ts'

/** Adds a node's operators to the draft; gives its outputs. */
export type Rule = (node: NodeDef, inputs: readonly Value[], draft: Draft) => Value | readonly Value[]

export function unsupported(node: NodeDef, problem: string): UnsupportedError {
  return new UnsupportedError(
    'unsupported.tfjs',
    `The node "${node.name}" (${node.op}) ${problem}, which lobes does not read.`,
  )
}

/** The numbers in an input that must be a constant: axes, sizes, paddings. */
export function constantsOf(node: NodeDef, value: Value, draft: Draft): readonly number[] {
  const dims = draft.vector(value)
  if (dims?.every(dim => typeof dim === 'number')) return dims
  throw unsupported(node, 'takes axes or sizes that are computed at run time')
}

/** Axes counted from the front. */
export function axesOf(node: NodeDef, axes: readonly number[], rank: number | undefined): number[] {
  return axes.map(axis => {
    const normal = rank === undefined ? (axis < 0 ? undefined : axis) : normalAxis(axis, rank)
    if (normal === undefined)
      throw unsupported(node, `has the axis ${axis} of a value of ${rank ?? 'unknown'} dimensions`)
    return normal
  })
}

/** Whether a value has its channels on axis 1 alone so far: operators that do not mind stay in that form. */
export function isChannelsFirst(value: Value): boolean {
  return value.plain === undefined
}

/** Where each axis of the plain form lies in the form with channels first. */
export const AXIS_IN_CHANNELS_FIRST: readonly number[] = [0, 2, 3, 1]
