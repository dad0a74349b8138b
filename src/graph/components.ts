/** Connected components of a unit graph and how they lie in its layers, by union–find with path halving. */
import { offsetsOf, visitEdges, type WeightedGraph } from './adjacency.ts'

export interface Components {
  /** Component of each unit, numbered by first unit; a unit without edges is a component of its own. [units] */
  readonly label: Int32Array
  readonly components: readonly {
    readonly size: number
    /** Number of its units in each layer: [layers]. */
    readonly unitsPerLayer: readonly number[]
  }[]
}

export function componentsOf(graph: WeightedGraph): Components {
  const offsets = offsetsOf(graph.layers)
  const parent = Int32Array.from({ length: offsets[graph.layers.length] }, (_, u) => u)
  const find = (u: number) => {
    while (parent[u] !== u) u = parent[u] = parent[parent[u]]
    return u
  }
  for (const block of graph.blocks)
    visitEdges(graph, block, (row, column) => {
      const [a, b] = [find(offsets[block.to] + row), find(offsets[block.from] + column)]
      parent[Math.max(a, b)] = Math.min(a, b)
    })
  const number = new Map<number, number>()
  const label = parent.map((_, u) => {
    const root = find(u)
    if (!number.has(root)) number.set(root, number.size)
    return number.get(root) as number
  })
  const counts = Array.from({ length: number.size }, () => new Array<number>(graph.layers.length).fill(0))
  for (let l = 0; l < graph.layers.length; l++) for (let u = offsets[l]; u < offsets[l + 1]; u++) counts[label[u]][l]++
  const components = counts.map(unitsPerLayer => ({
    size: unitsPerLayer.reduce((sum, count) => sum + count, 0),
    unitsPerLayer,
  }))
  return { label, components }
}
