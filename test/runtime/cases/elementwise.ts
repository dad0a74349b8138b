/** Cases: operators on single elements and on broadcast pairs. */
import { exactly, floats, int32, int64, type OperatorCase, ties, truth } from './operator-case.ts'

const shape = [2, 3, 4]

/** ONNX Runtime has these for float32 alone. */
const SINGLE = ['Elu', 'Selu', 'HardSigmoid', 'HardSwish', 'Gelu', 'Softplus', 'Softsign', 'Erf', 'LeakyRelu', 'Mish']

const each = (types: readonly string[], name: string, input: () => OperatorCase['inputs']): OperatorCase[] =>
  types.map(type => ({ type, name, inputs: input(), float64: !SINGLE.includes(type) }))

const EDGES = [-1e4, -30, -1, -0.5, 0, 0.5, 1, 2.5, 30, 1e4]

export const ELEMENTWISE_CASES: readonly OperatorCase[] = [
  ...each(
    ['Relu', 'LeakyRelu', 'Elu', 'Selu', 'HardSigmoid', 'HardSwish', 'Gelu', 'Softplus', 'Softsign', 'Erf', 'Mish'],
    'small numbers',
    () => [floats(shape)],
  ),
  ...each(['Sigmoid', 'Tanh', 'Exp', 'Abs', 'Neg', 'Sign', 'Floor', 'Ceil', 'Sin', 'Cos'], 'small numbers', () => [
    floats(shape),
  ]),
  ...each(['Log', 'Sqrt', 'Reciprocal'], 'positive numbers', () => [floats(shape, 0.1, 5)]),
  ...each(
    ['Relu', 'Sigmoid', 'Tanh', 'Softplus', 'Erf', 'Sign', 'Elu', 'Selu', 'Gelu', 'LeakyRelu'],
    'large numbers, halves and zero',
    () => [exactly(EDGES)],
  ),
  { type: 'Round', name: 'halves go to even', inputs: [exactly([-2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 2.4, 2.6])] },
  { type: 'LeakyRelu', name: 'alpha', inputs: [floats(shape)], attributes: { alpha: 0.3 }, float64: false },
  { type: 'Elu', name: 'alpha', inputs: [floats(shape)], attributes: { alpha: 0.5 }, float64: false },
  { type: 'Selu', name: 'alpha, gamma', inputs: [floats(shape)], attributes: { alpha: 2, gamma: 3 }, float64: false },
  {
    type: 'HardSigmoid',
    name: 'alpha, beta',
    inputs: [floats(shape)],
    attributes: { alpha: 0.4, beta: 0.3 },
    float64: false,
  },
  { type: 'Gelu', name: 'tanh', inputs: [floats(shape)], attributes: { approximate: 'tanh' }, float64: false },
  { type: 'Clip', name: 'both bounds', inputs: [floats(shape), exactly([-1], []), exactly([0.5], [])] },
  { type: 'Clip', name: 'upper bound', inputs: [floats(shape), null, exactly([0.5], [])] },
  { type: 'Neg', name: 'integers', inputs: [int32([1, -2, 0])] },
  { type: 'Abs', name: 'integers', inputs: [int64([1, -2, 0])] },
  { type: 'Not', name: 'truth', inputs: [truth([0, 1, 1])] },
  {
    type: 'IsNaN',
    name: 'not a number among others',
    inputs: [exactly([Number.NaN, 1, Number.POSITIVE_INFINITY])],
    outputs: 1,
  },
  { type: 'IsInf', name: 'infinities', inputs: [exactly([Number.NEGATIVE_INFINITY, 1, Number.POSITIVE_INFINITY])] },
  { type: 'Relu', name: 'not a number stays', inputs: [exactly([Number.NaN, -1, 1])] },
  { type: 'Sqrt', name: 'negative gives not a number', inputs: [exactly([-1, 0, 4])] },
]

const binary = (types: readonly string[], name: string, input: () => OperatorCase['inputs']): OperatorCase[] =>
  types.map(type => ({ type, name, inputs: input(), float64: type !== 'PRelu' }))

const ARITHMETIC = ['Add', 'Sub', 'Mul', 'Div', 'Max', 'Min']
const COMPARE = ['Equal', 'Greater', 'GreaterOrEqual', 'Less', 'LessOrEqual']

export const BROADCAST_CASES: readonly OperatorCase[] = [
  ...binary(ARITHMETIC, 'same shape', () => [floats(shape), floats(shape, 0.5, 2)]),
  ...binary(ARITHMETIC, 'both sides grow', () => [floats([2, 1, 4]), floats([3, 1], 0.5, 2)]),
  ...binary([...ARITHMETIC, 'PRelu'], 'a scalar', () => [floats(shape), exactly([1.5], [])]),
  ...binary(ARITHMETIC, 'lower rank on the left', () => [floats([4]), floats(shape, 0.5, 2)].slice()),
  ...binary(['Add', 'Sub', 'Mul', 'Div'], 'integers, Div towards zero', () => [
    int32([7, -7, 7, -7]),
    int32([2, 2, -2, -3]),
  ]),
  { type: 'Add', name: 'integers wrap', inputs: [int32([2147483647, -2147483648]), int32([1, -1])] },
  { type: 'PRelu', name: 'a slope per channel', inputs: [floats([2, 3, 4]), floats([3, 1])], float64: false },
  { type: 'Pow', name: 'fractions', inputs: [floats(shape, 0.1, 3), floats(shape)] },
  { type: 'Pow', name: 'an integer exponent', inputs: [floats(shape), int64([2], [])] },
  {
    type: 'Mod',
    name: 'integers take the sign of the divisor',
    inputs: [int64([7, -7, 7, -7]), int64([3, 3, -3, -3])],
  },
  {
    type: 'Mod',
    name: 'fmod takes the sign of the dividend',
    inputs: [exactly([5.3, -5.3]), exactly([2, 2])],
    attributes: { fmod: 1 },
  },
  { type: 'Max', name: 'three inputs', inputs: [floats([2, 3]), floats([3]), floats([2, 1])] },
  { type: 'Sum', name: 'three inputs', inputs: [floats([2, 3]), floats([3]), floats([2, 1])] },
  { type: 'Mean', name: 'three inputs', inputs: [floats([2, 3]), floats([3]), floats([2, 1])], float64: false },
  ...binary(COMPARE, 'ties', () => [ties(shape), ties([3, 4])]),
  ...binary(COMPARE, 'integers', () => [int64([1, 2, 3]), int64([3, 2, 1])]),
  ...binary(['And', 'Or', 'Xor'], 'truth', () => [truth([0, 0, 1, 1]), truth([0, 1, 0, 1])]),
  { type: 'Where', name: 'all three grow', inputs: [truth([1, 0, 1], [3, 1]), floats([2, 1, 4]), floats([4])] },
  { type: 'Where', name: 'integers', inputs: [truth([1, 0]), int64([1, 2]), int64([3, 4])] },
]
