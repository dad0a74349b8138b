/** The shape rule of each operator, by type. Reshaping and windowed operators have files of their own. */
import { broadcast, type DimShape, normalAxis } from './dims.ts'
import { numberAttribute, type Operator } from './network.ts'
import { LAYOUT_RULES } from './shape-layout.ts'
import { WINDOW_RULES } from './shape-windows.ts'
import type { ShapeScope } from './shapes.ts'

/** Shapes of the outputs, in order; undefined where unknown. */
export type ShapeRule = (operator: Operator, scope: ShapeScope) => readonly (DimShape | undefined)[]

/** Outputs shaped like the first input. */
const SAME = [
  ...['Relu', 'LeakyRelu', 'PRelu', 'Elu', 'Selu', 'Celu', 'ThresholdedRelu', 'Shrink', 'Softplus', 'Softsign'],
  ...[
    'Sigmoid',
    'HardSigmoid',
    'HardSwish',
    'Swish',
    'Mish',
    'Gelu',
    'Tanh',
    'Erf',
    'Exp',
    'Log',
    'Sqrt',
    'Abs',
    'Neg',
  ],
  ...['Reciprocal', 'Floor', 'Ceil', 'Round', 'Sign', 'Sin', 'Cos', 'Tan', 'Asin', 'Acos', 'Atan', 'Sinh', 'Cosh'],
  ...['Identity', 'Cast', 'CastLike', 'Clip', 'Not', 'IsNaN', 'IsInf', 'CumSum', 'Trilu', 'QuantizeLinear'],
  ...['DequantizeLinear', 'Softmax', 'LogSoftmax', 'Hardmax', 'LRN', 'LpNormalization', 'MeanVarianceNormalization'],
  ...['ScatterElements', 'ScatterND'],
  ...['BatchNormalization', 'InstanceNormalization', 'LayerNormalization', 'GroupNormalization', 'RMSNormalization'],
]

/** Outputs shaped by broadcasting all inputs. */
const BROADCAST = [
  ...['Add', 'Sub', 'Mul', 'Div', 'Pow', 'Mod', 'Max', 'Min', 'Mean', 'Sum', 'And', 'Or', 'Xor', 'Where'],
  ...['Equal', 'Greater', 'GreaterOrEqual', 'Less', 'LessOrEqual', 'BitShift'],
]

const REDUCE = ['L1', 'L2', 'LogSum', 'LogSumExp', 'Max', 'Mean', 'Min', 'Prod', 'Sum', 'SumSquare']

const same: ShapeRule = ({ inputs }, scope) => [scope.shape(inputs[0])]

const broadcastAll: ShapeRule = ({ inputs }, scope) => {
  let result: DimShape | undefined = []
  for (const name of inputs) {
    const shape = scope.shape(name)
    result = shape && result && broadcast(result, shape, scope.fresh)
  }
  return [result]
}

/** Reduces the axes in `axes`; all axes when undefined. */
function reduced(shape: DimShape, axes: readonly number[] | undefined, keep: boolean): DimShape {
  const gone = axes?.map(axis => normalAxis(axis, shape.length))
  const isGone = (axis: number) => !gone || gone.includes(axis)
  return keep ? shape.map((dim, axis) => (isGone(axis) ? 1 : dim)) : shape.filter((_, axis) => !isGone(axis))
}

const reduce: ShapeRule = (operator, scope) => {
  const shape = scope.shape(operator.inputs[0])
  const named = operator.inputs[1] ? (scope.vector(operator.inputs[1])?.dims ?? null) : []
  if (!shape || !named?.every(axis => typeof axis === 'number')) return [undefined]
  if (named.length === 0 && numberAttribute(operator, 'noop_with_empty_axes', 0)) return [shape]
  return [reduced(shape, named.length ? named : undefined, numberAttribute(operator, 'keepdims', 1) !== 0)]
}

const argument: ShapeRule = (operator, scope) => {
  const shape = scope.shape(operator.inputs[0])
  const axis = numberAttribute(operator, 'axis', 0)
  return [shape && reduced(shape, [axis], numberAttribute(operator, 'keepdims', 1) !== 0)]
}

const gemm: ShapeRule = (operator, scope) => {
  const [a, b] = operator.inputs.map(name => scope.shape(name))
  if (a?.length !== 2 || b?.length !== 2) return [undefined]
  const rows = a[numberAttribute(operator, 'transA', 0) ? 1 : 0]
  return [[rows, b[numberAttribute(operator, 'transB', 0) ? 0 : 1]]]
}

const matMul: ShapeRule = ({ inputs }, scope) => {
  const [a, b] = inputs.map(name => scope.shape(name))
  if (!a?.length || !b?.length) return [undefined]
  const batch = broadcast(a.slice(0, -2), b.slice(0, -2), scope.fresh)
  const rows = a.length > 1 ? a.slice(-2, -1) : []
  return [batch && [...batch, ...rows, ...(b.length > 1 ? b.slice(-1) : [])]]
}

const topK: ShapeRule = (operator, scope) => {
  const shape = scope.shape(operator.inputs[0])
  const axis = shape && normalAxis(numberAttribute(operator, 'axis', -1), shape.length)
  const k = scope.vector(operator.inputs[1] ?? '')?.dims[0] ?? scope.fresh()
  const result = axis === undefined ? undefined : shape?.with(axis, k)
  return [result, result]
}

/** Sequence × batch × input in; hidden states of every step and the last ones out. */
const recurrent: ShapeRule = (operator, scope) => {
  const shape = scope.shape(operator.inputs[0])
  const hidden = numberAttribute(operator, 'hidden_size', 0) || scope.fresh()
  if (shape?.length !== 3 || numberAttribute(operator, 'layout', 0)) return []
  const directions = operator.attributes.direction === 'bidirectional' ? 2 : 1
  const last = [directions, shape[1], hidden]
  return [[shape[0], ...last], last, last]
}

const everywhere = (types: readonly string[], rule: ShapeRule) => Object.fromEntries(types.map(type => [type, rule]))

export const SHAPE_RULES: ReadonlyMap<string, ShapeRule> = new Map(
  Object.entries<ShapeRule>({
    ...everywhere(SAME, same),
    ...everywhere(BROADCAST, broadcastAll),
    ...everywhere(
      REDUCE.map(name => `Reduce${name}`),
      reduce,
    ),
    ...everywhere(['ArgMax', 'ArgMin'], argument),
    ...everywhere(['RNN', 'GRU', 'LSTM'], recurrent),
    Dropout: ({ inputs }, scope) => [scope.shape(inputs[0]), scope.shape(inputs[0])],
    Gemm: gemm,
    MatMul: matMul,
    TopK: topK,
    Shape: ({ inputs }, scope) => {
      const shape = scope.shape(inputs[0])
      return [shape && [shape.length]]
    },
    Size: () => [[]],
    Range: ({ inputs }, scope) => {
      const [start, limit, delta] = inputs.map(name => scope.vector(name)?.dims[0])
      const counts = limit !== undefined && start === 0 && delta === 1
      return [[counts ? limit : scope.fresh()]]
    },
    ConstantOfShape: ({ inputs }, scope) => [scope.vector(inputs[0])?.dims],
    ...LAYOUT_RULES,
    ...WINDOW_RULES,
  }),
)
