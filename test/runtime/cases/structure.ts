/** Cases: normalisation, reductions, layout, indexing, constants, types. */
import { exactly, floats, int32, int64, type OperatorCase, ties, truth } from './operator-case.ts'

const shape = [2, 3, 4]
const image = [3, 4, 2, 5]

/** Float attributes are stored in single precision: those here are exact in it. */
export const NORMALIZATION_CASES: readonly OperatorCase[] = [
  {
    type: 'BatchNormalization',
    name: 'stored statistics',
    inputs: [floats(image), floats([4]), floats([4]), floats([4]), floats([4], 0.1, 2)],
    attributes: { epsilon: 2 ** -7 },
  },
  {
    type: 'BatchNormalization',
    name: 'no space',
    inputs: [floats([5, 4]), floats([4]), floats([4]), floats([4]), floats([4], 0.1, 2)],
  },
  {
    type: 'BatchNormalization',
    name: 'training',
    inputs: [floats(image), floats([4]), floats([4]), floats([4]), floats([4], 0.1, 2)],
    attributes: { training_mode: 1, momentum: 0.75 },
    outputs: 3,
  },
  {
    type: 'LayerNormalization',
    name: 'last axis, statistics',
    inputs: [floats(shape), floats([4]), floats([4])],
    outputs: 3,
    float64: false,
  },
  {
    type: 'LayerNormalization',
    name: 'two axes, no shift',
    inputs: [floats(shape), floats([3, 4])],
    attributes: { axis: -2, epsilon: 2 ** -4 },
  },
  {
    type: 'InstanceNormalization',
    name: '2-D',
    inputs: [floats(image), floats([4]), floats([4])],
    attributes: { epsilon: 2 ** -7 },
    float64: false,
  },
  {
    type: 'GroupNormalization',
    name: 'two groups',
    inputs: [floats(image), floats([4]), floats([4])],
    attributes: { num_groups: 2 },
    float64: false,
  },
  { type: 'Softmax', name: 'last axis', inputs: [floats(shape)] },
  { type: 'Softmax', name: 'middle axis, far apart', inputs: [floats(shape, -200, 200)], attributes: { axis: 1 } },
  { type: 'LogSoftmax', name: 'last axis', inputs: [floats(shape)] },
  { type: 'LogSoftmax', name: 'first axis, far apart', inputs: [floats(shape, -200, 200)], attributes: { axis: 0 } },
  {
    type: 'SoftmaxCrossEntropyLoss',
    name: 'mean',
    inputs: [floats([4, 3]), int64([1, 2, 0, 1])],
    outputs: 2,
    float64: false,
  },
  {
    type: 'SoftmaxCrossEntropyLoss',
    name: 'weighted mean, one ignored',
    inputs: [floats([4, 3]), int64([1, 2, 7, 1]), floats([3], 0.1, 2)],
    attributes: { ignore_index: 7 },
    float64: false,
  },
  {
    type: 'SoftmaxCrossEntropyLoss',
    name: 'each pixel',
    inputs: [floats([2, 3, 2]), int64([1, 2, 0, 1], [2, 2])],
    attributes: { reduction: 'none' },
    float64: false,
  },
  {
    type: 'SoftmaxCrossEntropyLoss',
    name: 'sum',
    inputs: [floats([4, 3]), int64([1, 2, 0, 1])],
    attributes: { reduction: 'sum' },
    float64: false,
  },
]

const REDUCE = ['Sum', 'Mean', 'Max', 'Min', 'Prod', 'L1', 'L2', 'SumSquare', 'LogSumExp'].map(name => `Reduce${name}`)

function reduce(
  name: string,
  input: () => OperatorCase['inputs'],
  attributes: OperatorCase['attributes'] = {},
): OperatorCase[] {
  return REDUCE.map(type => ({ type, name, inputs: input(), attributes }))
}

