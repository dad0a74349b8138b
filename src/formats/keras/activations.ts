/** Keras's activations as ONNX operators: by name, or as an object of a class with settings. */
import type { AttributeValue } from '../../network/network.ts'
import { type LayerScope, scalar, unsupported } from './layer-scope.ts'
import { isObject } from './model.ts'
import { axisOf, type Value } from './values.ts'

type Attributes = Readonly<Record<string, AttributeValue>>

const PLAIN: Readonly<Record<string, readonly [type: string, attributes?: Attributes]>> = {
  relu: ['Relu'],
  sigmoid: ['Sigmoid'],
  tanh: ['Tanh'],
  elu: ['Elu', { alpha: 1 }],
  selu: ['Selu'],
  softplus: ['Softplus'],
  softsign: ['Softsign'],
  gelu: ['Gelu'],
  exponential: ['Exp'],
  leaky_relu: ['LeakyRelu', { alpha: 0.2 }],
  mish: ['Mish'],
  hard_swish: ['HardSwish'],
  hard_silu: ['HardSwish'],
}

/** The activation that a layer carries along, as its setting tells. */
export function activated(scope: LayerScope, value: Value, setting = scope.settings.config.activation): Value {
  const { draft, name } = scope
  const activation = nameOf(scope, setting)
  const append = (type: string, attributes: Attributes = {}, inputs: readonly string[] = []): Value => ({
    ...value,
    name: draft.op(`${name}.${activation}`, type, [value.name, ...inputs], attributes),
  })
  if (activation === 'linear') return value
  if (activation === 'softmax' || activation === 'log_softmax') return softmax(scope, value, -1, activation)
  if (activation === 'relu6') return clipped(scope, value, 6)
  if (activation === 'swish' || activation === 'silu') {
    const gate = draft.op(`${name}.sigmoid`, 'Sigmoid', [value.name])
    return append('Mul', {}, [gate])
  }
  // Keras 3 took the slope of other libraries.
  if (activation === 'hard_sigmoid') return append('HardSigmoid', { alpha: scope.keras >= 3 ? 1 / 6 : 0.2, beta: 0.5 })
  const plain = Object.hasOwn(PLAIN, activation) ? PLAIN[activation] : undefined
  if (!plain) throw unsupported(scope, `has the activation "${activation}", which is not known here`)
  return append(plain[0], plain[1])
}

function nameOf(scope: LayerScope, setting: unknown): string {
  if (setting === undefined || setting === null) return 'linear'
  if (typeof setting === 'string') return setting
  if (isObject(setting) && typeof setting.config === 'string') return setting.config
  const className = isObject(setting) ? setting.class_name : undefined
  const inner = isObject(setting) && isObject(setting.config) ? setting.config : {}
  // A layer as activation; one with settings of its own must stand by itself.
  const isDefault = Object.entries(inner).every(
    ([key, value]) => ['name', 'trainable', 'dtype'].includes(key) || value === null,
  )
  if (className === 'ReLU' && isDefault) return 'relu'
  throw unsupported(scope, `has the activation ${JSON.stringify(setting).slice(0, 80)}, which is not known here`)
}

/** @param axis as Keras counts. */
export function softmax(scope: LayerScope, value: Value, axis: number, activation = 'softmax'): Value {
  const type = activation === 'softmax' ? 'Softmax' : 'LogSoftmax'
  const at = axisOf(scope.draft, value, axis)
  return { ...value, name: scope.draft.op(`${scope.name}.${activation}`, type, [value.name], { axis: at }) }
}

/** Between 0 and a limit. */
export function clipped(scope: LayerScope, value: Value, limit: number): Value {
  const bounds = [scalar(scope, 'low', 0), scalar(scope, 'high', limit)]
  return { ...value, name: scope.draft.op(`${scope.name}.clip`, 'Clip', [value.name, ...bounds]) }
}
