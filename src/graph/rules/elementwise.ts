/**
 * Operators that treat every value by itself: units pass through. Positively homogeneous ones, f(s·x) = s·f(x) for
 * s > 0, leave the units free to be rescaled; all others fix their scale.
 */
import { fixScale, type Rule, type WalkState } from '../walk-state.ts'

/** Keeps both units and scale: Relu, LeakyRelu, PRelu, Abs, Neg, Identity, Dropout, Cast … */
export const homogeneous: Rule = (operator, state) => state.signals.get(operator.inputs[0]) ?? null

/** Keeps units, fixes their scale: Sigmoid, Tanh, Gelu, Pow, Exp, LRN, Greater than a constant … */
export const inhomogeneous: Rule = (operator, state) => {
  const signal = state.signals.get(operator.inputs[0]) ?? null
  return signal && fixScale(signal, state)
}

/** Clip, and Max and Min against constants: homogeneous only where every bound is 0 (ReLU in disguise). */
export const bounded: Rule = async (operator, state) => {
  const name = operator.inputs.find(input => state.signals.has(input))
  const signal = state.signals.get(name ?? '') ?? null
  if (!signal) return null
  const bounds = operator.inputs.filter(input => input !== '' && input !== name)
  const zero = await Promise.all(bounds.map(bound => isZero(bound, state)))
  return zero.every(Boolean) ? signal : fixScale(signal, state)
}

async function isZero(name: string, state: WalkState): Promise<boolean> {
  const bound = await state.constants.read(name)
  return bound !== undefined && Array.from(bound.data as ArrayLike<number>, Number).every(value => value === 0)
}
