/**
 * Normalisations. With x̂ = (x − μ) · r, r = 1 / √(σ² + ε), y = γ x̂ + β, and means over the axes of the statistics:
 *
 *   dγ = Σ dy x̂,  dβ = Σ dy,  dx = r (g − mean g − x̂ mean(g x̂)) with g = γ dy,
 *
 * where μ and σ² are statistics of x; with stored statistics dx = γ r dy. Statistics are computed again from x, since
 * the operator hands out running averages alone, which take no part in the gradient.
 */
import { numberAttribute } from '../../network/network.ts'
import { countAlong, sumOver, sumTo } from '../broadcasting.ts'
import { type Draft, requireShape } from '../draft.ts'
import type { GradientRule, RuleScope } from './rule.ts'

interface Statistics {
  /** x − μ. */
  readonly centred: string
  /** 1 / √(σ² + ε). */
  readonly inverse: string
}

function inverseDeviation({ op, numbers }: Draft, variance: string, epsilon: number): string {
  return op('Reciprocal', [op('Sqrt', [op('Add', [variance, numbers(epsilon, variance)])])])
}

function statisticsOf(draft: Draft, x: string, axes: readonly number[], epsilon: number): Statistics {
  const { op, integers } = draft
  const over = integers(axes)
  const centred = op('Sub', [x, op('ReduceMean', [x, over], { keepdims: 1 })])
  const variance = op('ReduceMean', [op('Mul', [centred, centred]), over], { keepdims: 1 })
  return { centred, inverse: inverseDeviation(draft, variance, epsilon) }
}

/** Σ over the axes, which keep the size 1. */
function total({ op, integers }: Draft, value: string, axes: readonly number[]): string {
  return op('ReduceSum', [value, integers(axes)], { keepdims: 1 })
}

/** dx where the statistics are those of x, along `axes`; `slope` is 1 / √(σ² + ε), times γ where g leaves it out. */
function throughStatistics(
  draft: Draft,
  g: string,
  { centred, inverse }: Statistics,
  axes: readonly number[],
  slope = inverse,
): string {
  const { op } = draft
  const count = countAlong(draft, centred, axes)
  const mean = op('Div', [total(draft, g, axes), count])
  const covariance = op('Div', [total(draft, op('Mul', [g, centred]), axes), count])
  const along = op('Mul', [centred, op('Mul', [covariance, op('Mul', [inverse, inverse])])])
  return op('Mul', [op('Sub', [op('Sub', [g, mean]), along]), slope])
}

/** A vector over the channels (axis 1), shaped to broadcast against a value of this rank. */
function perChannel(draft: Draft, vector: string, rank: number): string {
  const { op, integers } = draft
  return rank === 2 ? vector : op('Reshape', [vector, integers([-1, ...new Array(rank - 2).fill(1)])])
}

const batchNormalization: GradientRule = scope => {
  const { draft, operator, dy, inputs, needs } = scope
  const [x, scale, , mean, variance] = inputs
  const { op } = draft
  const rank = requireShape(draft, operator, x).length
  const axes = Array.from({ length: rank }, (_, axis) => axis).filter(axis => axis !== 1)
  const epsilon = numberAttribute(operator, 'epsilon', 1e-5)
  const training = numberAttribute(operator, 'training_mode', 0) !== 0
  const factor = perChannel(draft, scale, rank)
  const stored = (): Statistics => ({
    centred: op('Sub', [x, perChannel(draft, mean, rank)]),
    inverse: perChannel(draft, inverseDeviation(draft, variance, epsilon), rank),
  })
  const statistics = training ? statisticsOf(draft, x, axes, epsilon) : stored()
  const flat = (value: string) => op('Reshape', [value, draft.integers([-1])])
  const shift = () => flat(total(draft, dy, axes))
  const spread = () => flat(op('Mul', [total(draft, op('Mul', [dy, statistics.centred]), axes), statistics.inverse]))
  const inputGradient = () => {
    const slope = op('Mul', [statistics.inverse, factor])
    return training ? throughStatistics(draft, dy, statistics, axes, slope) : op('Mul', [dy, slope])
  }
  return [
    needs(0) ? inputGradient() : undefined,
    needs(1) ? spread() : undefined,
    needs(2) ? shift() : undefined,
    needs(3) && !training ? storedMean(scope, shift(), epsilon) : undefined,
    needs(4) && !training ? storedVariance(scope, spread(), epsilon) : undefined,
  ]
}

/** −γ r Σ dy. */
function storedMean({ draft, inputs: [, scale, , , variance] }: RuleScope, sum: string, epsilon: number): string {
  const { op } = draft
  return op('Neg', [op('Mul', [sum, op('Mul', [scale, inverseDeviation(draft, variance, epsilon)])])])
}

/** −½ γ r² Σ dy x̂. */
function storedVariance(
  { draft, inputs: [, scale, , , variance] }: RuleScope,
  spread: string,
  epsilon: number,
): string {
  const { op, numbers } = draft
  const inverse = inverseDeviation(draft, variance, epsilon)
  const factor = op('Mul', [op('Mul', [inverse, inverse]), op('Mul', [scale, numbers(-0.5, scale)])])
  return op('Mul', [spread, factor])
}

const layerNormalization: GradientRule = ({ draft, operator, dy, inputs: [x, scale, bias], needs }) => {
  const { op } = draft
  const rank = requireShape(draft, operator, x).length
  const axis = numberAttribute(operator, 'axis', -1)
  const first = axis < 0 ? axis + rank : axis
  const axes = Array.from({ length: rank - first }, (_, at) => first + at)
  const statistics = statisticsOf(draft, x, axes, numberAttribute(operator, 'epsilon', 1e-5))
  const normal = () => op('Mul', [statistics.centred, statistics.inverse])
  return [
    needs(0) ? throughStatistics(draft, op('Mul', [dy, scale]), statistics, axes) : undefined,
    needs(1) ? sumTo(draft, op('Mul', [dy, normal()]), scale) : undefined,
    bias && needs(2) ? sumTo(draft, dy, bias) : undefined,
  ]
}

/** Statistics of each example and channel. */
const instanceNormalization: GradientRule = ({ draft, operator, dy, inputs: [x, scale], needs }) => {
  const { op } = draft
  const rank = requireShape(draft, operator, x).length
  const spatial = Array.from({ length: rank - 2 }, (_, axis) => axis + 2)
  const statistics = statisticsOf(draft, x, spatial, numberAttribute(operator, 'epsilon', 1e-5))
  const normal = () => op('Mul', [statistics.centred, statistics.inverse])
  const scaled = () => op('Mul', [dy, perChannel(draft, scale, rank)])
  return [
    needs(0) ? throughStatistics(draft, scaled(), statistics, spatial) : undefined,
    needs(1) ? sumOver(draft, op('Mul', [dy, normal()]), [0, ...spatial]) : undefined,
    needs(2) ? sumOver(draft, dy, [0, ...spatial]) : undefined,
  ]
}

export const NORMALISATION_RULES: Readonly<Record<string, GradientRule>> = {
  BatchNormalization: batchNormalization,
  LayerNormalization: layerNormalization,
  InstanceNormalization: instanceNormalization,
}
