/**
 * The walk from weights to graph: one pass over the operators in order, carrying for each value which units it holds
 * (signal.ts). Each weight operator becomes a layer and is linked to all units that reach it through operators that
 * keep units apart (Clusterability in Neural Networks §2 for chains, and for skip connections and concatenations the
 * walk of its ImageNet graphs, here from the operator's outputs). Where no rule applies the walk stops and says so.
 */
import type { Network, Operator, ValueInfo } from '../network/network.ts'
import { valuesRead } from '../network/topology.ts'
import { elementCount } from '../tensor/tensor.ts'
import { type Constants, createConstants } from './constants.ts'
import { createGauge, FIXED } from './gauge.ts'
import { foldOutputGains } from './output-gains.ts'
import { RULES, reasonToStop, SHAPE_ONLY } from './rules/table.ts'
import { type Axis, compactStrides, MOST_SLOTS, positions, type Signal, slotsOf } from './signal.ts'
import { fixScale, stop, type WalkState } from './walk-state.ts'

export type TraceOptions = Pick<WalkState, 'norm' | 'batchNorm' | 'before'>

/** Walks the network. The state holds layers in order, blocks, readings and what was left out. */
export async function trace(network: Network, options: TraceOptions): Promise<WalkState> {
  const inputAxes = new Map<string, readonly Axis[]>()
  for (;;) {
    const state = begin(network, options, inputAxes)
    for (const operator of network.operators) {
      await visit(operator, state)
      if (state.restart) break
    }
    if (state.restart) continue
    for (const { name } of network.outputs) {
      const signal = state.signals.get(name)
      if (signal) fixScale(signal, state)
    }
    foldOutputGains(state)
    return state
  }
}

function begin(network: Network, options: TraceOptions, inputAxes: Map<string, readonly Axis[]>): WalkState {
  const constants: Constants = createConstants(network)
  const state: WalkState = {
    ...options,
    network,
    constants,
    gauge: createGauge(),
    layers: [],
    blocks: new Map(),
    readings: [],
    leftOut: [],
    inputAxes,
    restart: false,
    signals: new Map(),
  }
  for (const input of network.inputs) state.signals.set(input.name, inputSignal(input, state))
  return state
}

/** Every value of one example is a unit, until an operator shows that the input holds channels. */
function inputSignal(input: ValueInfo, state: WalkState): Signal {
  const known = state.inputAxes.get(input.name)
  const axes = known ?? compactStrides(input.shape.map((size, a) => elementAxis(size, a, input.shape)))
  const size = slotsOf(axes.flat().filter(factor => factor.stride !== 0)).length
  const gauge = new Int32Array(size).fill(FIXED)
  const units = Int32Array.from({ length: size }, (_, unit) => unit)
  const spatial = known !== undefined || !countable(input.shape)
  state.layers.push({ name: input.name, size, kind: spatial ? 'channel' : 'neuron', gauge })
  const term = { layer: state.layers.length - 1, units, gains: new Float64Array(size).fill(1) }
  return { axes, slots: size, terms: [term], gauge }
}

/** Whether every value of one example can be a unit: no open rows or columns, and not too many. */
function countable(shape: readonly (number | null)[]): boolean {
  const values = shape.slice(1)
  return !values.includes(null) && elementCount(values as number[]) <= MOST_SLOTS
}

function elementAxis(size: number | null, axis: number, shape: readonly (number | null)[]): Axis {
  const isBatch = axis === 0 && shape.length > 1
  if (isBatch || size === null || size === 1 || (axis !== 1 && !countable(shape))) return positions(size)
  return [{ size, stride: 1 }]
}

async function visit(operator: Operator, state: WalkState): Promise<void> {
  const reads = valuesRead(operator)
  const fromInput = reads.some(name => state.signals.has(name))
  if (!fromInput || SHAPE_ONLY.has(operator.type)) return state.constants.add(operator)
  const rule = operator.domain === '' || operator.domain === 'ai.onnx' ? RULES.get(operator.type) : undefined
  const early = await state.before?.(operator, state)
  const outcome =
    early !== undefined
      ? early
      : rule
        ? await rule(operator, state)
        : stop(operator, state, reasonToStop(operator.type))
  if (!rule && early === undefined) {
    for (const name of reads) {
      const signal = state.signals.get(name)
      if (signal) fixScale(signal, state)
    }
  }
  const signals = Array.isArray(outcome) ? outcome : [outcome]
  operator.outputs.forEach((name, at) => {
    if (name !== '') state.signals.set(name, (signals[at] as Signal | null | undefined) ?? null)
  })
}
