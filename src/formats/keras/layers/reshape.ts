/** Layers that only move values: Flatten, Reshape, Permute. */
import { elementCount } from '../../../tensor/tensor.ts'
import { damagedLayer, type LayerRule } from '../layer-scope.ts'
import { asKeras, kerasShape, reshaped, type Value } from '../values.ts'

export const flatten: LayerRule = ({ draft, name, settings, inputs }) => {
  const isTurned = settings.text('data_format', 'channels_last') === 'channels_first'
  const [value] = inputs
  const shape = kerasShape(draft, value)
  if (shape.length === 1) return value
  if (value.order === 'channels-first' && !isTurned)
    return flattened(draft.op(name, 'Flatten', [value.name], { axis: 1 }), shape)
  let { name: from } = asKeras(draft, value)
  // Keras brings the channels to the end before it flattens.
  if (isTurned && shape.length > 1)
    from = draft.op(`${name}.turned`, 'Transpose', [from], {
      perm: [0, ...shape.slice(1).map((_, axis) => axis + 2), 1],
    })
  return { name: draft.op(name, 'Flatten', [from], { axis: 1 }), order: 'keras' }
}

/** A flattened image; where it has one channel or one position, both orders are the same. */
function flattened(name: string, shape: readonly (number | null)[]): Value {
  const channels = shape.at(-1)
  const isPlain = channels === 1 || shape.slice(0, -1).every(size => size === 1)
  return isPlain || typeof channels !== 'number' ? { name, order: 'keras' } : { name, order: 'flattened', channels }
}

export const reshape: LayerRule = scope => {
  const { draft, name, settings, inputs } = scope
  const [value] = inputs
  const target = settings.config.target_shape
  const isSize = (size: unknown) =>
    Number.isSafeInteger(size) && ((size as number) >= 1 || size === -1) && (size as number) <= 2 ** 40
  if (!Array.isArray(target) || !target.every(isSize) || target.filter(size => size === -1).length > 1)
    throw settings.bad('target_shape', 'a list of sizes, one of them -1 at most')
  const given = kerasShape(draft, value)
  const shape = filledIn(target, given)
  const [had, has] = [given, shape].map(sizes => (sizes.includes(null) ? undefined : elementCount(sizes as number[])))
  if (had !== has && had !== undefined) throw damagedLayer(scope, `makes [${target}] of [${given}]`)
  const channels = shape.at(-1) ?? null
  if (value.order === 'channels-first' && shape.length === 1)
    return flattened(reshaped(draft, name, value.name, shape), given)
  // Positions are grouped anew, each with its channels.
  if (value.order === 'channels-first' && channels === given.at(-1) && channels !== null)
    return { name: reshaped(draft, name, value.name, [channels, ...shape.slice(0, -1)]), order: 'channels-first' }
  if (value.order === 'flattened' && channels !== null && channels === value.channels)
    return { name: reshaped(draft, name, value.name, [channels, ...shape.slice(0, -1)]), order: 'channels-first' }
  return { name: reshaped(draft, name, asKeras(draft, value).name, shape), order: 'keras' }
}

/** The sizes of a target; -1 takes what is left, where that is known. */
function filledIn(target: readonly number[], given: readonly (number | null)[]): (number | null)[] {
  const rest = elementCount(target.filter(size => size !== -1))
  const total = given.every(size => size !== null) ? elementCount(given as number[]) : undefined
  return target.map(size => (size !== -1 ? size : total !== undefined && total % rest === 0 ? total / rest : null))
}

export const permuteAxes: LayerRule = ({ draft, name, settings, inputs }) => {
  const value = asKeras(draft, inputs[0])
  const rank = kerasShape(draft, value).length
  const { dims } = settings.config
  const isPermutation =
    Array.isArray(dims) && dims.length === rank && dims.toSorted((a, b) => a - b).every((axis, at) => axis === at + 1)
  if (!isPermutation) throw settings.bad('dims', `a permutation of 1 to ${rank}`)
  return { name: draft.op(name, 'Transpose', [value.name], { perm: [0, ...dims] }), order: 'keras' }
}

/** Copies a vector to each of n steps. */
export const repeatVector: LayerRule = ({ draft, name, settings, inputs }) => {
  const value = asKeras(draft, inputs[0])
  const [size] = kerasShape(draft, value)
  const [count] = settings.sizes('n', 1)
  const row = reshaped(draft, `${name}.row`, value.name, [1, size])
  return { name: draft.op(name, 'Expand', [row, draft.integers(`${name}.shape`, [1, count, 1])]), order: 'keras' }
}
