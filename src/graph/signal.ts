/**
 * What the walk knows about a value: which units its elements carry. Element → slot is a strided layout: each axis is
 * a list of factors (outermost first) and the slot of an element is the sum of factor index × stride; stride 0 marks a
 * position (batch, rows, columns, tokens), where the slot does not change. Slot → units is a sum of terms, one per
 * source layer, each with a non-negative gain. Transposes permute the axes, reshapes regroup the factors, concatenation
 * and slicing renumber the slots; so a flatten, in channels-first or channels-last order, needs no case of its own.
 */
import { normalAxis } from '../network/dims.ts'

export interface Factor {
  /** Null: open in the file (batch); only positions may be open. */
  readonly size: number | null
  readonly stride: number
}

export interface Term {
  /** Index of the source layer. */
  readonly layer: number
  /** Unit of the source layer in each slot, −1 for none: [slots]. */
  readonly units: Int32Array
  /** What lies between unit and slot multiplies it by this much: [slots], ≥ 0. */
  readonly gains: Float64Array
}

export type Axis = readonly Factor[]

export interface Signal {
  readonly axes: readonly Axis[]
  readonly slots: number
  readonly terms: readonly Term[]
  /** Scale variable of each slot, −1 for none: [slots]. */
  readonly gauge: Int32Array
}

/** More slots than this are not worked out; the operator is left out instead. */
export const MOST_SLOTS = 2 ** 22

/** Slot of each combination of the factors' indices, row-major. Sizes must be known. */
export function slotsOf(factors: Axis): Int32Array {
  let slots = new Int32Array(1)
  for (const { size, stride } of factors) {
    const wider = new Int32Array(slots.length * (size as number))
    for (let s = 0, at = 0; s < slots.length; s++)
      for (let i = 0; i < (size as number); i++) wider[at++] = slots[s] + i * stride
    slots = wider
  }
  return slots
}

/** Number of elements along an axis, or null when open. */
export function axisLength(axis: Axis): number | null {
  return axis.reduce<number | null>((length, { size }) => (length === null || size === null ? null : length * size), 1)
}

export function holdsUnits(axis: Axis): boolean {
  return axis.some(factor => factor.stride !== 0)
}

/** The axis counted from the front; undefined where the signal has none such: a senseless file. */
export function axisOf(signal: Signal, given: number): number | undefined {
  return normalAxis(given, signal.axes.length)
}

/** What is said where there is none. */
export const NO_SUCH_AXIS = 'it names an axis that its input does not have'

/** An axis of positions. */
export function positions(size: number | null): Axis {
  return size === 1 ? [] : [{ size, stride: 0 }]
}

/** An axis where each index is a slot of its own. */
export function unitAxis(size: number): Axis {
  return size === 1 ? [] : [{ size, stride: 1 }]
}

/** All factors that hold units, in row-major order, but those of one axis. */
export function unitFactors(signal: Signal, except = -1): Factor[] {
  return signal.axes.flatMap((axis, a) => (a === except ? [] : axis.filter(factor => factor.stride !== 0)))
}

/** The same terms under new slots. `source[s]` is the old slot of new slot s, −1 for none. */
export function renumber(signal: Signal, source: Int32Array, axes: readonly Axis[]): Signal {
  const pick = (units: Int32Array) => source.map(slot => (slot < 0 ? -1 : units[slot]))
  const terms = signal.terms.map(({ layer, units, gains }) => ({
    layer,
    units: pick(units),
    gains: Float64Array.from(source, slot => (slot < 0 ? 0 : gains[slot])),
  }))
  return { axes, slots: source.length, terms, gauge: pick(signal.gauge) }
}

/** Gives the unit factors of `axes` compact row-major strides (times `unit`); returns the new axes. */
export function compactStrides(axes: readonly Axis[], unit = 1): Axis[] {
  let stride = unit
  return axes
    .toReversed()
    .map(axis =>
      axis
        .toReversed()
        .map(factor => {
          if (factor.stride === 0) return factor
          const compact = { size: factor.size, stride }
          stride *= factor.size as number
          return compact
        })
        .toReversed(),
    )
    .toReversed()
}

/**
 * Picks indices along one axis (−1: nothing there), each becoming a block of slots of its own. Undefined when that
 * makes too many slots or the axis has an open length.
 */
export function selectAlong(signal: Signal, axis: number, indices: ArrayLike<number>): Signal | undefined {
  if (axisLength(signal.axes[axis]) === null) return undefined
  const along = slotsOf(signal.axes[axis])
  const others = slotsOf(unitFactors(signal, axis))
  if (indices.length * others.length > MOST_SLOTS) return undefined
  const source = new Int32Array(indices.length * others.length)
  for (let i = 0, at = 0; i < indices.length; i++)
    for (let o = 0; o < others.length; o++) source[at++] = indices[i] < 0 ? -1 : along[indices[i]] + others[o]
  const compact = compactStrides(signal.axes.map((factors, a) => (a === axis ? [] : factors)))
  const axes = compact.map((factors, a) =>
    a === axis && indices.length !== 1 ? [{ size: indices.length, stride: others.length }] : factors,
  )
  return renumber(signal, source, axes)
}

/** Takes every index along an axis as a block of slots of its own. */
export function spreadAlong(signal: Signal, axis: number): Signal | undefined {
  const length = axisLength(signal.axes[axis])
  return length === null
    ? undefined
    : selectAlong(
        signal,
        axis,
        Int32Array.from({ length }, (_, i) => i),
      )
}

/** Replaces axes that hold no units by positions of the given lengths; undefined when one of them does hold units. */
export function resizePositions(signal: Signal, sizes: ReadonlyMap<number, number | null>): Signal | undefined {
  for (const axis of sizes.keys()) if (holdsUnits(signal.axes[axis])) return undefined
  const axes = signal.axes.map((axis, a) => (sizes.has(a) ? positions(sizes.get(a) as number | null) : axis))
  return { ...signal, axes }
}
