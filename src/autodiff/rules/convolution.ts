/**
 * Convolution, any number of spatial axes, strides, pads, dilations and groups. With Y = W ∗ X:
 *
 * - dX: with stride 1, dY convolved with the kernels flipped and transposed; else a transposed convolution.
 * - dW: one input channel: X and dY as a convolution of each other, examples as channels. Else, for each offset of the
 *   kernel, the product of dY with X moved by that offset, summed over positions and examples: a slice and a MatMul;
 *   a single product where windows lie side by side, as in the patches of a vision transformer.
 *   With stride 1 both are laid out with the width of the padded input, so that a slice is one stretch of memory.
 * - dB: the sum over examples and positions.
 */
import { numberAttribute, type Operator } from '../../network/network.ts'
import { reshapeLike, sumOver } from '../broadcasting.ts'
import { type Draft, requireSizes } from '../draft.ts'
import type { GradientRule } from './rule.ts'
import { backwardAttributes, spatialPad, type WindowAxis, windowAxes } from './window.ts'

/** A convolution whose sizes are known: x is [batch × channels × …], w is [units × channels / groups × …]. */
interface Convolution {
  readonly draft: Draft
  readonly x: string
  readonly w: string
  readonly dy: string
  readonly groups: number
  readonly channels: number
  readonly units: number
  readonly axes: readonly WindowAxis[]
}

const conv: GradientRule = ({ draft, operator, dy, inputs: [x, w, b], needs }) => {
  const bias = b && needs(2) ? biasGradient(draft, dy) : undefined
  if (!needs(0) && !needs(1)) return [undefined, undefined, bias]
  const convolution = readConvolution(draft, operator, x, w, dy)
  return [
    needs(0) ? inputGradient(convolution) : undefined,
    needs(1) ? reshapeLike(draft, kernelGradient(convolution), w) : undefined,
    bias,
  ]
}

function readConvolution(draft: Draft, operator: Operator, x: string, w: string, dy: string): Convolution {
  const rank = draft.shape(w)?.length ?? 0
  const [units, perGroup, ...kernel] = requireSizes(
    draft,
    operator,
    w,
    Array.from({ length: rank }, (_, axis) => axis),
  )
  const groups = numberAttribute(operator, 'group', 1)
  const axes = windowAxes(draft, operator, kernel)
  return { draft, x, w, dy, groups, channels: perGroup * groups, units, axes }
}

function biasGradient(draft: Draft, dy: string): string {
  const axes = draft.shape(dy)!.flatMap((_, axis) => (axis === 1 ? [] : [axis]))
  return sumOver(draft, dy, axes)
}

function inputGradient({ draft, w, dy, groups, channels, units, axes }: Convolution): string {
  const before = axes.map(axis => axis.extent - 1 - axis.before)
  const behind = axes.map((axis, at) => axis.size - axis.positions - before[at] + axis.extent - 1)
  const flips = axes.every(axis => axis.stride === 1) && [...before, ...behind].every(count => count >= 0)
  if (!flips) return draft.op('ConvTranspose', [dy, w], { ...backwardAttributes(axes), group: groups })
  const kernel = axes.map(axis => axis.kernel)
  return draft.op('Conv', [dy, flipped(draft, w, groups, channels, units, kernel)], {
    kernel_shape: kernel,
    strides: axes.map(() => 1),
    dilations: axes.map(axis => axis.dilation),
    pads: [...before, ...behind],
    group: groups,
  })
}

