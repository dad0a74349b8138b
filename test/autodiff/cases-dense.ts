/** Matrix products, convolutions and pooling, over shapes and attributes. */
import type { GradientCase } from './gradient-case.ts'

type Attributes = GradientCase['attributes']

const gemm = (name: string, shapes: readonly number[][], attributes: Attributes): GradientCase => ({
  name: `Gemm ${name}`,
  type: 'Gemm',
  inputs: shapes,
  attributes,
})

const matMul = (a: readonly number[], b: readonly number[], open = false): GradientCase => ({
  name: `MatMul [${a}] × [${b}]${open ? ', open batch' : ''}`,
  type: 'MatMul',
  inputs: [a, b],
  open,
})

const conv = (name: string, shapes: readonly number[][], attributes: Attributes = {}, open = false): GradientCase => ({
  name: `Conv ${name}`,
  type: 'Conv',
  inputs: shapes,
  attributes,
  open,
})

const convTranspose = (name: string, shapes: readonly number[][], attributes: Attributes = {}): GradientCase => ({
  name: `ConvTranspose ${name}`,
  type: 'ConvTranspose',
  inputs: shapes,
  attributes,
})

const pool = (
  type: string,
  name: string,
  shape: readonly number[],
  attributes: Attributes = {},
  open = false,
): GradientCase => ({
  name: `${type} ${name}`,
  type,
  inputs: [shape],
  attributes,
  open,
})

export const DENSE_CASES: readonly GradientCase[] = [
  gemm('plain', [[3, 4], [4, 2], [2]], {}),
  gemm(
    'no bias',
    [
      [3, 4],
      [4, 2],
    ],
    {},
  ),
  gemm('transB', [[3, 4], [2, 4], [2]], { transB: 1 }),
  gemm(
    'transA, factors',
    [
      [4, 3],
      [4, 2],
      [3, 2],
    ],
    { transA: 1, alpha: 0.5, beta: 2 },
  ),
  gemm(
    'both transposed, column bias',
    [
      [4, 3],
      [2, 4],
      [3, 1],
    ],
    { transA: 1, transB: 1, alpha: 3 },
  ),
  gemm('scalar bias', [[3, 4], [4, 2], [1]], { beta: 0.25 }),
  { ...gemm('open batch', [[3, 4], [2, 4], [2]], { transB: 1 }), open: true },
  matMul([3, 4], [4, 2], true),
  matMul([2, 3, 4], [4, 2]),
  matMul([2, 3, 4], [4, 2], true),
  matMul([2, 3, 4], [2, 4, 5]),
  matMul([3, 4], [2, 4, 2]),
  matMul([2, 1, 3, 4], [3, 4, 2]),
  matMul([1, 3, 4], [2, 4, 2]),
  matMul([4], [4, 2]),
  matMul([3, 4], [4]),
  matMul([4], [4]),
  matMul([2, 3, 4], [4]),
  matMul([4], [2, 4, 3]),
]

