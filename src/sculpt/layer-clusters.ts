/**
 * The clusters of one layer (Neural Sculpting, arXiv 2305.18402, and its code): average linkage of cosine distances
 * between what units reach, cut where the distance modularity of k = 2 … n − 1 clusters is least (of ties the largest
 * k). Other linkages, distances and criteria by option. The overlap tests may say instead that all units are apart (n) or are one cluster (1); if both do, the higher
 * score counts, and one cluster where scores tie. Their verdict replaces k if k is 2 or n − 1, or if the modularity does
 * not fall below −`gate`: so for n ≤ 4 always.
 */
import { type Criterion, criterionScores } from './cluster-criteria.ts'
import { type Distance, featureDistances } from './distances.ts'
import { cutTree, type Linkage, linkageTree } from './linkage.ts'
import { type OverlapTest, testApart, testOneCluster } from './overlap-tests.ts'
import type { UnitFeatures } from './unit-features.ts'

export interface LayerOptions {
  readonly linkage: Linkage
  readonly distance: Distance
  readonly criterion: Criterion
  /** Criteria above −gate are too weak to stand against the overlap tests. */
  readonly gate: number
}

export interface LayerClusters {
  /** Cluster of each unit, from 0. */
  readonly labels: Int32Array
  /** Distance modularity, or another criterion, for k = 2 … n − 1; smaller is better. */
  readonly modularities: Float64Array
  /** The two overlap tests; absent for fewer than two units. */
  readonly apart?: OverlapTest
  readonly oneCluster?: OverlapTest
  /** The number of clusters the tests call for, whether or not it was followed. */
  readonly verdict?: number
}

export function clusterLayer(features: UnitFeatures, options: LayerOptions): LayerClusters {
  const { linkage, distance, criterion, gate } = options
  const n = features.rows
  if (n < 2) return { labels: new Int32Array(n), modularities: new Float64Array(0), ...(n === 1 && { verdict: 1 }) }
  const distances = featureDistances(features, distance)
  const tree = linkageTree(distances, n, linkage)
  const cuts = Array.from({ length: n - 2 }, (_, i) => cutTree(tree, i + 2))
  const modularities = criterionScores(criterion, features, distances, cuts)
  let k = 2
  let best = Infinity
  for (const [i, modularity] of modularities.entries())
    if (modularity <= best) {
      best = modularity
      k = i + 2
    }
  const apart = testApart(features, tree)
  const oneCluster = testOneCluster(features, tree)
  const verdict = decide(apart, oneCluster, n)
  if (verdict !== undefined && (k === 2 || k === n - 1 || best > -gate)) k = verdict
  return { labels: cutTree(tree, k), modularities, apart, oneCluster, ...(verdict !== undefined && { verdict }) }
}

function decide(apart: OverlapTest, oneCluster: OverlapTest, n: number): number | undefined {
  if (apart.found && oneCluster.found) return oneCluster.score >= apart.score ? 1 : n
  if (apart.found) return n
  return oneCluster.found ? 1 : undefined
}
