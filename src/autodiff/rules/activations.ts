/**
 * Activation functions. With y = f(x), each rule gives dx = dy · f′(x), written in y where that saves an operator. At
 * kinks: the derivative from the left (0 for Relu), as in the big frameworks.
 */
import { numberAttribute } from '../../network/network.ts'
import { sumTo } from '../broadcasting.ts'
import { castLike, type Draft } from '../draft.ts'
import { type GradientRule, unary } from './rule.ts'

/** dy where the condition holds, else 0: a product with a mask is the fastest form on a CPU. */
export function masked(draft: Draft, dy: string, condition: string): string {
  return draft.op('Mul', [dy, castLike(draft, condition, dy)])
}

/** dy where the condition holds, and elsewhere dy · slope. */
function piecewise(draft: Draft, condition: string, dy: string, slope: string): string {
  return draft.op('Where', [condition, dy, draft.op('Mul', [dy, slope])])
}

function isPositive(draft: Draft, value: string): string {
  return draft.op('Greater', [value, draft.numbers(0, value)])
}

/** Whether low < value < high. */
function isBetween(draft: Draft, value: string, low: number, high: number): string {
  const above = draft.op('Greater', [value, draft.numbers(low, value)])
  return draft.op('And', [above, draft.op('Less', [value, draft.numbers(high, value)])])
}

const relu = unary(({ draft, dy }, _x, y) => masked(draft, dy, isPositive(draft, y)))

const leakyRelu = unary(({ draft, dy, operator }, x) =>
  piecewise(draft, isPositive(draft, x), dy, draft.numbers(numberAttribute(operator, 'alpha', 0.01), dy)),
)

const prelu: GradientRule = ({ draft, dy, inputs: [x, slope], needs }) => [
  needs(0) ? piecewise(draft, isPositive(draft, x), dy, slope) : undefined,
  needs(1) ? sumTo(draft, draft.op('Mul', [dy, draft.op('Min', [x, draft.numbers(0, x)])]), slope) : undefined,
]

const thresholdedRelu = unary(({ draft, dy, operator }, x) =>
  masked(draft, dy, draft.op('Greater', [x, draft.numbers(numberAttribute(operator, 'alpha', 1), x)])),
)

/** y (1 − y). */
const sigmoid = unary(({ draft: { op, numbers }, dy }, _x, y) =>
  op('Mul', [dy, op('Mul', [y, op('Sub', [numbers(1, y), y])])]),
)

/** 1 − y². */
const tanh = unary(({ draft: { op, numbers }, dy }, _x, y) =>
  op('Mul', [dy, op('Sub', [numbers(1, y), op('Mul', [y, y])])]),
)

/** Below zero the exponential part is its own derivative but for a constant: α exp x = y + α. */
const elu = unary(({ draft, dy, operator }, x, y) => {
  const alpha = draft.numbers(numberAttribute(operator, 'alpha', 1), y)
  return piecewise(draft, isPositive(draft, x), dy, draft.op('Add', [y, alpha]))
})

const selu = unary(({ draft, dy, operator }, x, y) => {
  const alpha = numberAttribute(operator, 'alpha', 1.6732632423543772)
  const gamma = numberAttribute(operator, 'gamma', 1.0507009873554805)
  const below = draft.op('Add', [y, draft.numbers(alpha * gamma, y)])
  return draft.op('Mul', [dy, draft.op('Where', [isPositive(draft, x), draft.numbers(gamma, y), below])])
})

/** Below zero: exp(x/α) = y/α + 1. */
const celu = unary(({ draft, dy, operator }, x, y) => {
  const share = draft.op('Div', [y, draft.numbers(numberAttribute(operator, 'alpha', 1), y)])
  return piecewise(draft, isPositive(draft, x), dy, draft.op('Add', [share, draft.numbers(1, y)]))
})

const softplus = unary(({ draft: { op }, dy }, x) => op('Mul', [dy, op('Sigmoid', [x])]))