export const REDUCTION_CASES: readonly OperatorCase[] = [
  ...reduce('all axes', () => [floats(shape)]),
  ...reduce('the last axis, dropped', () => [floats(shape), int64([-1])], { keepdims: 0 }),
  ...reduce('two axes', () => [floats(shape), int64([0, 2])]),
  {
    type: 'ReduceSum',
    name: 'no axes, nothing to do',
    inputs: [floats(shape), int64([])],
    attributes: { noop_with_empty_axes: 1 },
  },
  { type: 'ReduceLogSum', name: 'positive numbers', inputs: [floats(shape, 0.1, 2), int64([1])] },
  {
    type: 'ReduceLogSumExp',
    name: 'large numbers',
    inputs: [exactly([1000, 1000.5, -1000, -1001], [2, 2]), int64([1])],
  },
  { type: 'ReduceSum', name: 'integers', inputs: [int32([1, 2, 3, 4], [2, 2]), int64([0])] },
  { type: 'ArgMax', name: 'ties: the first', inputs: [ties([4, 6])], attributes: { axis: 1 } },
  { type: 'ArgMax', name: 'ties: the last', inputs: [ties([4, 6])], attributes: { axis: 1, select_last_index: 1 } },
  { type: 'ArgMax', name: 'first axis, dropped', inputs: [floats(shape)], attributes: { keepdims: 0 } },
  { type: 'ArgMin', name: 'negative axis', inputs: [ties(shape)], attributes: { axis: -2 } },
]

const pads = int64([1, 0, 2, 0, 1, 1])

export const LAYOUT_CASES: readonly OperatorCase[] = [
  { type: 'Reshape', name: 'one size left open', inputs: [floats(shape), int64([4, -1])] },
  { type: 'Reshape', name: 'zero copies a size', inputs: [floats(shape), int64([0, -1])] },
  { type: 'Flatten', name: 'axis 0', inputs: [floats(shape)], attributes: { axis: 0 } },
  { type: 'Flatten', name: 'negative axis', inputs: [floats(shape)], attributes: { axis: -1 } },
  { type: 'Transpose', name: 'reversed', inputs: [floats(shape)] },
  { type: 'Transpose', name: 'permuted', inputs: [floats(shape)], attributes: { perm: [2, 0, 1] } },
  {
    type: 'Concat',
    name: 'middle axis',
    inputs: [floats(shape), floats([2, 1, 4]), floats([2, 2, 4])],
    attributes: { axis: 1 },
  },
  { type: 'Concat', name: 'integers, negative axis', inputs: [int64([1, 2]), int64([3])], attributes: { axis: -1 } },
  {
    type: 'Split',
    name: 'given sizes',
    inputs: [floats([2, 6]), int64([1, 2, 3])],
    attributes: { axis: 1 },
    outputs: 3,
  },
  {
    type: 'Split',
    name: 'parts, the last smaller',
    inputs: [floats([7, 2])],
    attributes: { num_outputs: 3 },
    outputs: 3,
  },
  { type: 'Slice', name: 'two axes', inputs: [floats(shape), int64([0, 1]), int64([1, 3]), int64([0, 2])] },
  {
    type: 'Slice',
    name: 'steps, to the end',
    inputs: [floats([9]), int64([1]), int64([Number.MAX_SAFE_INTEGER]), int64([0]), int64([3])],
  },
  {
    type: 'Slice',
    name: 'backwards',
    inputs: [floats(shape), int64([-1, 10]), int64([-10, 0]), int64([1, 2]), int64([-1, -2])],
  },
  { type: 'Slice', name: 'empty', inputs: [floats(shape), int64([2]), int64([1])] },
  { type: 'Expand', name: 'both sides grow', inputs: [floats([3, 1]), int64([2, 1, 4])] },
  { type: 'Tile', name: 'repeats', inputs: [floats(shape), int64([2, 1, 3])] },
  { type: 'Squeeze', name: 'named axes', inputs: [floats([1, 3, 1, 2]), int64([-2])] },
  { type: 'Squeeze', name: 'all of size 1', inputs: [floats([1, 3, 1, 2])] },
  { type: 'Unsqueeze', name: 'two axes', inputs: [floats([3, 2]), int64([0, -1])] },
  { type: 'Pad', name: 'a constant', inputs: [floats(shape), pads, exactly([1.5], [])] },
  { type: 'Pad', name: 'reflected', inputs: [floats(shape), pads], attributes: { mode: 'reflect' } },
  { type: 'Pad', name: 'edges', inputs: [floats(shape), pads], attributes: { mode: 'edge' } },
  { type: 'Pad', name: 'wrapped', inputs: [floats(shape), pads], attributes: { mode: 'wrap' } },
  { type: 'Pad', name: 'named axes, cut', inputs: [floats(shape), int64([-1, 2]), null, int64([2])] },
  { type: 'Identity', name: 'truth', inputs: [truth([1, 0])] },
]

