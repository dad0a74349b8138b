/**
 * A graph from a file as it is clustered and tested. Where its layers have inputs and outputs, as those that lobes
 * wrote do, units are left out as for networks. Elsewhere there is no way from input to output to be on: units with any edge are kept,
 * none counts as dead.
 */
import type { GraphFile } from './files/graph-file.ts'
import { DEAD_BELOW } from './isolated.ts'
import { clusteredPart, type PreparedGraph, type PrepareOptions } from './prepare.ts'
import { selectUnits } from './select.ts'
import { layerOffsets } from './unit-graph.ts'

/** What of the options of networks has a meaning for graphs. */
export type GraphFileOptions = Pick<PrepareOptions, 'units' | 'isolated' | 'dead' | 'affinity'>

export interface PreparedGraphFile extends PreparedGraph {
  /** Names of all units of the chosen layers, where the file has any. */
  readonly names?: readonly string[]
}

/** Throws as `selectUnits` and `commuteAffinity` do. */
export function prepareGraphFile(file: GraphFile, options: GraphFileOptions = {}): PreparedGraphFile {
  const roles = new Set(file.graph.layers.map(({ role }) => role))
  const hasEnds = roles.has('input') && roles.has('output')
  const { units = 'all', isolated = hasEnds ? 'path' : 'degree', dead = hasEnds ? DEAD_BELOW : 0 } = options
  const { affinity = 'weights' } = options
  const { graph, layerOf } = selectUnits(file.graph, units)
  const offsets = layerOffsets(file.graph)
  const names = file.names && layerOf.flatMap(layer => file.names?.slice(offsets[layer], offsets[layer + 1]) ?? [])
  return {
    graph,
    ...clusteredPart(graph, { isolated, dead, affinity }),
    leftOut: [],
    notes: [],
    parameters: { units, isolated, dead, affinity },
    ...(names && { names }),
  }
}
