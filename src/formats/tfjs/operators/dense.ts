/** Matrix products, alone or fused with a bias and an activation. */
import type { Value } from '../draft.ts'
import { flagAttribute, textsAttribute } from '../graph-def.ts'
import { fusedSteps, layerName } from './convolution.ts'
import { activate } from './elementwise.ts'
import { type Rule, unsupported } from './rule.ts'

export const matMul: Rule = (node, [a, b, ...extras], draft) => {
  const steps = fusedSteps(node, extras)
  const bias = steps[0]?.step === 'BiasAdd' ? steps.shift()!.inputs.map(draft.plain) : []
  const attributes = {
    ...(flagAttribute(node, 'transpose_a') && { transA: 1 }),
    ...(flagAttribute(node, 'transpose_b') && { transB: 1 }),
  }
  const isPlain = bias.length === 0 && Object.keys(attributes).length === 0
  const name = layerName(node, textsAttribute(node, 'fused_ops'))
  const output = draft.op(name, isPlain ? 'MatMul' : 'Gemm', [draft.plain(a), draft.plain(b), ...bias], attributes)
  return steps.reduce<Value>((value, { step, inputs }) => activate(draft, node.name, step, value, node, inputs[0]), {
    plain: output,
  })
}

/** Products of stacks of matrices. */
export const batchMatMul: Rule = (node, inputs, draft) => {
  const factors = inputs.slice(0, 2).map((value, index) => {
    const name = draft.plain(value)
    if (!flagAttribute(node, index === 0 ? 'adj_x' : 'adj_y')) return name
    const rank = draft.shape(value)?.length
    if (rank === undefined || rank < 2) throw unsupported(node, 'turns a matrix of unknown shape')
    const perm = Array.from({ length: rank }, (_, axis) => (axis < rank - 2 ? axis : 2 * rank - 3 - axis))
    return draft.op(`${name}/turned`, 'Transpose', [name], { perm })
  })
  return { plain: draft.op(node.name, 'MatMul', factors) }
}
