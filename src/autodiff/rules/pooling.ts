/**
 * Pooling. Max-pooling passes the gradient to the largest element of each window; of several equal ones to the first,
 * row by row, as the forward operator's indices say (masks of equal elements would share it, and flat backgrounds are
 * full of ties). Windows of 2 × 2 side by side, the usual case, are decided by two comparisons; asking the operator for
 * indices would make it several times slower. Average pooling spreads the gradient over each window.
 */
import { UnsupportedError } from '../../errors.ts'
import { numberAttribute, numbersAttribute, type Operator } from '../../network/network.ts'
import { countAlong, expandLike, reshapeLike, shapeVector } from '../broadcasting.ts'
import { castLike, type Draft, requireShape, requireSizes } from '../draft.ts'
import { masked } from './activations.ts'
import { type GradientRule, unary } from './rule.ts'
import { backwardAttributes, spatialPad, type WindowAxis, windowAxes } from './window.ts'

function poolAxes(draft: Draft, operator: Operator): readonly WindowAxis[] {
  return windowAxes(draft, operator, numbersAttribute(operator, 'kernel_shape') ?? [])
}

const maxPool = unary(({ draft, operator, dy }, x) => {
  const shape = draft.shape(x)
  if (shape?.length === 4 && shape.slice(1).every(dim => typeof dim === 'number')) {
    const axes = poolAxes(draft, operator)
    const isPair = ({ kernel, stride, dilation, before, reach, size }: WindowAxis) =>
      kernel === 2 && stride === 2 && dilation === 1 && before === 0 && reach <= size
    if (axes.every(isPair)) return pairGradient(draft, x, dy, axes)
  }
  if (numberAttribute(operator, 'storage_order', 0))
    throw new UnsupportedError(
      'unsupported.gradient',
      `"${operator.name}" is a MaxPool with column-major indices (storage_order = 1), whose gradient lobes does not have.`,
    )
  const { op, integers } = draft
  const flat = integers([-1])
  const elements = op('ReduceProd', [shapeVector(draft, x)], { keepdims: 1 })
  const zeros = op('Expand', [draft.numbers(0, dy), elements])
  const indices = op('Reshape', [draft.output(operator, 1), flat])
  const spread = op('ScatterElements', [zeros, indices, op('Reshape', [dy, flat])], { axis: 0, reduction: 'add' })
  return reshapeLike(draft, spread, x)
})

/**
 * Left against right in every row, then the upper against the lower winner; the first wins ties. Pairs are taken apart
 * by Split, which is several times faster than slices with steps.
 */
function pairGradient(draft: Draft, x: string, dy: string, axes: readonly WindowAxis[]): string {
  const { op, ops, integers } = draft
  const [rows, columns] = axes.map(axis => axis.positions)
  const rest = axes.map(({ size, positions }) => size - 2 * positions)
  const none = [0, 0]
  const even = spatialPad(draft, x, none, [-rest[0], -rest[1]])
  const pairs = op('Reshape', [even, integers([0, 0, 2 * rows, columns, 2])])
  const [left, right] = ops('Split', [pairs], { axis: 4, num_outputs: 2 }, 2)
  const rowPairs = op('Reshape', [op('Max', [left, right]), integers([0, 0, rows, 2 * columns])])
  const [upper, lower] = ops('Split', [rowPairs], { axis: 3, num_outputs: 2 }, 2)
  const upperGradient = masked(draft, dy, op('GreaterOrEqual', [upper, lower]))
  const rowGradients = op('Concat', [upperGradient, op('Sub', [dy, upperGradient])], { axis: 3 })
  const rowGradient = op('Reshape', [rowGradients, integers([0, 0, 2 * rows, columns, 1])])
  const leftGradient = masked(draft, rowGradient, op('GreaterOrEqual', [left, right]))
  const gradients = op('Concat', [leftGradient, op('Sub', [rowGradient, leftGradient])], { axis: 4 })
  return spatialPad(draft, op('Reshape', [gradients, integers([0, 0, 2 * rows, 2 * columns])]), none, rest)
}

