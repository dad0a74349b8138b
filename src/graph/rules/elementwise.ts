/**
 * Operators that treat every value by itself: units pass through. Positively homogeneous ones, f(s·x) = s·f(x) for
 * s > 0, leave the units free to be rescaled; all others fix their scale.
 */
import { fixScale, type Rule } from '../walk-state.ts'

/** Keeps both units and scale: Relu, LeakyRelu, PRelu, Abs, Neg, Identity, Dropout, Cast … */
export const homogeneous: Rule = (operator, state) => state.signals.get(operator.inputs[0]) ?? null

/** Keeps units, fixes their scale: Sigmoid, Tanh, Clip, Gelu, Pow, Exp, LRN … */
export const inhomogeneous: Rule = (operator, state) => {
  const signal = state.signals.get(operator.inputs[0]) ?? null
  return signal && fixScale(signal, state)
}
