/** Upgrade rules for operators whose arithmetic, or the way they say it, has changed. */
import { normalAxis } from './dims.ts'
import { CAST_TYPES } from './dtypes.ts'
import { numberAttribute, numbersAttribute, type Operator } from './network.ts'
import { floatConstant } from './upgrade-inputs.ts'
import { cannotUpgrade, type UpgradeScope, withoutAttributes } from './upgrade-scope.ts'

/**
 * Before opset 7 the second operand was lined up with the first from `axis` on; today operands are lined up at their
 * last axes, so the second one gets the missing trailing axes of size 1.
 */
export function addOldBroadcast(operator: Operator, scope: UpgradeScope): Operator[] {
  const plain = withoutAttributes(operator, ['broadcast', 'axis'])
  const { axis } = operator.attributes
  if (!numberAttribute(operator, 'broadcast', 0) || typeof axis !== 'number') return [plain]
  const [a, b] = operator.inputs.map(name => scope.shape(name)?.length)
  if (a === undefined || b === undefined)
    throw cannotUpgrade(operator, scope, `broadcasts along axis ${axis} of a value of unknown rank`)
  const trailing = a - (normalAxis(axis, a) ?? 0) - b
  return withTrailingAxes(plain, 1, trailing, scope)
}

/** Before opset 7 a slope per channel was a plain vector. */
export function oldPRelu(operator: Operator, scope: UpgradeScope): Operator[] {
  const [x, slope] = operator.inputs.map(name => scope.shape(name))
  if (slope?.length !== 1 || slope[0] === 1) return [operator]
  if (!x) throw cannotUpgrade(operator, scope, 'has a slope per channel of a value of unknown rank')
  return withTrailingAxes(operator, 1, x.length - 2, scope)
}

/** Reshapes input `index` so that `count` axes of size 1 follow its own. */
function withTrailingAxes(operator: Operator, index: number, count: number, scope: UpgradeScope): Operator[] {
  if (count <= 0) return [operator]
  const name = operator.inputs[index]
  const rank = scope.shape(name)!.length
  const axes = BigInt64Array.from({ length: count }, (_, at) => BigInt(rank + at))
  const widened = scope.value(operator, 'operand')
  const unsqueeze: Operator = {
    name: `${operator.name}/unsqueeze`,
    type: 'Unsqueeze',
    domain: '',
    inputs: [name, scope.constant(operator, 'axes', axes, [count])],
    outputs: [widened],
    attributes: {},
  }
  return [unsqueeze, { ...operator, inputs: operator.inputs.with(index, widened) }]
}

/**
 * Before opset 13 the axes from `axis` (default 1) on were taken together. Where that is one axis in effect, the operator
 * says so; else the value is flattened for the operator and given its shape back.
 */
export function flattenedSoftmax(operator: Operator, scope: UpgradeScope): Operator[] {
  const given = numberAttribute(operator, 'axis', 1)
  const shape = scope.shape(operator.inputs[0])
  const axis = shape ? normalAxis(given, shape.length) : undefined
  if (axis !== undefined && shape!.slice(axis + 1).every(dim => dim === 1))
    return [{ ...operator, attributes: { ...operator.attributes, axis } }]
  const [flat, result, size] = ['flat', 'result', 'size'].map(role => scope.value(operator, role))
  const step = (type: string, inputs: string[], outputs: readonly string[], attributes = {}): Operator => ({
    name: `${operator.name}/${type.toLowerCase()}`,
    type,
    domain: '',
    inputs,
    outputs,
    attributes,
  })
  const [x] = operator.inputs
  return [
    step('Flatten', [x], [flat], { axis: given }),
    { ...operator, inputs: [flat], outputs: [result], attributes: { axis: -1 } },
    step('Shape', [x], [size]),
    step('Reshape', [result, size], operator.outputs),
  ]
}

/** Statistics of the batch are not part of a trained network: the form that uses the stored ones is kept. */
export function batchNormalization(operator: Operator, scope: UpgradeScope): Operator[] {
  if (numberAttribute(operator, 'spatial', 1) === 0)
    throw cannotUpgrade(operator, scope, 'normalises each position by itself (spatial = 0)')
  const [y, ...statistics] = operator.outputs
  if (statistics.some(scope.isRead)) throw cannotUpgrade(operator, scope, 'is in training mode')
  return [{ ...withoutAttributes(operator, ['spatial', 'is_test']), outputs: [y] }]
}

