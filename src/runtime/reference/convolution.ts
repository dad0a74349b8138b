/** Conv and ConvTranspose over any number of spatial axes, with groups. The transpose is the adjoint, tap by tap. */
import { numberAttribute, numbersAttribute, type Operator } from '../../network/network.ts'
import { elementCount } from '../../tensor/tensor.ts'
import { type Kernel, type KernelTable, like, misfit, required, textAttribute, type Value } from './value.ts'
import { extentOf, halves, planWindow, tapTable, type WindowPlan, windowAttributes } from './window.ts'

function checkRanks(operator: Operator, x: Value, w: Value): void {
  if (x.shape.length < 3 || w.shape.length !== x.shape.length)
    misfit(operator, `gets the input [${x.shape}] and the kernels [${w.shape}]`)
}

const conv: Kernel = (operator, inputs) => {
  const [x, w] = [required(operator, inputs, 0), required(operator, inputs, 1)]
  checkRanks(operator, x, w)
  const [batch, channels, ...space] = x.shape
  const [units, perGroup, ...kernel] = w.shape
  const groups = numberAttribute(operator, 'group', 1)
  if (perGroup * groups !== channels || units % groups !== 0)
    misfit(operator, `gets ${channels} channels for kernels [${w.shape}] in ${groups} groups`)
  const plan = planWindow(operator, space, kernel)
  const table = tapTable(plan, space)
  const [area, taps, positions] = [elementCount(space), elementCount(kernel), elementCount(plan.shape)]
  const y = like(x, [batch, units, ...plan.shape])
  for (let n = 0; n < batch; n++)
    for (let unit = 0; unit < units; unit++) {
      const to = (n * units + unit) * positions
      if (inputs[2]) y.data.fill(inputs[2].data[unit], to, to + positions)
      const first = Math.floor((unit * groups) / units) * perGroup
      for (let i = 0; i < perGroup; i++) {
        const from = (n * channels + first + i) * area
        for (let tap = 0; tap < taps; tap++) {
          const weight = w.data[(unit * perGroup + i) * taps + tap]
          for (let position = 0; position < positions; position++) {
            const place = table[tap * positions + position]
            if (place >= 0) y.data[to + position] += weight * x.data[from + place]
          }
        }
      }
    }
  return [y]
}

/** Sizes of the result, and the window that leads from it back to the input. */
function planTransposed(
  operator: Operator,
  space: readonly number[],
  kernel: readonly number[],
): { result: number[]; plan: WindowPlan } {
  const window = windowAttributes(operator, kernel)
  const extra = numbersAttribute(operator, 'output_padding') ?? space.map(() => 0)
  const given = numbersAttribute(operator, 'output_shape')?.slice(-space.length)
  const autoPad = textAttribute(operator, 'auto_pad', 'NOTSET')
  const padBegin = [...window.padBegin]
  const padEnd = [...window.padEnd]
  const result = space.map((size, axis) => {
    const full = window.strides[axis] * (size - 1) + extra[axis] + extentOf(window, axis)
    if (given || autoPad.startsWith('SAME')) {
      const wanted = given ? given[axis] : size * window.strides[axis]
      const total = Math.max(0, full - wanted)
      // Where `auto_pad` is not set, the specification splits as for SAME_LOWER.
      ;[padBegin[axis], padEnd[axis]] = halves(total, autoPad === 'SAME_UPPER' ? autoPad : 'SAME_LOWER')
      return wanted
    }
    if (autoPad === 'VALID') padBegin[axis] = padEnd[axis] = 0
    return full - padBegin[axis] - padEnd[axis]
  })
  return { result, plan: { ...window, padBegin, padEnd, shape: space } }
}

const convTranspose: Kernel = (operator, inputs) => {
  const [x, w] = [required(operator, inputs, 0), required(operator, inputs, 1)]
  checkRanks(operator, x, w)
  const [batch, channels, ...space] = x.shape
  const [kernels, perGroup, ...kernel] = w.shape
  const groups = numberAttribute(operator, 'group', 1)
  if (kernels !== channels) misfit(operator, `gets ${channels} channels for kernels [${w.shape}]`)
  const { result, plan } = planTransposed(operator, space, kernel)
  const table = tapTable(plan, result)
  const [area, taps, positions] = [elementCount(result), elementCount(kernel), elementCount(space)]
  const units = perGroup * groups
  const y = like(x, [batch, units, ...result])
  const bias = inputs[2]?.data
  if (bias) for (let at = 0; at < batch * units; at++) y.data.fill(bias[at % units], at * area, (at + 1) * area)
  for (let n = 0; n < batch; n++)
    for (let channel = 0; channel < channels; channel++) {
      const from = (n * channels + channel) * positions
      const first = Math.floor((channel * groups) / channels) * perGroup
      for (let i = 0; i < perGroup; i++) {
        const to = (n * units + first + i) * area
        for (let tap = 0; tap < taps; tap++) {
          const weight = w.data[(channel * perGroup + i) * taps + tap]
          for (let position = 0; position < positions; position++) {
            const place = table[tap * positions + position]
            if (place >= 0) y.data[to + place] += weight * x.data[from + position]
          }
        }
      }
    }
  return [y]
}

export const CONVOLUTION: KernelTable = { Conv: conv, ConvTranspose: convTranspose }
