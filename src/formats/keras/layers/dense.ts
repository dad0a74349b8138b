/** Layers that mix all features: Dense and Embedding. */
import { permute } from '../../../tensor/permute.ts'
import { activated } from '../activations.ts'
import { checkShape, damagedLayer, type LayerRule, type LayerScope, unsupported } from '../layer-scope.ts'
import { kerasShape, type Value } from '../values.ts'
import { asFloat32, channelRows, derived } from '../weights.ts'

/** ONNX's number of int64, for `Cast`. */
const INT64 = 7

/** On images, a dense layer is a convolution of one pixel; on other values of several axes, a matrix product. */
export const dense: LayerRule = scope => {
  const { draft, name, settings, inputs } = scope
  const [value] = inputs
  const [units] = settings.sizes('units', 1)
  const useBias = settings.flag('use_bias', true)
  const [kernel, bias] = scope.weights(useBias ? ['kernel', 'bias'] : ['kernel'])
  const shape = kerasShape(draft, value)
  const features = shape.at(-1) ?? null
  checkShape(scope, kernel, [features, units])
  if (bias) checkShape(scope, bias, [units])
  const biases = () => (bias ? [draft.weight(asFloat32(bias, `${name}/bias`))] : [])
  const done = (operator: string, order: Value['order']) => activated(scope, { name: operator, order })
  if (value.order === 'channels-first') {
    const ones = shape.slice(0, -1).map(() => 1)
    const pixel = derived(kernel, `${name}/kernel`, [units, kernel.shape[0], ...ones], values =>
      permute(values, [1, 0]),
    )
    return done(
      draft.op(name, 'Conv', [value.name, draft.weight(pixel), ...biases()], { kernel_shape: ones }),
      'channels-first',
    )
  }
  if (shape.length === 0) throw damagedLayer(scope, 'reads single numbers')
  const matrix = draft.weight(matrixFor(scope, value, kernel))
  if (shape.length === 1) return done(draft.op(name, 'Gemm', [value.name, matrix, ...biases()]), 'keras')
  const product = draft.op(name, 'MatMul', [value.name, matrix])
  return done(bias ? draft.op(`${name}.bias`, 'Add', [product, ...biases()]) : product, 'keras')
}

function matrixFor(scope: LayerScope, value: Value, kernel: Parameters<typeof asFloat32>[0]) {
  const name = `${scope.name}/kernel`
  if (value.order !== 'flattened') return asFloat32(kernel, name)
  const channels = value.channels as number
  if (kernel.shape[0] % channels !== 0)
    throw damagedLayer(scope, `takes in ${kernel.shape[0]} numbers, which ${channels} flattened channels do not give`)
  return channelRows(kernel, name, channels)
}

export const embedding: LayerRule = scope => {
  const { draft, name, inputs, settings } = scope
  if (settings.flag('mask_zero', false))
    throw unsupported(scope, 'hides padding from later layers (mask_zero), which is not read')
  const [table] = scope.weights(['embeddings'])
  checkShape(scope, table, [settings.sizes('input_dim', 1)[0], settings.sizes('output_dim', 1)[0]])
  const indices = draft.op(`${name}.indices`, 'Cast', [inputs[0].name], { to: INT64 })
  const rows = draft.weight(asFloat32(table, `${name}/embeddings`))
  return { name: draft.op(name, 'Gather', [rows, indices], { axis: 0 }), order: 'keras' }
}
