/** Gemm and MatMul: matrix weights. A flattened channel is a block of inputs; its edge is the norm of the block. */
import { numberAttribute, type Operator } from '../../network/network.ts'
import { hasNoValues } from '../../network/without-values.ts'
import { elementCount } from '../../tensor/tensor.ts'
import { kernelNorm } from '../kernel-norm.ts'
import { type Axis, axisLength, holdsUnits, positions, type Signal, slotsOf, unitAxis } from '../signal.ts'
import {
  addLayer,
  connect,
  type EdgeMatrix,
  layerSignal,
  NO_EDGES,
  type Rule,
  stop,
  type WalkState,
} from '../walk-state.ts'
import { sumOf } from './joining.ts'

/** How a matrix product reads its weight and its data. */
interface Product {
  readonly weight: string
  readonly data: string
  /** The weight is stored as [units × inputs]; otherwise as [inputs × units]. */
  readonly unitsFirst: boolean
  /** Axis of the data that is multiplied away; negative numbers count from the end. */
  readonly reads: number
  /** Axis of the result that holds the units; negative numbers count from the end. */
  readonly writes: number
  readonly scale: number
}

export const gemm: Rule = async (operator, state) => {
  const [a, b, c] = operator.inputs
  const transA = numberAttribute(operator, 'transA', 0) !== 0
  const transB = numberAttribute(operator, 'transB', 0) !== 0
  const scale = Math.abs(numberAttribute(operator, 'alpha', 1))
  const product = state.constants.has(a)
    ? { weight: a, data: b, unitsFirst: !transA, reads: transB ? -1 : -2, writes: -2, scale }
    : { weight: b, data: a, unitsFirst: transB, reads: transA ? -2 : -1, writes: -1, scale }
  const output = await multiply(operator, state, product)
  return c && !state.constants.has(c) ? sumOf(operator, state, [output, state.signals.get(c) ?? null]) : output
}

export const matMul: Rule = (operator, state) => {
  const [a, b] = operator.inputs
  return state.constants.has(a)
    ? multiply(operator, state, { weight: a, data: b, unitsFirst: true, reads: -2, writes: -2, scale: 1 })
    : multiply(operator, state, { weight: b, data: a, unitsFirst: false, reads: -1, writes: -1, scale: 1 })
}

async function multiply(operator: Operator, state: WalkState, product: Product): Promise<Signal | null> {
  const { weight, data, unitsFirst, reads, writes, scale } = product
  if (!state.constants.has(weight)) return stop(operator, state, 'it multiplies two activations with each other')
  const matrix = await state.constants.read(weight)
  if (!matrix) return stop(operator, state, `its weight "${weight}" is computed in a way that is not evaluated`)
  const leading = elementCount(matrix.shape.slice(0, -2))
  if (matrix.shape.length < 2 || leading !== 1)
    return stop(operator, state, `its weight has shape [${matrix.shape}], not that of one matrix`)
  const [first, second] = matrix.shape.slice(-2)
  const [units, inputs] = unitsFirst ? [first, second] : [second, first]

  const signal = state.signals.get(data) ?? null
  const rank = signal?.axes.length ?? 2
  const axis = rank + reads
  if (signal && (axis < 0 || axisLength(signal.axes[axis]) !== inputs))
    return stop(operator, state, `it reads ${inputs} values along an axis whose layout is not known`)
  if (signal && inputs > 1 && !holdsUnits(signal.axes[axis]) && signal.axes.some(holdsUnits))
    return stop(operator, state, 'it mixes positions (tokens or pixels) and leaves the units apart')

  const layer = addLayer(operator, state, signal, units, 'neuron')
  if (signal) {
    const norms = hasNoValues(matrix)
      ? NO_EDGES
      : blockNorms(matrix.data as ArrayLike<number>, units, signal.axes[axis], unitsFirst, state, scale)
    const read = signal.axes[axis]
    const cells = () => cellOfEach(units, blockOfInput(read), unitsFirst)
    connect(state, layer, { ...signal, axes: signal.axes.with(axis, blockOfEach(read)) }, axis, norms, {
      name: weight,
      scale,
      cells,
    })
  }
  const axes = Array.from({ length: rank }, (_, a): Axis => {
    if (a === rank + writes) return unitAxis(units)
    return signal ? positions(axisLength(signal.axes[a])) : positions(null)
  })
  return layerSignal(layer, state, axes)
}

/** The axis with its positions taken out: one index for each block of inputs that belongs to one slot. */
function blockOfEach(axis: Axis): Axis {
  return axis.filter(factor => factor.stride !== 0)
}

/** Block of each input along the axis: Int32Array [inputs]. */
function blockOfInput(axis: Axis): Int32Array {
  const blockOfSlot = new Map(Array.from(slotsOf(blockOfEach(axis)), (slot, block) => [slot, block]))
  return slotsOf(axis).map(slot => blockOfSlot.get(slot) as number)
}

/** Index in the matrix of norms, [units × blocks], of each element of the weight as it is stored. */
function cellOfEach(units: number, blockOf: Int32Array, unitsFirst: boolean): Int32Array {
  const inputs = blockOf.length
  const blocks = blockOf.reduce((most, block) => Math.max(most, block + 1), 0)
  const cells = new Int32Array(units * inputs)
  for (let unit = 0; unit < units; unit++)
    for (let i = 0; i < inputs; i++)
      cells[unitsFirst ? unit * inputs + i : i * units + unit] = unit * blocks + blockOf[i]
  return cells
}

/**
 * Norm of the weights between each unit and each block of inputs: [units × blocks]. The inputs of a block
 * are taken in order, as rows of the innermost position's length when there are two positions or more (the rows and
 * columns of a flattened image). Single Float32 weights keep their type.
 */
function blockNorms(
  data: ArrayLike<number>,
  units: number,
  axis: Axis,
  unitsFirst: boolean,
  state: WalkState,
  scale: number,
): EdgeMatrix {
  const inputs = axisLength(axis) as number
  const blockOf = blockOfInput(axis)
  const blocks = slotsOf(blockOfEach(axis)).length
  const size = inputs / blocks
  const inner = axis.filter(factor => factor.stride === 0).map(factor => factor.size as number)
  const width = inner.length > 1 ? inner[inner.length - 1] : 1
  const place = new Int32Array(inputs)
  const filled = new Int32Array(blocks)
  for (let i = 0; i < inputs; i++) {
    place[i] = blockOf[i] * size + filled[blockOf[i]]++
  }
  const isPlain = size === 1 && scale === 1 && data instanceof Float32Array
  const norms = isPlain ? new Float32Array(units * blocks) : new Float64Array(units * blocks)
  const row = new Float64Array(inputs)
  for (let unit = 0; unit < units; unit++) {
    if (unitsFirst) for (let i = 0; i < inputs; i++) row[place[i]] = data[unit * inputs + i]
    else for (let i = 0; i < inputs; i++) row[place[i]] = data[i * units + unit]
    for (let block = 0; block < blocks; block++)
      norms[unit * blocks + block] = scale * kernelNorm(row, block * size, size, width, state.norm)
  }
  return norms
}
