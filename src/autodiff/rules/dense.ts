/**
 * Matrix products. With Y = A B: dA = dY Bᵀ and dB = Aᵀ dY, summed over the batch axes along which a factor was
 * stretched. Two matrices go through Gemm, which transposes for free; stacks of them through MatMul (ONNX Runtime fuses
 * the Transpose into it). A stack times one matrix, as in a dense layer on sequences, is folded into one tall matrix.
 */
import { numberAttribute } from '../../network/network.ts'
import { reshapeLike, sumTo } from '../broadcasting.ts'
import { type Draft, requireShape } from '../draft.ts'
import type { GradientRule } from './rule.ts'

/** Y = α A′ B′ + β C, where ′ is the transpose if `transA`, `transB` say so. */
const gemm: GradientRule = ({ draft, operator, dy, inputs: [a, b, c], needs }) => {
  const { op } = draft
  const [alpha, beta] = ['alpha', 'beta'].map(name => numberAttribute(operator, name, 1))
  const [transA, transB] = ['transA', 'transB'].map(name => numberAttribute(operator, name, 0))
  const product = (left: string, right: string, leftTurned: number, rightTurned: number) =>
    op('Gemm', [left, right], {
      ...(alpha !== 1 && { alpha }),
      ...(leftTurned && { transA: 1 }),
      ...(rightTurned && { transB: 1 }),
    })
  const bias = () => {
    const scaled = beta === 1 ? dy : op('Mul', [dy, draft.numbers(beta, dy)])
    return sumTo(draft, scaled, c)
  }
  return [
    needs(0) ? (transA ? product(b, dy, transB, 1) : product(dy, b, 0, transB ? 0 : 1)) : undefined,
    needs(1) ? (transB ? product(dy, a, 1, transA) : product(a, dy, transA ? 0 : 1, 0)) : undefined,
    needs(2) ? bias() : undefined,
  ]
}

const matMul: GradientRule = ({ draft, operator, dy, inputs: [a, b], needs }) => {
  const { op, integers } = draft
  const [rankA, rankB] = [a, b].map(name => requireShape(draft, operator, name).length)
  // A vector counts as one row on the left and as one column on the right.
  const left = rankA === 1 ? op('Unsqueeze', [a, integers([0])]) : a
  const right = rankB === 1 ? op('Unsqueeze', [b, integers([1])]) : b
  const columns = rankB === 1 ? op('Unsqueeze', [dy, integers([-1])]) : dy
  const gradient = rankA === 1 ? op('Unsqueeze', [columns, integers([-2])]) : columns
  return [
    needs(0) ? reshapeLike(draft, leftGradient(draft, left, right, gradient), a) : undefined,
    needs(1) ? reshapeLike(draft, rightGradient(draft, left, right, gradient), b) : undefined,
  ]
}

function leftGradient(draft: Draft, a: string, b: string, dy: string): string {
  const [rankA, rankB] = [a, b].map(name => draft.shape(name)!.length)
  if (rankA === 2 && rankB === 2) return draft.op('Gemm', [dy, b], { transB: 1 })
  return sumTo(draft, draft.op('MatMul', [dy, matrixTranspose(draft, b)]), a)
}

function rightGradient(draft: Draft, a: string, b: string, dy: string): string {
  const [rankA, rankB] = [a, b].map(name => draft.shape(name)!.length)
  if (rankA === 2 && rankB === 2) return draft.op('Gemm', [a, dy], { transA: 1 })
  const [rows, columns] = [a, dy].map(name => draft.shape(name)!.at(-1))
  if (rankB === 2 && typeof rows === 'number' && typeof columns === 'number') {
    const tall = draft.op('Reshape', [a, draft.integers([-1, rows])])
    return draft.op('Gemm', [tall, draft.op('Reshape', [dy, draft.integers([-1, columns])])], { transA: 1 })
  }
  return sumTo(draft, draft.op('MatMul', [matrixTranspose(draft, a), dy]), b)
}

/** Swaps the last two axes. */
function matrixTranspose(draft: Draft, value: string): string {
  const axes = draft.shape(value)!.map((_, axis) => axis)
  const rank = axes.length
  return draft.op('Transpose', [value], { perm: [...axes.slice(0, -2), rank - 1, rank - 2] })
}

export const DENSE_RULES: Readonly<Record<string, GradientRule>> = { Gemm: gemm, MatMul: matMul }
