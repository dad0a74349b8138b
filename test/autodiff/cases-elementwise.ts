/** Activations, arithmetic with broadcasting, reductions and normalisations. */
import { booleans, type GradientCase, integers, scalar } from './gradient-case.ts'

type Attributes = GradientCase['attributes']

const unary = (type: string, attributes: Attributes = {}, range?: readonly [number, number]): GradientCase => ({
  name: `${type} ${JSON.stringify(attributes)}`,
  type,
  inputs: [[3, 5]],
  attributes,
  range,
})

const POSITIVE: readonly [number, number] = [0.25, 3]

const binary = (type: string, range?: readonly [number, number]): GradientCase[] =>
  [
    [
      [3, 4],
      [3, 4],
    ],
    [[3, 4], [4]],
    [
      [2, 1, 4],
      [3, 1],
    ],
    [[], [2, 3]],
    [
      [1, 4],
      [3, 1],
    ],
  ].flatMap(([a, b]) => [
    { name: `${type} [${a}] and [${b}]`, type, inputs: [a, b], range },
    { name: `${type} [${b}] and [${a}]`, type, inputs: [b, a], range },
  ])

const REDUCTIONS = ['Sum', 'Mean', 'Max', 'Min', 'L1', 'L2', 'SumSquare', 'LogSumExp'].flatMap(
  (name): GradientCase[] => {
    const reduce = (title: string, rest: Partial<GradientCase>): GradientCase => ({
      name: `Reduce${name} ${title}`,
      type: `Reduce${name}`,
      inputs: [[2, 3, 4]],
      ...rest,
    })
    return [
      reduce('all', {}),
      reduce('all, gone', { attributes: { keepdims: 0 } }),
      reduce('axis, open batch', { inputs: [[2, 3, 4], integers(1)], open: true }),
      reduce('open batch itself', { inputs: [[2, 3, 4], integers(0)], open: true, attributes: { keepdims: 0 } }),
      reduce('axes from the back, gone', { inputs: [[2, 3, 4], integers(-1, 0)], attributes: { keepdims: 0 } }),
    ]
  },
)

export const ACTIVATION_CASES: readonly GradientCase[] = [
  unary('Relu'),
  unary('LeakyRelu'),
  unary('LeakyRelu', { alpha: 0.3 }),
  {
    name: 'PRelu per channel',
    type: 'PRelu',
    inputs: [
      [2, 3, 2],
      [3, 1],
    ],
  },
  { name: 'PRelu shared', type: 'PRelu', inputs: [[2, 3], [1]], open: true },
  unary('ThresholdedRelu', { alpha: 0.5 }),
  unary('Sigmoid'),
  unary('Tanh'),
  unary('Elu'),
  unary('Elu', { alpha: 0.5 }),
  unary('Selu'),
  unary('Celu', { alpha: 2.5 }),
  unary('Softplus'),
  unary('Softsign'),
  unary('HardSigmoid'),
  unary('HardSigmoid', { alpha: 0.5, beta: 0.25 }),
  unary('HardSwish', {}, [-5, 5]),
  unary('Mish'),
  unary('Erf'),
  unary('Gelu'),
  unary('Gelu', { approximate: 'tanh' }),
  ...[0, 1, -1].map(axis => unary('Softmax', { axis })),
  ...[0, 1, -1].map(axis => unary('LogSoftmax', { axis })),
  { name: 'Softmax of large numbers', type: 'Softmax', inputs: [[2, 3]], values: [[100, 101, 99, -200, 3, 2]] },
]

