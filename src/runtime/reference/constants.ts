/** Operators whose result does not depend on the values that flow in, or only changes their type. */
import { CAST_TYPES } from '../../network/dtypes.ts'
import { numberAttribute, numbersAttribute } from '../../network/network.ts'
import {
  cast,
  fromTensor,
  type Kernel,
  type KernelTable,
  misfit,
  required,
  type Value,
  value,
  valueType,
} from './value.ts'

const shape: Kernel = (operator, inputs) => {
  const sizes = required(operator, inputs, 0).shape
  const end = operator.attributes.end
  const part = sizes.slice(numberAttribute(operator, 'start', 0), typeof end === 'number' ? end : undefined)
  return [value([part.length], Float64Array.from(part), 'int64')]
}

const constant: Kernel = operator => {
  const { value: held, value_float: float, value_int: integer } = operator.attributes
  if (typeof held === 'object' && 'dtype' in held) return [fromTensor(held)]
  if (typeof float === 'number') return [value([], Float64Array.of(float))]
  if (typeof integer === 'number') return [value([], Float64Array.of(integer), 'int64')]
  const floats = numbersAttribute(operator, 'value_floats')
  if (floats) return [value([floats.length], Float64Array.from(floats))]
  const integers = numbersAttribute(operator, 'value_ints') ?? misfit(operator, 'has no value')
  return [value([integers.length], Float64Array.from(integers), 'int64')]
}

const constantOfShape: Kernel = (operator, inputs) => {
  const sizes = Array.from(required(operator, inputs, 0).data)
  const { value: held } = operator.attributes
  const fill = typeof held === 'object' && 'dtype' in held ? fromTensor(held) : value([1])
  const result = value(sizes, undefined, fill.dtype)
  result.data.fill(fill.data[0])
  return [result]
}

const range: Kernel = (operator, inputs) => {
  const [start, limit, delta] = [0, 1, 2].map(at => required(operator, inputs, at))
  const count = Math.max(0, Math.ceil((limit.data[0] - start.data[0]) / delta.data[0]))
  const data = Float64Array.from({ length: count }, (_, i) => start.data[0] + i * delta.data[0])
  return [value([count], data, start.dtype)]
}

const castTo: Kernel = (operator, inputs) => {
  const to = numberAttribute(operator, 'to', 1)
  const dtype = CAST_TYPES[to] ?? misfit(operator, `casts to the type ${to}, which the reference runtime does not have`)
  return [cast(required(operator, inputs, 0), valueType(dtype))]
}

/** The identity, as at inference: training feeds its masks and multiplies. */
const dropout: Kernel = (operator, inputs) => {
  const x = required(operator, inputs, 0)
  if (inputs[2]?.data[0] && inputs[1]?.data[0] !== 0)
    misfit(operator, 'draws random numbers; feed a mask and multiply by it instead')
  const mask: Value = value(x.shape, undefined, 'bool')
  return [x, { ...mask, data: mask.data.fill(1) }]
}

export const CONSTANTS: KernelTable = {
  Shape: shape,
  Size: (operator, inputs) => [value([], Float64Array.of(required(operator, inputs, 0).data.length), 'int64')],
  Constant: constant,
  ConstantOfShape: constantOfShape,
  Range: range,
  Cast: castTo,
  CastLike: (operator, inputs) => [cast(required(operator, inputs, 0), required(operator, inputs, 1).dtype)],
  Dropout: dropout,
}
