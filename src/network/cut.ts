/**
 * Cuts a network at its values: the part that computes some values from others. What the operators before the cut made
 * becomes an input, so that it can be computed once, kept, changed and fed back in.
 */
import { UsageError } from '../errors.ts'
import { dtypeTracker } from './dtypes.ts'
import type { Network, Operator, ValueInfo } from './network.ts'
import { valuesRead } from './topology.ts'

export interface Cut {
  /** Values that become the inputs; inputs of the network that are still needed are added. Default: its inputs. */
  readonly inputs?: readonly string[]
  /** Values to be computed. Default: the network's outputs. */
  readonly outputs?: readonly string[]
}

/**
 * The part of a network from some values to others, with only the operators and weights it needs. The first axis of a
 * new input is open where the file leaves it open.
 * @throws UsageError `usage.value` naming a value that the network does not have
 */
export function cutNetwork(network: Network, cut: Cut): Network {
  const types = dtypeTracker(network.inputs, network.weights)
  const producers = new Map<string, Operator>()
  for (const operator of network.operators) {
    types.add(operator)
    for (const output of operator.outputs) if (output !== '') producers.set(output, operator)
  }
  const known = new Map([...network.inputs, ...network.outputs].map(info => [info.name, info]))
  const info = (name: string): ValueInfo => {
    if (!producers.has(name) && !known.has(name))
      throw new UsageError(
        'usage.value',
        `The network "${network.name}" has no value "${name}"; take one that an operator makes.`,
      )
    return known.get(name) ?? { name, dtype: types.dtype(name), shape: network.shapes.get(name) ?? [] }
  }
  const outputs = (cut.outputs ?? network.outputs.map(({ name }) => name)).map(info)
  const inputs = (cut.inputs ?? []).map(info)
  const given = new Set(inputs.map(({ name }) => name))

  const needed = new Set<Operator>()
  const read = new Set<string>()
  const pending = outputs.map(({ name }) => name)
  for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
    if (read.has(name) || given.has(name)) continue
    read.add(name)
    const producer = producers.get(name)
    if (!producer || needed.has(producer)) continue
    needed.add(producer)
    pending.push(...valuesRead(producer))
  }
  return {
    ...network,
    inputs: [...inputs, ...network.inputs.filter(({ name }) => read.has(name) && !given.has(name))],
    outputs,
    operators: network.operators.filter(operator => needed.has(operator)),
    weights: new Map([...network.weights].filter(([name]) => read.has(name))),
  }
}