export const ARITHMETIC_CASES: readonly GradientCase[] = [
  ...binary('Add'),
  ...binary('Sub'),
  ...binary('Mul'),
  ...binary('Div', POSITIVE),
  ...binary('Pow', POSITIVE),
  ...binary('Max'),
  ...binary('Min'),
  { name: 'Pow, whole exponent of negative numbers', type: 'Pow', inputs: [[2, 3], scalar(3)] },
  { name: 'Pow at zero', type: 'Pow', inputs: [[3], scalar(2)], values: [[0, 1, -1]] },
  { name: 'Pow zero', type: 'Pow', inputs: [[3], scalar(0)], values: [[0, 1, -1]] },
  { name: 'Sum of three', type: 'Sum', inputs: [[2, 3], [3], [2, 1]] },
  { name: 'Mean of three', type: 'Mean', inputs: [[2, 3], [3], [2, 1]] },
  { name: 'Max of four', type: 'Max', inputs: [[2, 3], [3], [2, 1], [2, 3]] },
  { name: 'Min of one', type: 'Min', inputs: [[2, 3]] },
  { name: 'Clip', type: 'Clip', inputs: [[4, 5], scalar(-0.5), scalar(1)] },
  { name: 'Clip from below', type: 'Clip', inputs: [[4, 5], scalar(-0.5)] },
  { name: 'Clip from above', type: 'Clip', inputs: [[4, 5], null, scalar(0.5)] },
  { name: 'Clip nowhere', type: 'Clip', inputs: [[4, 5]] },
  { name: 'Where', type: 'Where', inputs: [booleans([2, 3], [1, 0, 1, 0, 0, 1]), [2, 3], [3]] },
  { name: 'Where, stretched by its condition', type: 'Where', inputs: [booleans([2, 1], [1, 0]), [3], []] },
  ...['Neg', 'Abs', 'Exp', 'Sin', 'Cos', 'Identity'].map(type => unary(type)),
  ...['Log', 'Sqrt', 'Reciprocal'].map(type => unary(type, {}, POSITIVE)),
  ...['Floor', 'Ceil', 'Sign'].map(type => unary(type)),
  { name: 'Add, open batch', type: 'Add', inputs: [[3, 4], [4]], open: true },
  {
    name: 'Mul, open batch',
    type: 'Mul',
    inputs: [
      [3, 4],
      [1, 4],
    ],
    open: true,
  },
  ...REDUCTIONS,
  ...['ReduceMean', 'ReduceSumSquare'].map((type): GradientCase => {
    const attributes = { noop_with_empty_axes: 1 }
    return { name: `${type} of nothing`, type, inputs: [[2, 3], integers()], attributes }
  }),
  { name: 'ReduceLogSum', type: 'ReduceLogSum', inputs: [[2, 3], integers(1)], range: POSITIVE },
]

const norm = (name: string, shape: readonly number[], attributes: Attributes, open = false): GradientCase => ({
  name: `BatchNormalization ${name}`,
  type: 'BatchNormalization',
  inputs: [shape, [shape[1]], [shape[1]], [shape[1]], [shape[1]]],
  attributes,
  range: POSITIVE,
  open,
})

export const NORMALISATION_CASES: readonly GradientCase[] = [
  norm('stored statistics', [2, 3, 2, 2], { epsilon: 0.01 }),
  norm('stored statistics, flat, open batch', [4, 3], {}, true),
  { ...norm('of the batch', [3, 2, 2, 3], { training_mode: 1 }), fixed: [3, 4], outputs: 3, judged: 1 },
  {
    ...norm('of the batch, flat, open', [5, 3], { training_mode: 1, epsilon: 0.01 }, true),
    fixed: [3, 4],
    outputs: 3,
    judged: 1,
  },
  {
    ...norm('of the batch, open, one axis', [3, 2, 3], { training_mode: 1 }, true),
    fixed: [3, 4],
    outputs: 3,
    judged: 1,
  },
  { name: 'LayerNormalization last axis', type: 'LayerNormalization', inputs: [[2, 3, 4], [4], [4]], open: true },
  {
    name: 'LayerNormalization two axes',
    type: 'LayerNormalization',
    inputs: [
      [2, 3, 4],
      [3, 4],
    ],
    attributes: { axis: 1 },
  },
  {
    name: 'LayerNormalization stretched scale',
    type: 'LayerNormalization',
    inputs: [[2, 3, 4], [4], [1, 4]],
    attributes: { axis: -2 },
  },
  {
    name: 'InstanceNormalization',
    type: 'InstanceNormalization',
    inputs: [[2, 3, 2, 4], [3], [3]],
    attributes: { epsilon: 0.1 },
  },
]
