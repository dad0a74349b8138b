/**
 * Conv and ConvTranspose. The edge between two channels is the norm of their kernel. A depthwise convolution does not
 * mix channels, so it is no layer: it multiplies each channel by the norm of its kernel (and copies it where one
 * channel has several kernels). Other groups give a block-diagonal matrix.
 */
import { numberAttribute, type Operator } from '../../network/network.ts'
import { hasNoValues } from '../../network/without-values.ts'
import { elementCount, type Tensor } from '../../tensor/tensor.ts'
import { kernelNorm } from '../kernel-norm.ts'
import { type Axis, axisLength, holdsUnits, positions, type Signal, selectAlong, unitAxis } from '../signal.ts'
import { addLayer, connect, layerSignal, NO_EDGES, type Rule, stop, type WalkState } from '../walk-state.ts'
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

  const unitsPerGroup = units / groups
  const cell = (pair: number) => {
    const unit = Math.floor(pair / perGroup)
    return unit * perGroup * groups + Math.floor(unit / unitsPerGroup) * perGroup + (pair % perGroup)
  }
  return place(operator, state, signal, units, perGroup * groups, norms, cell)
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
  const cell = (pair: number) => {
    const i = Math.floor(pair / unitsPerGroup)
    return (Math.floor((i * groups) / inputs) * unitsPerGroup + (pair % unitsPerGroup)) * inputs + i
  }
  return place(operator, state, signal, units, inputs, norms, cell)
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
  if (hasNoValues(weight)) return weight.shape[1] === 1 ? new Float64Array(weight.shape[0]) : NO_EDGES
  return Float64Array.from({ length: weight.shape[0] * weight.shape[1] }, (_, pair) =>
    kernelNorm(values, pair * area, area, width, state.norm),
  )
}

/** Adds the layer; `cell` gives the place in its matrix [units × inputs] of each kernel, in the order of the norms. */
function place(
  operator: Operator,
  state: WalkState,
  signal: Signal | null,
  units: number,
  inputs: number,
  norms: Float64Array,
  cell: (pair: number) => number,
): Signal | null {
  if (state.restart) return null
  const layer = addLayer(operator, state, signal, units, 'channel')
  if (signal) {
    const matrix = norms.length === 0 ? NO_EDGES : new Float64Array(units * inputs)
    norms.forEach((norm, pair) => {
      matrix[cell(pair)] = norm
    })
    const name = operator.inputs[1]
    const cells = () => {
      const area = elementCount(state.network.weights.get(name)?.shape.slice(2) ?? [])
      return Int32Array.from({ length: norms.length * area }, (_, element) => cell(Math.floor(element / area)))
    }
    connect(state, layer, signal, CHANNELS, matrix, { name, scale: 1, cells })
  }
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