/** Kernels [units × channels / groups × …] as [channels × units / groups × …], turned about their centre. */
function flipped(
  draft: Draft,
  w: string,
  groups: number,
  channels: number,
  units: number,
  kernel: readonly number[],
): string {
  const { op, integers } = draft
  const long = kernel.flatMap((side, axis) => (side > 1 ? [axis + 2] : []))
  const all = (value: number) => integers(long.map(() => value))
  const turned = long.length ? op('Slice', [w, all(-1), all(-(2 ** 31)), integers(long), all(-1)]) : w
  const spatial = kernel.map((_, axis) => axis)
  if (groups === 1) return op('Transpose', [turned], { perm: [1, 0, ...spatial.map(axis => axis + 2)] })
  const grouped = op('Reshape', [turned, integers([groups, units / groups, channels / groups, ...kernel])])
  const swapped = op('Transpose', [grouped], { perm: [0, 2, 1, ...spatial.map(axis => axis + 3)] })
  return op('Reshape', [swapped, integers([channels, units / groups, ...kernel])])
}

function kernelGradient(convolution: Convolution): string {
  const { groups, channels, axes } = convolution
  if (groups === 1 && channels === 1) return swappedConvolution(convolution)
  if (axes.every(axis => isTile(axis)) && axes.some(axis => axis.kernel > 1)) return productOfPatches(convolution)
  const isDense = axes.every(axis => axis.stride === 1)
  return productPerOffset(convolution.draft, isDense ? flatSlices(convolution) : windowSlices(convolution))
}

/** Examples in the place of channels: X is [channels × batch × …], dY the kernels [units × batch × …]. */
function swappedConvolution({ draft, x, dy, axes }: Convolution): string {
  const perm = [1, 0, ...axes.map((_, axis) => axis + 2)]
  const padded = padToReach(draft, x, axes)
  const gradient = draft.op(
    'Conv',
    [draft.op('Transpose', [padded], { perm }), draft.op('Transpose', [dy], { perm })],
    { strides: axes.map(axis => axis.dilation), dilations: axes.map(axis => axis.stride) },
  )
  return draft.op('Transpose', [gradient], { perm })
}

/** Windows lie side by side. */
function isTile({ kernel, stride, dilation, before, reach, size }: WindowAxis): boolean {
  return kernel === stride && dilation === 1 && before === 0 && reach <= size
}

/** X taken apart into the windows, [batch × groups × (channels / groups · kernel) × positions], in one product with dY. */
function productOfPatches({ draft, x, dy, groups, channels, units, axes }: Convolution): string {
  const { op, integers } = draft
  const apart = axes.flatMap(axis => [axis.positions, axis.kernel])
  const [taps, places] = [axes.map((_, axis) => 2 * axis + 3), axes.map((_, axis) => 2 * axis + 2)]
  const split = op('Reshape', [padToReach(draft, x, axes), integers([0, channels, ...apart])])
  const windows = op('Transpose', [split], { perm: [0, 1, ...taps, ...places] })
  const size = axes.reduce((product, { kernel }) => product * kernel, channels / groups)
  const input = op('Reshape', [windows, integers([0, groups, size, -1])])
  const gradient = op('Reshape', [dy, integers([0, groups, units / groups, -1])])
  return productPerOffset(draft, { gradient, inputs: [input] })
}

/** X with its padding, cut where no window reaches. */
function padToReach(draft: Draft, x: string, axes: readonly WindowAxis[], extraRows = 0): string {
  const before = axes.map(axis => axis.before)
  const behind = axes.map((axis, at) => axis.reach - axis.before - axis.size + (at === 0 ? extraRows : 0))
  return spatialPad(draft, x, before, behind)
}

/** dY, and X under each offset of the kernel, both [batch × groups × channels / groups × positions]. */
interface Slices {
  readonly gradient: string
  readonly inputs: readonly string[]
}

/** Every offset of the kernel, row-major. */
function offsets(axes: readonly WindowAxis[]): number[][] {
  return axes.reduce<number[][]>(
    (all, { kernel }) => all.flatMap(offset => Array.from({ length: kernel }, (_, at) => [...offset, at])),
    [[]],
  )
}

