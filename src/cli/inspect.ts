/** `lobes inspect FILE`: what is in the file, what can be analysed and what cannot, and why. */
import { LobesError } from '../errors.ts'
import { graphOutline } from '../graph/outline.ts'
import { type PreparedGraph, prepareGraph } from '../graph/prepare.ts'
import { transformerFor } from '../graph/transformer/choose.ts'
import { transformerLayers } from '../graph/transformer/transformer-graph.ts'
import type { UnitLayer } from '../graph/unit-graph.ts'
import type { Network, WeightTensor } from '../network/network.ts'
import { operatorCounts, parameterCount } from '../network/operator-counts.ts'
import { amountText } from '../report/number-text.ts'
import { bytesPerElement } from '../tensor/dtype.ts'
import { elementCount } from '../tensor/tensor.ts'
import { openGraph } from './graph-structure.ts'
import { inspectGraph } from './inspect-graph.ts'
import { OPEN_FLAGS, OUTPUT_FLAGS, openFile } from './network-flags.ts'
import { columns, shown, type Terminal } from './terminal.ts'
import { bars, type TensorHistogram, tensorHistogram } from './text-histogram.ts'
import type { Verb } from './verb.ts'

export const inspect: Verb = {
  description: 'Show what is in a network file, and what can be analysed.',
  args: {
    ...OPEN_FLAGS,
    weights: { type: 'boolean', description: 'histograms of the weights' },
    ...OUTPUT_FLAGS,
  },
  async run(flags, terminal) {
    const graphFile = await openGraph(flags)
    if (graphFile) return inspectGraph(graphFile, terminal)
    const { source, network } = await openFile(flags)
    const tensors = [...network.weights.values()]
    const operators = operatorCounts(network)
    const parameters = parameterCount(network)
    const histograms = flags.weights === true ? await readHistograms(tensors) : undefined
    const graph = await graphSummary(network)
    const { name, byteLength: bytes } = source
    const { inputs, outputs, notes } = network

    const origin = [network.source.producer, network.source.opset && `opset ${network.source.opset}`].filter(Boolean)
    terminal.print(`${terminal.bold(name)}  ${network.source.format}, ${shown(bytes)} bytes`)
    if (origin.length > 0) terminal.print(`from ${origin.join(', ')}`)
    terminal.print(`${shown(parameters)} parameters in ${tensors.length} tensors`)
    if (operators.length > 0)
      terminal.print(`operators: ${operators.map(({ type, count }) => `${count} ${type}`).join(', ')}`)
    for (const value of inputs) terminal.print(`input: ${value.name} [${shapeText(value.shape)}]`)
    for (const value of outputs) terminal.print(`output: ${value.name} [${shapeText(value.shape)}]`)
    for (const note of notes) terminal.print(`note: ${note}`)
    printGraph(graph, terminal)
    if (histograms) printHistograms(histograms, terminal)

    terminal.document({
      file: { name, bytes, ...network.source },
      operators,
      parameters,
      tensors: tensors.map(({ name, dtype, shape }) => ({ name, dtype, shape })),
      inputs,
      outputs,
      notes,
      graph,
      ...(histograms && { histograms }),
    })
    return 0
  },
}

/** The unit graph's layers, or why there is none. */
interface GraphSummary {
  readonly layers: readonly (UnitLayer & { readonly removed: number })[]
  readonly leftOut: PreparedGraph['leftOut']
  readonly notes: readonly string[]
  readonly problem?: string
}

/** Weights beyond this many bytes are not read to tell the layers. */
const MOST_READ = 2 ** 26

function storedBytes({ weights }: Network): number {
  return [...weights.values()].reduce((sum, { shape, dtype }) => sum + elementCount(shape) * bytesPerElement(dtype), 0)
}

async function graphSummary(network: Network): Promise<GraphSummary> {
  try {
    if (storedBytes(network) > MOST_READ) {
      const { layers, leftOut, notes } = await graphOutline(network)
      const note = 'Which units lie on no path from input to output is not told for files this large; cluster does.'
      return { layers: layers.map(layer => ({ ...layer, removed: 0 })), leftOut, notes: [...notes, note] }
    }
    const transformer = await transformerFor(network, {})
    // The products of a large one take minutes; its layers are known without them.
    if (transformer) {
      const layers = transformerLayers(transformer).map(layer => ({ ...layer, removed: 0 }))
      return { layers, leftOut: [], notes: [] }
    }
    const { graph, part, leftOut, notes } = await prepareGraph(network)
    const layers = graph.layers.map((layer, l) => ({ ...layer, removed: layer.size - part.graph.layers[l].size }))
    return { layers, leftOut, notes }
  } catch (error) {
    if (!(error instanceof LobesError)) throw error
    return { layers: [], leftOut: [], notes: [], problem: error.message }
  }
}

function printGraph({ layers, leftOut, notes, problem }: GraphSummary, terminal: Terminal): void {
  terminal.print()
  if (problem !== undefined || layers.length === 0) {
    terminal.print(`no unit graph: ${problem ?? 'there are no weights between units'}`)
  } else {
    const units = layers.reduce((sum, { size }) => sum + size, 0)
    terminal.print(terminal.bold(`can be analysed: ${shown(units)} units in ${layers.length} layers`))
    for (const line of columns(
      layers.map(({ name, role, kind, size, removed }) => [
        name,
        role,
        amountText(size, kind),
        removed > 0 ? `${removed} on no path from input to output` : '',
      ]),
    ))
      terminal.print(line)
  }
  for (const { name, type, reason } of leftOut) terminal.print(`left out: ${name} (${type}): ${reason}`)
  for (const note of notes) terminal.print(`note: ${note}`)
}

/** Of matrices and kernels: vectors are biases and statistics. */
async function readHistograms(tensors: readonly WeightTensor[]): Promise<TensorHistogram[]> {
  const histograms = []
  for (const tensor of tensors) if (tensor.shape.length > 1) histograms.push(await tensorHistogram(tensor))
  return histograms
}

function printHistograms(histograms: readonly TensorHistogram[], terminal: Terminal): void {
  terminal.print()
  const rows = histograms.map(({ name, shape, least, greatest, counts, zeros, total }) => [
    name,
    shapeText(shape),
    shown(least),
    bars(counts),
    shown(greatest),
    zeros > 0 ? `${shown((100 * zeros) / total, 1)} % zeros` : '',
  ])
  for (const line of columns(rows)) terminal.print(line)
}

function shapeText(shape: readonly (number | null)[]): string {
  return shape.map(size => size ?? '?').join(' × ')
}
