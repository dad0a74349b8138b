/** What upgrade rules can ask about the network, and the constants and names they can make. */
import { UnsupportedError } from '../errors.ts'
import { type DType, type TensorData, tensor } from '../tensor/tensor.ts'
import type { Network, Operator, WeightTensor } from './network.ts'
import type { ShapeScope, ShapeTracker } from './shapes.ts'
import { valuesRead } from './topology.ts'

export interface UpgradeScope extends ShapeScope {
  /** The opset of the file. */
  readonly opset: number
  dtype(name: string): DType
  /** Adds a constant and returns its name. */
  constant(operator: Operator, role: string, data: TensorData, shape: readonly number[], dtype?: DType): string
  /** A name for a new value. */
  value(operator: Operator, role: string): string
  /** Whether anything reads this value. */
  isRead(name: string): boolean
}

/** Constants that rules make go into `weights`, which is the network's own map. */
export function upgradeScope(
  network: Network,
  opset: number,
  weights: Map<string, WeightTensor>,
  shapes: ShapeTracker,
  dtype: (name: string) => DType,
): UpgradeScope {
  const taken = new Set([
    ...weights.keys(),
    ...network.inputs.map(({ name }) => name),
    ...network.operators.flatMap(({ outputs }) => outputs),
  ])
  const read = new Set([...network.outputs.map(({ name }) => name), ...network.operators.flatMap(valuesRead)])
  const value = (operator: Operator, role: string) => {
    const base = `${operator.outputs[0] || operator.name}/${role}`
    let name = base
    for (let count = 2; taken.has(name); count++) name = `${base}_${count}`
    taken.add(name)
    return name
  }
  return {
    ...shapes,
    opset,
    dtype,
    value,
    constant(operator, role, data, shape, dtype) {
      const name = value(operator, role)
      const content = tensor(data, shape, dtype)
      const weight = { name, dtype: content.dtype, shape, read: async () => ({ ...content, data: data.slice() }) }
      weights.set(name, weight)
      const isShape = data instanceof BigInt64Array || role === 'scales'
      const dims = isShape && shape.length <= 1 ? Array.from(data as ArrayLike<number | bigint>, Number) : undefined
      shapes.addWeight(weight, dims && { isScalar: shape.length === 0, dims })
      return name
    },
    isRead: name => read.has(name),
  }
}

/** The operator without some attributes. */
export function withoutAttributes(operator: Operator, names: readonly string[]): Operator {
  if (!names.some(name => name in operator.attributes)) return operator
  const kept = Object.entries(operator.attributes).filter(([name]) => !names.includes(name))
  return { ...operator, attributes: Object.fromEntries(kept) }
}

/** The error for a form that cannot be upgraded. */
export function cannotUpgrade(operator: Operator, scope: UpgradeScope, what: string): UnsupportedError {
  return new UnsupportedError(
    'unsupported.opset',
    `The operator "${operator.name}" (${operator.type}, opset ${scope.opset}) ${what}; export the model with opset 13 or later.`,
  )
}