const averagePool = unary(({ draft, operator, dy }, x) => {
  const axes = poolAxes(draft, operator)
  const [channels] = requireSizes(draft, operator, x, [1])
  const share = draft.op('Div', [dy, windowCounts(draft, operator, axes, dy)])
  const isTiled = axes.every(
    axis => axis.kernel === axis.stride && axis.dilation === 1 && axis.before === 0 && axis.reach <= axis.size,
  )
  if (isTiled) return tiled(draft, share, channels, axes)
  const kernel = axes.map(axis => axis.kernel)
  const count = kernel.reduce((product, side) => product * side, channels)
  const ones = draft.numbers(new Float32Array(count).fill(1), dy, [channels, 1, ...kernel])
  return draft.op('ConvTranspose', [share, ones], { ...backwardAttributes(axes), group: channels })
})

/** How many elements each window averages: [1 × 1 × positions …], or a scalar where all are full. */
function windowCounts(draft: Draft, operator: Operator, axes: readonly WindowAxis[], like: string): string {
  const includesPads = numberAttribute(operator, 'count_include_pad', 0) !== 0
  const perAxis = axes.map(axis => {
    const [low, high] = includesPads ? [-axis.before, axis.size + axis.behind] : [0, axis.size]
    return Array.from({ length: axis.positions }, (_, position) => {
      const start = position * axis.stride - axis.before
      const taps = Array.from({ length: axis.kernel }, (_, tap) => start + tap * axis.dilation)
      return taps.filter(at => at >= low && at < high).length
    })
  })
  const counts = perAxis.reduce((all, axis) => all.flatMap(count => axis.map(own => count * own)), [1])
  if (counts.every(count => count === counts[0])) return draft.numbers(counts[0], like)
  return draft.numbers(counts, like, [1, 1, ...axes.map(axis => axis.positions)])
}

/** Repeats each element over its window, where windows lie side by side; zero where none lies. */
function tiled(draft: Draft, share: string, channels: number, axes: readonly WindowAxis[]): string {
  const { op, integers } = draft
  const apart = op('Reshape', [share, integers([0, channels, ...axes.flatMap(axis => [axis.positions, 1])])])
  const wide = op('Expand', [apart, integers([1, 1, ...axes.flatMap(axis => [1, axis.kernel])])])
  const joined = op('Reshape', [wide, integers([0, channels, ...axes.map(axis => axis.reach)])])
  const rest = axes.map(axis => axis.size - axis.reach)
  return spatialPad(
    draft,
    joined,
    axes.map(() => 0),
    rest,
  )
}

const globalAveragePool = unary(({ draft, operator, dy }, x) => {
  const spatial = requireShape(draft, operator, x).flatMap((_, axis) => (axis < 2 ? [] : [axis]))
  return expandLike(draft, draft.op('Div', [dy, countAlong(draft, x, spatial)]), x)
})

/** The first of the largest elements of each channel. */
const globalMaxPool = unary(({ draft, operator, dy }, x) => {
  const { op, integers } = draft
  const rank = requireShape(draft, operator, x).length
  const sizes = requireSizes(
    draft,
    operator,
    x,
    Array.from({ length: rank - 2 }, (_, axis) => axis + 2),
  )
  const count = sizes.reduce((product, size) => product * size, 1)
  const winner = op('ArgMax', [op('Reshape', [x, integers([0, 0, count])])], { axis: 2, keepdims: 1 })
  const isWinner = op('Equal', [winner, integers(Array.from({ length: count }, (_, at) => at))])
  const flat = op('Mul', [castLike(draft, isWinner, dy), op('Reshape', [dy, integers([0, 0, 1])])])
  return reshapeLike(draft, flat, x)
})

export const POOLING_RULES: Readonly<Record<string, GradientRule>> = {
  MaxPool: maxPool,
  AveragePool: averagePool,
  GlobalAveragePool: globalAveragePool,
  GlobalMaxPool: globalMaxPool,
}
