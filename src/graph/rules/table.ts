/** Which rule places which operator. An operator that is not in the table stops the walk, with the reason given here. */
import type { Rule } from '../walk-state.ts'
import { conv, convTranspose } from './convolution.ts'
import { gemm, matMul } from './dense.ts'
import { bounded, homogeneous, inhomogeneous } from './elementwise.ts'
import { concat, product, sum } from './joining.ts'
import { pad, pool, reduce, resample } from './pooling.ts'
import { batchNormalization } from './scaling.ts'
import { expand, flatten, gather, reshaping, slice, split, transposing } from './shape.ts'

function each(rule: Rule, types: string): [string, Rule][] {
  return types.split(' ').map(type => [type, rule])
}

/** Rule by ONNX operator type (standard domain). */
export const RULES: ReadonlyMap<string, Rule> = new Map([
  ...each(homogeneous, 'Relu LeakyRelu PRelu Abs Neg Identity Dropout Cast CastLike AlphaDropout'),
  ...each(inhomogeneous, 'Sigmoid Tanh Gelu Elu Celu Selu Softplus Softsign HardSigmoid HardSwish Mish Swish'),
  ...each(
    inhomogeneous,
    'ThresholdedRelu Shrink Erf Exp Log Pow Sqrt Reciprocal Sign Floor Ceil Round LRN Sin Cos Greater',
  ),
  ...each(inhomogeneous, 'QuantizeLinear DequantizeLinear FakeQuant'),
  ...each(bounded, 'Clip'),
  ...each(sum, 'Add Sub Sum Mean Max Min'),
  ...each(product, 'Mul Div'),
  ...each(concat, 'Concat'),
  ...each(conv, 'Conv'),
  ...each(convTranspose, 'ConvTranspose'),
  ...each(gemm, 'Gemm'),
  ...each(matMul, 'MatMul'),
  ...each(batchNormalization, 'BatchNormalization'),
  ...each(pool, 'MaxPool AveragePool LpPool GlobalAveragePool GlobalMaxPool GlobalLpPool'),
  ...each(reduce, 'ReduceMean ReduceSum ReduceMax ReduceMin'),
  ...each(resample, 'Resize Upsample'),
  ...each(pad, 'Pad'),
  ...each(reshaping, 'Reshape Squeeze Unsqueeze'),
  ...each(flatten, 'Flatten'),
  ...each(transposing, 'Transpose'),
  ...each(expand, 'Expand'),
  ...each(slice, 'Slice'),
  ...each(split, 'Split'),
  ...each(gather, 'Gather'),
])

/** Operators whose outputs say something about shapes, not values. */
export const SHAPE_ONLY: ReadonlySet<string> = new Set('Shape Size'.split(' '))

const REASONS: Readonly<Record<string, string>> = {
  LSTM: 'it is recurrent',
  GRU: 'it is recurrent',
  RNN: 'it is recurrent',
  Loop: 'it is a loop',
  Scan: 'it is a loop',
  If: 'it chooses between two graphs at run time',
  Softmax: 'it compares all units with each other (attention)',
  LogSoftmax: 'it compares all units with each other',
  LayerNormalization: 'it divides by a statistic of all units',
  SimplifiedLayerNormalization: 'it divides by a statistic of all units',
  RMSNormalization: 'it divides by a statistic of all units',
  GroupNormalization: 'it divides by a statistic of the example',
  InstanceNormalization: 'it divides by a statistic of the example',
  Attention: 'it is attention: which unit reads which depends on the example',
  MultiHeadAttention: 'it is attention: which unit reads which depends on the example',
}

export function reasonToStop(type: string): string {
  return REASONS[type] ?? 'no rule places it in the graph'
}
