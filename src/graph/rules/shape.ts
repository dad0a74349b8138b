/** Operators that move values without changing them: reshape, transpose, slice, split, gather, expand. */
import { numberAttribute, numbersAttribute, type Operator } from '../../network/network.ts'
import { broadcast, reshape, transpose } from '../layout.ts'
import {
  type Axis,
  axisLength,
  axisOf,
  holdsUnits,
  NO_SUCH_AXIS,
  positions,
  type Signal,
  selectAlong,
} from '../signal.ts'
import { fixScale, type Outcome, type Rule, stop, type WalkState } from '../walk-state.ts'

/** Reshape, Squeeze, Unsqueeze: regroup the elements to the output shape that the file gives. */
export const reshaping: Rule = (operator, state) => {
  const signal = state.signals.get(operator.inputs[0]) ?? null
  if (!signal) return null
  const shape = state.network.shapes.get(operator.outputs[0])
  if (!shape) return halt(operator, state, signal, 'its output shape is not known')
  return reshape(signal, shape) ?? halt(operator, state, signal, `its output [${shape}] does not keep units together`)
}

/** Flatten needs no shapes: it joins axes as they are. */
export const flatten: Rule = (operator, state) => {
  const signal = state.signals.get(operator.inputs[0]) ?? null
  if (!signal) return null
  const given = numberAttribute(operator, 'axis', 1)
  const axis = given < 0 ? given + signal.axes.length : given
  return { ...signal, axes: [signal.axes.slice(0, axis).flat(), signal.axes.slice(axis).flat()] }
}

export const transposing: Rule = (operator, state) => {
  const signal = state.signals.get(operator.inputs[0]) ?? null
  if (!signal) return null
  const order = numbersAttribute(operator, 'perm') ?? signal.axes.map((_, axis) => axis).reverse()
  const isOrder = order.length === signal.axes.length && signal.axes.every((_, axis) => order.includes(axis))
  return isOrder ? transpose(signal, order) : halt(operator, state, signal, NO_SUCH_AXIS)
}

export const expand: Rule = (operator, state) => {
  const signal = state.signals.get(operator.inputs[0]) ?? null
  const shape = state.network.shapes.get(operator.outputs[0])
  return signal && shape ? broadcast(signal, shape) : signal && halt(operator, state, signal, 'its shape is not known')
}

export const slice: Rule = async (operator, state) => {
  const signal = state.signals.get(operator.inputs[0]) ?? null
  if (!signal) return null
  const [starts, ends, axes, steps] = await Promise.all([1, 2, 3, 4].map(at => integers(operator.inputs[at], state)))
  if (!starts || !ends) return halt(operator, state, signal, 'where it begins and ends is not a constant')
  let output: Signal = signal
  for (let i = 0; i < starts.length; i++) {
    const axis = axisOf(signal, axes?.[i] ?? i)
    if (axis === undefined) return halt(operator, state, signal, NO_SUCH_AXIS)
    const step = steps?.[i] ?? 1
    const length = axisLength(output.axes[axis])
    // An open axis holds positions only; how many are left does not matter.
    const picked = length === null ? undefined : sliced(length, starts[i], ends[i], step)
    const next = pick(output, axis, picked, state.network.shapes.get(operator.outputs[0])?.[axis] ?? null)
    if (!next) return halt(operator, state, signal, 'it cuts an axis of unknown layout')
    output = next
  }
  return output
}

/** Indices that a slice takes from an axis, by ONNX's (NumPy's) rules. */
function sliced(length: number, start: number, end: number, step: number): number[] {
  const clamp = (value: number, low: number, high: number) => Math.min(Math.max(value, low), high)
  const from = start < 0 ? start + length : start
  const to = end < 0 ? end + length : end
  const indices: number[] = []
  if (step > 0) for (let i = clamp(from, 0, length); i < clamp(to, 0, length); i += step) indices.push(i)
  else for (let i = clamp(from, 0, length - 1); i > clamp(to, -1, length - 1); i += step) indices.push(i)
  return indices
}

export const split: Rule = async (operator, state): Promise<Outcome> => {
  const signal = state.signals.get(operator.inputs[0]) ?? null
  if (!signal) return null
  const axis = axisOf(signal, numberAttribute(operator, 'axis', 0))
  if (axis === undefined) return halt(operator, state, signal, NO_SUCH_AXIS)
  const length = axisLength(signal.axes[axis])
  if (length === null) return halt(operator, state, signal, 'it splits an axis of open length')
  const count = operator.outputs.length
  const chunk = Math.ceil(length / count)
  const sizes =
    (await integers(operator.inputs[1], state)) ??
    Array.from({ length: count }, (_, part) => Math.min(chunk, length - part * chunk))
  let offset = 0
  return sizes.map(size => {
    const indices = Array.from({ length: size }, (_, i) => offset + i)
    offset += size
    return pick(signal, axis, indices, size) ?? halt(operator, state, signal, 'it splits an axis of unknown layout')
  })
}

/** Gather by constant indices picks units or positions; a single index drops the axis. */
export const gather: Rule = async (operator, state) => {
  const signal = state.signals.get(operator.inputs[0]) ?? null
  if (!signal) {
    if (state.constants.has(operator.inputs[0]))
      return stop(operator, state, 'it looks rows up by its input (embedding)')
    return null
  }
  const indices = await state.constants.read(operator.inputs[1])
  if (!indices || indices.shape.length > 1)
    return halt(operator, state, signal, 'which values it takes is not a constant')
  const axis = axisOf(signal, numberAttribute(operator, 'axis', 0))
  if (axis === undefined) return halt(operator, state, signal, NO_SUCH_AXIS)
  const length = axisLength(signal.axes[axis]) ?? 0
  const wanted = Array.from(indices.data as ArrayLike<number>, value => at(Number(value), length))
  const picked = pick(signal, axis, wanted, wanted.length)
  if (!picked) return halt(operator, state, signal, 'it takes values from an axis of unknown layout')
  return indices.shape.length === 0 ? { ...picked, axes: picked.axes.toSpliced(axis, 1) } : picked
}

/** Takes indices along an axis: of positions only their number matters. */
function pick(
  signal: Signal,
  axis: number,
  indices: readonly number[] | undefined,
  length: number | null,
): Signal | undefined {
  if (holdsUnits(signal.axes[axis])) return indices && selectAlong(signal, axis, indices)
  const resized: Axis = positions(indices?.length ?? length)
  return { ...signal, axes: signal.axes.with(axis, resized) }
}

async function integers(name: string | undefined, state: WalkState): Promise<number[] | undefined> {
  const constant = name ? await state.constants.read(name) : undefined
  return constant && Array.from(constant.data as ArrayLike<number>, Number)
}

function at(index: number, length: number): number {
  return index < 0 ? index + length : index
}

function halt(operator: Operator, state: WalkState, signal: Signal, reason: string): null {
  fixScale(signal, state)
  return stop(operator, state, reason)
}
