/** Activations that are layers of their own. */

import { permute } from '../../../tensor/permute.ts'
import { activated, clipped, softmax } from '../activations.ts'
import { type LayerRule, type LayerScope, unsupported } from '../layer-scope.ts'
import { kerasShape, type Value } from '../values.ts'
import { asFloat32, channelRows, derived } from '../weights.ts'

export const activation: LayerRule = scope => activated(scope, scope.inputs[0])

const append = (
  { draft, name, inputs }: LayerScope,
  type: string,
  attributes = {},
  more: readonly string[] = [],
): Value => ({
  ...inputs[0],
  name: draft.op(name, type, [inputs[0].name, ...more], attributes),
})

/** Between 0 and a limit, with a slope below 0: whichever of the two there is. */
export const relu: LayerRule = scope => {
  const { settings, inputs } = scope
  const slope = settings.number('negative_slope', 0)
  const limit = settings.config.max_value == null ? undefined : settings.number('max_value')
  if (settings.number('threshold', 0) !== 0 || (slope !== 0 && limit !== undefined))
    throw unsupported(scope, 'has a threshold, or a slope and a limit at once, which is not read')
  if (limit !== undefined) return clipped(scope, inputs[0], limit)
  return slope === 0 ? append(scope, 'Relu') : append(scope, 'LeakyRelu', { alpha: slope })
}

export const leakyRelu: LayerRule = scope => {
  const { settings } = scope
  return append(scope, 'LeakyRelu', { alpha: settings.number('negative_slope', settings.number('alpha', 0.3)) })
}

export const elu: LayerRule = scope => append(scope, 'Elu', { alpha: scope.settings.number('alpha', 1) })

export const thresholdedRelu: LayerRule = scope =>
  append(scope, 'ThresholdedRelu', { alpha: scope.settings.number('theta', 1) })

export const softmaxLayer: LayerRule = scope => {
  const { axis = -1 } = scope.settings.config
  if (typeof axis !== 'number' || !Number.isInteger(axis)) throw unsupported(scope, 'goes over several axes at once')
  if (scope.inputs[0].order === 'flattened' && axis !== -1 && axis !== 1) throw scope.settings.bad('axis', '-1')
  return softmax(scope, scope.inputs[0], axis)
}

/** A slope for each value; axes that share theirs have the length 1. */
export const prelu: LayerRule = scope => {
  const { draft, name, inputs } = scope
  const [alpha] = scope.weights(['alpha'])
  const [value] = inputs
  const shape = kerasShape(draft, value)
  const isFit =
    alpha.shape.length === shape.length && alpha.shape.every((size, axis) => size === 1 || size === shape[axis])
  if (!isFit) throw unsupported(scope, `has slopes of shape [${alpha.shape}] for values of shape [${shape}]`)
  const own = `${name}/alpha`
  const axes = [shape.length - 1, ...shape.slice(1).map((_, axis) => axis)]
  const turned = () =>
    derived(
      alpha,
      own,
      axes.map(axis => alpha.shape[axis]),
      values => permute(values, axes),
    )
  const slopes =
    value.order === 'channels-first'
      ? turned()
      : value.order === 'flattened' && alpha.shape[0] > 1
        ? channelRows(alpha, own, value.channels!)
        : asFloat32(alpha, own)
  return append(scope, 'PRelu', {}, [draft.weight(slopes)])
}

/** Values at rest are not changed by layers that only act in training. */
export const passing: LayerRule = ({ inputs }) => inputs[0]
