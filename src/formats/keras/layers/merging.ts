/** Layers that bring several values together. */
import { damagedLayer, type LayerRule, unsupported } from '../layer-scope.ts'
import { asKeras, axisOf, inOneOrder, kerasShape } from '../values.ts'

/** Operator for two values, and for more where there is one. */
const OPERATORS: Readonly<Record<string, readonly [pair: string, many?: string]>> = {
  Add: ['Add', 'Sum'],
  Subtract: ['Sub'],
  Multiply: ['Mul'],
  Average: ['Mean', 'Mean'],
  Maximum: ['Max', 'Max'],
  Minimum: ['Min', 'Min'],
}

export const merge: LayerRule = scope => {
  const { draft, name, className, inputs } = scope
  if (inputs.length < 2) throw unsupported(scope, 'joins a value with something that is no value of a layer')
  const ranks = new Set(inputs.map(value => kerasShape(draft, value).length))
  if (ranks.size > 1) throw unsupported(scope, 'joins values of different numbers of axes')
  const values = inOneOrder(draft, inputs)
  const [pair, many] = OPERATORS[className]
  const names = values.map(value => value.name)
  if (names.length === 2) return { ...values[0], name: draft.op(name, pair, names) }
  if (many) return { ...values[0], name: draft.op(name, many, names) }
  const chained = names
    .slice(1, -1)
    .reduce((sum, next, at) => draft.op(`${name}.${at + 1}`, pair, [sum, next]), names[0])
  return { ...values[0], name: draft.op(name, pair, [chained, names[names.length - 1]]) }
}

export const concatenate: LayerRule = scope => {
  const { draft, name, settings, inputs } = scope
  if (inputs.length < 2) throw damagedLayer(scope, `joins ${inputs.length} value`)
  const isFlat = inputs.some(({ order }) => order === 'flattened')
  const values = isFlat ? inputs.map(value => asKeras(draft, value)) : inOneOrder(draft, inputs)
  const ranks = new Set(values.map(value => kerasShape(draft, value).length))
  const axis = settings.number('axis', -1)
  const at = axisOf(draft, values[0], axis)
  if (ranks.size > 1 || !Number.isInteger(axis) || at <= 0 || at > kerasShape(draft, values[0]).length)
    throw damagedLayer(scope, `joins values along axis ${axis}, which they do not share`)
  return {
    ...values[0],
    name: draft.op(
      name,
      'Concat',
      values.map(value => value.name),
      { axis: at },
    ),
  }
}
