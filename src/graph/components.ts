/** Connected components of a unit graph and how they lie in its layers, by union–find with path halving. */
import { layerOffsets, type UnitGraph, unitCount } from './unit-graph.ts'

export interface Components {
  readonly count: number
  /** Component of each unit, numbered by first unit; a unit without edges is a component of its own. [units] */
  readonly label: Int32Array
}

export function connectedComponents(graph: UnitGraph): Components {
  const n = unitCount(graph)
  const offsets = layerOffsets(graph)
  const parent = Int32Array.from({ length: n }, (_, i) => i)
  const root = (i: number) => {
    while (parent[i] !== i) i = parent[i] = parent[parent[i]]
    return i
  }
  for (const { from, to, edges } of graph.blocks) {
    const columns = graph.layers[from].size
    const first = offsets[from]
    // Once a row without zeros has joined all columns, one edge is all that matters of any other row.
    let united = false
    for (let r = 0; r < graph.layers[to].size; r++) {
      let own = root(offsets[to] + r)
      const start = edges.kind === 'dense' ? 0 : edges.rowStart[r]
      const end = edges.kind === 'dense' ? columns : edges.rowStart[r + 1]
      let zeros = edges.kind === 'dense' ? 0 : columns - (end - start)
      for (let at = start; at < end; at++) {
        const column = first + (edges.kind === 'dense' ? at : edges.columns[at])
        if (edges.kind === 'dense' && edges.values[r * columns + at] === 0) {
          zeros++
          continue
        }
        if (parent[column] === own) {
          if (united) break
          continue
        }
        const other = root(column)
        if (other === own) parent[column] = own
        else {
          // The smaller index becomes the root, whatever the order of edges.
          const small = Math.min(own, other)
          parent[Math.max(own, other)] = small
          own = small
        }
        if (united) break
      }
      if (zeros === 0) united = true
    }
  }
  const label = new Int32Array(n)
  let count = 0
  for (let i = 0; i < n; i++) {
    const r = root(i)
    label[i] = r === i ? count++ : label[r]
  }
  return { count, label }
}

/** Number of units of each component in each layer: [components][layers]. */
export function componentLayers(graph: UnitGraph, { label, count }: Components): number[][] {
  const offsets = layerOffsets(graph)
  const counts = Array.from({ length: count }, () => new Array<number>(graph.layers.length).fill(0))
  for (let l = 0; l < graph.layers.length; l++) for (let u = offsets[l]; u < offsets[l + 1]; u++) counts[label[u]][l]++
  return counts
}
