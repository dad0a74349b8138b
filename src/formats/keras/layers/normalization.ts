/** Normalisations, and the fixed scaling of inputs. */
import type { WeightTensor } from '../../../network/network.ts'
import { type Tensor, tensor } from '../../../tensor/tensor.ts'
import { checkShape, damagedLayer, filled, type LayerRule, type LayerScope, unsupported } from '../layer-scope.ts'
import { asKeras, axisOf, channelsFirst, kerasShape, type Value } from '../values.ts'
import { asFloat32, channelRows, derived } from '../weights.ts'

/** The one axis that a setting names; undefined for none, or where it names several. */
function singleAxis({ settings }: LayerScope, fallback = -1): number | undefined {
  const given = settings.config.axis ?? fallback
  const axis = Array.isArray(given) && given.length === 1 ? given[0] : given
  return Number.isSafeInteger(axis) ? axis : undefined
}

/** A vector of parameters, in the order of the values it meets. */
function parameter(
  scope: LayerScope,
  value: Value,
  role: string,
  weight: WeightTensor | undefined,
  size: number,
  fallback: number,
): string {
  const name = `${scope.name}/${role}`
  if (!weight) return scope.draft.constant(name, filled(size, fallback))
  checkShape(scope, weight, [size])
  return scope.draft.weight(
    value.order === 'flattened' ? channelRows(weight, name, value.channels!) : asFloat32(weight, name),
  )
}

export const batchNormalization: LayerRule = scope => {
  const { draft, name, settings, inputs } = scope
  const [scales, centers] = [settings.flag('scale', true), settings.flag('center', true)]
  const moving = ['moving_mean', 'moving_variance']
  const found = [...scope.weights([...(scales ? ['gamma'] : []), ...(centers ? ['beta'] : []), ...moving])]
  const gamma = scales ? found.shift() : undefined
  const beta = centers ? found.shift() : undefined
  const [mean, variance] = found
  const rank = kerasShape(draft, inputs[0]).length
  const given = singleAxis(scope)
  const axis = given !== undefined && given < 0 ? given + rank + 1 : given
  if (axis !== rank && axis !== 1)
    throw unsupported(scope, `normalises along axis ${JSON.stringify(settings.config.axis)}`)
  const value = axis === rank ? channelsFirst(draft, inputs[0]) : asKeras(draft, inputs[0])
  const kept = rank === 1 ? inputs[0] : value
  const [size] = mean.shape
  const channels = draft.shape(kept.name)?.[1]
  if (typeof channels === 'number' && channels !== size)
    throw damagedLayer(scope, `normalises ${channels} channels by ${size} means`)
  const vectors = [
    parameter(scope, kept, 'gamma', gamma, size, 1),
    parameter(scope, kept, 'beta', beta, size, 0),
    parameter(scope, kept, 'moving_mean', mean, size, 0),
    parameter(scope, kept, 'moving_variance', variance, size, 1),
  ]
  const epsilon = settings.number('epsilon', 1e-3)
  return { ...kept, name: draft.op(name, 'BatchNormalization', [kept.name, ...vectors], { epsilon }) }
}

export const layerNormalization: LayerRule = scope => {
  const { draft, name, settings, inputs } = scope
  const value = inputs[0].order === 'flattened' ? inputs[0] : asKeras(draft, inputs[0])
  const shape = kerasShape(draft, value)
  const axis = singleAxis(scope)
  if (axis !== -1 && axis !== shape.length) throw unsupported(scope, 'normalises along other axes than the last')
  const [scales, centers] = [settings.flag('scale', true), settings.flag('center', true)]
  const found = [...scope.weights([...(scales ? ['gamma'] : []), ...(centers ? ['beta'] : [])])]
  const size = shape.at(-1)
  if (typeof size !== 'number') throw unsupported(scope, 'normalises along an axis of open size')
  const gamma = parameter(scope, value, 'gamma', scales ? found.shift() : undefined, size, 1)
  const beta = parameter(scope, value, 'beta', found.shift(), size, 0)
  const attributes = { axis: -1, epsilon: settings.number('epsilon', 1e-3) }
  return { ...value, name: draft.op(name, 'LayerNormalization', [value.name, gamma, beta], attributes) }
}

