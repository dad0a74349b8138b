/**
 * Upgrades a network from the opset of its file to {@link CURRENT_OPSET}, so that all later code, and ONNX Runtime, meet
 * one vocabulary. Each change of an operator between opsets (ONNX's "Operator Changelog") is one rule; an operator is
 * passed through the rules of its type that are younger than the file. Shapes are derived on the way, since old
 * broadcasting cannot be rewritten without ranks, and become the network's `shapes`. Rearranged constants are folded.
 */
import type { DType } from '../tensor/tensor.ts'
import { dtypeTracker } from './dtypes.ts'
import { foldConstant } from './fold-constants.ts'
import { type AttributeValue, CURRENT_OPSET, type Network, type Operator, type WeightTensor } from './network.ts'
import { readShapeVectors, type ShapeScope, trackShapes } from './shapes.ts'
import { isSubgraph, valuesRead } from './topology.ts'
import { type UpgradeScope, upgradeScope, withoutAttributes } from './upgrade-scope.ts'
import { UPGRADES } from './upgrade-table.ts'

/** @throws UnsupportedError where an operator's old form has no counterpart today. */
export async function upgradeNetwork(network: Network): Promise<Network> {
  return upgradeGraph(network, network.source.opset ?? CURRENT_OPSET, undefined)
}

type Outer = ShapeScope & { dtype(name: string): DType }

async function upgradeGraph(network: Network, opset: number, outer: Outer | undefined): Promise<Network> {
  const weights = new Map(network.weights)
  const shapes = trackShapes(network.inputs, network.shapes, outer)
  const dtypes = dtypeTracker(network.inputs, weights, outer?.dtype)
  const vectors = await readShapeVectors(weights, network.operators)
  for (const [name, weight] of weights) shapes.addWeight({ ...weight, name }, vectors.get(name))
  const scope = upgradeScope(network, opset, weights, shapes, dtypes.dtype)

  const operators: Operator[] = []
  const seen: Operator[] = []
  const outputs = new Set(network.outputs.map(({ name }) => name))
  for (const original of network.operators) {
    for (const operator of upgradeOperator(original, scope)) {
      seen.push(operator)
      shapes.add(operator)
      dtypes.add(operator)
      const [output] = operator.outputs
      const folded = outputs.has(output) ? undefined : foldConstant(operator, weights, shapes.shape(output))
      if (folded) {
        weights.set(output, folded)
        shapes.addWeight(folded, shapes.vector(output))
      } else operators.push(await upgradeBodies(operator, opset, scope))
    }
  }
  const before = [...network.operators, ...seen].flatMap(valuesRead).filter(name => !outputs.has(name))
  forgetFolded(weights, before, operators)
  return { ...network, operators, weights, shapes: shapes.known() }
}

/** Drops the weights that were read before and are not any more: their folded forms have taken their place. */
function forgetFolded(weights: Map<string, WeightTensor>, before: readonly string[], after: readonly Operator[]): void {
  const read = new Set(after.flatMap(valuesRead))
  for (const name of before) if (!read.has(name)) weights.delete(name)
}

function upgradeOperator(operator: Operator, scope: UpgradeScope): readonly Operator[] {
  if (operator.domain !== '') return [operator]
  let chain: readonly Operator[] = [withoutAttributes(operator, scope.opset < 6 ? ['consumed_inputs'] : [])]
  const types = new Set<string>()
  // A rule may rename the operator, whose new type has rules of its own.
  for (let type: string | undefined = operator.type; type !== undefined && !types.has(type); ) {
    types.add(type)
    for (const { before, rule } of UPGRADES.get(type) ?? []) {
      if (scope.opset < before) chain = chain.flatMap(link => (link.type === type ? rule(link, scope) : [link]))
    }
    type = chain.length === 1 ? chain[0].type : undefined
  }
  return chain
}

async function upgradeBodies(operator: Operator, opset: number, outer: Outer): Promise<Operator> {
  const attributes: Record<string, AttributeValue> = { ...operator.attributes }
  for (const [name, value] of Object.entries(attributes)) {
    if (isSubgraph(value)) attributes[name] = await upgradeGraph(value, opset, outer)
  }
  return { ...operator, attributes }
}
