/**
 * A network's input counts as single values (the pixels of a perceptron) until an operator that works on rows and
 * columns reads it: then its units are channels. Which of its axes hold them is seen from the layout in which that
 * operator gets it, transposed or reshaped as it may be; the walk then starts over with what was learned.
 */
import type { Operator } from '../../network/network.ts'
import { type Axis, axisLength, compactStrides, type Factor, holdsUnits, type Signal } from '../signal.ts'
import { stop, type WalkState } from '../walk-state.ts'

const CHANNELS = 1

/**
 * The operator's first input, for operators with channels along one axis; asks for a restart where the header says so.
 * @param channels default: 1, where all operators on images have them
 */
export function channelsOfInput(operator: Operator, state: WalkState, channels = CHANNELS): Signal | null {
  const signal = state.signals.get(operator.inputs[0]) ?? null
  if (signal && signal.axes.length <= channels) return stop(operator, state, 'it reads an image where there is none')
  if (!signal?.axes.some((axis, a) => a !== channels && holdsUnits(axis))) return signal
  const [term, more] = signal.terms
  const layer = term && state.layers[term.layer]
  const untouched = layer && !more && layer.operator === undefined && term.units.every((unit, slot) => unit === slot)
  if (!untouched || state.inputAxes.has(layer.name)) return signal
  state.inputAxes.set(layer.name, inputAxes(layer.name, signal, channels, state))
  state.restart = true
  return null
}

/** The same for operators that change the length of rows and columns, wherever these are: Pad, Resize. */
export function channelsOfResized(
  operator: Operator,
  state: WalkState,
  resized: (axis: number) => boolean,
): Signal | null {
  const signal = state.signals.get(operator.inputs[0]) ?? null
  const axes = signal?.axes.map((_, axis) => axis).slice(1) ?? []
  const kept = axes.filter(axis => !resized(axis))
  const channels = kept.length === 1 ? kept[0] : CHANNELS
  return kept.length < axes.length && kept.includes(channels) ? channelsOfInput(operator, state, channels) : signal
}

/** The input's own axes with the reader's channels as units and all else as positions. */
function inputAxes(name: string, signal: Signal, channelAxis: number, state: WalkState): Axis[] {
  const shape = state.network.inputs.find(input => input.name === name)?.shape ?? []
  const channels = new Set(signal.axes[channelAxis])
  const factors = signal.axes.flat().filter(factor => factor.stride !== 0)
  // Slots still number the input's elements in order, so a factor's stride tells which axis of the input it is part of.
  let length = axisLength(factors) as number
  const marked = shape.map((size, a): Factor[] => {
    if (a === 0 && shape.length > 1) return size === 1 ? [] : [{ size: null, stride: 0 }]
    const stride = length / (size as number)
    const own = factors.filter(factor => factor.stride < length && factor.stride >= stride)
    length = stride
    own.sort((a, b) => b.stride - a.stride)
    return own.map(factor => ({ size: factor.size, stride: channels.has(factor) ? 1 : 0 }))
  })
  return compactStrides(marked)
}
