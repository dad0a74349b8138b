/** Small graphs that between them have every operation that is read, in every form in which it matters. */
import {
  flag,
  float,
  int,
  ints,
  type NodeInit,
  node,
  noise,
  placeholder,
  scalar,
  text,
  texts,
  type,
  vector,
  type WeightInit,
} from './model-files.ts'

export interface GraphCase {
  readonly name: string
  /** Shape of the input `x`, the batch included. */
  readonly input: readonly number[]
  readonly nodes: readonly NodeInit[]
  readonly weights: Readonly<Record<string, WeightInit>>
}

const IMAGE = [1, 5, 4, 3]

/** The input is declared with an open batch. */
function graph(
  name: string,
  input: readonly number[],
  weights: Readonly<Record<string, WeightInit>>,
  ...nodes: NodeInit[]
): GraphCase {
  return { name, input, weights, nodes: [placeholder('x', [-1, ...input.slice(1)]), ...nodes] }
}

const window = (padding: string, rows = 1, columns = rows, more: Readonly<Record<string, unknown>> = {}) => ({
  strides: ints(1, rows, columns, 1),
  padding: text(padding),
  data_format: text('NHWC'),
  dilations: ints(1, 1, 1, 1),
  ...more,
})
const pooling = (padding: string, stride: number) => window(padding, stride, stride, { ksize: ints(1, 3, 2, 1) })
const conv = (name: string, from: string, kernel: string, padding = 'SAME', stride = 1, more = {}) =>
  node(name, 'Conv2D', [from, kernel], window(padding, stride, stride, more))
const fused = (...steps: readonly string[]) => ({
  fused_ops: texts(...steps),
  num_args: int(steps.includes('Prelu') ? 2 : 1),
})
const KERNEL = { k: noise([3, 3, 3, 4]), b: noise([4], 1) }
const one = (name: string, op: string, attr = {}) => node(name, op, ['x'], attr)
const FLAT = [2, 6]

/** The sizes of a flatten, as Keras's converter computes them. */
const flattening = (from: string, name: string): NodeInit[] => [
  node(`${name}/Shape`, 'Shape', [from], { T: type('DT_FLOAT'), out_type: type('DT_INT32') }),
  node(`${name}/first`, 'StridedSlice', [`${name}/Shape`, 'zero', 'one', 'one'], { shrink_axis_mask: int(1) }),
  node(`${name}/target`, 'Pack', [`${name}/first`, 'rest'], { N: int(2), axis: int(0) }),
  node(name, 'Reshape', [from, `${name}/target`]),
]
const SIZES = { zero: vector(0), one: vector(1), rest: scalar(-1) }

