/** Where the windows of a convolution or a pooling lie, per spatial axis. All sizes are known. */
import { numbersAttribute, type Operator } from '../../network/network.ts'
import { type Draft, requireShape, requireSizes } from '../draft.ts'

export interface WindowAxis {
  /** Size of the input, of the output, and of the kernel. */
  readonly size: number
  readonly positions: number
  readonly kernel: number
  readonly stride: number
  readonly dilation: number
  /** Padding before, as the operator has it. */
  readonly before: number
  /** Padding behind, as far as the operator has it declared. */
  readonly behind: number
  /** Elements a window spans: dilation · (kernel − 1) + 1. */
  readonly extent: number
  /** From the first padded element to the end of the last window: stride · (positions − 1) + extent. */
  readonly reach: number
}

/** The windows of an operator whose first input is [batch × channels × …]. `kernel`: its sides. */
export function windowAxes(draft: Draft, operator: Operator, kernel: readonly number[]): readonly WindowAxis[] {
  const spatial = kernel.map((_, axis) => axis + 2)
  requireShape(draft, operator, operator.inputs[0])
  const sizes = requireSizes(draft, operator, operator.inputs[0], spatial)
  const outputs = requireSizes(draft, operator, operator.outputs[0], spatial)
  const strides = numbersAttribute(operator, 'strides')
  const dilations = numbersAttribute(operator, 'dilations')
  const pads = numbersAttribute(operator, 'pads')
  const auto = String(operator.attributes.auto_pad ?? 'NOTSET')
  return kernel.map((side, axis) => {
    const [stride, dilation] = [strides?.[axis] ?? 1, dilations?.[axis] ?? 1]
    const extent = dilation * (side - 1) + 1
    const reach = stride * (outputs[axis] - 1) + extent
    const missing = Math.max(0, reach - sizes[axis])
    const same = auto === 'SAME_LOWER' ? Math.ceil(missing / 2) : Math.floor(missing / 2)
    const isSame = auto.startsWith('SAME')
    const stated = auto === 'NOTSET' ? pads : undefined
    return {
      size: sizes[axis],
      positions: outputs[axis],
      kernel: side,
      stride,
      dilation,
      before: isSame ? same : (stated?.[axis] ?? 0),
      behind: isSame ? missing - same : (stated?.[axis + kernel.length] ?? 0),
      extent,
      reach,
    }
  })
}

/** Pads of a spatial value, none of batch and channels; negative numbers cut off. */
export function spatialPad(
  draft: Draft,
  value: string,
  before: readonly number[],
  behind: readonly number[],
  fill?: string,
): string {
  if ([...before, ...behind].every(count => count === 0)) return value
  const pads = draft.integers([0, 0, ...before, 0, 0, ...behind])
  return draft.op('Pad', [value, pads, ...(fill ? [fill] : [])], { mode: 'constant' })
}

/**
 * Attributes of the `ConvTranspose` that carries values from the windows' positions back to the input: what lies behind
 * the last window is filled by `output_padding`, what lies beyond the input is cut by `pads`.
 */
export function backwardAttributes(axes: readonly WindowAxis[]): Record<string, readonly number[]> {
  const excess = axes.map(({ reach, before, size }) => reach - before - size)
  return {
    kernel_shape: axes.map(({ kernel }) => kernel),
    strides: axes.map(({ stride }) => stride),
    dilations: axes.map(({ dilation }) => dilation),
    pads: [...axes.map(({ before }) => before), ...excess.map(count => Math.max(0, count))],
    output_padding: excess.map(count => Math.max(0, -count)),
  }
}
