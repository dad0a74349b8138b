/** Pooling, resampling and reductions over positions: channels pass through, the numbers of rows and columns change. */
import { numberAttribute, numbersAttribute, type Operator } from '../../network/network.ts'
import { type Axis, holdsUnits, positions, resizePositions, type Signal } from '../signal.ts'
import { fixScale, type Rule, stop, type WalkState } from '../walk-state.ts'
import { channelsOfInput } from './input-channels.ts'

/** MaxPool, AveragePool, LpPool and their global forms: channels along axis 1. */
export const pool: Rule = (operator, state) => {
  const signal = channelsOfInput(operator, state)
  if (!signal) return null
  const shape = state.network.shapes.get(operator.outputs[0])
  const global = operator.type.startsWith('Global')
  const sizes = new Map<number, number | null>()
  for (let a = 2; a < signal.axes.length; a++) sizes.set(a, global ? 1 : (shape?.[a] ?? null))
  return resized(operator, state, signal, sizes)
}

/** Resize, Upsample and Pad: every axis of positions takes the length the file gives. */
export const resample: Rule = (operator, state) => {
  const signal = state.signals.get(operator.inputs[0]) ?? null
  if (!signal) return null
  const shape = state.network.shapes.get(operator.outputs[0])
  const before = state.network.shapes.get(operator.inputs[0])
  const sizes = new Map<number, number | null>()
  signal.axes.forEach((axis, a) => {
    // Channels keep their number in these operators unless they are themselves padded, which `resized` refuses.
    if (!holdsUnits(axis) || (shape && before && shape[a] !== before[a])) sizes.set(a, shape?.[a] ?? null)
  })
  return resized(operator, state, signal, sizes)
}

function resized(
  operator: Operator,
  state: WalkState,
  signal: Signal,
  sizes: ReadonlyMap<number, number | null>,
): Signal | null {
  const output = resizePositions(signal, sizes)
  if (output) return output
  fixScale(signal, state)
  return stop(operator, state, 'it works on positions that hold units of their own')
}

/** ReduceMean, ReduceSum, ReduceMax, ReduceMin over positions. */
export const reduce: Rule = async (operator, state) => {
  const signal = state.signals.get(operator.inputs[0]) ?? null
  if (!signal) return null
  const rank = signal.axes.length
  const given = operator.inputs[1] ? await state.constants.read(operator.inputs[1]) : undefined
  const axes =
    numbersAttribute(operator, 'axes') ?? (given ? Array.from(given.data as ArrayLike<number>, Number) : undefined)
  const reduced = new Set((axes ?? signal.axes.map((_, a) => a)).map(axis => (axis < 0 ? axis + rank : axis)))
  if ([...reduced].some(axis => holdsUnits(signal.axes[axis]))) {
    fixScale(signal, state)
    return stop(operator, state, 'it takes one number from several units')
  }
  const keeps = numberAttribute(operator, 'keepdims', 1) !== 0
  const left = signal.axes.flatMap((axis, a): Axis[] => (!reduced.has(a) ? [axis] : keeps ? [positions(1)] : []))
  return { ...signal, axes: left }
}
