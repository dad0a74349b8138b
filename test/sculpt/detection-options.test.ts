/** Other linkages, distances, criteria and directions of detection, against scikit-learn 1.2.1 and SciPy 1.10. */
import { describe, expect, it } from 'vitest'
import { criterionScores } from '../../src/sculpt/cluster-criteria.ts'
import { condense } from '../../src/sculpt/condense.ts'
import { detectModules } from '../../src/sculpt/detect.ts'
import { type Distance, featureDistances } from '../../src/sculpt/distances.ts'
import { cutTree, type Linkage, linkageTree } from '../../src/sculpt/linkage.ts'
import { parseNetworkLine } from '../../src/sculpt/network-lines.ts'
import { unitFeatures } from '../../src/sculpt/unit-features.ts'

const ROWS = ['110010', '110000', '011010', '000111', '001111', '100110', '000011']
const features = {
  table: Uint8Array.from(ROWS.join(''), Number),
  ...{ rows: 7, columns: 6, near: 6 },
}

/** Labels for k = 2 … 5. */
const LABELS: readonly [Distance, Linkage, string[]][] = [
  ['cosine', 'average', ['0001111', '1120000', '1120030', '0021134']],
  ['cosine', 'complete', ['1110000', '0001121', '1130020', '0031124']],
  ['euclidean', 'average', ['1110000', '0001121', '1130020', '1130024']],
  ['euclidean', 'complete', ['1110000', '0001121', '1130020', '1130024']],
  ['euclidean', 'ward', ['1110000', '0001121', '1130020', '1130024']],
  ['jaccard', 'average', ['0001111', '1120000', '1120030', '0021134']],
  ['jaccard', 'complete', ['1110000', '0001121', '1130020', '0031124']],
]

const sameGroups = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Array.from(a).every((x, i) => Array.from(a).every((y, j) => (x === y) === (b[i] === b[j])))

describe('clusters of a layer', () => {
  it.each(LABELS)('%s distance, %s linkage', (distance, linkage, labels) => {
    const tree = linkageTree(featureDistances(features, distance), 7, linkage)
    for (const [i, expected] of labels.entries())
      expect(sameGroups(cutTree(tree, i + 2), Array.from(expected, Number))).toBe(true)
  })

  it('single linkage joins what is nearest, again and again', () => {
    const tree = linkageTree(Float64Array.of(0, 1, 2, 9, 1, 0, 1.5, 8, 2, 1.5, 0, 7, 9, 8, 7, 0), 4, 'single')
    expect(sameGroups(cutTree(tree, 2), [0, 0, 0, 1])).toBe(true)
    expect(sameGroups(cutTree(tree, 3), [0, 0, 1, 2])).toBe(true)
  })

  it('criteria agree with scikit-learn', () => {
    const labels = [Int32Array.of(0, 0, 1, 2, 2, 1, 2)]
    const distances = featureDistances(features, 'cosine')
    expect(criterionScores('calinski-harabasz', features, distances, labels)[0]).toBeCloseTo(-2.770186335403726, 12)
    expect(criterionScores('silhouette', features, distances, labels)[0]).toBeCloseTo(-0.32600999247207396, 12)
    expect(criterionScores('davies-bouldin', features, distances, labels)[0]).toBeCloseTo(1.3364876642838537, 12)
  })
})

const { network } = parseNetworkLine(
  JSON.stringify({
    arch: [2, 3, 2],
    edges: [
      [
        [0, 0, 2],
        [1, 1, -3],
        [1, 2, 0.5],
      ],
      [
        [0, 0, 1],
        [1, 1, 4],
        [2, 1, 2],
        [2, 0, 1],
      ],
    ],
    biases: [[], []],
  }),
  'test',
)

describe('features of units', () => {
  const of = (layer: number, direction: 'outgoing' | 'incoming' | 'both', weighted = false) =>
    unitFeatures(condense(network), layer, { step: 2, direction, weighted })

  it('are what a unit reaches, what reaches it, or both', () => {
    expect([...of(1, 'outgoing').table]).toEqual([1, 0, 0, 1, 1, 1])
    expect([...of(1, 'incoming').table]).toEqual([1, 0, 0, 1, 0, 1])
    expect([...of(1, 'both').table]).toEqual([1, 0, 1, 0, 0, 1, 0, 1, 1, 1, 0, 1])
    expect([...of(0, 'incoming').table]).toEqual([...of(0, 'outgoing').table])
  })

  it('weighted, are sums over paths', () => {
    expect([...of(0, 'outgoing', true).values!]).toEqual([2, 0, 0, 2, 0, 0, 3, 0.5, 0.5, 13])
  })
})

describe('detectModules', () => {
  it('takes every option, and refuses what makes no sense', () => {
    for (const linkage of ['complete', 'single', 'ward'] as const)
      for (const criterion of ['calinski-harabasz', 'silhouette', 'davies-bouldin'] as const)
        expect(
          detectModules(network, { linkage, criterion, distance: 'euclidean', weighted: true }).count,
        ).toBeGreaterThan(0)
    expect(() => detectModules(network, { linkage: 'ward' })).toThrow(/Ward's linkage needs Euclidean/)
    expect(() => detectModules(network, { weighted: true })).toThrow(/Euclidean/)
    expect(() => detectModules(network, { distance: 'manhattan' as 'cosine' })).toThrow(
      /"distance" cannot be "manhattan"/,
    )
  })
})