/** x · scale + offset; each a number, or one for each channel. */
export const rescaling: LayerRule = scope => {
  const { settings } = scope
  return affine(
    scope,
    listOf(scope, 'scale', settings.config.scale ?? 1),
    listOf(scope, 'offset', settings.config.offset ?? 0),
  )
}

function listOf({ settings }: LayerScope, key: string, given: unknown): Tensor {
  const flat = (value: unknown): unknown[] => (Array.isArray(value) ? value.slice(0, 2 ** 16).flatMap(flat) : [value])
  const values = flat(given)
  if (!values.every(value => typeof value === 'number')) throw settings.bad(key, 'a number, or one for each channel')
  return tensor(Float32Array.from(values as number[]), [values.length])
}

/** The value times a factor plus an offset, each of one number or one per channel. */
function affine(scope: LayerScope, factor: Tensor | WeightTensor, offset: Tensor | WeightTensor): Value {
  const { draft, name, inputs } = scope
  const [value] = inputs
  const rank = kerasShape(draft, value).length + 1
  const constant = (role: string, given: Tensor | WeightTensor) => {
    const [size] = given.shape
    const kept = value.order === 'flattened' ? asKeras(draft, value) : value
    const at = axisOf(draft, kept, -1)
    const shape = size === 1 ? [] : Array.from({ length: rank }, (_, axis) => (axis === at ? size : 1))
    if ('read' in given) return draft.weight(derived(given, `${name}/${role}`, shape, values => values))
    return draft.constant(`${name}/${role}`, { ...given, shape })
  }
  const from = value.order === 'flattened' ? asKeras(draft, value) : value
  const scaled = draft.op(`${name}.scale`, 'Mul', [from.name, constant('scale', factor)])
  return { ...from, name: draft.op(name, 'Add', [scaled, constant('offset', offset)]) }
}

/** (x − mean) / max(√variance, 1e-7), by statistics in the configuration or among the weights. */
export const normalization: LayerRule = scope => {
  const { settings, draft, inputs } = scope
  const rank = kerasShape(draft, inputs[0]).length
  const axis = singleAxis(scope)
  if (settings.flag('invert', false)) throw unsupported(scope, 'is inverted')
  if (settings.config.axis != null && axis !== -1 && axis !== rank)
    throw unsupported(scope, 'normalises along other axes than the last')
  if (settings.config.mean != null) {
    const [mean, variance] = ['mean', 'variance'].map(key => listOf(scope, key, settings.config[key]))
    const { factor, offset } = standardised(mean.data as Float32Array, variance.data as Float32Array)
    return affine(scope, tensor(factor, mean.shape), tensor(offset, mean.shape))
  }
  const [mean, variance] = scope.weights(['mean', 'variance', 'count'])
  const size = mean.shape.reduce((product, length) => product * length, 1)
  if (size !== variance.shape.reduce((product, length) => product * length, 1))
    throw damagedLayer(scope, `has means of shape [${mean.shape}] and variances of shape [${variance.shape}]`)
  const computed = (role: 'factor' | 'offset'): WeightTensor => ({
    ...{ name: `${scope.name}/${role}`, dtype: 'float32', shape: [size] },
    read: async () => {
      const [means, variances] = await Promise.all([mean.read(), variance.read()])
      return tensor(standardised(means.data as Float32Array, variances.data as Float32Array)[role], [size])
    },
  })
  return affine(scope, computed('factor'), computed('offset'))
}

function standardised(mean: ArrayLike<number>, variance: ArrayLike<number>) {
  const factor = Float32Array.from(variance, value => 1 / Math.max(Math.sqrt(Number(value)), 1e-7))
  return { factor, offset: factor.map((scale, at) => -Number(mean[at]) * scale) }
}
