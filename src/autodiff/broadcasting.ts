/**
 * Gradients through broadcasting and changes of shape. Open dimensions (batch) count as equal wherever they meet: an
 * open dimension is never taken for a 1 that is stretched.
 */
import { UnsupportedError } from '../errors.ts'
import type { DimShape } from '../network/dims.ts'
import { castLike, type Draft } from './draft.ts'

/** Sums a gradient over the axes along which `target` was stretched, so that it gets the shape of `target`. */
export function sumTo(draft: Draft, gradient: string, target: string): string {
  const from = shapeOf(draft, gradient)
  const to = shapeOf(draft, target)
  const lead = from.length - to.length
  const leading = Array.from({ length: lead }, (_, axis) => axis)
  const inner = to.flatMap((dim, axis) => (dim === 1 && from[axis + lead] !== 1 ? [axis + lead] : []))
  if (inner.length === 0) return sumOver(draft, gradient, leading)
  const kept = draft.op('ReduceSum', [gradient, draft.integers([...leading, ...inner])], { keepdims: 1 })
  return lead ? draft.op('Squeeze', [kept, draft.integers(leading)]) : kept
}

/** Sums over axes, which then are gone; the value itself where there are none. */
export function sumOver(draft: Draft, value: string, axes: readonly number[]): string {
  return axes.length ? draft.op('ReduceSum', [value, draft.integers(axes)], { keepdims: 0 }) : value
}

/** Stretches a value to the shape of another. */
export function expandLike(draft: Draft, value: string, like: string): string {
  const [from, to] = [draft.shape(value), shapeOf(draft, like)]
  const isSame = from?.length === to.length && from.every((dim, axis) => dim === to[axis])
  return isSame ? value : draft.op('Expand', [value, shapeVector(draft, like)])
}

/** Gives a value with as many elements the shape of another. */
export function reshapeLike(draft: Draft, value: string, like: string): string {
  const [from, to] = [draft.shape(value), shapeOf(draft, like)]
  if (from?.length === to.length && from.every((dim, axis) => dim === to[axis])) return value
  const open = to.filter(dim => typeof dim === 'string').length
  const sizes = to.map(dim => (typeof dim === 'number' ? dim : -1))
  const isStatic = open === 0 || (open === 1 && !sizes.includes(0))
  return draft.op('Reshape', [value, isStatic ? draft.integers(sizes) : draft.op('Shape', [like])])
}

/** The shape of a value as a vector of integers: a constant where all of it is known. */
export function shapeVector(draft: Draft, value: string): string {
  const shape = draft.shape(value)
  return shape?.every(dim => typeof dim === 'number') ? draft.integers(shape) : draft.op('Shape', [value])
}

/** Zeros of the shape and type of a value. */
export function zerosLike(draft: Draft, value: string): string {
  return draft.op('Expand', [draft.numbers(0, value), shapeVector(draft, value)])
}

/** The number of elements along some axes, as a scalar of the type of the value. */
export function countAlong(draft: Draft, value: string, axes: readonly number[]): string {
  const shape = shapeOf(draft, value)
  const sizes = axes.map(axis => shape[axis])
  if (sizes.every(size => typeof size === 'number'))
    return draft.numbers(
      sizes.reduce((count, size) => count * size, 1),
      value,
    )
  const dims = draft.op('Gather', [draft.op('Shape', [value]), draft.integers(axes)], { axis: 0 })
  return castLike(draft, draft.op('ReduceProd', [dims], { keepdims: 0 }), value)
}

/** Puts back the axes that a reduction has removed, with size 1. */
export function restoreAxes(draft: Draft, value: string, axes: readonly number[], keepdims: boolean): string {
  return keepdims || axes.length === 0 ? value : draft.op('Unsqueeze', [value, draft.integers(axes)])
}

function shapeOf(draft: Draft, value: string): DimShape {
  const shape = draft.shape(value)
  if (shape) return shape
  throw new UnsupportedError(
    'unsupported.gradient-shape',
    `The shape of "${value}" is not known, so no gradient can be summed or stretched to it: open the network with shapes of its inputs.`,
  )
}
