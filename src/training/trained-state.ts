/**
 * What a training step changes, as tensors by the names of its graph: parameters, optimiser state, running statistics.
 * Packed or apart, it is read and written here by parameter.
 */
import type { Parameter } from '../autodiff/parameters.ts'
import { UnsupportedError } from '../errors.ts'
import { heldWeight } from '../network/build.ts'
import type { Network } from '../network/network.ts'
import { elementCount, type Tensor, tensor } from '../tensor/tensor.ts'
import type { Objective } from './objective.ts'
import type { UpdateRule } from './optimiser.ts'
import { NAMES } from './step-graph.ts'

export type TrainedState = Map<string, Tensor>

/** Where each parameter lies in the state. */
export interface Layout {
  readonly packed: boolean
  readonly parameters: readonly Parameter[]
}

/** Up to this many parameters, one packed vector was faster than a tensor each (bench/training.ts). */
const PACKED_LIMIT = 2 ** 20

export function chooseLayout({ parameters, replicas }: Objective): Layout {
  return { packed: replicas === undefined && parameterCount(parameters) <= PACKED_LIMIT, parameters }
}

export function parameterCount(parameters: readonly Parameter[]): number {
  return parameters.reduce((sum, { shape }) => sum + elementCount(shape), 0)
}

/** The network's own weights and statistics, the optimiser's state at zero. */
export async function initialState(
  network: Network,
  objective: Objective,
  layout: Layout,
  rule: UpdateRule,
): Promise<TrainedState> {
  const values = new Map<string, Float32Array>()
  for (const { name, dtype } of layout.parameters) {
    if (dtype !== 'float32')
      throw new UnsupportedError(
        'unsupported.training-dtype',
        `The weight "${name}" is ${dtype}; training works in float32: convert the network first.`,
      )
    values.set(name, Float32Array.from((await network.weights.get(name)!.read()).data as Float32Array))
  }
  const state = arrange(layout, values, () => 0)
  for (const [name, { shape, data }] of [...state])
    for (const slot of rule.state) state.set(NAMES.state(slot, name), tensor(new Float32Array(data.length), shape))
  for (const { name, shape } of objective.statistics)
    state.set(name, tensor((await network.weights.get(name)!.read()).data, shape))
  return state
}

/** The parameters by name. Their arrays are views into the state where it is packed. */
export function parametersIn(state: TrainedState, { packed, parameters }: Layout): Map<string, Tensor> {
  if (!packed) return new Map(parameters.map(({ name }) => [name, state.get(name)!]))
  const all = state.get(NAMES.packed)!.data as Float32Array
  let start = 0
  return new Map(
    parameters.map(({ name, shape }) => {
      const end = start + elementCount(shape)
      const view = tensor(all.subarray(start, end), shape)
      start = end
      return [name, view]
    }),
  )
}

/**
 * Values given by parameter, as the step's graph takes them: `parameters` in a packed layout, else one for each.
 *
 * @param fallback what stands where a parameter is given no values
 */
export function arrange(
  { packed, parameters }: Layout,
  values: ReadonlyMap<string, Float32Array>,
  fallback: (name: string, index: number) => number,
): TrainedState {
  const filled = ({ name, shape }: Parameter) =>
    values.get(name) ?? Float32Array.from({ length: elementCount(shape) }, (_, index) => fallback(name, index))
  if (!packed) return new Map(parameters.map(member => [member.name, tensor(filled(member), member.shape)]))
  const all = new Float32Array(parameterCount(parameters))
  let at = 0
  for (const member of parameters) {
    all.set(filled(member), at)
    at += elementCount(member.shape)
  }
  return new Map([[NAMES.packed, tensor(all, [all.length])]])
}

/** Parameters and running statistics of a network in training, as copies by name. */
export function copyTrained(state: TrainedState, layout: Layout, objective: Objective): Map<string, Tensor> {
  const statistics = objective.statistics.map(({ name }) => [name, state.get(name)!] as const)
  const trained = [...parametersIn(state, layout), ...statistics]
  return new Map(trained.map(([name, { shape, data }]) => [name, tensor((data as Float32Array).slice(), shape)]))
}

/** The network with these tensors in place of its weights of the same names. */
export function withTrained(network: Network, trained: ReadonlyMap<string, Tensor>): Network {
  const weights = new Map(network.weights)
  for (const [name, values] of trained) weights.set(name, heldWeight(name, values))
  return { ...network, weights }
}
