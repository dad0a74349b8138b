/**
 * Scan: runs its body once per slice of the scan inputs. The body takes the states, then the slices, and gives the new
 * states, then slices of the scan outputs.
 */
import { numberAttribute, numbersAttribute } from '../../network/network.ts'
import { isSubgraph } from '../../network/topology.ts'
import { around, axisOf, type Kernel, type KernelTable, like, misfit, required, type Value } from './value.ts'

function sliceAt(x: Value, axis: number, at: number): Value {
  const { outer, size, inner } = around(x.shape, axis)
  const result = like(x, x.shape.toSpliced(axis, 1))
  for (let row = 0; row < outer; row++) {
    const from = (row * size + at) * inner
    result.data.set(x.data.subarray(from, from + inner), row * inner)
  }
  return result
}

function stack(slices: readonly Value[], axis: number): Value {
  const [first] = slices
  const result = like(first, first.shape.toSpliced(axis, 0, slices.length))
  const { outer, size, inner } = around(result.shape, axis)
  slices.forEach(({ data }, at) => {
    for (let row = 0; row < outer; row++)
      result.data.set(data.subarray(row * inner, (row + 1) * inner), (row * size + at) * inner)
  })
  return result
}

const scan: Kernel = (operator, inputs, scope) => {
  const { body } = operator.attributes
  if (body === undefined || !isSubgraph(body)) return misfit(operator, 'has no body')
  const scanned = numberAttribute(operator, 'num_scan_inputs', 0)
  const stateCount = inputs.length - scanned
  const setting = (name: string, at: number) => numbersAttribute(operator, name)?.[at] ?? 0
  const sequences = Array.from({ length: scanned }, (_, at) => {
    const x = required(operator, inputs, stateCount + at)
    const axis = axisOf(operator, setting('scan_input_axes', at), x.shape.length)
    return { x, axis, isBackward: setting('scan_input_directions', at) !== 0 }
  })
  const lengths = new Set(sequences.map(({ x, axis }) => x.shape[axis]))
  if (lengths.size !== 1) misfit(operator, `scans sequences of different lengths: ${[...lengths]}`)
  const [steps] = lengths
  let states: readonly Value[] = Array.from({ length: stateCount }, (_, at) => required(operator, inputs, at))
  const collected: Value[][] = operator.outputs.slice(stateCount).map(() => [])
  if (steps === 0 && collected.length > 0) misfit(operator, 'has no steps to stack its outputs from')
  for (let step = 0; step < steps; step++) {
    const slices = sequences.map(({ x, axis, isBackward }) => sliceAt(x, axis, isBackward ? steps - 1 - step : step))
    const results = scope.body(body, [...states, ...slices])
    states = results.slice(0, stateCount)
    for (const [at, slot] of collected.entries()) slot.push(results[stateCount + at])
  }
  const outputs = collected.map((slices, at) => {
    const axis = axisOf(operator, setting('scan_output_axes', at), slices[0].shape.length + 1)
    return stack(setting('scan_output_directions', at) ? slices.reverse() : slices, axis)
  })
  return [...states, ...outputs]
}

export const SCAN: KernelTable = { Scan: scan }
