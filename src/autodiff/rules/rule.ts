/** What a gradient rule is given and gives back. */
import type { Operator } from '../../network/network.ts'
import type { Draft } from '../draft.ts'

/**
 * How a hard step (`Sign`, `Round`, a comparison that is cast to float) passes gradients, which exactly are zero:
 * `identity` as they come, `clamp` limited to [−1, 1], `hard-tanh` where the step's input lies in [−1, 1].
 */
export type StraightThrough = 'identity' | 'clamp' | 'hard-tanh'

export interface RuleScope {
  readonly draft: Draft
  readonly operator: Operator
  /** Inputs and outputs of the operator, in order. */
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  /** The gradient of the loss in the operator's first output, which is always there. */
  readonly dy: string
  /** The same for every output; undefined where the loss does not depend on it. */
  readonly gradients: readonly (string | undefined)[]
  readonly straightThrough: StraightThrough | undefined
  /** Whether the gradient of an input is asked for. */
  needs(index: number): boolean
}

/** Gives the gradient of each input, in order; undefined where none is asked for or there is none. */
export type GradientRule = (scope: RuleScope) => readonly (string | undefined)[]

/** A rule for operators of one differentiable input. */
export function unary(rule: (scope: RuleScope, x: string, y: string) => string): GradientRule {
  return scope => [rule(scope, scope.inputs[0], scope.outputs[0])]
}
