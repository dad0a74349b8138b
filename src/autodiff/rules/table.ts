/** The gradient rule of each ONNX operator, by type. */
import { ACTIVATION_RULES } from './activations.ts'
import { ARITHMETIC_RULES } from './arithmetic.ts'
import { CONVOLUTION_RULES } from './convolution.ts'
import { DENSE_RULES } from './dense.ts'
import { LAYOUT_RULES } from './layout.ts'
import { NORMALISATION_RULES } from './normalisation.ts'
import { POOLING_RULES } from './pooling.ts'
import { REDUCTION_RULES } from './reductions.ts'
import type { GradientRule } from './rule.ts'

export const GRADIENT_RULES: ReadonlyMap<string, GradientRule> = new Map(
  Object.entries({
    ...DENSE_RULES,
    ...CONVOLUTION_RULES,
    ...POOLING_RULES,
    ...NORMALISATION_RULES,
    ...ACTIVATION_RULES,
    ...ARITHMETIC_RULES,
    ...REDUCTION_RULES,
    ...LAYOUT_RULES,
  }),
)

/** Steps: constant almost everywhere, so the gradient ends there, unless a straight-through estimator is asked for. */
export const STEPS: ReadonlySet<string> = new Set([
  ...['Sign', 'Round', 'Floor', 'Ceil'],
  ...['Greater', 'GreaterOrEqual', 'Less', 'LessOrEqual', 'Equal'],
])
