/** For tests: one block of a unit graph as a plain matrix, zeros where there is no edge. */
import { forEachEdge, type UnitGraph } from '../../src/graph/unit-graph.ts'

export function blockMatrix(graph: UnitGraph, from: number, to: number) {
  const [rows, columns] = [graph.layers[to].size, graph.layers[from].size]
  const values = new Float64Array(rows * columns)
  const block = graph.blocks.find(candidate => candidate.from === from && candidate.to === to)
  if (!block) throw new Error(`There is no block ${from} > ${to}.`)
  forEachEdge(graph, block, (row, column, weight) => {
    values[row * columns + column] += weight
  })
  return { values, rows, columns }
}
