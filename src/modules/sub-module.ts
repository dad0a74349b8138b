/**
 * Sub-modules: the units of one module inside one layer (Quantifying Local Specialization, arXiv 2110.08058 §2). They
 * are what is lesioned, visualised and compared with random unit sets of the same layer and size.
 */
import { layerOffsets, type UnitGraph } from '../graph/unit-graph.ts'

export interface SubModule {
  /** Index of the layer in the unit graph. */
  readonly layer: number
  readonly module: number
  /** Numbers of its units within the layer, ascending. */
  readonly units: Int32Array
}

/**
 * All sub-modules, layer by layer, modules ascending; units with label −1 belong to none.
 *
 * @param labels — module of each unit of the graph, layer after layer: [units].
 */
export function subModules(graph: Pick<UnitGraph, 'layers'>, labels: Int32Array): SubModule[] {
  const offsets = layerOffsets(graph as UnitGraph)
  return graph.layers.flatMap((_, layer) => {
    const units = new Map<number, number[]>()
    for (let at = offsets[layer]; at < offsets[layer + 1]; at++) {
      const module = labels[at]
      if (module < 0) continue
      const members = units.get(module)
      if (members) members.push(at - offsets[layer])
      else units.set(module, [at - offsets[layer]])
    }
    return [...units.keys()]
      .sort((a, b) => a - b)
      .map(module => ({ layer, module, units: Int32Array.from(units.get(module)!) }))
  })
}
