/**
 * Two tests of whether units reach the same later units more than by chance (Neural Sculpting, arXiv 2305.18402, and its
 * code), for what the distance modularity cannot say: that all units of a layer are apart, or that they are one cluster.
 * For two 0/1 rows with k_i and k_j ones, k_ij shared, of N columns:
 *
 *   E = N x,   σ = √(N x (1 − x)),   x = k_i k_j / N²
 *
 * All apart: the first pair that the tree merges has k_ij < 1, or k_ij < max(k_i, k_j) and k_ij ≤ E; score (E − k_ij)/σ.
 * One cluster: what the two sides of the root reach together has k_ij ≥ max(k_i, k_j), or k_ij ≥ 1 and k_ij ≥ E; score
 * (k_ij − E)/σ. Scores are not divided where σ = 0. The number of standard deviations plays no part in either verdict. The products are rounded in the code's order, which
 * gives its scores to the last bit.
 */
import { overlap } from './distances.ts'
import { type ClusterTree, cutTree } from './linkage.ts'
import type { UnitFeatures } from './unit-features.ts'

export interface OverlapTest {
  /** Whether the test finds what it looks for. */
  readonly found: boolean
  readonly score: number
}

export function testApart(features: UnitFeatures, tree: ClusterTree): OverlapTest {
  const { shared, most, expected, deviation } = compare(
    nearRow(features, tree.children[0]),
    nearRow(features, tree.children[1]),
  )
  return {
    found: shared < 1 || (shared < most && shared <= expected),
    score: (expected - shared) / deviation,
  }
}

export function testOneCluster(features: UnitFeatures, tree: ClusterTree): OverlapTest {
  const sides = cutTree(tree, 2)
  const reached = [0, 1].map(side => {
    const union = new Uint8Array(features.near)
    for (const [unit, label] of sides.entries())
      if (label === side) for (const [column, one] of nearRow(features, unit).entries()) union[column] |= one
    return union
  })
  const { shared, most, expected, deviation } = compare(reached[0], reached[1])
  return {
    found: shared >= most || (shared >= 1 && shared >= expected),
    score: (shared - expected) / deviation,
  }
}

function nearRow({ table, columns, near }: UnitFeatures, unit: number): Uint8Array {
  return table.subarray(unit * columns, unit * columns + near)
}

function compare(a: Uint8Array, b: Uint8Array) {
  const [ones, others] = [overlap(a, a), overlap(b, b)]
  const n = a.length
  const x = (ones * others) / (n * n)
  return {
    shared: overlap(a, b),
    most: Math.max(ones, others),
    expected: n * x,
    deviation: Math.sqrt(n * x * (1 - x)) || 1,
  }
}
