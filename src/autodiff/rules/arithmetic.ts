/** Arithmetic with broadcasting, and elementwise functions that are no activations. */
import { sumTo } from '../broadcasting.ts'
import { castLike, type Draft } from '../draft.ts'
import { masked } from './activations.ts'
import { type GradientRule, unary } from './rule.ts'

/** A rule for two inputs that are broadcast: each gradient is made only where asked for, then summed to its input. */
function binary(
  first: (draft: Draft, dy: string, a: string, b: string, y: string) => string,
  second: (draft: Draft, dy: string, a: string, b: string, y: string) => string,
): GradientRule {
  return ({ draft, dy, inputs: [a, b], outputs: [y], needs }) => [
    needs(0) ? sumTo(draft, first(draft, dy, a, b, y), a) : undefined,
    needs(1) ? sumTo(draft, second(draft, dy, a, b, y), b) : undefined,
  ]
}

const pass = (_draft: Draft, dy: string) => dy

/** d aᵇ = b aᵇ⁻¹ da + aᵇ ln a db; 0 where b = 0 or, for db, where a ≤ 0 and there is no logarithm. */
const pow = binary(
  ({ op, numbers }, dy, a, b) => {
    const slope = op('Mul', [b, op('Pow', [a, op('Sub', [b, numbers(1, b)])])])
    return op('Mul', [dy, op('Where', [op('Equal', [b, numbers(0, b)]), numbers(0, a), slope])])
  },
  ({ op, numbers }, dy, a, _b, y) => {
    const positive = op('Greater', [a, numbers(0, a)])
    const logarithm = op('Log', [op('Where', [positive, a, numbers(1, a)])])
    return op('Mul', [dy, op('Mul', [y, logarithm])])
  },
)

/** Any number of summands. */
const sum: GradientRule = ({ draft, dy, inputs, needs }) =>
  inputs.map((input, index) => (needs(index) ? sumTo(draft, dy, input) : undefined))

const mean: GradientRule = ({ draft, dy, inputs, needs }) => {
  const share = draft.op('Mul', [dy, draft.numbers(1 / inputs.length, dy)])
  return inputs.map((input, index) => (needs(index) ? sumTo(draft, share, input) : undefined))
}

/** Max and Min of any number of inputs: where several are equal to the result, the first of them takes the gradient. */
const extremum: GradientRule = ({ draft, dy, inputs, outputs: [y], needs }) => {
  const { op } = draft
  let earlier: string | undefined
  return inputs.map((input, index) => {
    const hit = op('Equal', [input, y])
    const wins = earlier ? op('And', [hit, op('Not', [earlier])]) : hit
    const isLast = index === inputs.length - 1
    earlier = isLast ? undefined : earlier ? op('Or', [earlier, hit]) : hit
    return needs(index) ? sumTo(draft, masked(draft, dy, wins), input) : undefined
  })
}

/** Passes where min ≤ x ≤ max. */
const clip: GradientRule = ({ draft, dy, inputs: [x, min, max], needs }) => {
  const bounds = [
    ...(min ? [draft.op('GreaterOrEqual', [x, min])] : []),
    ...(max ? [draft.op('LessOrEqual', [x, max])] : []),
  ]
  if (!needs(0)) return []
  return [bounds.reduce((gradient, bound) => masked(draft, gradient, bound), dy)]
}

const where: GradientRule = ({ draft, dy, inputs: [condition, a, b], needs }) => {
  const zero = draft.numbers(0, dy)
  return [
    undefined,
    needs(1) ? sumTo(draft, draft.op('Where', [condition, dy, zero]), a) : undefined,
    needs(2) ? sumTo(draft, draft.op('Where', [condition, zero, dy]), b) : undefined,
  ]
}

/** A step's own derivative is zero; with a straight-through estimator the gradient passes. */
const step = unary(({ draft, dy, straightThrough }, x) => {
  const { op, numbers } = draft
  if (straightThrough === 'clamp') return op('Clip', [dy, numbers(-1, dy), numbers(1, dy)])
  if (straightThrough !== 'hard-tanh') return dy
  return masked(draft, dy, op('LessOrEqual', [op('Abs', [x]), numbers(1, x)]))
})

/** a > b under a straight-through estimator is a step of a − b. */
const comparison =
  (greater: boolean): GradientRule =>
  scope => {
    const { draft, inputs, dy, needs } = scope
    const [a, b] = inputs
    const gap = scope.straightThrough === 'hard-tanh' ? draft.op('Sub', [a, b]) : a
    const passed = step({ ...scope, inputs: [gap] })[0] ?? dy
    const against = () => draft.op('Neg', [passed])
    return [
      needs(0) ? sumTo(draft, greater ? passed : against(), a) : undefined,
      needs(1) ? sumTo(draft, greater ? against() : passed, b) : undefined,
    ]
  }

export const ARITHMETIC_RULES: Readonly<Record<string, GradientRule>> = {
  Add: binary(pass, pass),
  Sub: binary(pass, ({ op }, dy) => op('Neg', [dy])),
  Mul: binary(
    ({ op }, dy, _a, b) => op('Mul', [dy, b]),
    ({ op }, dy, a) => op('Mul', [dy, a]),
  ),
  Div: binary(
    ({ op }, dy, _a, b) => op('Div', [dy, b]),
    ({ op }, dy, _a, b, y) => op('Neg', [op('Div', [op('Mul', [dy, y]), b])]),
  ),
  Pow: pow,
  Sum: sum,
  Mean: mean,
  Max: extremum,
  Min: extremum,
  Clip: clip,
  Where: where,
  Neg: unary(({ draft: { op }, dy }) => op('Neg', [dy])),
  Abs: unary(({ draft: { op }, dy }, x) => op('Mul', [dy, op('Sign', [x])])),
  Exp: unary(({ draft: { op }, dy }, _x, y) => op('Mul', [dy, y])),
  Log: unary(({ draft: { op }, dy }, x) => op('Div', [dy, x])),
  Sqrt: unary(({ draft: { op, numbers }, dy }, _x, y) => op('Div', [op('Mul', [dy, numbers(0.5, y)]), y])),
  Reciprocal: unary(({ draft: { op }, dy }, _x, y) => op('Neg', [op('Mul', [dy, op('Mul', [y, y])])])),
  Sin: unary(({ draft: { op }, dy }, x) => op('Mul', [dy, op('Cos', [x])])),
  Cos: unary(({ draft: { op }, dy }, x) => op('Neg', [op('Mul', [dy, op('Sin', [x])])])),
  Identity: unary(({ dy }) => dy),
  Cast: unary(({ draft, dy }, x) => (draft.isFloat(x) ? castLike(draft, dy, x) : dy)),
  CastLike: unary(({ draft, dy }, x) => castLike(draft, dy, x)),
  Sign: step,
  Round: step,
  Greater: comparison(true),
  GreaterOrEqual: comparison(true),
  Less: comparison(false),
  LessOrEqual: comparison(false),
}
