/** Cases: matrix products, convolutions, pools. */
import { floats, int64, type OperatorCase, ties } from './operator-case.ts'

export const PRODUCT_CASES: readonly OperatorCase[] = [
  { type: 'Gemm', name: 'plain', inputs: [floats([3, 4]), floats([4, 5])] },
  {
    type: 'Gemm',
    name: 'both sides transposed',
    inputs: [floats([4, 3]), floats([5, 4]), floats([5])],
    attributes: { transA: 1, transB: 1 },
  },
  {
    type: 'Gemm',
    name: 'alpha and beta, a column added',
    inputs: [floats([3, 4]), floats([4, 5]), floats([3, 1])],
    attributes: { alpha: 0.5, beta: 2 },
  },
  { type: 'Gemm', name: 'a scalar added', inputs: [floats([3, 4]), floats([4, 5]), floats([])] },
  { type: 'MatMul', name: 'matrices', inputs: [floats([3, 4]), floats([4, 5])] },
  { type: 'MatMul', name: 'stacks', inputs: [floats([2, 3, 4]), floats([2, 4, 5])] },
  { type: 'MatMul', name: 'stacks that grow', inputs: [floats([2, 1, 3, 4]), floats([5, 4, 2])] },
  { type: 'MatMul', name: 'a vector on the right', inputs: [floats([2, 3, 4]), floats([4])] },
  { type: 'MatMul', name: 'a vector on the left', inputs: [floats([4]), floats([2, 4, 3])] },
  { type: 'MatMul', name: 'two vectors', inputs: [floats([4]), floats([4])] },
  {
    type: 'FusedMatMul',
    domain: 'com.microsoft',
    name: 'right side transposed',
    inputs: [floats([2, 3, 4]), floats([2, 5, 4])],
    attributes: { transB: 1, alpha: 0.5 },
  },
  {
    type: 'FusedMatMul',
    domain: 'com.microsoft',
    name: 'left side transposed',
    inputs: [floats([2, 4, 3]), floats([2, 4, 5])],
    attributes: { transA: 1 },
  },
  {
    type: 'Einsum',
    name: 'a product',
    inputs: [floats([3, 4]), floats([4, 5])],
    attributes: { equation: 'ij,jk->ik' },
  },
  {
    type: 'Einsum',
    name: 'replicas',
    inputs: [floats([2, 3, 4]), floats([2, 5, 4])],
    attributes: { equation: 'rbi,roi->rbo' },
  },
  {
    type: 'Einsum',
    name: 'no output letters',
    inputs: [floats([3, 4]), floats([4, 5])],
    attributes: { equation: 'bi,ia' },
  },
  { type: 'Einsum', name: 'a trace', inputs: [floats([4, 4])], attributes: { equation: 'ii->' } },
  { type: 'Einsum', name: 'transposed', inputs: [floats([2, 3, 4])], attributes: { equation: 'abc->cab' } },
]

const image = [2, 4, 7, 6]

function conv(name: string, inputs: OperatorCase['inputs'], attributes: OperatorCase['attributes'] = {}): OperatorCase {
  return { type: 'Conv', name, inputs, attributes, float64: false }
}

function transposed(
  name: string,
  inputs: OperatorCase['inputs'],
  attributes: OperatorCase['attributes'] = {},
): OperatorCase {
  return { type: 'ConvTranspose', name, inputs, attributes, float64: false }
}

export const CONVOLUTION_CASES: readonly OperatorCase[] = [
  conv('2-D with bias', [floats(image), floats([3, 4, 3, 3]), floats([3])]),
  conv('uneven padding and strides', [floats(image), floats([3, 4, 3, 2])], { pads: [1, 0, 2, 1], strides: [2, 3] }),
  conv('dilated', [floats(image), floats([3, 4, 3, 2])], { dilations: [2, 3], pads: [1, 1, 1, 1] }),
  conv('groups', [floats(image), floats([6, 2, 3, 3]), floats([6])], { group: 2, pads: [1, 1, 1, 1] }),
  conv('depthwise', [floats(image), floats([4, 1, 3, 3])], { group: 4 }),
  conv('SAME_UPPER', [floats(image), floats([3, 4, 2, 4])], { auto_pad: 'SAME_UPPER', strides: [2, 1] }),
  conv('SAME_LOWER', [floats(image), floats([3, 4, 2, 4])], { auto_pad: 'SAME_LOWER', strides: [1, 2] }),
  conv('VALID', [floats(image), floats([3, 4, 3, 3])], { auto_pad: 'VALID' }),
  conv('1-D', [floats([2, 3, 9]), floats([4, 3, 3]), floats([4])], { strides: [2], pads: [1, 2] }),
  conv('3-D', [floats([1, 2, 4, 5, 3]), floats([2, 2, 2, 3, 2])]),
  transposed('2-D with bias', [floats(image), floats([4, 3, 3, 3]), floats([3])]),
  transposed('strides, padding, output padding', [floats(image), floats([4, 3, 3, 3])], {
    strides: [2, 3],
    pads: [1, 0, 1, 2],
    output_padding: [1, 2],
  }),
  transposed('dilated', [floats(image), floats([4, 3, 3, 2])], { dilations: [2, 3] }),
  transposed('groups', [floats(image), floats([4, 3, 3, 3]), floats([6])], { group: 2 }),
  transposed('SAME_UPPER', [floats(image), floats([4, 3, 3, 3])], { auto_pad: 'SAME_UPPER', strides: [2, 2] }),
  transposed('SAME_LOWER', [floats(image), floats([4, 3, 3, 3])], { auto_pad: 'SAME_LOWER', strides: [2, 2] }),
  transposed('output shape', [floats(image), floats([4, 3, 3, 3])], { output_shape: [14, 12], strides: [2, 2] }),
  transposed('1-D', [floats([2, 3, 5]), floats([3, 2, 4])], { strides: [3], pads: [1, 1] }),
]

