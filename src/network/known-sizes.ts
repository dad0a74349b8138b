/**
 * Sizes that exporters compute with operators (`Shape → Gather → Div → Slice`) as constants of their own, where static shapes
 * tell all of their numbers: whoever follows slices and splits needs the numbers, not the operators.
 */
import { tensor } from '../tensor/tensor.ts'
import { heldWeight } from './build.ts'
import type { Network } from './network.ts'
import { readShapeVectors, trackShapes } from './shapes.ts'

/** The network with a weight for each such value; its operators are left in place. */
export async function withKnownSizes(network: Network): Promise<Network> {
  const tracker = trackShapes(network.inputs, network.shapes)
  const vectors = await readShapeVectors(network.weights, network.operators)
  for (const [name, weight] of network.weights) tracker.addWeight({ ...weight, name }, vectors.get(name))
  const weights = new Map(network.weights)
  for (const operator of network.operators) {
    tracker.add(operator)
    const [name] = operator.outputs
    const vector = tracker.vector(name)
    if (!vector?.dims.every(dim => typeof dim === 'number')) continue
    const shape = vector.isScalar ? [] : [vector.dims.length]
    weights.set(name, heldWeight(name, tensor(BigInt64Array.from(vector.dims, BigInt), shape)))
  }
  return { ...network, weights }
}
