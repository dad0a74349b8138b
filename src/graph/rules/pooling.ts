/** Pooling, resampling and reductions over positions: channels pass through, the numbers of rows and columns change. */
import { numberAttribute, numbersAttribute, type Operator } from '../../network/network.ts'
import {
  type Axis,
  axisLength,
  axisOf,
  holdsUnits,
  MOST_SLOTS,
  NO_SUCH_AXIS,
  positions,
  resizePositions,
  type Signal,
  selectAlong,
} from '../signal.ts'
import { fixScale, type Rule, stop, type WalkState } from '../walk-state.ts'
import { channelsOfInput, channelsOfResized } from './input-channels.ts'

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

/** Pad: rows and columns become as many as the file says; along an axis that holds units, zeros are no units. */
export const pad: Rule = async (operator, state) => {
  const signal = channelsOfResized(operator, state, axis => isResized(operator, state, axis))
  if (!signal) return null
  const [pads, axes] = await Promise.all(
    [1, 3].map(at => operator.inputs[at] && state.constants.read(operator.inputs[at])),
  )
  const sizes = pads ? Array.from(pads.data as ArrayLike<number>, Number) : []
  const padded = axes ? Array.from(axes.data as ArrayLike<number>, Number) : signal.axes.map((_, axis) => axis)
  let wider: Signal | undefined = signal
  for (const [at, given] of padded.entries()) {
    const axis = axisOf(signal, given)
    if (axis === undefined) return stop(operator, state, NO_SUCH_AXIS)
    const [before, behind] = [sizes[at] ?? 0, sizes[at + padded.length] ?? 0]
    const length = axisLength(signal.axes[axis])
    if ((before === 0 && behind === 0) || !holdsUnits(signal.axes[axis]) || length === null) continue
    if (before < 0 || behind < 0 || (operator.attributes.mode ?? 'constant') !== 'constant') wider = undefined
    if (before + length + behind > MOST_SLOTS) return stop(operator, state, 'it pads too many units')
    const indices = Array.from({ length: before + length + behind }, (_, i) =>
      i < before || i >= before + length ? -1 : i - before,
    )
    wider = wider && selectAlong(wider, axis, indices)
  }
  if (wider) return resized(operator, state, wider, positionsOf(operator, state, wider))
  fixScale(signal, state)
  return stop(operator, state, 'it pads units, and not by zeros')
}

function isResized({ inputs, outputs }: Operator, { network }: WalkState, axis: number): boolean {
  const [before, after] = [inputs[0], outputs[0]].map(name => network.shapes.get(name))
  return before !== undefined && after !== undefined && before[axis] !== after[axis]
}

/** Lengths that the file gives to axes without units. */
function positionsOf({ outputs }: Operator, { network }: WalkState, { axes }: Signal): Map<number, number | null> {
  const shape = network.shapes.get(outputs[0])
  return new Map(axes.flatMap((axis, a) => (holdsUnits(axis) ? [] : [[a, shape?.[a] ?? null] as const])))
}

/** Resize and Upsample: every axis of positions takes the length the file gives. */
export const resample: Rule = (operator, state) => {
  const signal = channelsOfResized(operator, state, axis => isResized(operator, state, axis))
  if (!signal) return null
  const isStretched = signal.axes.some((axis, a) => holdsUnits(axis) && isResized(operator, state, a))
  if (!isStretched) return resized(operator, state, signal, positionsOf(operator, state, signal))
  fixScale(signal, state)
  return stop(operator, state, 'it works on positions that hold units of their own')
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
  const given = operator.inputs[1] ? await state.constants.read(operator.inputs[1]) : undefined
  const axes =
    numbersAttribute(operator, 'axes') ?? (given ? Array.from(given.data as ArrayLike<number>, Number) : undefined)
  const reduced = new Set((axes ?? signal.axes.map((_, a) => a)).map(axis => axisOf(signal, axis)))
  if (reduced.has(undefined)) return stop(operator, state, NO_SUCH_AXIS)
  if ([...reduced].some(axis => holdsUnits(signal.axes[axis as number]))) {
    fixScale(signal, state)
    return stop(operator, state, 'it takes one number from several units')
  }
  const keeps = numberAttribute(operator, 'keepdims', 1) !== 0
  const left = signal.axes.flatMap((axis, a): Axis[] => (!reduced.has(a) ? [axis] : keeps ? [positions(1)] : []))
  return { ...signal, axes: left }
}
