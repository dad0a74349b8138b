/** ONNX models of every opset. The structure is read at once, tensors when they are asked for. */
import { FormatError } from '../errors.ts'
import type { Format } from './format.ts'
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
    return readGraph(model.graph, source, { format: 'onnx', producer, opset })
  },
}
