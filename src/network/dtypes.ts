/** The element type of each value, followed through the operators: most outputs have the type of the first input. */
import type { DType } from '../tensor/tensor.ts'
import { numberAttribute, type Operator, type ValueInfo, type WeightTensor } from './network.ts'

const INTEGER_OUTPUT = ['Shape', 'Size', 'ArgMax', 'ArgMin', 'NonZero']
const BOOLEAN_OUTPUT = [
  ...['Equal', 'Greater', 'GreaterOrEqual', 'Less', 'LessOrEqual', 'And', 'Or', 'Xor', 'Not', 'IsNaN', 'IsInf'],
]

/** ONNX's numbers for the types that `Cast` names. */
export const CAST_TYPES: Readonly<Record<number, DType>> = {
  1: 'float32',
  2: 'uint8',
  3: 'int8',
  4: 'uint16',
  5: 'int16',
  6: 'int32',
  7: 'int64',
  9: 'bool',
  10: 'float16',
  11: 'float64',
  12: 'uint32',
  13: 'uint64',
  16: 'bfloat16',
}

/** @param outer types in the enclosing graph; values of unknown type count as float32 */
export function dtypeTracker(
  inputs: readonly ValueInfo[],
  weights: ReadonlyMap<string, WeightTensor>,
  outer: (name: string) => DType = () => 'float32',
): { dtype(name: string): DType; add(operator: Operator): void } {
  const dtypes = new Map(inputs.map(({ name, dtype }) => [name, dtype]))
  const dtype = (name: string) => dtypes.get(name) ?? weights.get(name)?.dtype ?? outer(name)
  return {
    dtype,
    add(operator) {
      for (const output of operator.outputs) dtypes.set(output, outputType(operator, dtype))
    },
  }
}

function outputType(operator: Operator, dtype: (name: string) => DType): DType {
  const { type, inputs, attributes } = operator
  if (INTEGER_OUTPUT.includes(type)) return 'int64'
  if (BOOLEAN_OUTPUT.includes(type)) return 'bool'
  if (type === 'Cast') return CAST_TYPES[numberAttribute(operator, 'to', 1)] ?? 'float32'
  if (type === 'Where' || type === 'CastLike') return dtype(inputs[1] ?? '')
  if (type === 'ConstantOfShape') {
    const { value } = attributes
    return typeof value === 'object' && 'dtype' in value ? value.dtype : 'float32'
  }
  return dtype(inputs[0] ?? '')
}
