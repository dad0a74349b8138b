/**
 * The null model of activation graphs (arXiv 2103.03386's code, `activations.py`): the weights of all pairs of units that
 * the graph's blocks hold, zeros included, are permuted over all these pairs. Blocks of two layers hold every pair,
 * blocks within one layer the pairs below the diagonal. Only the multiset of weights is kept, whatever block they came
 * from, so that units in correlated layers are no longer so.
 */
import { storeBlock } from '../graph/store.ts'
import type { EdgeBlock, UnitGraph } from '../graph/unit-graph.ts'
import { type Random, shuffle } from '../random.ts'
import { toDense } from './permute-weights.ts'

/** One random graph with the same layers and blocks. */
export function permuteEdges(graph: UnitGraph, random: Random): UnitGraph {
  const pairs = graph.blocks.map(block => pairsOf(graph, block))
  const weights = new Float32Array(pairs.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const own of pairs) {
    weights.set(own, at)
    at += own.length
  }
  shuffle(weights, random)
  at = 0
  const blocks = graph.blocks.map(({ from, to, edges }, b): EdgeBlock => {
    const own = weights.subarray(at, at + pairs[b].length)
    at += own.length
    const [rows, columns] = [graph.layers[to].size, graph.layers[from].size]
    const values = from === to ? square(own, rows) : own.slice()
    const dense = { from, to, edges: { kind: 'dense' as const, values } }
    return edges.kind === 'dense' ? dense : storeBlock(dense, rows, columns)
  })
  return { layers: graph.layers, blocks }
}

/** The weights of all pairs of a block, row by row. */
function pairsOf({ layers }: UnitGraph, { from, to, edges }: EdgeBlock): Float32Array {
  const rows = layers[to].size
  const { values } = edges.kind === 'dense' ? edges : toDense(edges, rows, layers[from].size)
  if (from !== to) return values
  const below = new Float32Array((rows * (rows - 1)) / 2)
  for (let r = 1; r < rows; r++) below.set(values.subarray(r * rows, r * rows + r), (r * (r - 1)) / 2)
  return below
}

function square(below: Float32Array, rows: number): Float32Array {
  const values = new Float32Array(rows * rows)
  for (let r = 1; r < rows; r++) values.set(below.subarray((r * (r - 1)) / 2, (r * (r + 1)) / 2), r * rows)
  return values
}
