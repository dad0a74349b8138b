/** What the rule of a layer gets: its settings, what flows in, its weights, and the network that is being written. */
import { FormatError, UnsupportedError } from '../../errors.ts'
import type { GraphDraft } from '../../network/graph-draft.ts'
import type { WeightTensor } from '../../network/network.ts'
import { type Tensor, tensor } from '../../tensor/tensor.ts'
import type { Settings } from './settings.ts'
import type { Value } from './values.ts'

export interface LayerScope {
  readonly draft: GraphDraft
  readonly className: string
  /** With the models it is in, for names in the network. */
  readonly name: string
  readonly settings: Settings
  readonly inputs: readonly Value[]
  /** Major version of the Keras that wrote the file. */
  readonly keras: number
  /** The layer's weights with these roles, in this order; as many as asked for. */
  weights(roles: readonly string[]): readonly WeightTensor[]
}

export type LayerRule = (scope: LayerScope) => Value

export function unsupported({ name, className }: LayerScope, problem: string): UnsupportedError {
  return new UnsupportedError(
    'unsupported.keras-layer',
    `Layer "${name}" (${className}) ${problem}; export the model to ONNX (model.export("model.onnx", format="onnx"), or tf2onnx) and open that.`,
  )
}

export function damagedLayer({ name, className }: LayerScope, problem: string): FormatError {
  return new FormatError('format.keras', `Layer "${name}" (${className}) ${problem}; the file is damaged.`)
}

/** @param wanted sizes; null for any. Throws a FormatError where the weight has others. */
export function checkShape(scope: LayerScope, weight: WeightTensor, wanted: readonly (number | null)[]): void {
  const { shape, name } = weight
  if (shape.length === wanted.length && wanted.every((size, axis) => size === null || size === shape[axis])) return
  throw damagedLayer(
    scope,
    `has the weight "${name}" of shape [${shape}], where [${wanted.map(size => size ?? 'any')}] is needed`,
  )
}

export function filled(size: number, value: number): Tensor {
  return tensor(new Float32Array(size).fill(value), [size])
}

/** A number for every value. */
export function scalar(scope: LayerScope, role: string, value: number): string {
  return scope.draft.constant(`${scope.name}/${role}`, tensor(Float32Array.of(value), []))
}
