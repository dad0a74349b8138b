/** A unit graph that came from a file of nodes and edges, not from a network. */
import { FormatError } from '../../errors.ts'
import type { UnitGraph } from '../unit-graph.ts'
import type { Edges } from './edges.ts'
import type { NodeTable } from './nodes.ts'

export interface GraphFile {
  /** `graphml`, `csv`, `npz` or `npy`. */
  readonly format: string
  readonly graph: UnitGraph
  /** Names of the units, layer after layer, where the file has any. */
  readonly names?: readonly string[]
  /** What a user should know about how the file was understood, as sentences. */
  readonly notes: readonly string[]
}

/** The graph of all nodes and edges read. `names` — of the nodes, in their order. */
export function graphOf(
  format: string,
  where: string,
  nodes: Pick<NodeTable, 'count' | 'layers'>,
  names: readonly string[] | undefined,
  edges: Edges,
): GraphFile {
  if (nodes.count === 0) throw new FormatError('format.empty', `${where} has no nodes.`)
  const { layers, layerOf, unitOf, nodeOf, isLayered } = nodes.layers()
  const { blocks, tally } = edges.blocks(layers, layerOf, unitOf)
  const notes = [
    isLayered ? '' : 'The graph has no layers: its nodes are one layer with edges within.',
    tally.selfLoops > 0 ? `Edges of a node to itself were left out: ${tally.selfLoops}.` : '',
    tally.repeated > 0 ? `Edges between the same two nodes were added up: ${tally.repeated} beyond the first.` : '',
    tally.negative > 0 ? `Negative weights were taken without their sign: ${tally.negative}.` : '',
  ].filter(Boolean)
  return { format, graph: { layers, blocks }, ...(names && { names: Array.from(nodeOf, node => names[node]) }), notes }
}
