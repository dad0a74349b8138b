/** `lobes inspect` of a file of nodes and edges. */
import { forEachEdge, unitCount } from '../graph/unit-graph.ts'
import { amountText } from '../report/number-text.ts'
import type { OpenedGraph } from './graph-structure.ts'
import { columns, shown, type Terminal } from './terminal.ts'

export function inspectGraph({ source, file }: OpenedGraph, terminal: Terminal): number {
  const { name, byteLength: bytes } = source
  const { graph, format, notes } = file
  let edges = 0
  for (const block of graph.blocks)
    forEachEdge(graph, block, () => {
      edges++
    })
  const [units, { layers }] = [unitCount(graph), graph]
  terminal.print(`${terminal.bold(name)}  ${format}, ${shown(bytes)} bytes`)
  terminal.print(`a graph of ${shown(units)} nodes and ${shown(edges)} edges`)
  for (const note of notes) terminal.print(`note: ${note}`)
  terminal.print()
  terminal.print(terminal.bold(`can be analysed: ${shown(units)} units in ${amountText(layers.length, 'layer')}`))
  const rows = layers.map(({ name: layer, role, kind, size }) => [layer, role, amountText(size, kind)])
  for (const line of columns(rows)) terminal.print(line)
  terminal.document({
    file: { name, bytes, format },
    nodes: units,
    edges,
    notes,
    graph: { layers, leftOut: [], notes: [] },
  })
  return 0
}
