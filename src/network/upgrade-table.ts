/** Which rule applies to which operator in files older than which opset. */

import type { Operator } from './network.ts'
import {
  addOldBroadcast,
  affine,
  batchNormalization,
  castByName,
  concatAxis,
  dropout,
  flattenedSoftmax,
  gridSampleMode,
  groupNormalization,
  imageScaler,
  oldPRelu,
  seluConstants,
} from './upgrade-arithmetic.ts'
import { attributesToInputs, bounds, pads, resizeInputs, slices, splitCount, upsample } from './upgrade-inputs.ts'
import { cannotUpgrade, type UpgradeScope, withoutAttributes } from './upgrade-scope.ts'

type UpgradeRule = (operator: Operator, scope: UpgradeScope) => readonly Operator[]

interface Upgrade {
  /** The opset in which the operator changed: files with a lower one need the rule. */
  readonly before: number
  readonly rule: UpgradeRule
}

const axesToInput: UpgradeRule = (operator, scope) => attributesToInputs(operator, scope, ['axes'])
const drop =
  (...names: string[]): UpgradeRule =>
  operator => [withoutAttributes(operator, names)]
const rename =
  (type: string): UpgradeRule =>
  operator => [{ ...operator, type }]
const refuse =
  (what: string): UpgradeRule =>
  (operator, scope) => {
    throw cannotUpgrade(operator, scope, what)
  }
const each = (types: readonly string[], ...upgrades: readonly Upgrade[]) =>
  Object.fromEntries(types.map(type => [type, upgrades]))

const ELEMENTWISE = ['Add', 'Sub', 'Mul', 'Div', 'Pow', 'And', 'Or', 'Xor', 'Equal', 'Greater', 'Less']
const REDUCE = ['L1', 'L2', 'LogSum', 'LogSumExp', 'Max', 'Mean', 'Min', 'Prod', 'SumSquare']

export const UPGRADES: ReadonlyMap<string, readonly Upgrade[]> = new Map(
  Object.entries<readonly Upgrade[]>({
    ...each(ELEMENTWISE, { before: 7, rule: addOldBroadcast }),
    ...each(['Softmax', 'LogSoftmax', 'Hardmax'], { before: 13, rule: flattenedSoftmax }),
    ...each(
      REDUCE.map(name => `Reduce${name}`),
      { before: 18, rule: axesToInput },
    ),
    ...each(['ReduceSum', 'Squeeze', 'Unsqueeze'], { before: 13, rule: axesToInput }),
    ...each(['RNN', 'GRU', 'LSTM'], { before: 7, rule: drop('output_sequence') }),
    Affine: [{ before: 10, rule: affine }],
    BatchNormalization: [{ before: 14, rule: batchNormalization }],
    Cast: [{ before: 6, rule: castByName }],
    Clip: [{ before: 11, rule: bounds }],
    Concat: [{ before: 4, rule: concatAxis }],
    Dropout: [{ before: 12, rule: dropout }],
    Gemm: [{ before: 7, rule: drop('broadcast') }],
    GridSample: [{ before: 20, rule: gridSampleMode }],
    GroupNormalization: [{ before: 21, rule: groupNormalization }],
    ImageScaler: [{ before: 10, rule: imageScaler }],
    PRelu: [{ before: 7, rule: oldPRelu }],
    Pad: [{ before: 11, rule: pads }],
    Reshape: [{ before: 5, rule: (operator, scope) => attributesToInputs(operator, scope, ['shape']) }],
    Resize: [{ before: 13, rule: resizeInputs }],
    Scan: [{ before: 9, rule: refuse('has its old form with a batch axis') }],
    Scatter: [{ before: 11, rule: rename('ScatterElements') }],
    Selu: [{ before: 6, rule: seluConstants }],
    Slice: [{ before: 10, rule: slices }],
    Split: [
      { before: 13, rule: (operator, scope) => attributesToInputs(operator, scope, ['split']) },
      { before: 18, rule: splitCount },
    ],
    Tile: [{ before: 6, rule: refuse('has its old form with one axis') }],
    TopK: [{ before: 10, rule: (operator, scope) => attributesToInputs(operator, scope, ['k']) }],
    Upsample: [{ before: 10, rule: upsample }],
  }),
)
