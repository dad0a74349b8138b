/** All gradient cases, by family of operators. */
import { CONVOLUTION_CASES, DENSE_CASES, POOLING_CASES } from './cases-dense.ts'
import { ACTIVATION_CASES, ARITHMETIC_CASES, NORMALISATION_CASES } from './cases-elementwise.ts'
import { LAYOUT_CASES } from './cases-layout.ts'
import type { GradientCase } from './gradient-case.ts'

export const FAMILIES: [string, readonly GradientCase[]][] = [
  ['matrix products', DENSE_CASES],
  ['convolutions', CONVOLUTION_CASES],
  ['pooling', POOLING_CASES],
  ['activations', ACTIVATION_CASES],
  ['arithmetic', ARITHMETIC_CASES],
  ['normalisation', NORMALISATION_CASES],
  ['layout', LAYOUT_CASES],
]
