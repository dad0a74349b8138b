/**
 * Path weights: how strongly one layer-module can act on a later one through everything in between, from the weights
 * alone (a stand-in for lesions, after the path-weight graph of arXiv 2003.04881's code).
 *
 * With m(a, b) the mean flow between layer-modules (flows.ts), over all paths that go forward:
 *   P(a, c) = m(a, c) + Σ_b P(a, b) · m(b, c),
 * then each layer pair is divided by its largest value, so that 1 is the strongest pair of those two layers. The
 * original sums the means along a path; here they are multiplied, as the weights along a path are.
 */
import type { ModuleFlow } from './analysis.ts'

export interface LayerModule {
  readonly layer: number
  readonly module: number
}

export interface PathWeights {
  /** Layer-modules that have units, layer after layer. */
  readonly nodes: readonly LayerModule[]
  /** Row acts on column: [nodes × nodes], row-major, 0 … 1; 0 where no path leads. */
  readonly values: Float64Array
}

/**
 * @param perLayer number of units per module, for each layer (`LayerSummary.perModule`)
 * @param flows always from an earlier layer to a later one
 */
export function pathWeights(perLayer: readonly (readonly number[])[], flows: readonly ModuleFlow[]): PathWeights {
  const nodes = perLayer.flatMap((sizes, layer) =>
    sizes.flatMap((size, module) => (size > 0 ? [{ layer, module }] : [])),
  )
  const n = nodes.length
  const indexOf = new Map(nodes.map((node, i) => [`${node.layer} ${node.module}`, i]))
  const incoming: { from: number; mean: number }[][] = nodes.map(() => [])
  for (const flow of flows) {
    const from = indexOf.get(`${flow.fromLayer} ${flow.fromModule}`)
    const to = indexOf.get(`${flow.toLayer} ${flow.toModule}`)
    if (from !== undefined && to !== undefined) incoming[to].push({ from, mean: flow.mean })
  }
  const values = new Float64Array(n * n)
  for (let c = 0; c < n; c++) {
    for (const { from, mean } of incoming[c]) {
      values[from * n + c] += mean
      for (let a = 0; a < from; a++) values[a * n + c] += values[a * n + from] * mean
    }
  }
  normalisePairs(values, nodes, perLayer.length)
  return { nodes, values }
}

function normalisePairs(values: Float64Array, nodes: readonly LayerModule[], layers: number): void {
  const n = nodes.length
  const largest = new Float64Array(layers * layers)
  const pairOf = (a: number, c: number) => nodes[a].layer * layers + nodes[c].layer
  for (let a = 0; a < n; a++)
    for (let c = a + 1; c < n; c++) largest[pairOf(a, c)] = Math.max(largest[pairOf(a, c)], values[a * n + c])
  for (let a = 0; a < n; a++)
    for (let c = a + 1; c < n; c++) if (largest[pairOf(a, c)] > 0) values[a * n + c] /= largest[pairOf(a, c)]
}
