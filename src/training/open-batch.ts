/**
 * Networks are often saved for one example at a time. Training feeds many: the first dimension of what flows through is
 * opened, in inputs and outputs and in the shapes that `Reshape` operators on the way were given as constants, whose
 * leading batch becomes 0, which means as it comes.
 */
import { heldWeight } from '../network/build.ts'
import { type Network, numberAttribute } from '../network/network.ts'
import { inferShapes } from '../network/shapes.ts'
import { tensor } from '../tensor/tensor.ts'

/** The network with an open batch dimension; itself where it has one. */
export async function withOpenBatch(network: Network): Promise<Network> {
  const batch = network.inputs[0]?.shape[0]
  if (typeof batch !== 'number') return network
  const weights = new Map(network.weights)
  const flowing = new Set(network.inputs.map(({ name }) => name))
  const operators = []
  for (const operator of network.operators) {
    const [data, shape] = operator.inputs
    const isOnTheWay = operator.inputs.some(name => flowing.has(name))
    if (isOnTheWay) for (const output of operator.outputs) flowing.add(output)
    const given =
      operator.type === 'Reshape' && flowing.has(data) ? await network.weights.get(shape)?.read() : undefined
    const sizes = given && Array.from(given.data, Number)
    if (sizes?.[0] !== batch || numberAttribute(operator, 'allowzero', 0) !== 0) {
      operators.push(operator)
      continue
    }
    const name = `${operator.name}/open`
    weights.set(name, heldWeight(name, tensor(BigInt64Array.from([0, ...sizes.slice(1)], BigInt), [sizes.length])))
    operators.push({ ...operator, inputs: [data, name] })
  }
  const open = (shape: readonly (number | null)[]) => (shape[0] === batch ? [null, ...shape.slice(1)] : shape)
  const opened: Network = {
    ...network,
    operators,
    weights,
    inputs: network.inputs.map(info => ({ ...info, shape: open(info.shape) })),
    outputs: network.outputs.map(info => ({ ...info, shape: open(info.shape) })),
    shapes: new Map(),
  }
  return { ...opened, shapes: await inferShapes(opened) }
}
