/**
 * The walk over an operator graph that goes through attention: scores are products of two activations behind which a
 * softmax stands, and what they are multiplied with passes on, head by head. Every matrix becomes a layer, as in the walk
 * of other networks, and so does every norm; here it is only noted what each reads, and no edges are made.
 */
import { withKnownSizes } from '../../network/known-sizes.ts'
import { type Network, numberAttribute, type Operator } from '../../network/network.ts'
import { axisLength, holdsUnits, positions, type Signal, type Term, unitAxis } from '../signal.ts'
import { trace } from '../trace.ts'
import { addLayer, fixScale, layerSignal, type Outcome, type WalkState } from '../walk-state.ts'
import { type FoundNorm, findNorms } from './norm-patterns.ts'

/** A layer of the walk, and what it reads. */
export type Place =
  | {
      readonly kind: 'matrix'
      readonly weight: string
      /** Stored as [units × inputs]. */
      readonly unitsFirst: boolean
      readonly units: number
      readonly inputs: number
      readonly scale: number
      readonly signal: Signal
      readonly axis: number
    }
  | { readonly kind: 'norm'; readonly norm: FoundNorm; readonly signal: Signal }
  /** Batch norm: linear, with a gain that may be negative. */
  | { readonly kind: 'batch'; readonly operator: Operator; readonly signal: Signal }
  /** Each dimension times a constant (layer scale). */
  | { readonly kind: 'scaled'; readonly factors: string; readonly signal: Signal }
  | { readonly kind: 'patches'; readonly weight: string; readonly input: string }
  /** Looked up in a table of so many rows. */
  | { readonly kind: 'words'; readonly rows: number }
  /** The product of a gate's layer, behind its activation, and another. */
  | { readonly kind: 'gated'; readonly gate: number; readonly up: number }

/** Softmax of the product of two activations, times a third. */
export interface Mixing {
  /** Of the operator that multiplies by the values. */
  readonly name: string
  readonly query: Signal
  /** Turned: its last axis but one holds what is summed over. */
  readonly key: Signal
  readonly value: Signal
  /** Constant factor on the scores; `computed` by operators that are not evaluated, as exporters do with 1 / √size. */
  readonly scale: Scale
}

type Scale = number | 'computed'

export interface AttentionWalk {
  readonly state: WalkState
  readonly places: ReadonlyMap<number, Place>
  readonly mixings: readonly Mixing[]
}

interface Scores {
  readonly query: Signal
  readonly key: Signal
}

type Found = Scores & { readonly scale: Scale }

const WEIGHTS = new Set(['MatMul', 'Gemm'])
const MOVING = new Set(['Transpose', 'Reshape', 'Squeeze', 'Unsqueeze', 'Identity', 'Cast', 'Slice'])

/** One number that multiplies or divides; undefined for more than one. */
async function numberOf(name: string, state: WalkState): Promise<Scale | undefined> {
  const value = await state.constants.read(name)
  if (value) return value.data.length === 1 ? Number(value.data[0]) : undefined
  const shape = state.network.shapes.get(name)
  return state.constants.has(name) && (shape === undefined || shape.every(size => size === 1)) ? 'computed' : undefined
}

