/**
 * Conv and ConvTranspose. The edge between two channels is the norm of their kernel. A depthwise convolution does not
 * mix channels, so it is no layer: it multiplies each channel by the norm of its kernel (and copies it where one
 * channel has several kernels). Other groups give a block-diagonal matrix.
 */
import { numberAttribute, type Operator } from '../../network/network.ts'
import { elementCount, type Tensor } from '../../tensor/tensor.ts'
import { kernelNorm } from '../kernel-norm.ts'
import { type Axis, axisLength, holdsUnits, positions, type Signal, selectAlong, unitAxis } from '../signal.ts'
import { addLayer, connect, layerSignal, type Rule, stop, type WalkState } from '../walk-state.ts'
import { channelsOfInput } from './input-channels.ts'

const CHANNELS = 1

export const conv: Rule = async (operator, state) => {
  const weight = await kernelOf(operator, state)
  if (!weight) return null
  const groups = numberAttribute(operator, 'group', 1)
  const [units, perGroup] = weight.shape
  const signal = channelsOfInput(operator, state)
  if (signal && axisLength(signal.axes[CHANNELS]) !== perGroup * groups)
    return stop(operator, state, `it reads ${perGroup * groups} channels from an axis whose layout is not known`)
  const norms = kernelNorms(weight, state)
  if (perGroup === 1 && groups > 1) return signal && depthwise(operator, state, signal, norms)

  const matrix = new Float64Array(units * perGroup * groups)
  const unitsPerGroup = units / groups
  for (let unit = 0; unit < units; unit++) {
    const first = Math.floor(unit / unitsPerGroup) * perGroup
    for (let i = 0; i < perGroup; i++) matrix[unit * perGroup * groups + first + i] = norms[unit * perGroup + i]
  }
  return place(operator, state, signal, units, matrix)
}

export const convTranspose: Rule = async (operator, state) => {
  const weight = await kernelOf(operator, state)
  if (!weight) return null
  const groups = numberAttribute(operator, 'group', 1)
  // Stored with the inputs first: [channels in × channels out / groups × kernel…].
  const [inputs, unitsPerGroup] = weight.shape
  const units = unitsPerGroup * groups
  const signal = channelsOfInput(operator, state)
  if (signal && axisLength(signal.axes[CHANNELS]) !== inputs)
    return stop(operator, state, `it reads ${inputs} channels from an axis whose layout is not known`)
  const norms = kernelNorms(weight, state)
  const matrix = new Float64Array(units * inputs)
  for (let i = 0; i < inputs; i++) {
    const first = Math.floor((i * groups) / inputs) * unitsPerGroup
    for (let o = 0; o < unitsPerGroup; o++) matrix[(first + o) * inputs + i] = norms[i * unitsPerGroup + o]
  }
  return place(operator, state, signal, units, matrix)
}

async function kernelOf(operator: Operator, state: WalkState): Promise<Tensor | null> {
  const name = operator.inputs[1]
  if (!state.constants.has(name)) return stop(operator, state, 'its kernel is computed from activations')
  const weight = await state.constants.read(name)
  return weight ?? stop(operator, state, `its kernel "${name}" is computed in a way that is not evaluated`)
}

function kernelNorms(weight: Tensor, state: WalkState): Float64Array {
  const kernel = weight.shape.slice(2)
  const area = elementCount(kernel)
  const width = kernel.length > 1 ? kernel[kernel.length - 1] : 1
  const values = weight.data as ArrayLike<number>
  return Float64Array.from({ length: weight.shape[0] * weight.shape[1] }, (_, pair) =>
    kernelNorm(values, pair * area, area, width, state.norm),
  )
}

function place(
  operator: Operator,
  state: WalkState,
  signal: Signal | null,
  units: number,
  matrix: Float64Array,
): Signal | null {
  if (state.restart) return null
  const layer = addLayer(operator, state, signal, units, 'channel')
  if (signal) connect(state, layer, signal, CHANNELS, matrix)
  return layerSignal(layer, state, outputAxes(operator, state, signal, unitAxis(units)))
}

/** Channels along axis 1, positions of the file's lengths elsewhere. */
function outputAxes(operator: Operator, state: WalkState, signal: Signal | null, channels: Axis): Axis[] {
  const shape = state.network.shapes.get(operator.outputs[0])
  const rank = shape?.length ?? signal?.axes.length ?? 4
  return Array.from({ length: rank }, (_, a) => (a === CHANNELS ? channels : positions(shape?.[a] ?? null)))
}

function depthwise(operator: Operator, state: WalkState, signal: Signal, norms: Float64Array): Signal | null {
  const channels = axisLength(signal.axes[CHANNELS]) as number
  const multiplier = norms.length / channels
  const source = Int32Array.from(norms, (_, unit) => Math.floor(unit / multiplier))
  if (signal.axes.some((axis, a) => a !== CHANNELS && holdsUnits(axis)))
    return stop(operator, state, 'its channels are made of units at single positions')
  const spread = selectAlong(signal, CHANNELS, source)
  if (!spread) return stop(operator, state, 'it has too many channels')
  const terms = spread.terms.map(term => ({ ...term, gains: term.gains.map((gain, slot) => gain * norms[slot]) }))
  const axes = outputAxes(operator, state, signal, spread.axes[CHANNELS])
  return { ...spread, terms, axes, gauge: state.gauge.fresh(norms.length) }
}