export const CONVOLUTION_CASES: readonly GradientCase[] = [
  conv('one channel', [[2, 1, 5, 4], [3, 1, 3, 3], [3]], { pads: [1, 1, 1, 1] }),
  conv('valid', [[2, 2, 5, 4], [3, 2, 3, 3], [3]]),
  conv(
    'same',
    [
      [2, 2, 5, 4],
      [3, 2, 3, 3],
    ],
    { pads: [1, 1, 1, 1] },
    true,
  ),
  conv(
    'wide pads',
    [
      [1, 2, 3, 3],
      [2, 2, 2, 2],
    ],
    { pads: [2, 1, 3, 2] },
  ),
  conv('stride 2', [[2, 2, 6, 5], [2, 2, 3, 2], [2]], { strides: [2, 2], pads: [1, 0, 1, 1] }, true),
  conv(
    'stride that leaves a rest',
    [
      [1, 2, 8, 7],
      [2, 2, 2, 3],
    ],
    { strides: [3, 2] },
  ),
  conv(
    'one channel, stride with a rest',
    [
      [2, 1, 8, 7],
      [2, 1, 2, 3],
    ],
    { strides: [3, 2] },
  ),
  conv(
    'one channel, dilated',
    [
      [2, 1, 7, 6],
      [2, 1, 2, 3],
    ],
    { dilations: [2, 1], strides: [1, 2] },
  ),
  conv(
    'dilation',
    [
      [1, 2, 7, 6],
      [2, 2, 3, 2],
    ],
    { dilations: [2, 3], pads: [1, 1, 2, 0] },
  ),
  conv(
    'stride and dilation',
    [
      [1, 2, 9, 8],
      [2, 2, 3, 2],
    ],
    { dilations: [2, 1], strides: [2, 3], pads: [1, 0, 0, 1] },
  ),
  conv('groups', [[2, 4, 4, 4], [6, 2, 3, 3], [6]], { group: 2, pads: [1, 1, 1, 1] }),
  conv(
    'groups, stride',
    [
      [2, 4, 5, 4],
      [6, 2, 3, 3],
    ],
    { group: 2, strides: [2, 1], pads: [1, 1, 1, 1] },
  ),
  conv('depthwise', [[2, 3, 4, 4], [3, 1, 3, 3], [3]], { group: 3, pads: [1, 1, 1, 1] }),
  conv(
    'depthwise, stride',
    [
      [1, 3, 6, 5],
      [6, 1, 3, 3],
    ],
    { group: 3, strides: [2, 2] },
  ),
  conv('1 × 1', [
    [2, 3, 3, 2],
    [4, 3, 1, 1],
  ]),
  conv(
    '1 × 1, stride',
    [
      [2, 3, 4, 5],
      [2, 3, 1, 1],
    ],
    { strides: [2, 2] },
  ),
  conv(
    'patches',
    [
      [2, 3, 4, 6],
      [2, 3, 2, 3],
    ],
    { strides: [2, 3] },
    true,
  ),
  conv(
    'patches with a rest, groups',
    [
      [2, 4, 5, 7],
      [2, 2, 2, 3],
    ],
    { strides: [2, 3], group: 2 },
  ),
  conv(
    'SAME_UPPER',
    [
      [1, 2, 5, 4],
      [2, 2, 2, 3],
    ],
    { auto_pad: 'SAME_UPPER', strides: [2, 1] },
  ),
  conv(
    'SAME_LOWER',
    [
      [1, 2, 5, 4],
      [2, 2, 2, 2],
    ],
    { auto_pad: 'SAME_LOWER' },
  ),
  conv('one axis', [[2, 2, 7], [3, 2, 3], [3]], { pads: [2, 1], dilations: [2] }),
  conv(
    'one axis, stride',
    [
      [2, 2, 8],
      [3, 2, 3],
    ],
    { strides: [3] },
  ),
  conv(
    'three axes',
    [
      [1, 2, 3, 4, 3],
      [2, 2, 2, 2, 3],
    ],
    { pads: [1, 0, 1, 0, 1, 1] },
  ),
  convTranspose('plain', [[1, 2, 3, 4], [2, 3, 2, 3], [3]]),
  convTranspose(
    'stride, pads',
    [
      [1, 2, 3, 4],
      [2, 3, 3, 3],
    ],
    { strides: [2, 2], pads: [1, 1, 1, 1] },
  ),
  convTranspose(
    'output padding',
    [
      [1, 2, 3, 3],
      [2, 1, 3, 2],
    ],
    { strides: [2, 3], output_padding: [1, 2] },
  ),
  convTranspose(
    'groups',
    [
      [1, 4, 3, 3],
      [4, 1, 2, 2],
    ],
    { strides: [2, 2], group: 2 },
  ),
]

export const POOLING_CASES: readonly GradientCase[] = [
  pool('MaxPool', '2 × 2', [2, 2, 4, 6], { kernel_shape: [2, 2], strides: [2, 2] }, true),
  pool('MaxPool', '2 × 2 with a rest', [1, 2, 5, 7], { kernel_shape: [2, 2], strides: [2, 2] }),
  pool('MaxPool', '2 × 2, ceil', [1, 2, 5, 4], { kernel_shape: [2, 2], strides: [2, 2], ceil_mode: 1 }),
  pool(
    'MaxPool',
    'overlapping, padded',
    [2, 2, 5, 5],
    { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] },
    true,
  ),
  pool('MaxPool', 'dilated', [1, 2, 6, 5], { kernel_shape: [2, 2], dilations: [2, 3] }),
  pool('MaxPool', 'SAME_UPPER', [1, 1, 5, 4], { kernel_shape: [2, 2], strides: [2, 2], auto_pad: 'SAME_UPPER' }),
  pool('MaxPool', 'one axis', [2, 2, 7], { kernel_shape: [3], strides: [2] }),
  pool('AveragePool', '2 × 2', [2, 2, 4, 6], { kernel_shape: [2, 2], strides: [2, 2] }, true),
  pool('AveragePool', 'with a rest', [1, 2, 5, 7], { kernel_shape: [2, 3], strides: [2, 3] }),
  pool('AveragePool', 'overlapping', [1, 2, 5, 5], { kernel_shape: [3, 2], strides: [1, 2] }),
  pool('AveragePool', 'padded', [1, 2, 5, 5], { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] }),
  pool('AveragePool', 'counting pads', [1, 2, 5, 5], {
    ...{ kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1], count_include_pad: 1 },
  }),
  pool('AveragePool', 'ceil', [1, 1, 6, 6], { kernel_shape: [3, 3], strides: [2, 2], ceil_mode: 1 }),
  pool('AveragePool', 'dilated', [1, 1, 6, 6], { kernel_shape: [2, 2], dilations: [2, 2] }),
  pool('GlobalAveragePool', 'plain', [2, 3, 4, 3], {}, true),
  pool('GlobalMaxPool', 'plain', [2, 3, 4, 3], {}, true),
]
