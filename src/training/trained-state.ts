/** What a training step changes, by the names of its graph: parameters, optimiser state, running statistics. */
import { UnsupportedError } from '../errors.ts'
import { heldWeight } from '../network/build.ts'
import type { Network } from '../network/network.ts'
import { elementCount, type Tensor, tensor } from '../tensor/tensor.ts'
import { arrange, type Layout, parametersIn } from './layout.ts'
import type { Objective } from './objective.ts'
import type { UpdateRule } from './optimiser.ts'
import { NAMES } from './step-graph.ts'

export type TrainedState = Map<string, Tensor>

/** The network's own weights and statistics, the optimiser's state at zero. */
export async function initialState(
  network: Network,
  objective: Objective,
  layout: Layout,
  rule: UpdateRule,
): Promise<TrainedState> {
  const values = new Map<string, Float32Array>()
  for (const { name, dtype } of objective.parameters) {
    if (dtype !== 'float32')
      throw new UnsupportedError(
        'unsupported.training-dtype',
        `The weight "${name}" is ${dtype}; training works in float32: convert the network first.`,
      )
    values.set(name, (await network.weights.get(name)!.read()).data as Float32Array)
  }
  const state = arrange(layout, values, 0)
  for (const { name, shape } of layout)
    for (const slot of rule.state)
      state.set(NAMES.state(slot, name), tensor(new Float32Array(elementCount(shape)), shape))
  for (const { name, shape } of objective.statistics)
    state.set(name, tensor((await network.weights.get(name)!.read()).data, shape))
  return state
}

/** Parameters and running statistics of a network in training, by name, as views. */
export function trainedWeights(state: TrainedState, layout: Layout, objective: Objective): Map<string, Tensor> {
  const statistics = objective.statistics.map(({ name }) => [name, state.get(name)!] as const)
  return new Map([...parametersIn(state, layout), ...statistics])
}

/** The same as copies. */
export function copyTrained(state: TrainedState, layout: Layout, objective: Objective): Map<string, Tensor> {
  const trained = trainedWeights(state, layout, objective)
  return new Map(Array.from(trained, ([name, { shape, data }]) => [name, tensor(data.slice(), shape)]))
}

/** The network with these tensors in place of its weights of the same names. */
export function withTrained(network: Network, trained: ReadonlyMap<string, Tensor>): Network {
  const weights = new Map(network.weights)
  for (const [name, values] of trained) weights.set(name, heldWeight(name, values))
  return { ...network, weights }
}
