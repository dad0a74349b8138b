/** Operators that bring values together: sums (a reader sees all sources), concatenation, products. */
import { numberAttribute, type Operator } from '../../network/network.ts'
import { align, broadcast } from '../layout.ts'
import {
  type Axis,
  axisLength,
  axisOf,
  type Factor,
  holdsUnits,
  MOST_SLOTS,
  NO_SUCH_AXIS,
  positions,
  type Signal,
  spreadAlong,
  type Term,
} from '../signal.ts'
import { fixScale, type Rule, stop, type WalkState } from '../walk-state.ts'
import { bounded } from './elementwise.ts'
import { scaleBy } from './scaling.ts'

/** Add, Sub, Sum, Mean, Max, Min: the reader is linked to every operand; operands share their scale. */
export const sum: Rule = (operator, state) => {
  const operands = operator.inputs.filter(name => name !== '' && !state.constants.has(name))
  const compares = operator.type === 'Max' || operator.type === 'Min'
  if (compares && operands.length === 1 && operator.inputs.length > 1) return bounded(operator, state)
  const joined = sumOf(
    operator,
    state,
    operands.map(name => state.signals.get(name) ?? null),
  )
  if (!joined) return null
  return operator.inputs.reduce((signal, name) => {
    const shape = state.constants.has(name) ? shapeOf(name, state) : undefined
    return shape ? broadcast(signal, shape) : signal
  }, joined)
}

export function sumOf(operator: Operator, state: WalkState, operands: readonly (Signal | null)[]): Signal | null {
  const known = operands.filter(operand => operand !== null)
  // Where one operand is not known the others still reach the reader, but nothing may be rescaled against it.
  if (known.length < operands.length) for (const signal of known) fixScale(signal, state)
  if (known.length <= 1) return known[0] ?? null
  const aligned = align(known)
  if (!aligned) {
    for (const signal of known) fixScale(signal, state)
    return stop(operator, state, 'the layouts of its operands cannot be matched')
  }
  const gauge = aligned[0].gauge.map((_, slot) => {
    const variables = aligned.map(signal => signal.gauge[slot]).filter(variable => variable >= 0)
    for (const variable of variables) state.gauge.unite(variable, variables[0])
    return variables[0] ?? -1
  })
  return { ...aligned[0], terms: aligned.flatMap(signal => signal.terms), gauge }
}

/** A product by a constant scales; of a value with a function of itself it is an activation (x · σ(x)). */
export const product: Rule = async (operator, state) => {
  const [a, b] = operator.inputs
  const [left, right] = [state.signals.get(a) ?? null, state.signals.get(b) ?? null]
  const divides = operator.type === 'Div'
  if (state.constants.has(b)) return left && scaleBy(operator, state, left, b, divides)
  if (state.constants.has(a) && !divides) return right && scaleBy(operator, state, right, a, false)
  if (left && right && sameUnits(left, right)) {
    fixScale(right, state)
    return fixScale(left, state)
  }
  for (const signal of [left, right]) if (signal) fixScale(signal, state)
  return stop(operator, state, `it ${divides ? 'divides' : 'multiplies'} two activations by each other`)
}

function sameUnits(a: Signal, b: Signal): boolean {
  if (a.slots !== b.slots || a.terms.length !== b.terms.length) return false
  if (JSON.stringify(a.axes) !== JSON.stringify(b.axes)) return false
  return a.terms.every(({ layer, units }, t) => {
    const other = b.terms[t]
    return layer === other.layer && units.every((unit, slot) => unit === other.units[slot])
  })
}

/** Concatenation: the slots of the operands one after another. */
export const concat: Rule = async (operator, state) => {
  const signals = operator.inputs.map(name => state.signals.get(name) ?? null)
  const first = signals.find(signal => signal !== null)
  if (!first) return null
  const rank = first.axes.length
  const axis = axisOf(first, numberAttribute(operator, 'axis', 1))
  if (axis === undefined || signals.some(signal => signal && signal.axes.length !== rank)) {
    for (const signal of signals) if (signal) fixScale(signal, state)
    return stop(operator, state, NO_SUCH_AXIS)
  }
  if (signals.every(signal => !signal || !holdsUnits(signal.axes[axis]))) return alongPositions(operator, state, axis)
  const parts: Signal[] = []
  for (const name of operator.inputs) {
    const part = operandOf(name, rank, axis, state)
    if (!part) {
      for (const other of operator.inputs) if (state.signals.get(other)) fixScale(state.signals.get(other)!, state)
      return stop(operator, state, 'it joins values along an axis of unknown layout')
    }
    parts.push(part)
  }
  const lengths = parts.map(part => axisLength(part.axes[axis]) as number)
  const joined = joinParts(parts, axis, lengths)
  return joined ?? stop(operator, state, 'the layouts of its operands cannot be matched')
}

