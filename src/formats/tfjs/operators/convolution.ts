/**
 * Convolutions, alone or fused with a bias, batch normalisation and activation. TensorFlow's kernels are
 * [rows, columns, in, out], depthwise ones [rows, columns, channels, kernels per channel]; ONNX's are [out, in, rows,
 * columns].
 */
import type { Draft, Value } from '../draft.ts'
import { flagAttribute, floatAttribute, type NodeDef, textsAttribute } from '../graph-def.ts'
import { activate } from './elementwise.ts'
import { type Rule, unsupported } from './rule.ts'
import { extentOf, imageOf, imageValue, isExtent, isNchw, paddingOf, samePadding, spatial } from './window.ts'

/** Name of the operator that holds the weights of a fused node: without the activation that the name ends in. */
export function layerName({ name }: NodeDef, fused: readonly string[]): string {
  const at = name.lastIndexOf('/')
  return at > 0 && fused.includes(name.slice(at + 1)) ? name.slice(0, at) : name
}

/** What a fused node does after its product, each with the inputs it takes. */
export function fusedSteps(node: NodeDef, extras: readonly Value[]): { step: string; inputs: readonly Value[] }[] {
  const inputsOf: Readonly<Record<string, number>> = { BiasAdd: 1, FusedBatchNorm: 4, Prelu: 1 }
  let at = 0
  return textsAttribute(node, 'fused_ops').map(step => {
    const count = Object.hasOwn(inputsOf, step) ? inputsOf[step] : 0
    const inputs = extras.slice(at, (at += count))
    if (inputs.length < count) throw unsupported(node, `lacks the inputs of the ${step} it is fused with`)
    return { step, inputs }
  })
}

const convolution =
  (depthwise: boolean): Rule =>
  (node, [value, filter, ...extras], draft) => {
    const shape = kernelShape(node, filter, draft)
    const image = imageOf(node, value, draft)
    const channels = draft.shape(value)?.[isNchw(node) ? 1 : 3]
    const groups = depthwise ? shape[2] : typeof channels === 'number' ? channels / shape[2] : 1
    if (!Number.isInteger(groups) || groups < 1)
      throw unsupported(node, `reads ${channels} channels with a kernel for ${shape[2]}`)
    const window = {
      kernel: shape.slice(0, 2),
      strides: spatial(node, 'strides'),
      dilations: spatial(node, 'dilations'),
    }
    const attributes = {
      kernel_shape: window.kernel,
      strides: window.strides,
      ...(window.dilations.some(step => step > 1) && { dilations: window.dilations }),
      ...(groups > 1 && { group: groups }),
      ...paddingOf(node, window, extentOf(node, value, draft)),
    }
    const steps = fusedSteps(node, extras)
    const bias = steps[0]?.step === 'BiasAdd' ? steps.shift()!.inputs.map(draft.plain) : []
    const name = layerName(node, textsAttribute(node, 'fused_ops'))
    const kernel = depthwise ? depthwiseKernel(filter, shape, draft) : turned(filter, [3, 2, 0, 1], draft)
    const output = draft.op(name, 'Conv', [image, kernel, ...bias], attributes)
    return steps.reduce(
      (result, { step, inputs }) =>
        step === 'FusedBatchNorm'
          ? batchNormalised(node, `${name}/FusedBatchNorm`, result, inputs, draft)
          : activate(draft, node.name, step, result, node, inputs[0]),
      imageValue(node, output),
    )
  }

export const conv2d = convolution(false)
export const depthwiseConv2d = convolution(true)

function kernelShape(node: NodeDef, filter: Value, draft: Draft): number[] {
  const shape = draft.shape(filter)
  if (shape?.length === 4 && shape.every(size => typeof size === 'number' && size > 0)) return shape as number[]
  throw unsupported(node, 'has a kernel whose sizes are not known')
}

function turned(weight: Value, perm: readonly number[], draft: Draft): string {
  return draft.op(`${draft.plain(weight)}/out_in`, 'Transpose', [draft.plain(weight)], { perm })
}

/** [rows, columns, channels, kernels] → [channels · kernels, 1, rows, columns]. */
function depthwiseKernel(filter: Value, [rows, columns, channels, kernels]: readonly number[], draft: Draft): string {
  const shape = draft.integers(`${draft.plain(filter)}/shape`, [channels * kernels, 1, rows, columns])
  return draft.op(`${draft.plain(filter)}/depthwise`, 'Reshape', [turned(filter, [2, 3, 0, 1], draft), shape])
}

/** TensorFlow names a transposed convolution for the gradient it is: output size, kernel, image. */
export const transposedConv2d: Rule = (node, [sizes, filter, value], draft) => {
  const shape = kernelShape(node, filter, draft)
  const window = { kernel: shape.slice(0, 2), strides: spatial(node, 'strides'), dilations: spatial(node, 'dilations') }
  const size: readonly unknown[] = draft.vector(sizes)?.slice(...(isNchw(node) ? [2, 4] : [1, 3])) ?? []
  const extent = extentOf(node, value, draft)
  if (!isExtent(size) || !isExtent(extent)) throw unsupported(node, 'has an output size that is computed at run time')
  // What the padding of the convolution, of which this is the gradient, leaves over is added after the image.
  const isSame = Object.keys(paddingOf(node, window, size)).length > 0
  const total = size.map((length, axis) => (isSame ? samePadding(length, window, axis) : 0))
  const begin = total.map(rows => Math.floor(rows / 2))
  const reach = window.kernel.map((length, axis) => window.dilations[axis] * (length - 1) + 1)
  const rest = size.map(
    (length, axis) => length - ((extent[axis] - 1) * window.strides[axis] + reach[axis] - total[axis]),
  )
  const attributes = {
    kernel_shape: window.kernel,
    strides: window.strides,
    dilations: window.dilations,
    pads: [...begin, ...total.map((rows, axis) => rows - begin[axis])],
    output_padding: rest,
  }
  if (rest.some(rows => rows < 0)) throw unsupported(node, `has the output size ${size.join(' × ')}`)
  const kernel = turned(filter, [3, 2, 0, 1], draft)
  return imageValue(node, draft.op(node.name, 'ConvTranspose', [imageOf(node, value, draft), kernel], attributes))
}

/** Batch normalisation by stored statistics: scale, offset, mean, variance. */
export const batchNorm: Rule = (node, [value, ...parameters], draft) => {
  if (flagAttribute(node, 'is_training'))
    throw unsupported(node, 'normalises by the statistics of the batch (is_training)')
  return [batchNormalised(node, node.name, value, parameters, draft)]
}

function batchNormalised(node: NodeDef, name: string, value: Value, parameters: readonly Value[], draft: Draft): Value {
  const image = imageOf(node, value, draft)
  const epsilon = floatAttribute(node, 'epsilon', 1e-4)
  return imageValue(node, draft.op(name, 'BatchNormalization', [image, ...parameters.map(draft.plain)], { epsilon }))
}
