/** Shape rules of operators that slide a window over space: convolution, pooling, resizing. */
import type { Dim, DimShape } from './dims.ts'
import { numberAttribute, numbersAttribute, type Operator } from './network.ts'
import { numbersOf } from './shape-layout.ts'
import type { ShapeRule } from './shape-rules.ts'
import type { ShapeScope } from './shapes.ts'

interface Window {
  readonly kernel: DimShape
  readonly strides: readonly number[]
  readonly dilations: readonly number[]
  /** Begin and end padding summed, per spatial axis. */
  readonly pads: readonly number[]
  readonly padBegin: readonly number[]
  readonly autoPad: string
}

function windowOf(operator: Operator, kernel: DimShape): Window {
  const ones = kernel.map(() => 1)
  const pads = numbersAttribute(operator, 'pads') ?? []
  const { auto_pad: autoPad } = operator.attributes
  return {
    kernel,
    strides: numbersAttribute(operator, 'strides') ?? ones,
    dilations: numbersAttribute(operator, 'dilations') ?? ones,
    pads: kernel.map((_, axis) => (pads[axis] ?? 0) + (pads[axis + kernel.length] ?? 0)),
    padBegin: kernel.map((_, axis) => pads[axis] ?? 0),
    autoPad: typeof autoPad === 'string' ? autoPad : 'NOTSET',
  }
}

/** Number of window positions along one axis: ⌊(size + pads − extent) / stride⌋ + 1, or what `auto_pad` asks for. */
function positions(window: Window, axis: number, size: Dim, ceil: boolean, scope: ShapeScope): Dim {
  const kernel = window.kernel[axis]
  if (typeof size !== 'number' || typeof kernel !== 'number') return scope.fresh()
  const stride = window.strides[axis]
  const extent = window.dilations[axis] * (kernel - 1) + 1
  if (window.autoPad.startsWith('SAME')) return Math.ceil(size / stride)
  const pads = window.autoPad === 'VALID' ? 0 : window.pads[axis]
  const steps = (size + pads - extent) / stride
  if (!ceil) return Math.floor(steps) + 1
  const count = Math.ceil(steps) + 1
  // The last window must begin inside the input or its left padding.
  return (count - 1) * stride >= size + window.padBegin[axis] ? count - 1 : count
}

const convolution: ShapeRule = (operator, scope) => {
  const [x, w] = operator.inputs.map(name => scope.shape(name))
  if (!x || !w || x.length < 3 || w.length !== x.length) return [undefined]
  const window = windowOf(operator, numbersAttribute(operator, 'kernel_shape') ?? w.slice(2))
  return [[x[0], w[0], ...x.slice(2).map((size, axis) => positions(window, axis, size, false, scope))]]
}

const transposedConvolution: ShapeRule = (operator, scope) => {
  const [x, w] = operator.inputs.map(name => scope.shape(name))
  if (!x || !w || x.length < 3 || w.length !== x.length) return [undefined]
  const { kernel, strides, dilations, pads, autoPad } = windowOf(operator, w.slice(2))
  const given = numbersAttribute(operator, 'output_shape')?.slice(2 - x.length)
  const extra = numbersAttribute(operator, 'output_padding')
  const sizes = x.slice(2).map((size, axis) => {
    const side = kernel[axis]
    if (given) return given[axis]
    if (typeof size !== 'number' || typeof side !== 'number') return scope.fresh()
    if (autoPad.startsWith('SAME')) return size * strides[axis]
    const padding = autoPad === 'VALID' ? 0 : pads[axis]
    return strides[axis] * (size - 1) + (extra?.[axis] ?? 0) + dilations[axis] * (side - 1) + 1 - padding
  })
  const channels = w[1]
  const group = numberAttribute(operator, 'group', 1)
  return [[x[0], typeof channels === 'number' ? channels * group : scope.fresh(), ...sizes]]
}

const pool: ShapeRule = (operator, scope) => {
  const x = scope.shape(operator.inputs[0])
  const kernel = numbersAttribute(operator, 'kernel_shape')
  if (!x || x.length < 3 || kernel?.length !== x.length - 2) return [undefined]
  const window = windowOf(operator, kernel)
  const ceil = numberAttribute(operator, 'ceil_mode', 0) !== 0
  const shape = [x[0], x[1], ...x.slice(2).map((size, axis) => positions(window, axis, size, ceil, scope))]
  return [shape, shape]
}

const globalPool: ShapeRule = ({ inputs }, scope) => {
  const x = scope.shape(inputs[0])
  return [x?.map((dim, axis) => (axis < 2 ? dim : 1))]
}

const resize: ShapeRule = (operator, scope) => {
  const x = scope.shape(operator.inputs[0])
  const axes = numbersAttribute(operator, 'axes') ?? x?.map((_, axis) => axis)
  if (!x || !axes) return [undefined]
  const sizes = numbersOf(operator, scope, 3)
  const scales = numbersOf(operator, scope, 2)
  const fits = operator.attributes.keep_aspect_ratio_policy ?? 'stretch'
  if (fits !== 'stretch') return [x.map((dim, axis) => (axes.includes(axis) ? scope.fresh() : dim))]
  return [
    x.map((dim, axis) => {
      const at = axes.indexOf(axis)
      const scale = scales?.[at]
      if (at < 0 || scale === 1) return dim
      if (sizes?.length) return sizes[at]
      return typeof dim === 'number' && scale !== undefined ? Math.floor(dim * scale) : scope.fresh()
    }),
  ]
}

export const WINDOW_RULES: Readonly<Record<string, ShapeRule>> = {
  Conv: convolution,
  ConvTranspose: transposedConvolution,
  MaxPool: pool,
  AveragePool: pool,
  LpPool: pool,
  GlobalAveragePool: globalPool,
  GlobalMaxPool: globalPool,
  GlobalLpPool: globalPool,
  Resize: resize,
}
