/** Multiplication by constants: batch norm and constant factors. Offsets never count. */
import { numberAttribute, type Operator } from '../../network/network.ts'
import { broadcast } from '../layout.ts'
import { axisLength, holdsUnits, type Signal, slotsOf, spreadAlong } from '../signal.ts'
import { type Rule, stop, type WalkState } from '../walk-state.ts'

/** Batch norm by stored statistics multiplies channel c by |γ_c| / √(σ²_c + ε). */
export const batchNormalization: Rule = async (operator, state) => {
  const signal = state.signals.get(operator.inputs[0]) ?? null
  if (!signal || !state.batchNorm) return signal
  const [gamma, variance] = await Promise.all([operator.inputs[1], operator.inputs[4]].map(state.constants.read))
  if (!gamma || !variance) return stop(operator, state, 'its scale or variance is not stored in the file')
  const epsilon = numberAttribute(operator, 'epsilon', 1e-5)
  const factors = Float64Array.from(gamma.data as ArrayLike<number>, (value, c) => {
    return Math.abs(Number(value)) / Math.sqrt(Number(variance.data[c]) + epsilon)
  })
  const shape = signal.axes.map((_, axis) => (axis === 1 ? factors.length : 1))
  return scaled(operator, state, signal, factors, shape, true)
}

/** Multiplies (or divides) a signal by a constant that broadcasts against it. */
export async function scaleBy(
  operator: Operator,
  state: WalkState,
  signal: Signal,
  name: string,
  divides: boolean,
): Promise<Signal | null> {
  const constant = await state.constants.read(name)
  if (!constant) return stop(operator, state, `its factor "${name}" is computed in a way that is not evaluated`)
  const factors = Float64Array.from(constant.data as ArrayLike<number>, value => {
    return divides ? 1 / Math.abs(Number(value)) : Math.abs(Number(value))
  })
  // A factor per channel is a parameter that can take up a change of scale; one number for all is not.
  return scaled(operator, state, signal, factors, constant.shape, factors.length > 1)
}

/** Gains × factors. A factor that differs between the positions of one slot counts by its mean. */
function scaled(
  operator: Operator,
  state: WalkState,
  input: Signal,
  factors: Float64Array,
  shape: readonly number[],
  perChannel: boolean,
): Signal | null {
  let signal = broadcast(input, shape)
  const rank = signal.axes.length
  const lengths = signal.axes.map((_, a) => shape[a - rank + shape.length] ?? 1)
  for (let a = 0; a < rank; a++) {
    if (lengths[a] === 1) continue
    const length = axisLength(signal.axes[a])
    if (length !== null && length !== lengths[a])
      return stop(operator, state, `its factors [${shape}] do not fit what they multiply`)
    // On a flattened axis the factors differ within a channel: each of its values becomes a slot of its own.
    const flattened = holdsUnits(signal.axes[a]) && signal.axes[a].some(factor => factor.stride === 0)
    if (flattened) signal = spreadAlong(signal, a) ?? signal
  }
  const mean = meanPerSlot(signal, factors, lengths)
  const terms = signal.terms.map(term => ({ ...term, gains: term.gains.map((gain, slot) => gain * mean[slot]) }))
  const free = perChannel && signal.axes.every((axis, a) => !holdsUnits(axis) || lengths[a] !== 1)
  const gauge = free ? state.gauge.fresh(signal.slots) : signal.gauge
  return { ...signal, terms, gauge }
}

function meanPerSlot(signal: Signal, factors: Float64Array, lengths: readonly number[]): Float64Array {
  const sums = new Float64Array(signal.slots)
  const counts = new Float64Array(signal.slots)
  // Slots of all elements that the factors tell apart; where the factors repeat, only the units matter.
  let slots = new Int32Array(1)
  let places = new Int32Array(1)
  for (let a = 0; a < lengths.length; a++) {
    const repeats = lengths[a] === 1
    const axis = repeats ? signal.axes[a].filter(factor => factor.stride !== 0) : signal.axes[a]
    const along = repeats || axisLength(axis) !== null ? slotsOf(axis) : new Int32Array(lengths[a])
    const [oldSlots, oldPlaces, count] = [slots, places, along.length]
    slots = Int32Array.from(
      { length: oldSlots.length * count },
      (_, i) => oldSlots[Math.floor(i / count)] + along[i % count],
    )
    places = Int32Array.from(slots, (_, i) => oldPlaces[Math.floor(i / count)] * lengths[a] + (repeats ? 0 : i % count))
  }
  slots.forEach((slot, i) => {
    sums[slot] += factors[places[i]]
    counts[slot]++
  })
  return sums.map((sum, slot) => sum / counts[slot])
}