export async function attentionWalk(given: Network): Promise<AttentionWalk> {
  const network = await withKnownSizes(given)
  const norms = findNorms(network)
  const makers = new Map(network.operators.flatMap(operator => operator.outputs.map(name => [name, operator] as const)))
  const places = new Map<number, Place>()
  const mixings: Mixing[] = []
  const scores = new Map<string, Scores>()
  /** Values multiplied by a number that is not known, and what was made of them up to the scores. */
  const computed = new Set<string>()

  /** A layer whose units are the dimensions of the stream or the rows of a matrix, on the last axis. */
  const layer = (operator: Operator, state: WalkState, like: Signal, size: number, place: Place): Signal => {
    const own = addLayer(operator, state, null, size, place.kind === 'patches' ? 'channel' : 'neuron')
    places.set(own, place)
    const last = like.axes.length - 1
    return layerSignal(
      own,
      state,
      like.axes.map((axis, a) => (a === last ? unitAxis(size) : positions(axisLength(axis)))),
    )
  }

  /** From a softmax's result back to the scores: what stands between may be masked, cast, or multiplied by a number. */
  const scoresBehind = async (value: string, state: WalkState, softmax = false): Promise<Found | undefined> => {
    const found = scores.get(value)
    if (found) return softmax ? { ...found, scale: computed.has(value) ? 'computed' : 1 } : undefined
    const operator = makers.get(value)
    for (const next of operator?.inputs ?? []) {
      if (state.signals.get(next) !== null) continue
      const behind = await scoresBehind(next, state, softmax || operator?.type === 'Softmax')
      if (!behind || (operator?.type !== 'Mul' && operator?.type !== 'Div')) {
        if (behind) return behind
        continue
      }
      const scale = await numberOf(operator.inputs.find(input => input !== next) as string, state)
      if (scale === undefined) return undefined
      if (scale === 'computed') return { ...behind, scale }
      if (behind.scale === 'computed') return behind
      return { ...behind, scale: behind.scale * (operator.type === 'Mul' ? scale : 1 / scale) }
    }
    return undefined
  }

  /** Whether a value multiplied by an unknown number lies a few rearrangements back. */
  const traces = (value: string): boolean => {
    if (computed.has(value)) return true
    const operator = makers.get(value)
    return operator !== undefined && MOVING.has(operator.type) && traces(operator.inputs[0])
  }

  const product = async (operator: Operator, state: WalkState): Promise<Outcome | undefined> => {
    const [a, b, bias] = operator.inputs
    const [left, right] = [state.signals.get(a), state.signals.get(b)]
    if (state.constants.has(b) && left) {
      const matrix = state.network.weights.get(b) ?? (await state.constants.read(b))
      if (matrix?.shape.length !== 2 || numberAttribute(operator, 'transA', 0) !== 0) return null
      if (bias && !state.constants.has(bias)) return null
      const unitsFirst = numberAttribute(operator, 'transB', 0) !== 0
      const [units, inputs] = unitsFirst ? matrix.shape : matrix.shape.toReversed()
      const axis = left.axes.length - 1
      if (axis < 0 || axisLength(left.axes[axis]) !== inputs) return null
      const scale = numberAttribute(operator, 'alpha', 1)
      return layer(operator, state, left, units, {
        kind: 'matrix',
        weight: b,
        unitsFirst,
        units,
        inputs,
        scale,
        signal: left,
        axis,
      })
    }
    if (left && right) {
      scores.set(operator.outputs[0], { query: left, key: right })
      if (traces(a) || traces(b)) computed.add(operator.outputs[0])
      return null
    }
    if (left !== null || !right) return undefined
    const found = await scoresBehind(a, state)
    if (!found) return undefined
    mixings.push({ name: operator.name, ...found, value: right })
    return right
  }

  const before = async (operator: Operator, state: WalkState): Promise<Outcome | undefined> => {
    const [a, b] = operator.inputs
    const [left, right] = [state.signals.get(a), state.signals.get(b)]
    const norm = norms.get(operator.outputs[0])
    if (norm) {
      const signal = state.signals.get(norm.input)
      const size = signal && axisLength(signal.axes[signal.axes.length - 1])
      if (!signal || !size) return null
      const place: Place = { kind: 'norm', norm, signal }
      return [layer(operator, state, signal, size, place), ...operator.outputs.slice(1).map(() => null)]
    }
    if (WEIGHTS.has(operator.type)) return product(operator, state)
    if (operator.type === 'Conv' && left) {
      const weight = state.network.weights.get(b)
      const isInput = left.terms.every(term => state.layers[term.layer].operator === undefined)
      if (!weight || !isInput || numberAttribute(operator, 'group', 1) !== 1) return null
      const own = addLayer(operator, state, null, weight.shape[0], 'channel')
      places.set(own, { kind: 'patches', weight: b, input: a })
      const shape = state.network.shapes.get(operator.outputs[0]) ?? weight.shape.map(() => null)
      return layerSignal(
        own,
        state,
        shape.map((size, axis) => (axis === 1 ? unitAxis(weight.shape[0]) : positions(size))),
      )
    }
    if (operator.type === 'Gather' && right && state.constants.has(a)) {
      const [rows, size] = state.network.weights.get(a)?.shape ?? []
      if (size === undefined) return null
      const own = addLayer(operator, state, null, size, 'neuron')
      places.set(own, { kind: 'words', rows })
      return layerSignal(own, state, [...right.axes.map(axis => positions(axisLength(axis))), unitAxis(size)])
    }
    if (operator.type === 'BatchNormalization' && left) {
      const size = axisLength(left.axes[1])
      if (!size) return null
      const own = addLayer(operator, state, null, size, 'neuron')
      places.set(own, { kind: 'batch', operator, signal: left })
      return layerSignal(
        own,
        state,
        left.axes.map((axis, a) => (a === 1 ? unitAxis(size) : positions(axisLength(axis)))),
      )
    }
    if (operator.type !== 'Mul' && operator.type !== 'Div') return undefined
    const known = left ? b : a
    if (left !== right && (left || right) && (await numberOf(known, state)) === 'computed') {
      computed.add(operator.outputs[0])
      return left ?? right
    }
    if (operator.type === 'Div') return undefined
    if (left && right) return gatedProduct(operator, state, left, right, places, layer)
    const [signal, factors] = left ? [left, b] : [right, a]
    const count = state.network.weights.get(factors)?.shape
    if (!signal || !onlyTerm(signal) || count?.length !== 1 || count[0] === 1 || count[0] !== signal.slots)
      return undefined
    return layer(operator, state, signal, signal.slots, { kind: 'scaled', factors, signal })
  }
  return { state: await trace(network, { norm: 'l1', batchNorm: true, before }), places, mixings }
}

/** The product of two layers' activations, unit by unit; the one whose activation fixes its scale is the gate. */
function gatedProduct(
  operator: Operator,
  state: WalkState,
  left: Signal,
  right: Signal,
  places: Map<number, Place>,
  layer: (operator: Operator, state: WalkState, like: Signal, size: number, place: Place) => Signal,
): Outcome | undefined {
  const [a, b] = [onlyTerm(left), onlyTerm(right)]
  if (a && a.layer === b?.layer) return fixScale(left, state)
  if (!a || !b || a.layer === b.layer || places.get(a.layer)?.kind !== 'matrix') return undefined
  const last = left.axes.length - 1
  if (!holdsUnits(left.axes[last]) || JSON.stringify(left.axes) !== JSON.stringify(right.axes)) return undefined
  const isFixed = (signal: Signal) => signal.gauge.some(variable => state.gauge.find(variable) === 0)
  const [gate, up] = isFixed(right) && !isFixed(left) ? [b, a] : [a, b]
  return layer(operator, state, left, left.slots, { kind: 'gated', gate: gate.layer, up: up.layer })
}

/** The one layer that a signal holds, unit for unit; x + f(x) holds x twice and counts once. */
export function onlyTerm(signal: Signal): Term | undefined {
  const [first, ...others] = signal.terms
  const isWhole = first?.units.every((unit, slot) => unit === slot)
  return isWhole && others.every(({ layer }) => layer === first.layer) ? first : undefined
}
