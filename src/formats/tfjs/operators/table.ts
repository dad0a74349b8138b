/** The rule of each TensorFlow operation, and how many inputs it needs at least. */
import { batchNorm, conv2d, depthwiseConv2d, transposedConv2d } from './convolution.ts'
import { batchMatMul, matMul } from './dense.ts'
import {
  activation,
  biasAdd,
  cast,
  clipByValue,
  plainly,
  reciprocalRoot,
  same,
  softmax,
  square,
  squaredDifference,
} from './elementwise.ts'
import { argMax, pool, reduce } from './pooling.ts'
import type { Rule } from './rule.ts'
import { concat, expandDims, fill, gather, pack, pad, plainForm, reshape, split, squeeze, transpose } from './shape.ts'
import { slice, stridedSlice } from './slices.ts'

interface Entry {
  readonly rule: Rule
  /** Inputs without which the node is damaged. */
  readonly inputs: number
}

const each = (types: string, inputs: number, rule: Rule): [string, Entry][] =>
  types.split(' ').map(type => [type, { rule, inputs }])

/** Operations that ONNX has under the same name, or under another one. */
const renamed = (types: Readonly<Record<string, string>>, inputs: number): [string, Entry][] =>
  Object.entries(types).map(([type, onnx]) => [type, { rule: plainly(onnx), inputs }])

export const RULES: ReadonlyMap<string, Entry> = new Map([
  ...each(
    'Identity StopGradient CheckNumerics PreventGradient Snapshot ReadVariableOp PlaceholderWithDefault',
    1,
    same,
  ),
  ...each('Conv2D _FusedConv2D FusedConv2D', 2, conv2d),
  ...each('DepthwiseConv2dNative FusedDepthwiseConv2dNative _FusedDepthwiseConv2dNative', 2, depthwiseConv2d),
  ...each('Conv2DBackpropInput', 3, transposedConv2d),
  ...each('MatMul _FusedMatMul', 2, matMul),
  ...each('BatchMatMul BatchMatMulV2', 2, batchMatMul),
  ...each('BiasAdd BiasAddV1', 2, biasAdd),
  ...each('Relu Relu6 Elu Selu Sigmoid Tanh LeakyRelu', 1, activation),
  ...each('Prelu', 2, activation),
  ...each('Softmax LogSoftmax', 1, softmax),
  ...renamed({ Softplus: 'Softplus', Softsign: 'Softsign', Exp: 'Exp', Log: 'Log', Sqrt: 'Sqrt', Erf: 'Erf' }, 1),
  ...renamed({ Abs: 'Abs', Neg: 'Neg', Sign: 'Sign', Floor: 'Floor', Ceil: 'Ceil', Round: 'Round' }, 1),
  ...renamed({ Sin: 'Sin', Cos: 'Cos', Reciprocal: 'Reciprocal', Inv: 'Reciprocal', LogicalNot: 'Not' }, 1),
  ...renamed({ Add: 'Add', AddV2: 'Add', Sub: 'Sub', Mul: 'Mul', RealDiv: 'Div', Div: 'Div', Pow: 'Pow' }, 2),
  ...renamed({ Maximum: 'Max', Minimum: 'Min', LogicalAnd: 'And', LogicalOr: 'Or' }, 2),
  ...renamed({ Greater: 'Greater', GreaterEqual: 'GreaterOrEqual', Less: 'Less', LessEqual: 'LessOrEqual' }, 2),
  ...renamed({ Equal: 'Equal', AddN: 'Sum' }, 1),
  ...renamed({ Select: 'Where', SelectV2: 'Where' }, 3),
  ...each('ClipByValue', 3, clipByValue),
  ...each('Square', 1, square),
  ...each('SquaredDifference', 2, squaredDifference),
  ...each('Rsqrt', 1, reciprocalRoot),
  ...each('Cast', 1, cast),
  ...each('FusedBatchNorm FusedBatchNormV2 FusedBatchNormV3', 5, batchNorm),
  ...each('MaxPool', 1, pool('MaxPool')),
  ...each('AvgPool', 1, pool('AveragePool')),
  ...each('Mean', 2, reduce('ReduceMean')),
  ...each('Sum', 2, reduce('ReduceSum')),
  ...each('Max', 2, reduce('ReduceMax')),
  ...each('Min', 2, reduce('ReduceMin')),
  ...each('Prod', 2, reduce('ReduceProd')),
  ...each('ArgMax ArgMin', 2, argMax),
  ...each('Reshape', 2, reshape),
  ...each('Squeeze', 1, squeeze),
  ...each('ExpandDims', 2, expandDims),
  ...each('Transpose', 2, transpose),
  ...each('Pad', 2, pad),
  ...each('MirrorPad', 2, pad),
  ...each('PadV2', 3, pad),
  ...each('ConcatV2', 2, concat),
  ...each('Pack', 1, pack),
  ...each('Split', 2, split),
  ...each('SplitV', 3, split),
  ...each('Gather ResourceGather', 2, gather),
  ...each('GatherV2', 3, gather),
  ...each('Slice', 3, slice),
  ...each('StridedSlice', 4, stridedSlice),
  ...each('Shape', 1, plainForm('Shape')),
  ...each('Tile', 2, plainForm('Tile')),
  ...each('Range', 3, plainForm('Range')),
  ...each('Fill', 2, fill),
])
