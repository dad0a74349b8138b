/** Rows and columns added around images, or cut off. */
import type { LayerRule } from '../layer-scope.ts'
import { axesOf, imageOf } from './windows.ts'

/** Zeros around: a number, one for each axis, or two for each. */
export const zeroPadding: LayerRule = scope => {
  const { draft, name } = scope
  const { value, result } = imageOf(scope)
  const sides = sidesOf(scope, 'padding')
  const pads = draft.integers(`${name}.pads`, [
    0,
    0,
    ...sides.map(([from]) => from),
    0,
    0,
    ...sides.map(([, to]) => to),
  ])
  return result(draft.op(name, 'Pad', [value.name, pads], { mode: 'constant' }))
}

export const cropping: LayerRule = scope => {
  const { draft, name } = scope
  const { value, result } = imageOf(scope)
  const sides = sidesOf(scope, 'cropping')
  const starts = draft.integers(
    `${name}.starts`,
    sides.map(([from]) => from),
  )
  const ends = draft.integers(
    `${name}.ends`,
    sides.map(([, to]) => (to === 0 ? Number.MAX_SAFE_INTEGER : -to)),
  )
  const axes = draft.integers(
    `${name}.axes`,
    sides.map((_, axis) => axis + 2),
  )
  return result(draft.op(name, 'Slice', [value.name, starts, ends, axes]))
}

/** Before and after, for each spatial axis. */
function sidesOf(scope: Parameters<LayerRule>[0], key: string): [number, number][] {
  const axes = axesOf(scope)
  const given = scope.settings.config[key] ?? 1
  const isAmount = (amount: unknown): amount is number => Number.isSafeInteger(amount) && (amount as number) >= 0
  const list: unknown[] = Array.isArray(given)
    ? axes === 1 && given.length === 2
      ? [given]
      : given
    : new Array(axes).fill(given)
  const sides = list.map((side): unknown[] => (Array.isArray(side) ? side : [side, side]))
  const isSound = sides.length === axes && sides.every(side => side.length === 2 && side.every(isAmount))
  if (!isSound) throw scope.settings.bad(key, 'amounts for each side')
  if (sides.flat().some(amount => (amount as number) > 2 ** 24)) throw scope.settings.bad(key, 'small amounts')
  return sides as [number, number][]
}