const pool = { kernel_shape: [2, 3] }

export const POOLING_CASES: readonly OperatorCase[] = [
  {
    type: 'MaxPool',
    name: 'with indices',
    inputs: [floats(image)],
    attributes: { kernel_shape: [2, 2], strides: [2, 2] },
    outputs: 2,
  },
  {
    type: 'MaxPool',
    name: 'ties: the first wins',
    inputs: [ties(image)],
    attributes: { kernel_shape: [2, 2], strides: [2, 2] },
    outputs: 2,
  },
  {
    type: 'MaxPool',
    name: 'padded and overlapping',
    inputs: [floats(image, -2, -1)],
    attributes: { ...pool, pads: [1, 1, 0, 1] },
    outputs: 2,
  },
  {
    type: 'MaxPool',
    name: 'rounded up',
    inputs: [floats(image)],
    attributes: { kernel_shape: [3, 4], strides: [2, 3], ceil_mode: 1 },
  },
  {
    type: 'MaxPool',
    name: 'dilated',
    inputs: [floats(image)],
    attributes: { kernel_shape: [2, 2], dilations: [2, 3] },
  },
  {
    type: 'MaxPool',
    name: 'SAME_UPPER',
    inputs: [floats(image)],
    attributes: { ...pool, strides: [2, 2], auto_pad: 'SAME_UPPER' },
  },
  {
    type: 'MaxPool',
    name: 'SAME_LOWER',
    inputs: [floats(image)],
    attributes: { kernel_shape: [2, 2], auto_pad: 'SAME_LOWER' },
  },
  {
    type: 'MaxPool',
    name: '1-D',
    inputs: [floats([2, 3, 9])],
    attributes: { kernel_shape: [3], strides: [2] },
    outputs: 2,
  },
  {
    type: 'AveragePool',
    name: 'plain',
    inputs: [floats(image)],
    attributes: { ...pool, strides: [2, 1] },
    float64: false,
  },
  {
    type: 'AveragePool',
    name: 'padding left out',
    inputs: [floats(image)],
    attributes: { ...pool, pads: [1, 1, 0, 1] },
    float64: false,
  },
  {
    type: 'AveragePool',
    name: 'padding counted',
    inputs: [floats(image)],
    attributes: { ...pool, pads: [1, 1, 0, 1], count_include_pad: 1 },
    float64: false,
  },
  {
    type: 'AveragePool',
    name: 'rounded up',
    inputs: [floats(image)],
    attributes: { kernel_shape: [3, 4], strides: [2, 3], ceil_mode: 1 },
    float64: false,
  },
  {
    type: 'AveragePool',
    name: 'rounded up, padding counted',
    inputs: [floats(image)],
    attributes: { kernel_shape: [3, 4], strides: [2, 3], pads: [1, 1, 1, 1], ceil_mode: 1, count_include_pad: 1 },
    float64: false,
  },
  {
    type: 'AveragePool',
    name: '1-D, SAME_UPPER',
    inputs: [floats([2, 3, 9])],
    attributes: { kernel_shape: [4], auto_pad: 'SAME_UPPER' },
    float64: false,
  },
  { type: 'GlobalAveragePool', name: '2-D', inputs: [floats(image)], float64: false },
  { type: 'GlobalMaxPool', name: '2-D', inputs: [floats(image, -3, -1)], float64: false },
  { type: 'GlobalAveragePool', name: '1-D', inputs: [floats([2, 3, 5])], float64: false },
  {
    type: 'MaxUnpool',
    name: 'natural shape',
    inputs: [floats([1, 1, 2, 2]), int64([5, 7, 13, 15], [1, 1, 2, 2])],
    attributes: { kernel_shape: [2, 2], strides: [2, 2] },
    float64: false,
  },
  {
    type: 'MaxUnpool',
    name: 'a larger shape',
    inputs: [floats([1, 1, 2, 2]), int64([5, 7, 13, 15], [1, 1, 2, 2]), int64([1, 1, 5, 5])],
    attributes: { kernel_shape: [2, 2], strides: [2, 2] },
    float64: false,
  },
]
