/** What the rules of the walk share: the network, the layers and edges found so far, and the ways to add to them. */
import { ResourceError } from '../errors.ts'
import type { Network, Operator } from '../network/network.ts'
import type { Constants } from './constants.ts'
import type { Gauge } from './gauge.ts'
import type { KernelNorm } from './kernel-norm.ts'
import { type Axis, type Signal, slotsOf, unitFactors } from './signal.ts'
import type { UnitLayer } from './unit-graph.ts'

interface WalkLayer {
  readonly name: string
  readonly size: number
  readonly kind: UnitLayer['kind']
  /** The operator's type; undefined for inputs. */
  readonly operator?: string
  /** Scale variable of each unit: [size]. */
  readonly gauge: Int32Array
}

/** Norms of weights; Float32 where each is one weight of that type, so that nothing is lost. */
export type EdgeMatrix = Float64Array | Float32Array

/** In place of the edges of weights whose values were not read (network/without-values.ts). */
export const NO_EDGES = new Float64Array(0)

/** What one weight operator reads: needed for graphs whose units are the operators' inputs. */
export interface Reading {
  readonly layer: number
  /** Norm of the weights between each index of the axis it reads and each of its units: [units × indices]. */
  readonly matrix: EdgeMatrix
  /** Per index of the axis it reads, and per term of the signal: unit (−1 for none) and gain. */
  readonly sources: readonly { readonly layer: number; readonly units: Int32Array; readonly gains: Float64Array }[]
  readonly weight: WeightUse
}

/** How a weight operator's matrix of norms comes from its weight. */
export interface WeightUse {
  /** The operator's input that holds it. */
  readonly name: string
  /** Constant factor on every norm. */
  readonly scale: number
  /** Index in the matrix of each element of the weight: Int32Array [elements]. Worked out when asked for. */
  cells(): Int32Array
}

export interface WalkState {
  readonly network: Network
  readonly norm: KernelNorm
  /** Whether batch norm counts (otherwise it is transparent). */
  readonly batchNorm: boolean
  readonly constants: Constants
  readonly gauge: Gauge
  readonly layers: WalkLayer[]
  /** Edge weights [to.size × from.size] by `from,to`. A block may be the matrix of a reading: it is replaced, not changed. */
  readonly blocks: Map<string, EdgeMatrix>
  readonly readings: Reading[]
  readonly leftOut: { readonly name: string; readonly type: string; readonly reason: string }[]
  /** Layouts of inputs found to hold channels: set when a spatial operator reads them, then the walk starts over. */
  readonly inputAxes: Map<string, readonly Axis[]>
  restart: boolean
  /** Asked before the rules; undefined where it has no answer and the rules are to be asked. */
  readonly before?: (operator: Operator, state: WalkState) => Promise<Outcome | undefined>
  /** What the walk knows of each value; null where the walk has stopped. Constants are not in here. */
  readonly signals: Map<string, Signal | null>
}

/** A rule gives the signals of an operator's outputs; null where the walk stops. */
export type Rule = (operator: Operator, state: WalkState) => Promise<Outcome> | Outcome
export type Outcome = Signal | null | readonly (Signal | null)[]

/** Notes that an operator cannot be placed; what it read keeps its scale. */
export function stop(operator: Operator, state: WalkState, reason: string): null {
  state.leftOut.push({ name: operator.name, type: operator.type, reason })
  return null
}

/** Everything the signal carries keeps its scale from now on. */
export function fixScale(signal: Signal, state: WalkState): Signal {
  for (const variable of signal.gauge) state.gauge.unite(variable, 0)
  return signal
}

/** The output of a unit layer as a signal: one axis of units, the others positions of the given lengths. */
export function layerSignal(layer: number, state: WalkState, axes: readonly Axis[]): Signal {
  const { size, gauge } = state.layers[layer]
  const units = Int32Array.from({ length: size }, (_, unit) => unit)
  return { axes, slots: size, terms: [{ layer, units, gains: new Float64Array(size).fill(1) }], gauge }
}

const MOST_EDGES = 2 ** 27

/**
 * Adds the layer of a weight operator that reads `signal`.
 * Throws a ResourceError `resource.edges` when a block of its edges would be too large to hold.
 */
export function addLayer(
  operator: Operator,
  state: WalkState,
  signal: Signal | null,
  size: number,
  kind: UnitLayer['kind'],
): number {
  for (const { layer } of signal?.terms ?? []) {
    const source = state.layers[layer]
    if (source.size * size > MOST_EDGES)
      throw new ResourceError(
        'resource.edges',
        `Between "${source.name}" (${source.size} units) and "${operator.name}" (${size} units) lie more than ` +
          `${MOST_EDGES} edges, too many to hold; such a network cannot be analysed here.`,
      )
  }
  const { name, type } = operator
  state.layers.push({ name, size, kind, operator: type, gauge: state.gauge.fresh(size) })
  return state.layers.length - 1
}

/**
 * Links a weight operator's layer to the units its input carries: edge (unit, source) += matrix[unit, index] × gain for
 * every index of the axis it reads. Where the other axes hold units too (a dense layer reshaped to an image), each of
 * those units is linked; a unit that occurs there several times counts once.
 * @param matrix norms of the weights, [units × indices], non-negative
 */
export function connect(
  state: WalkState,
  layer: number,
  signal: Signal,
  axis: number,
  matrix: EdgeMatrix,
  weight: WeightUse,
): void {
  const along = slotsOf(signal.axes[axis])
  const others = slotsOf(unitFactors(signal, axis))
  const rows = state.layers[layer].size
  for (const term of signal.terms) {
    const columns = state.layers[term.layer].size
    const key = `${term.layer},${layer}`
    const before = state.blocks.get(key)
    if (matrix.length === 0) {
      state.blocks.set(key, NO_EDGES)
      continue
    }
    if (!before && others.length === 1 && isAsItStands(term, along, columns)) {
      state.blocks.set(key, matrix)
      continue
    }
    const block = before ? Float64Array.from(before) : new Float64Array(rows * columns)
    state.blocks.set(key, block)
    along.forEach((slot, index) => {
      for (const [unit, gain] of unitsAt(term.units, term.gains, slot, others)) {
        for (let r = 0; r < rows; r++) block[r * columns + unit] += matrix[r * along.length + index] * gain
      }
    })
  }
  if (others.length === 1) {
    const sources = signal.terms.map(term => ({
      layer: term.layer,
      units: along.map(slot => term.units[slot]),
      gains: Float64Array.from(along, slot => term.gains[slot]),
    }))
    state.readings.push({ layer, matrix, sources, weight })
  }
}

/** Whether index i of the axis is unit i, unscaled: the matrix of norms is then the block, and is not copied. */
function isAsItStands({ units, gains }: Signal['terms'][number], along: Int32Array, columns: number): boolean {
  return along.length === columns && along.every((slot, index) => units[slot] === index && gains[slot] === 1)
}

/** Units (with their mean gain) found at one index. */
function unitsAt(units: Int32Array, gains: Float64Array, slot: number, others: Int32Array): Iterable<[number, number]> {
  if (others.length === 1) return units[slot] < 0 ? [] : [[units[slot], gains[slot]]]
  const sums = new Map<number, [number, number]>()
  for (const other of others) {
    const unit = units[slot + other]
    if (unit < 0) continue
    const [sum, count] = sums.get(unit) ?? [0, 0]
    sums.set(unit, [sum + gains[slot + other], count + 1])
  }
  return Array.from(sums, ([unit, [sum, count]]): [number, number] => [unit, sum / count])
}