/** dY is padded to the input's padded width: what it is multiplied with there does not matter, since it is zero. */
function flatSlices({ draft, x, dy, groups, channels, units, axes }: Convolution): Slices {
  const { op, integers } = draft
  const width = (from: number) => axes.slice(from).reduce((size, axis) => size * axis.reach, 1)
  // Padding dY makes the last slices run over the end by less than one row.
  const flat = op('Reshape', [
    padToReach(draft, x, axes, axes.length > 1 ? 1 : 0),
    integers([0, groups, channels / groups, -1]),
  ])
  const behind = axes.map((axis, at) => (at === 0 ? 0 : axis.reach - axis.positions))
  const none = axes.map(() => 0)
  const gradient = op('Reshape', [spatialPad(draft, dy, none, behind), integers([0, groups, units / groups, -1])])
  const length = axes[0].positions * width(1)
  const inputs = offsets(axes).map(offset => {
    const start = offset.reduce((sum, at, axis) => sum + at * axes[axis].dilation * width(axis + 1), 0)
    return op('Slice', [flat, integers([start]), integers([start + length]), integers([3])])
  })
  return { gradient, inputs }
}

function windowSlices({ draft, x, dy, groups, channels, units, axes }: Convolution): Slices {
  const { op, integers } = draft
  const padded = padToReach(draft, x, axes)
  const spatial = integers(axes.map((_, axis) => axis + 2))
  const steps = integers(axes.map(axis => axis.stride))
  const inputs = offsets(axes).map(offset => {
    const starts = offset.map((at, axis) => at * axes[axis].dilation)
    const ends = starts.map((start, axis) => start + axes[axis].stride * (axes[axis].positions - 1) + 1)
    const slice = op('Slice', [padded, integers(starts), integers(ends), spatial, steps])
    return op('Reshape', [slice, integers([0, groups, channels / groups, -1])])
  })
  return { gradient: op('Reshape', [dy, integers([0, groups, units / groups, -1])]), inputs }
}

/** dY Xᵀ for each offset, summed over the batch; the offsets become the last axis. */
function productPerOffset(draft: Draft, { gradient, inputs }: Slices): string {
  const { op, integers } = draft
  const products = inputs.map(input => {
    const turned = op('Transpose', [input], { perm: [0, 1, 3, 2] })
    return op('ReduceSum', [op('MatMul', [gradient, turned]), integers([0])], { keepdims: 0 })
  })
  if (products.length === 1) return products[0]
  const columns = products.map(product => op('Unsqueeze', [product, integers([-1])]))
  return op('Concat', columns, { axis: -1 })
}

/** The kernels of a transposed convolution are those of the convolution that leads back. */
const convTranspose: GradientRule = ({ draft, operator, dy, inputs: [x, w, b], needs }) => {
  const kernelRank = draft.shape(w)?.length ?? 0
  const all = Array.from({ length: kernelRank }, (_, axis) => axis)
  const [units, perGroup, ...kernel] = requireSizes(draft, operator, w, all)
  const groups = numberAttribute(operator, 'group', 1)
  // Windows lie on the output, and the input holds their positions.
  const axes = windowAxes(draft, { ...operator, inputs: operator.outputs, outputs: operator.inputs }, kernel)
  const attributes = {
    kernel_shape: kernel,
    strides: axes.map(axis => axis.stride),
    dilations: axes.map(axis => axis.dilation),
    pads: [...axes.map(axis => axis.before), ...axes.map(axis => Math.max(0, axis.reach - axis.before - axis.size))],
    group: groups,
  }
  const mirrored = { draft, x: dy, w, dy: x, groups, channels: perGroup * groups, units, axes }
  const carried = () => draft.op('Conv', [dy, w], attributes)
  return [
    needs(0) ? carried() : undefined,
    needs(1) ? reshapeLike(draft, kernelGradient(mirrored), w) : undefined,
    b && needs(2) ? biasGradient(draft, dy) : undefined,
  ]
}

export const CONVOLUTION_RULES: Readonly<Record<string, GradientRule>> = { Conv: conv, ConvTranspose: convTranspose }
