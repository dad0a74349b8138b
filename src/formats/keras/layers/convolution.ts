/** Convolutions in one to three dimensions: plain, grouped, dilated, depthwise, separable, transposed. */
import type { WeightTensor } from '../../../network/network.ts'
import { permute } from '../../../tensor/permute.ts'
import { activated } from '../activations.ts'
import { checkShape, damagedLayer, type LayerRule, type LayerScope, unsupported } from '../layer-scope.ts'
import { asFloat32, derived, permuted } from '../weights.ts'
import { axesOf, imageOf, windowAttributes } from './windows.ts'

/** Axes of [spatial …, in, out] in the order [out, in, spatial …]. */
const outIn = (axes: number) => [axes + 1, axes, ...Array.from({ length: axes }, (_, axis) => axis)]

function windowOf({ settings }: LayerScope, axes: number) {
  return {
    kernel: settings.sizes('kernel_size', axes),
    strides: settings.sizes('strides', axes, 1),
    dilations: settings.sizes('dilation_rate', axes, 1),
  }
}

function biasOf(scope: LayerScope, bias: WeightTensor | undefined, size: number): string[] {
  if (!bias) return []
  checkShape(scope, bias, [size])
  return [scope.draft.weight(asFloat32(bias, `${scope.name}/bias`))]
}

export const convolution: LayerRule = scope => {
  const { draft, name, settings } = scope
  const axes = axesOf(scope)
  const { value, channels, extent, result } = imageOf(scope)
  const window = windowOf(scope, axes)
  const [filters] = settings.sizes('filters', 1)
  const [group] = settings.sizes('groups', 1, 1)
  const [kernel, bias] = scope.weights(settings.flag('use_bias', true) ? ['kernel', 'bias'] : ['kernel'])
  checkShape(scope, kernel, [...window.kernel, channels === null ? null : channels / group, filters])
  if (filters % group !== 0) throw damagedLayer(scope, `has ${filters} filters in ${group} groups`)
  const inputs = [
    value.name,
    draft.weight(permuted(kernel, `${name}/kernel`, outIn(axes))),
    ...biasOf(scope, bias, filters),
  ]
  const attributes = { ...windowAttributes(scope, extent, window), ...(group > 1 && { group }) }
  return activated(scope, result(draft.op(name, 'Conv', inputs, attributes)))
}

/** A kernel [spatial …, in, multiplier] as [in · multiplier, 1, spatial …]. */
function depthwiseKernel(scope: LayerScope, weight: WeightTensor, role: string, axes: number): string {
  const [channels, multiplier] = weight.shape.slice(-2)
  const order = [axes, axes + 1, ...Array.from({ length: axes }, (_, axis) => axis)]
  const shape = [channels * multiplier, 1, ...weight.shape.slice(0, axes)]
  return scope.draft.weight(derived(weight, `${scope.name}/${role}`, shape, values => permute(values, order)))
}

export const depthwise: LayerRule = scope => {
  const { draft, name, settings } = scope
  const axes = axesOf(scope)
  const { value, channels, extent, result } = imageOf(scope)
  const window = windowOf(scope, axes)
  const [multiplier] = settings.sizes('depth_multiplier', 1, 1)
  const role = 'depthwise_kernel'
  const [kernel, bias] = scope.weights(settings.flag('use_bias', true) ? [role, 'bias'] : [role])
  checkShape(scope, kernel, [...window.kernel, channels, multiplier])
  const group = kernel.shape[axes]
  const inputs = [value.name, depthwiseKernel(scope, kernel, role, axes), ...biasOf(scope, bias, group * multiplier)]
  const attributes = { ...windowAttributes(scope, extent, window), group }
  return activated(scope, result(draft.op(name, 'Conv', inputs, attributes)))
}

/** A depthwise convolution, then one of one pixel. */
export const separable: LayerRule = scope => {
  const { draft, name, settings } = scope
  const axes = axesOf(scope)
  const { value, channels, extent, result } = imageOf(scope)
  const window = windowOf(scope, axes)
  const [filters] = settings.sizes('filters', 1)
  const [multiplier] = settings.sizes('depth_multiplier', 1, 1)
  const roles = ['depthwise_kernel', 'pointwise_kernel']
  const [first, second, bias] = scope.weights(settings.flag('use_bias', true) ? [...roles, 'bias'] : roles)
  checkShape(scope, first, [...window.kernel, channels, multiplier])
  const ones = window.kernel.map(() => 1)
  const group = first.shape[axes]
  checkShape(scope, second, [...ones, group * multiplier, filters])
  const attributes = { ...windowAttributes(scope, extent, window), group }
  const spread = draft.op(
    `${name}.depthwise`,
    'Conv',
    [value.name, depthwiseKernel(scope, first, roles[0], axes)],
    attributes,
  )
  const pointwise = draft.weight(permuted(second, `${name}/${roles[1]}`, outIn(axes)))
  const inputs = [spread, pointwise, ...biasOf(scope, bias, filters)]
  return activated(scope, result(draft.op(name, 'Conv', inputs, { kernel_shape: ones })))
}

/** The gradient of a convolution: size · stride positions with `same`, size · stride + max(kernel − stride, 0) else. */
export const transposed: LayerRule = scope => {
  const { draft, name, settings } = scope
  const axes = axesOf(scope)
  const { value, channels, result } = imageOf(scope)
  const { kernel: extent, strides, dilations } = windowOf(scope, axes)
  if (settings.config.output_padding != null || dilations.some(step => step > 1))
    throw unsupported(scope, 'has an output padding or dilation, which is not read')
  const [filters] = settings.sizes('filters', 1)
  const [kernel, bias] = scope.weights(settings.flag('use_bias', true) ? ['kernel', 'bias'] : ['kernel'])
  checkShape(scope, kernel, [...extent, filters, channels])
  const isSame = settings.text('padding', 'valid').toLowerCase() === 'same'
  const totals = extent.map((size, axis) => (isSame ? Math.max(0, size - strides[axis]) : 0))
  const before = totals.map(total => Math.floor(total / 2))
  const pads = [...before, ...totals.map((total, axis) => total - before[axis])]
  const missing = extent.map((size, axis) => Math.max(0, strides[axis] - size))
  const inputs = [
    value.name,
    draft.weight(permuted(kernel, `${name}/kernel`, outIn(axes))),
    ...biasOf(scope, bias, filters),
  ]
  const attributes = { kernel_shape: extent, strides, pads, ...(missing.some(Boolean) && { output_padding: missing }) }
  return activated(scope, result(draft.op(name, 'ConvTranspose', inputs, attributes)))
}
