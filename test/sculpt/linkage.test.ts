/** Average linkage: right where nothing ties, and SciPy's and scikit-learn's answer where much does. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { featureDistances } from '../../src/sculpt/distances.ts'
import { cutTree, linkageTree } from '../../src/sculpt/linkage.ts'

/** Rows of 0/1 features, and scikit-learn 1.2.1's labels (average, cosine) for k = 1, 2, … n clusters. */
const TIED = [
  {
    rows: ['0000001', '0000001', '0000001', '1000000', '0000001', '1000000', '0000001'],
    labels: ['0000000', '0001010', '1110102', '0003012', '0003412', '0053412', '6523410'],
  },
  {
    rows: ['10101', '11101', '10111', '11101', '11100', '11101', '01011', '01011'],
    labels: ['00000000', '00000011', '20200011', '02023211', '42321200', '40301052', '40301652', '47351620'],
  },
  {
    rows: ['0001110', '1010101', '0001110', '1010101', '0001110', '1000101', '1000101'],
    labels: ['0000000', '1010100', '1212100', '0202031', '2020431', '0502431', '6532410'],
  },
]

describe('linkageTree and cutTree', () => {
  it.each(TIED)('break ties as scikit-learn does: $rows', ({ rows, labels }) => {
    const table = Uint8Array.from(rows.join(''), Number)
    const tree = linkageTree(distancesOf(table, rows.length), rows.length, 'average')
    expect(labels.map((_, i) => cutTree(tree, i + 1).join(''))).toEqual(labels)
  })

  it('merge the two clusters of least mean distance, again and again', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 9 }),
        fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })),
        (n, draws) => {
          const d = new Float64Array(n * n)
          for (let i = 0; i < n; i++)
            // A part of its own for each pair, so that nothing ties.
            for (let j = 0; j < i; j++) d[i * n + j] = d[j * n + i] = draws.next().value + (i * n + j) ** 2 * 1e-4
          const tree = linkageTree(d, n, 'average')
          for (let k = 1; k <= n; k++) expect(sameGroups(cutTree(tree, k), naive(d, n, k))).toBe(true)
        },
      ),
      { seed: 1, numRuns: 60 },
    )
  })
})

function distancesOf(table: Uint8Array, rows: number): Float64Array {
  const columns = table.length / rows
  return featureDistances({ table, rows, columns, near: columns }, 'cosine')
}

/** Labels by looking at all pairs of clusters each time. */
function naive(d: Float64Array, n: number, k: number): Int32Array {
  const clusters = Array.from({ length: n }, (_, i) => [i])
  const mean = (a: number[], b: number[]) =>
    a.flatMap(i => b.map(j => d[i * n + j])).reduce((s, x) => s + x, 0) / (a.length * b.length)
  while (clusters.length > k) {
    let best = [0, 1]
    for (let i = 0; i < clusters.length; i++)
      for (let j = i + 1; j < clusters.length; j++)
        if (mean(clusters[i], clusters[j]) < mean(clusters[best[0]], clusters[best[1]])) best = [i, j]
    clusters[best[0]].push(...clusters[best[1]])
    clusters.splice(best[1], 1)
  }
  const labels = new Int32Array(n)
  for (const [c, members] of clusters.entries()) for (const i of members) labels[i] = c
  return labels
}

function sameGroups(a: Int32Array, b: Int32Array): boolean {
  const pairs = new Set([...a].map((label, i) => `${label} ${b[i]}`))
  return pairs.size === new Set(a).size && pairs.size === new Set(b).size
}
