/**
 * Reductions over axes, softmax and its logarithm. The gradient gets the reduced axes back with size 1 and is stretched.
 */
import { UnsupportedError } from '../../errors.ts'
import { normalAxis } from '../../network/dims.ts'
import { numberAttribute } from '../../network/network.ts'
import { countAlong, expandLike, restoreAxes } from '../broadcasting.ts'
import { castLike, type Draft, requireShape } from '../draft.ts'
import { type GradientRule, type RuleScope, unary } from './rule.ts'

/** The axes an operator reduces, counted from the front; undefined where it passes its input on. */
function reducedAxes({ draft, operator }: RuleScope): readonly number[] | undefined {
  const [x, named] = operator.inputs
  const { length: rank } = requireShape(draft, operator, x)
  const axes = named ? draft.vector(named) : []
  if (!axes)
    throw new UnsupportedError(
      'unsupported.gradient-axes',
      `The gradient of "${operator.name}" (${operator.type}) needs axes that are constant; "${named}" is computed.`,
    )
  if (axes.length === 0 && numberAttribute(operator, 'noop_with_empty_axes', 0)) return undefined
  return axes.length
    ? axes.map(axis => normalAxis(axis, rank) ?? axis)
    : Array.from({ length: rank }, (_, axis) => axis)
}

interface Reduced {
  readonly axes: readonly number[]
  /** Gradient and value of the result, with the reduced axes put back. */
  readonly dy: string
  readonly y: string
}

/** `rule` gives the gradient, of the input's shape or still with size 1 along the reduced axes. */
function reduction(rule: (draft: Draft, x: string, reduced: Reduced) => string): GradientRule {
  return scope => {
    const { draft, operator, inputs, outputs } = scope
    const axes = reducedAxes(scope)
    if (!axes) return [scope.dy]
    const keepdims = numberAttribute(operator, 'keepdims', 1) !== 0
    const reduced = {
      axes,
      dy: restoreAxes(draft, scope.dy, axes, keepdims),
      get y() {
        return restoreAxes(draft, outputs[0], axes, keepdims)
      },
    }
    return [expandLike(draft, rule(draft, inputs[0], reduced), inputs[0])]
  }
}

/** Elements equal to the extremum share the gradient evenly. */
const extremum = reduction((draft, x, { axes, dy, y }) => {
  const { op, integers } = draft
  const hit = castLike(draft, op('Equal', [x, y]), x)
  const count = op('ReduceSum', [hit, integers(axes)], { keepdims: 1 })
  return op('Mul', [hit, op('Div', [dy, count])])
})

/** x / ‖x‖, and 0 where the norm is 0. */
const norm = reduction(({ op, numbers }, x, { dy, y }) => {
  const isZero = op('Equal', [y, numbers(0, y)])
  const share = op('Div', [dy, op('Where', [isZero, numbers(1, y), y])])
  return op('Mul', [x, share])
})

/** y (dy − Σ y dy), summed along the axis. */
const softmax = unary(({ draft: { op, integers }, dy, operator }, _x, y) => {
  const axis = integers([numberAttribute(operator, 'axis', -1)])
  const inner = op('ReduceSum', [op('Mul', [dy, y]), axis], { keepdims: 1 })
  return op('Mul', [y, op('Sub', [dy, inner])])
})

/** dy − softmax(x) Σ dy, summed along the axis. */
const logSoftmax = unary(({ draft: { op, integers }, dy, operator }, _x, y) => {
  const axis = integers([numberAttribute(operator, 'axis', -1)])
  const total = op('ReduceSum', [dy, axis], { keepdims: 1 })
  return op('Sub', [dy, op('Mul', [op('Exp', [y]), total])])
})

export const REDUCTION_RULES: Readonly<Record<string, GradientRule>> = {
  ReduceSum: reduction((_draft, _x, { dy }) => dy),
  ReduceMean: reduction((draft, x, { axes, dy }) => draft.op('Div', [dy, countAlong(draft, x, axes)])),
  ReduceMax: extremum,
  ReduceMin: extremum,
  ReduceL1: reduction(({ op }, x, { dy }) => op('Mul', [op('Sign', [x]), dy])),
  ReduceL2: norm,
  ReduceSumSquare: reduction(({ op, numbers }, x, { dy }) => op('Mul', [x, op('Mul', [dy, numbers(2, dy)])])),
  ReduceLogSum: reduction(({ op }, _x, { dy, y }) => op('Div', [dy, op('Exp', [y])])),
  ReduceLogSumExp: reduction(({ op }, x, { dy, y }) => op('Mul', [op('Exp', [op('Sub', [x, y])]), dy])),
  Softmax: softmax,
  LogSoftmax: logSoftmax,
}
