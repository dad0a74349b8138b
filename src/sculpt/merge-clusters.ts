/**
 * Modules from clusters (Neural Sculpting, arXiv 2305.18402, and its code): a cluster continues a module of the layer
 * below where nearly all their edges are mutual. With C_ij the edges from module i to cluster j,
 *
 *   a_ij = C_ij / Σ_j C_ij > δ   and   b_ij = C_ij / Σ_i C_ij > δ
 *
 * for hidden layers; outputs need only b_ij > δ. Of several modules the first counts. Other clusters begin modules of
 * their own, numbered on. Modules below and clusters are visited in the order in which they first appear in their layer.
 */
import type { CondensedNetwork } from './condense.ts'

/** @param clusters of each layer. Returns the module of each living unit, layer by layer. */
export function mergeClusters(
  { masks }: CondensedNetwork,
  clusters: readonly Int32Array[],
  delta: number,
): Int32Array[] {
  const modules = [clusters[0]]
  let next = clusters[0].reduce((most, label) => Math.max(most, label + 1), 0)
  for (let layer = 1; layer < clusters.length; layer++) {
    const below = modules[layer - 1]
    const sources = [...new Set(below)]
    const targets = [...new Set(clusters[layer])]
    const counts = countEdges(masks[layer - 1], below, clusters[layer], sources, targets)
    const sent = sources.map((_, i) => sum(targets.map((_, j) => counts[i * targets.length + j])))
    const received = targets.map((_, j) => sum(sources.map((_, i) => counts[i * targets.length + j])))
    const isOutput = layer === clusters.length - 1
    const module = new Map<number, number>()
    for (const [j, target] of targets.entries()) {
      const i = sources.findIndex((_, i) => {
        const count = counts[i * targets.length + j]
        return count / received[j] > delta && (isOutput || count / sent[i] > delta)
      })
      module.set(target, i >= 0 ? sources[i] : next++)
    }
    modules.push(clusters[layer].map(label => module.get(label) as number))
  }
  return modules
}

/** [sources × targets]. */
function countEdges(
  mask: Uint8Array,
  below: Int32Array,
  above: Int32Array,
  sources: readonly number[],
  targets: readonly number[],
): Float64Array {
  const counts = new Float64Array(sources.length * targets.length)
  const [row, column] = [indices(sources), indices(targets)]
  for (const [unit, label] of above.entries())
    for (const [source, module] of below.entries())
      counts[row(module) * targets.length + column(label)] += mask[unit * below.length + source]
  return counts
}

function indices(labels: readonly number[]): (label: number) => number {
  const places = new Map(labels.map((label, i) => [label, i]))
  return label => places.get(label) as number
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