/** Opset 12: the ratio became an input; without the third input the operator does nothing, as at inference. */
export function dropout(operator: Operator, scope: UpgradeScope): Operator[] {
  const ratio = operator.attributes.ratio
  const inputs = typeof ratio === 'number' ? [floatConstant(operator, scope, 'ratio', [ratio], [])] : []
  const outputs = operator.outputs.filter((name, index) => index === 0 || scope.isRead(name))
  const plain = withoutAttributes(operator, ['ratio', 'is_test'])
  return [{ ...plain, inputs: [operator.inputs[0], ...inputs], outputs }]
}

/** Opset 6: the type is a number, no longer a name. */
export function castByName(operator: Operator, scope: UpgradeScope): Operator[] {
  const { to } = operator.attributes
  if (typeof to !== 'string') return [operator]
  const wanted = { float: 'float32', double: 'float64' }[to.toLowerCase()] ?? to.toLowerCase()
  const found = Object.entries(CAST_TYPES).find(([, dtype]) => dtype === wanted)
  if (!found) throw cannotUpgrade(operator, scope, `casts to the unknown type "${to}"`)
  return [{ ...operator, attributes: { ...operator.attributes, to: Number(found[0]) } }]
}

/** Opset 4: the axis must be given; it was 1. */
export function concatAxis(operator: Operator): Operator[] {
  return [{ ...operator, attributes: { axis: 1, ...operator.attributes } }]
}

/** Opset 6 gave the constants more digits. */
export function seluConstants(operator: Operator): Operator[] {
  return [{ ...operator, attributes: { alpha: 1.6732, gamma: 1.0507, ...operator.attributes } }]
}

/** Opset 20 calls the modes by the names that `Resize` has for them. */
export function gridSampleMode(operator: Operator): Operator[] {
  const { mode } = operator.attributes
  const renamed = mode === 'bicubic' ? 'cubic' : mode === 'nearest' ? mode : 'linear'
  return [{ ...operator, attributes: { ...operator.attributes, mode: renamed } }]
}

/** Opset 21: scale and bias are per channel; they were per group. */
export function groupNormalization(operator: Operator, scope: UpgradeScope): Operator[] {
  const channels = scope.shape(operator.inputs[0])?.[1]
  const groups = numberAttribute(operator, 'num_groups', 1)
  if (typeof channels !== 'number') throw cannotUpgrade(operator, scope, 'normalises an unknown number of channels')
  const spread = (name: string, role: string): { steps: Operator[]; output: string } => {
    const [tall, wide, output] = ['tall', 'wide', 'channels'].map(stage => scope.value(operator, `${role}_${stage}`))
    const step = (type: string, input: string, target: string, sizes: readonly number[]): Operator => ({
      name: `${operator.name}/${role}_${target}`,
      type,
      domain: '',
      inputs: [input, scope.constant(operator, `${role}_${type}`, BigInt64Array.from(sizes, BigInt), [sizes.length])],
      outputs: [target],
      attributes: {},
    })
    const steps = [
      step('Reshape', name, tall, [groups, 1]),
      step('Expand', tall, wide, [groups, Math.floor(channels / groups)]),
      step('Reshape', wide, output, [channels]),
    ]
    return { steps, output }
  }
  const [scale, bias] = ['scale', 'bias'].map((role, index) => spread(operator.inputs[index + 1], role))
  const inputs = [operator.inputs[0], scale.output, bias.output]
  return [...scale.steps, ...bias.steps, { ...operator, inputs }]
}

/** An operator of ONNX's first months: alpha · x + beta. */
export function affine(operator: Operator, scope: UpgradeScope): Operator[] {
  const alpha = floatConstant(operator, scope, 'alpha', [numberAttribute(operator, 'alpha', 1)], [])
  const beta = floatConstant(operator, scope, 'beta', [numberAttribute(operator, 'beta', 0)], [])
  return scaleAndShift(operator, scope, alpha, beta)
}

/** Another one: scale · x + a bias per channel. */
export function imageScaler(operator: Operator, scope: UpgradeScope): Operator[] {
  const bias = numbersAttribute(operator, 'bias') ?? []
  const scale = floatConstant(operator, scope, 'scale', [numberAttribute(operator, 'scale', 1)], [])
  const shift = floatConstant(operator, scope, 'bias', bias, [bias.length, 1, 1])
  return scaleAndShift(operator, scope, scale, shift)
}

function scaleAndShift(operator: Operator, scope: UpgradeScope, scale: string, shift: string): Operator[] {
  const scaled = scope.value(operator, 'scaled')
  const base = { domain: '', attributes: {} }
  return [
    { ...base, name: `${operator.name}/mul`, type: 'Mul', inputs: [operator.inputs[0], scale], outputs: [scaled] },
    { ...base, name: operator.name, type: 'Add', inputs: [scaled, shift], outputs: operator.outputs },
  ]
}
