/** Upgrade rules for what used to be attributes and is now an input: axes, shapes, pads, bounds, scales. */
import { type AttributeValue, numberAttribute, numbersAttribute, type Operator } from './network.ts'
import { cannotUpgrade, type UpgradeScope, withoutAttributes } from './upgrade-scope.ts'

/** Appends integer attributes as inputs, in this order; absent ones are skipped. A list becomes a vector, as does one number. */
export function attributesToInputs(operator: Operator, scope: UpgradeScope, names: readonly string[]): Operator[] {
  const added = names.filter(name => name in operator.attributes)
  if (added.length === 0) return [operator]
  const inputs = added.map(name => scope.constant(operator, name, ...integers(operator.attributes[name])))
  return [{ ...withoutAttributes(operator, names), inputs: [...operator.inputs, ...inputs] }]
}

function integers(value: AttributeValue): [BigInt64Array, number[]] {
  const list = Array.isArray(value) ? value : [value]
  const whole = list.map(item => (typeof item === 'number' && Number.isFinite(item) ? Math.trunc(item) : 0))
  return [BigInt64Array.from(whole, BigInt), [whole.length]]
}

/** Opset 10: `starts`, `ends`, `axes` became inputs. */
export function slices(operator: Operator, scope: UpgradeScope): Operator[] {
  return attributesToInputs(operator, scope, ['starts', 'ends', 'axes'])
}

/** Opset 11: `pads` (`paddings` before opset 2) and `value` became inputs. */
export function pads(operator: Operator, scope: UpgradeScope): Operator[] {
  const { paddings, pads = paddings ?? [], ...attributes } = operator.attributes
  const renamed = { ...operator, attributes: { ...attributes, pads } }
  const [padded] = attributesToInputs(renamed, scope, ['pads'])
  const value = numberAttribute(operator, 'value', 0)
  const fill = value === 0 ? [] : [floatConstant(operator, scope, 'value', [value], [])]
  return [{ ...withoutAttributes(padded, ['value']), inputs: [...padded.inputs, ...fill] }]
}

/** Opset 11: `min` and `max` became inputs, of the data's own type. */
export function bounds(operator: Operator, scope: UpgradeScope): Operator[] {
  const bound = (name: string) => {
    const value = operator.attributes[name]
    return typeof value === 'number' ? floatConstant(operator, scope, name, [value], []) : ''
  }
  const inputs = [operator.inputs[0], bound('min'), bound('max')]
  while (inputs.length > 1 && inputs.at(-1) === '') inputs.pop()
  return [{ ...withoutAttributes(operator, ['min', 'max']), inputs }]
}

/** Opset 18: without sizes, the number of parts is said outright. */
export function splitCount(operator: Operator): Operator[] {
  if (operator.inputs[1]) return [operator]
  return [{ ...operator, attributes: { ...operator.attributes, num_outputs: operator.outputs.length } }]
}

/** Opset 10: `Upsample` became `Resize`, which then took its sizes from the asymmetric grid, rounding down. */
export function upsample(operator: Operator, scope: UpgradeScope): Operator[] {
  const { attributes } = operator
  const { width_scale: width, height_scale: height, mode = 'nearest' } = attributes
  const sides = typeof width === 'number' && typeof height === 'number' ? [1, 1, height, width] : undefined
  const given = numbersAttribute(operator, 'scales') ?? sides
  const scales =
    operator.inputs[1] ?? (given && scope.constant(operator, 'scales', Float32Array.from(given), [given.length]))
  if (!scales) throw cannotUpgrade(operator, scope, 'has no scales')
  return [resize(operator, scales, mode === 'bilinear' ? 'linear' : mode)]
}

/** Opset 11 inserted `roi` before the scales and named the grid; opset 13 wants absent inputs absent, not empty. */
export function resizeInputs(operator: Operator, scope: UpgradeScope): Operator[] {
  if (scope.opset < 11) {
    // An `Upsample` that has just been upgraded has its inputs in place.
    if (operator.inputs.length !== 2) return [operator]
    return [resize(operator, operator.inputs[1], operator.attributes.mode ?? 'nearest')]
  }
  const isEmpty = (name: string | undefined) => !name || scope.shape(name)?.[0] === 0
  const inputs = operator.inputs.map((name, index) => (index > 0 && isEmpty(name) ? '' : name))
  // With both given, the sizes count.
  if (inputs[3]) inputs[2] = ''
  while (inputs.at(-1) === '') inputs.pop()
  return [{ ...operator, inputs }]
}

function resize(operator: Operator, scales: string, mode: AttributeValue): Operator {
  const grid = { coordinate_transformation_mode: 'asymmetric', nearest_mode: 'floor' }
  return { ...operator, type: 'Resize', inputs: [operator.inputs[0], '', scales], attributes: { mode, ...grid } }
}

/** A constant of the same element type as the operator's data. */
export function floatConstant(
  operator: Operator,
  scope: UpgradeScope,
  role: string,
  values: readonly number[],
  shape: readonly number[],
): string {
  const dtype = scope.dtype(operator.inputs[0])
  if (dtype === 'float64') return scope.constant(operator, role, Float64Array.from(values), shape)
  const narrow = dtype === 'float16' || dtype === 'bfloat16' ? dtype : 'float32'
  return scope.constant(operator, role, Float32Array.from(values), shape, narrow)
}