export const INDEXING_CASES: readonly OperatorCase[] = [
  { type: 'Gather', name: 'rows', inputs: [floats(shape), int64([1, -1, 0])] },
  {
    type: 'Gather',
    name: 'a matrix of indices',
    inputs: [floats(shape), int64([0, 3, 1, 1], [2, 2])],
    attributes: { axis: 2 },
  },
  { type: 'Gather', name: 'a scalar drops the axis', inputs: [floats(shape), int64([1], [])], attributes: { axis: 1 } },
  {
    type: 'GatherElements',
    name: 'negative indices',
    inputs: [floats([3, 4]), int64([0, 3, -1, 2], [2, 2])],
    attributes: { axis: 1 },
  },
  { type: 'GatherND', name: 'slices', inputs: [floats(shape), int64([0, 2, 1, -1], [2, 2])] },
  { type: 'GatherND', name: 'batches', inputs: [floats(shape), int64([2, 0], [2, 1])], attributes: { batch_dims: 1 } },
  {
    type: 'ScatterElements',
    name: 'replaces',
    inputs: [floats([3, 4]), int64([0, 3, -2, 1], [2, 2]), floats([2, 2])],
    attributes: { axis: 1 },
  },
  {
    type: 'ScatterElements',
    name: 'adds, same place twice',
    inputs: [floats([3, 4]), int64([0, 0, 2, 2], [2, 2]), floats([2, 2])],
    attributes: { reduction: 'add' },
  },
  {
    type: 'ScatterElements',
    name: 'keeps the largest',
    inputs: [floats([3, 4]), int64([0, 0, 2, 2], [2, 2]), floats([2, 2])],
    attributes: { reduction: 'max' },
  },
  { type: 'ScatterND', name: 'slices', inputs: [floats(shape), int64([1, 0], [1, 2]), floats([1, 4])] },
  {
    type: 'ScatterND',
    name: 'adds, same place twice',
    inputs: [floats([4]), int64([1, 1, 3], [3, 1]), floats([3])],
    attributes: { reduction: 'add' },
  },
  {
    type: 'OneHot',
    name: 'last axis, one out of range',
    inputs: [int64([1, -1, 7]), int64([4], []), exactly([0.5, 2])],
    float64: false,
  },
  {
    type: 'OneHot',
    name: 'first axis',
    inputs: [int64([1, 0, 2, 3], [2, 2]), int64([4], []), exactly([0, 1])],
    attributes: { axis: 0 },
    float64: false,
  },
]

export const CONSTANT_CASES: readonly OperatorCase[] = [
  { type: 'Shape', name: 'whole', inputs: [floats(shape)] },
  { type: 'Shape', name: 'a part', inputs: [floats(shape)], attributes: { start: -2, end: 2 } },
  { type: 'Size', name: 'elements', inputs: [floats(shape)] },
  { type: 'ConstantOfShape', name: 'zeros', inputs: [int64([2, 3])], float64: false },
  { type: 'ConstantOfShape', name: 'an integer', inputs: [int64([2])], attributes: { value: int64([7]) } },
  { type: 'Constant', name: 'a tensor', inputs: [], attributes: { value: int32([1, 2], [2, 1]) } },
  { type: 'Constant', name: 'whole numbers', inputs: [], attributes: { value_ints: [1, 2] } },
  { type: 'Constant', name: 'a float', inputs: [], attributes: { value_float: 1 }, float64: false },
  { type: 'Range', name: 'integers', inputs: [int64([3], []), int64([-4], []), int64([-2], [])] },
  { type: 'Range', name: 'floats', inputs: [exactly([0], []), exactly([1], []), exactly([0.25], [])] },
  { type: 'Cast', name: 'to an integer, towards zero', inputs: [exactly([-1.7, 1.7, 0])], attributes: { to: 7 } },
  { type: 'Cast', name: 'to truth', inputs: [exactly([-0.5, 0, 2])], attributes: { to: 9 } },
  { type: 'Cast', name: 'from truth', inputs: [truth([1, 0])], attributes: { to: 1 }, float64: false },
  { type: 'Cast', name: 'to a narrower integer', inputs: [int64([300, -1, 5])], attributes: { to: 2 } },
  { type: 'CastLike', name: 'like an integer', inputs: [exactly([-1.7, 1.7]), int32([0])] },
  { type: 'Dropout', name: 'at inference', inputs: [floats(shape)], outputs: 2 },
]