export const CASES: readonly GraphCase[] = [
  graph(
    'bias and relu after a convolution',
    IMAGE,
    KERNEL,
    conv('c', 'x', 'k', 'SAME', 2),
    node('a', 'BiasAdd', ['c', 'b']),
    node('y', 'Relu', ['a']),
  ),
  graph('a dilated convolution', IMAGE, KERNEL, conv('y', 'x', 'k', 'SAME', 1, { dilations: ints(1, 2, 1, 1) })),
  graph(
    'explicit padding',
    IMAGE,
    KERNEL,
    conv('y', 'x', 'k', 'EXPLICIT', 1, { explicit_paddings: ints(0, 0, 2, 1, 0, 3, 0, 0) }),
  ),
  graph('strides that differ', IMAGE, KERNEL, node('y', 'Conv2D', ['x', 'k'], window('VALID', 2, 1))),
  ...['Relu', 'Relu6', 'Elu', 'Sigmoid', 'LeakyRelu'].map(step =>
    graph(
      `a convolution fused with ${step}`,
      IMAGE,
      KERNEL,
      node(
        'y',
        '_FusedConv2D',
        ['x', 'k', 'b'],
        window('VALID', 1, 1, { ...fused('BiasAdd', step), leakyrelu_alpha: float(0.25) }),
      ),
    ),
  ),
  graph(
    'a convolution fused with slopes',
    IMAGE,
    { ...KERNEL, s: noise([4], 2) },
    node('y', '_FusedConv2D', ['x', 'k', 'b', 's'], window('SAME', 1, 1, { ...fused('BiasAdd', 'Prelu') })),
  ),
  graph(
    'a depthwise convolution',
    IMAGE,
    { k: noise([3, 3, 3, 2]) },
    node('y', 'DepthwiseConv2dNative', ['x', 'k'], window('SAME', 2)),
  ),
  graph(
    'a fused depthwise convolution',
    IMAGE,
    { k: noise([3, 2, 3, 1]), b: noise([3], 1) },
    node('y', 'FusedDepthwiseConv2dNative', ['x', 'k', 'b'], window('VALID', 1, 1, fused('BiasAdd', 'Relu6'))),
  ),
  graph(
    'a separable block with batch normalisation',
    IMAGE,
    {
      k: noise([3, 3, 3, 1]),
      p: noise([1, 1, 3, 4], 1),
      g: noise([4], 2),
      o: noise([4], 3),
      m: noise([4], 4),
      v: { shape: [4], values: [0.5, 1, 2, 3] },
    },
    node('d', 'DepthwiseConv2dNative', ['x', 'k'], window('SAME')),
    node('r', 'Relu', ['d']),
    conv('c', 'r', 'p'),
    node('y', 'FusedBatchNormV3', ['c', 'g', 'o', 'm', 'v'], { epsilon: float(0.001), is_training: flag(false) }),
  ),
  graph(
    'a transposed convolution',
    [2, 3, 4, 3],
    { k: noise([3, 3, 2, 3]), s: vector(2, 6, 8, 2) },
    node('y', 'Conv2DBackpropInput', ['s', 'k', 'x'], window('SAME', 2)),
  ),
  graph('max pooling', IMAGE, {}, one('y', 'MaxPool', pooling('SAME', 2))),
  graph('average pooling that counts no padding', IMAGE, {}, one('y', 'AvgPool', pooling('SAME', 2))),
  graph('average pooling', IMAGE, {}, one('y', 'AvgPool', pooling('VALID', 1))),
  ...[true, false].map(keep =>
    graph(
      `global pooling, axes ${keep ? 'kept' : 'dropped'}`,
      IMAGE,
      { ...KERNEL, axes: vector(1, 2) },
      conv('c', 'x', 'k'),
      node('y', 'Mean', ['c', 'axes'], { keep_dims: flag(keep) }),
    ),
  ),
  graph(
    'the largest of the channels',
    IMAGE,
    { ...KERNEL, axes: vector(-1) },
    conv('c', 'x', 'k'),
    node('y', 'Max', ['c', 'axes']),
  ),
  graph('rows summed', IMAGE, { ...KERNEL, axes: vector(1) }, conv('c', 'x', 'k'), node('y', 'Sum', ['c', 'axes'])),
  graph(
    'dropping the axes of length one',
    IMAGE,
    { ...KERNEL, axes: vector(1, 2) },
    conv('c', 'x', 'k'),
    node('m', 'Mean', ['c', 'axes'], { keep_dims: flag(true) }),
    node('y', 'Squeeze', ['m'], { squeeze_dims: ints(1, 2) }),
  ),
  graph(
    'a flatten and a dense layer',
    IMAGE,
    { ...KERNEL, ...SIZES, w: noise([80, 3], 5), v: noise([3], 6) },
    conv('c', 'x', 'k'),
    ...flattening('c', 'f'),
    node('y', '_FusedMatMul', ['f', 'w', 'v'], fused('BiasAdd')),
  ),
  graph(
    'squeeze and excite',
    IMAGE,
    { ...KERNEL, axes: vector(1, 2), s: vector(-1, 1, 1, 4), e: noise([1, 1, 4, 4], 7) },
    conv('c', 'x', 'k'),
    node('m', 'Mean', ['c', 'axes']),
    node('r', 'Reshape', ['m', 's']),
    conv('e1', 'r', 'e'),
    node('g', 'Sigmoid', ['e1']),
    node('y', 'Mul', ['g', 'c']),
  ),
  graph('a residual sum', IMAGE, { k: noise([3, 3, 3, 3]) }, conv('c', 'x', 'k'), node('y', 'AddV2', ['c', 'x'])),
  ...([[3], [4, 3], [5, 4, 3], [1, 1, 1, 3], []] as const).map(shape =>
    graph(
      `an image times [${shape}]`,
      IMAGE,
      { k: noise([3, 3, 3, 3]), w: noise(shape, 2) },
      conv('c', 'x', 'k'),
      node('y', 'Mul', ['w', 'c']),
    ),
  ),
  graph(
    'padding an image',
    IMAGE,
    { ...KERNEL, p: { shape: [4, 2], values: [0, 0, 1, 2, 0, 1, 0, 3], dtype: 'int32' } },
    conv('c', 'x', 'k'),
    node('y', 'Pad', ['c', 'p']),
  ),
  graph(
    'padding with a value',
    IMAGE,
    { p: { shape: [4, 2], values: [0, 0, 1, 2, 0, 1, 0, 0], dtype: 'int32' }, v: { shape: [], values: [0.5] } },
    node('y', 'PadV2', ['x', 'p', 'v']),
  ),
  graph(
    'padding by reflection',
    IMAGE,
    { ...KERNEL, p: { shape: [4, 2], values: [0, 0, 1, 2, 0, 1, 0, 0], dtype: 'int32' } },
    conv('c', 'x', 'k'),
    node('y', 'MirrorPad', ['c', 'p'], { mode: text('REFLECT') }),
  ),
  ...[3, -1, 1].map(axis =>
    graph(
      `joining images along axis ${axis}`,
      IMAGE,
      { k: noise([3, 3, 3, 3]), a: scalar(axis) },
      conv('c', 'x', 'k'),
      node('y', 'ConcatV2', ['c', 'x', 'a'], { N: int(2) }),
    ),
  ),
  graph('softmax over channels', IMAGE, KERNEL, conv('c', 'x', 'k'), node('y', 'Softmax', ['c'])),
  graph(
    'an image turned',
    IMAGE,
    { ...KERNEL, p: vector(0, 3, 1, 2), q: vector(0, 2, 1, 3) },
    conv('c', 'x', 'k'),
    node('t', 'Transpose', ['c', 'p']),
    node('y', 'Transpose', ['t', 'q']),
  ),
  graph(
    'a convolution of sequences',
    [2, 7, 3],
    { k: noise([1, 3, 3, 4]), a: scalar(1) },
    node('e', 'ExpandDims', ['x', 'a']),
    conv('c', 'e', 'k', 'SAME', 2),
    node('y', 'Squeeze', ['c'], { squeeze_dims: ints(1) }),
  ),
  graph('a matrix product', FLAT, { w: noise([6, 4]) }, node('y', 'MatMul', ['x', 'w'])),
  graph(
    'a matrix product, turned',
    FLAT,
    { w: noise([4, 6]), b: noise([4]), s: noise([4], 1) },
    node('y', '_FusedMatMul', ['x', 'w', 'b', 's'], { ...fused('BiasAdd', 'Prelu'), transpose_b: flag(true) }),
  ),
  graph('products of stacks', [2, 3, 4], {}, node('y', 'BatchMatMulV2', ['x', 'x'], { adj_y: flag(true) })),
  ...[
    'Selu',
    'Tanh',
    'Softplus',
    'Exp',
    'Erf',
    'Abs',
    'Neg',
    'Sign',
    'Floor',
    'Ceil',
    'Square',
    'Sin',
    'Cos',
    'Relu6',
    'LogSoftmax',
  ].map(op => graph(op, FLAT, {}, one('y', op))),
  ...['Sqrt', 'Rsqrt', 'Log', 'Reciprocal'].map(op => graph(op, FLAT, {}, one('p', 'Exp'), node('y', op, ['p']))),
  ...['Sub', 'RealDiv', 'Maximum', 'Minimum', 'SquaredDifference', 'AddN'].map(op =>
    graph(op, FLAT, { w: noise(op === 'AddN' ? FLAT : [6], 3) }, node('y', op, ['x', 'w'], { N: int(2) })),
  ),
  graph('LeakyRelu', FLAT, {}, one('y', 'LeakyRelu', { alpha: float(0.1) })),
  graph('Prelu', FLAT, { s: noise([6], 1) }, node('y', 'Prelu', ['x', 's'])),
  graph(
    'ClipByValue',
    FLAT,
    { a: { shape: [], values: [-0.25] }, b: { shape: [], values: [0.5] } },
    node('y', 'ClipByValue', ['x', 'a', 'b']),
  ),
  graph(
    'a choice',
    FLAT,
    { w: noise([2, 6], 3) },
    node('g', 'Greater', ['x', 'w']),
    node('y', 'SelectV2', ['g', 'x', 'w']),
  ),
  graph(
    'a comparison as numbers',
    FLAT,
    { w: noise([6], 3) },
    node('g', 'LessEqual', ['x', 'w']),
    node('y', 'Cast', ['g'], { SrcT: type('DT_BOOL'), DstT: type('DT_FLOAT') }),
  ),
  graph(
    'the index of the largest',
    FLAT,
    { a: scalar(1) },
    node('m', 'ArgMax', ['x', 'a']),
    node('y', 'Cast', ['m'], { SrcT: type('DT_INT32'), DstT: type('DT_FLOAT') }),
  ),
  graph(
    'halves',
    FLAT,
    { a: scalar(1) },
    node('s', 'Split', ['a', 'x'], { num_split: int(2) }),
    node('y', 'Sub', ['s:1', 's']),
  ),
  graph(
    'parts of given sizes',
    FLAT,
    { a: scalar(1), n: vector(2, 4) },
    node('y', 'SplitV', ['x', 'n', 'a'], { num_split: int(2) }),
  ),
  graph('rows looked up', FLAT, { i: vector(5, 0, 0), a: scalar(1) }, node('y', 'GatherV2', ['x', 'i', 'a'])),
  graph('a slice', FLAT, { b: vector(0, 1), n: vector(-1, 3) }, node('y', 'Slice', ['x', 'b', 'n'])),
  graph(
    'every other column, backwards',
    FLAT,
    { b: vector(0, 4), e: vector(0, 0), s: vector(1, -2) },
    node('y', 'StridedSlice', ['x', 'b', 'e', 's'], { begin_mask: int(1), end_mask: int(3) }),
  ),
  graph(
    'the last column',
    FLAT,
    { b: vector(0, -1), e: vector(0, 0), s: vector(1, 1) },
    node('y', 'StridedSlice', ['x', 'b', 'e', 's'], { ellipsis_mask: int(1), shrink_axis_mask: int(2) }),
  ),
  graph(
    'an axis more',
    FLAT,
    { b: vector(0, 0), e: vector(0, 2), s: vector(1, 1) },
    node('y', 'StridedSlice', ['x', 'b', 'e', 's'], { ellipsis_mask: int(1), new_axis_mask: int(2) }),
  ),
  graph('repeated', FLAT, { n: vector(1, 2) }, node('y', 'Tile', ['x', 'n'])),
  graph('stacked', FLAT, {}, node('n', 'Neg', ['x']), node('y', 'Pack', ['x', 'n'], { axis: int(1), N: int(2) })),
  graph(
    'a dense layer along the last of three axes',
    [2, 3, 4],
    {
      w: noise([4, 5]),
      zero: vector(0),
      one: vector(1),
      m: vector(-1, 4),
      five: vector(5),
      two: vector(2),
      cut: vector(0, 1),
      at: scalar(0),
    },
    node('s', 'Shape', ['x']),
    node('free', 'GatherV2', ['s', 'cut', 'at']),
    node('f', 'Reshape', ['x', 'm']),
    node('p', 'MatMul', ['f', 'w']),
    node('t', 'ConcatV2', ['free', 'five', 'at'], { N: int(2) }),
    node('y', 'Reshape', ['p', 't']),
  ),
]
