/** Matrix products: Gemm, MatMul with broadcast batches, ONNX Runtime's FusedMatMul. */
import { numberAttribute, type Operator } from '../../network/network.ts'
import { elementCount } from '../../tensor/tensor.ts'
import { broadcastShape, spread } from './broadcast.ts'
import { type Kernel, type KernelTable, misfit, required, type Value, value } from './value.ts'

/** The last two axes exchanged. */
function transposed({ dtype, shape, data }: Value): Value {
  const [rows, columns] = shape.slice(-2)
  const result = new Float64Array(data.length)
  for (let start = 0; start < data.length; start += rows * columns)
    for (let row = 0; row < rows; row++)
      for (let column = 0; column < columns; column++)
        result[start + column * rows + row] = data[start + row * columns + column]
  return { dtype, shape: [...shape.slice(0, -2), columns, rows], data: result }
}

/** Stacks of matrices [… × rows × inner] and [… × inner × columns]; a vector is a row on the left, a column on the right. */
function product(operator: Operator, left: Value, right: Value): Value {
  if (left.shape.length === 0 || right.shape.length === 0) misfit(operator, 'multiplies a scalar')
  const leftShape = left.shape.length === 1 ? [1, ...left.shape] : left.shape
  const rightShape = right.shape.length === 1 ? [...right.shape, 1] : right.shape
  const [rows, inner] = leftShape.slice(-2)
  const [innerRight, columns] = rightShape.slice(-2)
  if (inner !== innerRight) misfit(operator, `gets shapes that do not go together: [${left.shape}], [${right.shape}]`)
  const batch = broadcastShape(operator, [leftShape.slice(0, -2), rightShape.slice(0, -2)])
  const a = spread({ ...left, shape: leftShape }, [...batch, rows, inner])
  const b = spread({ ...right, shape: rightShape }, [...batch, inner, columns])
  const count = elementCount(batch)
  const result = new Float64Array(count * rows * columns)
  for (let at = 0; at < count; at++)
    for (let row = 0; row < rows; row++) {
      const to = (at * rows + row) * columns
      for (let i = 0; i < inner; i++) {
        const factor = a[(at * rows + row) * inner + i]
        const from = (at * inner + i) * columns
        for (let column = 0; column < columns; column++) result[to + column] += factor * b[from + column]
      }
    }
  const kept = [...(left.shape.length > 1 ? [rows] : []), ...(right.shape.length > 1 ? [columns] : [])]
  return { dtype: left.dtype, shape: [...batch, ...kept], data: result }
}

const matMul: Kernel = (operator, inputs) => [
  product(operator, required(operator, inputs, 0), required(operator, inputs, 1)),
]

const fusedMatMul: Kernel = (operator, inputs) => {
  const side = (at: number, attribute: string) => {
    const input = required(operator, inputs, at)
    return numberAttribute(operator, attribute, 0) && input.shape.length > 1 ? transposed(input) : input
  }
  if (numberAttribute(operator, 'transBatchA', 0) || numberAttribute(operator, 'transBatchB', 0))
    misfit(operator, 'exchanges its batch axes, which the reference runtime does not')
  const alpha = numberAttribute(operator, 'alpha', 1)
  const result = product(operator, side(0, 'transA'), side(1, 'transB'))
  return [
    value(
      result.shape,
      result.data.map(item => alpha * item),
    ),
  ]
}

/** α·A·B + β·C. */
const gemm: Kernel = (operator, inputs) => {
  const side = (at: number, attribute: string) => {
    const input = required(operator, inputs, at)
    if (input.shape.length !== 2) misfit(operator, `needs matrices, gets the shape [${input.shape}]`)
    return numberAttribute(operator, attribute, 0) ? transposed(input) : input
  }
  const result = product(operator, side(0, 'transA'), side(1, 'transB'))
  const [alpha, beta] = [numberAttribute(operator, 'alpha', 1), numberAttribute(operator, 'beta', 1)]
  const added = inputs[2]
  if (added && String(broadcastShape(operator, [result.shape, added.shape])) !== String(result.shape))
    misfit(operator, `adds the shape [${added.shape}] to [${result.shape}]`)
  const bias = added && spread(added, result.shape)
  const data = result.data.map((item, i) => alpha * item + (bias ? beta * bias[i] : 0))
  return [{ ...result, data }]
}

export const PRODUCTS: KernelTable = {
  Gemm: gemm,
  MatMul: matMul,
  'com.microsoft.FusedMatMul': fusedMatMul,
}
