/**
 * How many clusters: the four criteria of Neural Sculpting's code (arXiv 2305.18402), all turned so that smaller is
 * better. `modularity`: the paper's (distance-modularity.ts). The others as in scikit-learn, with n units, k clusters,
 * their centres and the centre of all:
 *
 *   calinski-harabasz  −(B/(k − 1)) / (W/(n − k)), B and W the squared deviations between and within clusters
 *                      (Caliński and Harabasz 1974); −1 where W = 0
 *   silhouette         −mean of (b − a)/max(a, b): a mean distance to the own cluster, b least mean distance to another
 *                      one; 0 for units alone (Rousseeuw 1987)
 *   davies-bouldin     mean over clusters of the largest (s_i + s_j)/‖c_i − c_j‖, s the mean distance to the centre
 *                      (Davies and Bouldin 1979); 0 where all s or all distances of centres are 0
 */
import { distanceModularity } from './distance-modularity.ts'
import type { UnitFeatures } from './unit-features.ts'

export const CRITERIA = ['modularity', 'calinski-harabasz', 'silhouette', 'davies-bouldin'] as const
export type Criterion = (typeof CRITERIA)[number]

/** One number for each labelling. */
export function criterionScores(
  criterion: Criterion,
  features: UnitFeatures,
  distances: Float64Array,
  labellings: readonly Int32Array[],
): Float64Array {
  const score = {
    modularity: (labels: Int32Array) => distanceModularity(distances, labels),
    'calinski-harabasz': (labels: Int32Array) => -calinskiHarabasz(features, labels),
    silhouette: (labels: Int32Array) => -silhouette(distances, labels),
    'davies-bouldin': (labels: Int32Array) => daviesBouldin(features, labels),
  }[criterion]
  return Float64Array.from(labellings, score)
}

interface Centres {
  readonly k: number
  readonly sizes: Float64Array
  /** [k × columns]. */
  readonly centres: Float64Array
  readonly values: ArrayLike<number>
}

function clusterCentres(
  { table, values = Float64Array.from(table), columns }: UnitFeatures,
  labels: Int32Array,
): Centres {
  const k = Math.max(...labels) + 1
  const sizes = new Float64Array(k)
  const centres = new Float64Array(k * columns)
  labels.forEach((label, unit) => {
    sizes[label]++
    for (let c = 0; c < columns; c++) centres[label * columns + c] += values[unit * columns + c]
  })
  for (let label = 0; label < k; label++) for (let c = 0; c < columns; c++) centres[label * columns + c] /= sizes[label]
  return { k, sizes, centres, values }
}

function squaredDistance(a: ArrayLike<number>, i: number, b: ArrayLike<number>, j: number, columns: number): number {
  let sum = 0
  for (let c = 0; c < columns; c++) sum += (a[i * columns + c] - b[j * columns + c]) ** 2
  return sum
}

function calinskiHarabasz(features: UnitFeatures, labels: Int32Array): number {
  const { k, sizes, centres, values } = clusterCentres(features, labels)
  const { columns } = features
  const n = labels.length
  const middle = new Float64Array(columns)
  for (let unit = 0; unit < n; unit++) for (let c = 0; c < columns; c++) middle[c] += values[unit * columns + c] / n
  let between = 0
  for (let label = 0; label < k; label++) between += sizes[label] * squaredDistance(centres, label, middle, 0, columns)
  let within = 0
  labels.forEach((label, unit) => {
    within += squaredDistance(values, unit, centres, label, columns)
  })
  return within === 0 ? 1 : (between * (n - k)) / (within * (k - 1))
}

function silhouette(distances: Float64Array, labels: Int32Array): number {
  const n = labels.length
  const k = Math.max(...labels) + 1
  const sizes = new Float64Array(k)
  for (const label of labels) sizes[label]++
  let sum = 0
  for (let unit = 0; unit < n; unit++) {
    const own = labels[unit]
    if (sizes[own] === 1) continue
    const totals = new Float64Array(k)
    for (let other = 0; other < n; other++) totals[labels[other]] += distances[unit * n + other]
    const a = totals[own] / (sizes[own] - 1)
    const b = Math.min(...Array.from(totals, (total, label) => (label === own ? Infinity : total / sizes[label])))
    const most = Math.max(a, b)
    if (most > 0) sum += (b - a) / most
  }
  return sum / n
}

function daviesBouldin(features: UnitFeatures, labels: Int32Array): number {
  const { k, sizes, centres, values } = clusterCentres(features, labels)
  const { columns } = features
  const spread = new Float64Array(k)
  labels.forEach((label, unit) => {
    spread[label] += Math.sqrt(squaredDistance(values, unit, centres, label, columns)) / sizes[label]
  })
  let sum = 0
  for (let i = 0; i < k; i++) {
    let worst = 0
    for (let j = 0; j < k; j++) {
      const apart = Math.sqrt(squaredDistance(centres, i, centres, j, columns))
      if (i !== j && apart > 0) worst = Math.max(worst, (spread[i] + spread[j]) / apart)
    }
    sum += worst
  }
  return sum / k
}