/** Values side by side in rows, columns or tokens: what reads them reads all with the same weights, as in a sum. */
function alongPositions(operator: Operator, state: WalkState, axis: number): Signal | null {
  const operands = operator.inputs
    .filter(name => !state.constants.has(name))
    .map(name => state.signals.get(name) ?? null)
  const single = operands.map(signal => signal && { ...signal, axes: signal.axes.with(axis, []) })
  const joined = sumOf(operator, state, single)
  if (!joined) return null
  const terms: Term[] = []
  for (const term of joined.terms) {
    // The same units at several positions are still one source.
    const twin = terms.findIndex(
      ({ layer, units }) => layer === term.layer && units.every((u, s) => u === term.units[s]),
    )
    if (twin < 0) terms.push(term)
    else terms[twin] = { ...term, gains: term.gains.map((gain, slot) => Math.max(gain, terms[twin].gains[slot])) }
  }
  const length = state.network.shapes.get(operator.outputs[0])?.[axis] ?? null
  return { ...joined, terms, axes: joined.axes.with(axis, positions(length)) }
}

function shapeOf(name: string, state: WalkState): readonly (number | null)[] | undefined {
  return state.network.weights.get(name)?.shape ?? state.network.shapes.get(name)
}

/** An operand with each index along the axis in slots of its own; constants carry no units. */
function operandOf(name: string, rank: number, axis: number, state: WalkState): Signal | undefined {
  const signal = state.signals.get(name)
  if (signal) return spreadAlong(signal, axis)
  const shape = shapeOf(name, state)
  const length = shape?.[axis]
  if (shape?.length !== rank || typeof length !== 'number') return undefined
  const axes = shape.map(
    (size, a): Axis => (a === axis ? [{ size: length, stride: 1 }] : size === 1 ? [] : [{ size, stride: 0 }]),
  )
  return { axes, slots: length, terms: [], gauge: new Int32Array(length).fill(-1) }
}

function joinParts(parts: readonly Signal[], axis: number, lengths: readonly number[]): Signal | undefined {
  // Side by side: the joined axis is set apart (as an outermost axis of one element) while the others are matched.
  const slices = parts.map((part, p) => sliceAside(part, axis, lengths[p]))
  const inner = align(slices)
  if (!inner) return undefined
  const per = inner[0].slots
  const total = lengths.reduce((sum, length) => sum + length, 0)
  if (per * total > MOST_SLOTS) return undefined
  const gauge = new Int32Array(per * total).fill(-1)
  const terms: Term[] = []
  let offset = 0
  parts.forEach((part, p) => {
    const own = slices[p].slots
    // Which of the part's own slots (within one index) each matched slot came from.
    const from = inner[p].gauge
    const slotAt = (index: number, slot: number) => index * own + from[slot]
    for (let index = 0; index < lengths[p]; index++)
      for (let slot = 0; slot < per; slot++) gauge[(offset + index) * per + slot] = part.gauge[slotAt(index, slot)]
    for (const term of part.terms) {
      const units = new Int32Array(per * total).fill(-1)
      const gains = new Float64Array(per * total)
      for (let index = 0; index < lengths[p]; index++)
        for (let slot = 0; slot < per; slot++) {
          units[(offset + index) * per + slot] = term.units[slotAt(index, slot)]
          gains[(offset + index) * per + slot] = term.gains[slotAt(index, slot)]
        }
      terms.push({ layer: term.layer, units, gains })
    }
    offset += lengths[p]
  })
  const joinedAxis: Factor[] = total === 1 ? [] : [{ size: total, stride: per }]
  return { axes: inner[0].axes.with(axis, joinedAxis), slots: per * total, terms, gauge }
}

/** One index of the part as a signal whose gauge numbers its own slots, to be matched with the others. */
function sliceAside(part: Signal, axis: number, length: number): Signal {
  const own = part.slots / length
  const axes = part.axes.with(axis, [])
  return { axes, slots: own, terms: [], gauge: Int32Array.from({ length: own }, (_, slot) => slot) }
}
