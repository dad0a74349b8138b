/** Pooling over windows and over whole images. */
import { type LayerRule, unsupported } from '../layer-scope.ts'
import { axesOf, imageOf, windowAttributes } from './windows.ts'

export const pooling: LayerRule = scope => {
  const { draft, name, settings, className } = scope
  const axes = axesOf(scope)
  const { value, extent, result } = imageOf(scope)
  const kernel = settings.sizes('pool_size', axes, 2)
  const strides = settings.sizes('strides', axes, kernel)
  const type = className.startsWith('Max') ? 'MaxPool' : 'AveragePool'
  return result(draft.op(name, type, [value.name], windowAttributes(scope, extent, { kernel, strides })))
}

export const globalPooling: LayerRule = scope => {
  const { draft, name, settings, className, inputs } = scope
  const isMax = className.includes('Max')
  const keeps = settings.flag('keepdims', false)
  const isLast = settings.text('data_format', 'channels_last') === 'channels_last'
  // Sequences that lie as in Keras are not turned for this.
  if (inputs[0].order === 'keras' && isLast && axesOf(scope) === 1 && !keeps) {
    const axes = draft.integers(`${name}.axes`, [1])
    const type = isMax ? 'ReduceMax' : 'ReduceMean'
    return { name: draft.op(name, type, [inputs[0].name, axes], { keepdims: 0 }), order: 'keras' }
  }
  const { value, result } = imageOf(scope)
  const pooled = draft.op(keeps ? name : `${name}.pool`, isMax ? 'GlobalMaxPool' : 'GlobalAveragePool', [value.name])
  if (keeps) return result(pooled)
  return { name: draft.op(name, 'Flatten', [pooled], { axis: 1 }), order: 'keras' }
}

/** Nearest or linear enlargement by whole numbers. */
export const upSampling: LayerRule = scope => {
  const { draft, name, settings } = scope
  const axes = axesOf(scope)
  const { value, result } = imageOf(scope)
  const scales = Float32Array.of(1, 1, ...settings.sizes('size', axes, 2))
  const mode = settings.text('interpolation', 'nearest')
  if (mode !== 'nearest' && mode !== 'bilinear')
    throw unsupported(scope, `interpolates by "${mode}", which is not read`)
  const attributes: Record<string, string> =
    mode === 'nearest'
      ? { mode: 'nearest', coordinate_transformation_mode: 'asymmetric', nearest_mode: 'floor' }
      : { mode: 'linear', coordinate_transformation_mode: 'half_pixel' }
  const factor = draft.constant(`${name}/scales`, { dtype: 'float32', shape: [axes + 2], data: scales })
  return result(draft.op(name, 'Resize', [value.name, '', factor], attributes))
}
