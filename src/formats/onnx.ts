/** ONNX models of every opset. The structure is read at once, tensors when they are asked for. */
import type { GraphProto } from 'onnx-buf'
import { FormatError } from '../errors.ts'
import type { Network } from '../network/network.ts'
import { isSubgraph } from '../network/topology.ts'
import { upgradeNetwork } from '../network/upgrade.ts'
import { elementCount } from '../tensor/tensor.ts'
import type { Format } from './format.ts'
import { inlineFunctions } from './onnx-functions.ts'
import { readGraph } from './onnx-graph.ts'
import { readModel } from './onnx-wire.ts'

export const onnx: Format = {
  name: 'onnx',
  async open(source) {
    const model = await readModel(source)
    if (!model.graph)
      throw new FormatError(
        'format.onnx',
        `${source.name} holds no operator graph; it is damaged, or not an ONNX model.`,
      )
    const opset = Number(model.opsetImport.find(({ domain }) => domain === '' || domain === 'ai.onnx')?.version ?? 1)
    const producer = [model.producerName, model.producerVersion].filter(Boolean).join(' ') || undefined
    const operators = countOperators(model.graph)
    const raw = await readGraph(inlineFunctions(model, model.graph), source, { format: 'onnx', producer, opset })
    const network = await upgradeNetwork(raw)
    const counts = { operators, parameters: countParameters(raw) }
    return { ...network, source: { ...network.source, ...counts } }
  },
}

function countOperators(graph: GraphProto, counts: Record<string, number> = {}): Record<string, number> {
  for (const { opType, attribute } of graph.node) {
    counts[opType] = (counts[opType] ?? 0) + 1
    for (const { g } of attribute) if (g) countOperators(g, counts)
  }
  return counts
}

function countParameters(network: Network): number {
  const bodies = network.operators.flatMap(({ attributes }) => Object.values(attributes).filter(isSubgraph))
  const own = Array.from(network.weights.values(), ({ dtype, shape }) =>
    dtype.includes('float') ? elementCount(shape) : 0,
  )
  return [...own, ...bodies.map(countParameters)].reduce((sum, count) => sum + count, 0)
}
