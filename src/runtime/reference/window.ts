/**
 * Windows that slide over the spatial axes of [batch × channels × …space], in any number of axes: which input element
 * each tap of the window meets at each of its positions. Convolutions, their transposes and pools are built on it.
 */
import { numberAttribute, numbersAttribute, type Operator } from '../../network/network.ts'
import { elementCount } from '../../tensor/tensor.ts'
import { misfit, stridesOf, textAttribute } from './value.ts'

export interface WindowPlan {
  /** Number of positions along each spatial axis. */
  readonly shape: readonly number[]
  readonly kernel: readonly number[]
  readonly strides: readonly number[]
  readonly dilations: readonly number[]
  readonly padBegin: readonly number[]
  readonly padEnd: readonly number[]
}

/** The attributes all windowed operators share, and the padding that is written out in `pads`. */
export function windowAttributes(operator: Operator, kernel: readonly number[]): Omit<WindowPlan, 'shape'> {
  const pads = numbersAttribute(operator, 'pads') ?? []
  return {
    kernel,
    strides: numbersAttribute(operator, 'strides') ?? kernel.map(() => 1),
    dilations: numbersAttribute(operator, 'dilations') ?? kernel.map(() => 1),
    padBegin: kernel.map((_, axis) => pads[axis] ?? 0),
    padEnd: kernel.map((_, axis) => pads[axis + kernel.length] ?? 0),
  }
}

/** Distance from the first to the last tap, both counted. */
export function extentOf({ kernel, dilations }: Pick<WindowPlan, 'kernel' | 'dilations'>, axis: number): number {
  return dilations[axis] * (kernel[axis] - 1) + 1
}

/** Splits padding in two; `SAME_UPPER` puts the odd one at the end. */
export function halves(total: number, autoPad: string): [number, number] {
  const smaller = Math.floor(total / 2)
  return autoPad === 'SAME_LOWER' ? [total - smaller, smaller] : [smaller, total - smaller]
}

/** Positions and padding for an input of these spatial sizes: ⌊(size + pads − extent) / stride⌋ + 1, or by `auto_pad`. */
export function planWindow(operator: Operator, space: readonly number[], kernel: readonly number[]): WindowPlan {
  const window = windowAttributes(operator, kernel)
  const autoPad = textAttribute(operator, 'auto_pad', 'NOTSET')
  const roundsUp = numberAttribute(operator, 'ceil_mode', 0) !== 0
  if (kernel.length !== space.length) misfit(operator, `has a window of ${kernel.length} axes over [${space}]`)
  const padBegin = [...window.padBegin]
  const padEnd = [...window.padEnd]
  const shape = space.map((size, axis) => {
    const stride = window.strides[axis]
    const extent = extentOf(window, axis)
    if (autoPad.startsWith('SAME')) {
      const count = Math.ceil(size / stride)
      ;[padBegin[axis], padEnd[axis]] = halves(Math.max(0, (count - 1) * stride + extent - size), autoPad)
      return count
    }
    if (autoPad === 'VALID') padBegin[axis] = padEnd[axis] = 0
    const steps = (size + padBegin[axis] + padEnd[axis] - extent) / stride
    if (!roundsUp) return Math.floor(steps) + 1
    const count = Math.ceil(steps) + 1
    // The last window must begin inside the input or its left padding.
    return (count - 1) * stride >= size + padBegin[axis] ? count - 1 : count
  })
  if (shape.some(count => count < 1)) misfit(operator, `has a window larger than its input of [${space}]`)
  return { ...window, padBegin, padEnd, shape }
}

/** Taps in padding and taps beyond it. */
export const PADDING = -1
const BEYOND = -2

/**
 * For each tap and position the place of the input element, flat over the spatial axes of sizes `space`:
 * [taps × positions]; {@link PADDING} and {@link BEYOND} where there is none.
 */
export function tapTable(plan: WindowPlan, space: readonly number[]): Int32Array {
  const { shape, kernel, strides, dilations, padBegin, padEnd } = plan
  const taps = elementCount(kernel)
  const positions = elementCount(shape)
  const inputStrides = stridesOf(space)
  const shapeStrides = stridesOf(shape)
  const kernelStrides = stridesOf(kernel)
  const table = new Int32Array(taps * positions)
  for (let tap = 0; tap < taps; tap++)
    for (let position = 0; position < positions; position++) {
      let place = 0
      for (let axis = 0; axis < space.length; axis++) {
        const step = Math.floor(position / shapeStrides[axis]) % shape[axis]
        const offset = Math.floor(tap / kernelStrides[axis]) % kernel[axis]
        const at = step * strides[axis] + offset * dilations[axis] - padBegin[axis]
        if (at >= space[axis] + padEnd[axis]) place = BEYOND
        else if ((at < 0 || at >= space[axis]) && place !== BEYOND) place = PADDING
        if (place >= 0) place += at * inputStrides[axis]
      }
      table[tap * positions + position] = place
    }
  return table
}