/** 1 / (1 + |x|)². */
const softsign = unary(({ draft: { op, numbers }, dy }, x) => {
  const size = op('Add', [op('Abs', [x]), numbers(1, x)])
  return op('Div', [dy, op('Mul', [size, size])])
})

const hardSigmoid = unary(({ draft, dy, operator }, _x, y) => {
  const slope = draft.numbers(numberAttribute(operator, 'alpha', 0.2), dy)
  return masked(draft, draft.op('Mul', [dy, slope]), isBetween(draft, y, 0, 1))
})

/** x · min(max(x/6 + ½, 0), 1): the derivative is x/3 + ½ between −3 and 3. */
const hardSwish = unary(({ draft, dy }, x) => {
  const { op, numbers } = draft
  const inside = op('Add', [op('Div', [x, numbers(3, x)]), numbers(0.5, x)])
  const outside = castLike(draft, isPositive(draft, x), x)
  return op('Mul', [dy, op('Where', [isBetween(draft, x, -3, 3), inside, outside])])
})

/** x tanh s, s = softplus x: the derivative is tanh s + x (1 − tanh² s) sigmoid x. */
const mish = unary(({ draft: { op, numbers }, dy }, x) => {
  const t = op('Tanh', [op('Softplus', [x])])
  const rest = op('Mul', [op('Sub', [numbers(1, x), op('Mul', [t, t])]), op('Mul', [x, op('Sigmoid', [x])])])
  return op('Mul', [dy, op('Add', [t, rest])])
})

/** exp(−x²) · 2/√π. */
const erf = unary(({ draft: { op, numbers }, dy }, x) => {
  const bell = op('Exp', [op('Neg', [op('Mul', [x, x])])])
  return op('Mul', [dy, op('Mul', [bell, numbers(2 / Math.sqrt(Math.PI), x)])])
})

/** x Φ(x), whose derivative is Φ(x) + x φ(x); or its approximation by tanh. */
const gelu = unary(({ draft, dy, operator }, x) =>
  draft.op('Mul', [dy, operator.attributes.approximate === 'tanh' ? geluTanhSlope(draft, x) : geluSlope(draft, x)]),
)

function geluSlope({ op, numbers }: Draft, x: string): string {
  const spread = op('Erf', [op('Mul', [x, numbers(Math.SQRT1_2, x)])])
  const distribution = op('Mul', [op('Add', [spread, numbers(1, x)]), numbers(0.5, x)])
  const bell = op('Exp', [op('Mul', [op('Mul', [x, x]), numbers(-0.5, x)])])
  const density = op('Mul', [bell, numbers(1 / Math.sqrt(2 * Math.PI), x)])
  return op('Add', [distribution, op('Mul', [x, density])])
}

/** With t = tanh(c (x + a x³)): ½ (1 + t) + ½ x (1 − t²) c (1 + 3 a x²). */
function geluTanhSlope({ op, numbers }: Draft, x: string): string {
  const [a, c] = [0.044715, Math.sqrt(2 / Math.PI)]
  const square = op('Mul', [x, x])
  const cubic = op('Mul', [x, op('Add', [op('Mul', [square, numbers(a * c, x)]), numbers(c, x)])])
  const t = op('Tanh', [cubic])
  const inner = op('Add', [op('Mul', [square, numbers(3 * a * c, x)]), numbers(c, x)])
  const bend = op('Mul', [op('Sub', [numbers(1, x), op('Mul', [t, t])]), op('Mul', [x, inner])])
  return op('Mul', [op('Add', [op('Add', [t, numbers(1, x)]), bend]), numbers(0.5, x)])
}

export const ACTIVATION_RULES: Readonly<Record<string, GradientRule>> = {
  Relu: relu,
  LeakyRelu: leakyRelu,
  PRelu: prelu,
  ThresholdedRelu: thresholdedRelu,
  Sigmoid: sigmoid,
  Tanh: tanh,
  Elu: elu,
  Selu: selu,
  Celu: celu,
  Softplus: softplus,
  Softsign: softsign,
  HardSigmoid: hardSigmoid,
  HardSwish: hardSwish,
  Mish: mish,
  Erf: erf,
  Gelu: gelu,
}
