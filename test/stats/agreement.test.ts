// Expected values from scikit-learn 1.2 (ARI, AMI, NMI) and SciPy 1.10 (entropies for VI).
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { adjustedRandIndex, agreement } from '../../src/stats/agreement.ts'

const GOLDEN = [
  {
    a: [
      2, 1, 1, 0, 0, 0, 0, 0, 0, 2, 1, 2, 1, 1, 2, 2, 1, 1, 1, 2, 0, 2, 2, 0, 1, 2, 1, 0, 2, 2, 2, 0, 0, 2, 0, 1, 0, 0,
      1, 1,
    ],
    b: [
      2, 1, 3, 0, 3, 0, 2, 2, 3, 1, 3, 2, 1, 0, 2, 2, 1, 1, 2, 2, 0, 2, 2, 0, 1, 1, 1, 3, 2, 1, 0, 0, 3, 2, 0, 1, 0, 3,
      1, 1,
    ],
    ari: 0.30445779323427125,
    ami: 0.3227169756476067,
    nmi: 0.36920837776217524,
    vi: 1.5523895142807813,
  },
  {
    a: [
      4, 3, 2, 2, 2, 2, 1, 3, 0, 2, 1, 3, 3, 3, 4, 4, 0, 0, 0, 3, 4, 4, 3, 4, 4, 0, 0, 4, 0, 4, 4, 4, 1, 0, 2, 4, 1, 4,
      1, 4, 1, 2, 1, 1, 4, 4, 0, 4, 4, 1, 2, 2, 3, 2, 0, 4, 3, 0, 4, 3,
    ],
    b: [
      1, 1, 1, 0, 1, 0, 0, 1, 0, 0, 1, 1, 0, 1, 0, 0, 1, 0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 1, 1, 1,
      1, 1, 1, 0, 1, 1, 0, 1, 0, 0, 1, 1, 0, 0, 1, 0, 1, 0, 1, 1, 1, 1,
    ],
    ari: 0.08135239163652541,
    ami: 0.12473985832252955,
    nmi: 0.152278217864803,
    vi: 1.9092289386462706,
  },
  {
    a: [5, 1, 4, 1, 2, 4, 3, 1, 3, 3, 5, 3, 5, 5, 0, 0, 3, 2, 3, 4, 1, 1, 4, 2, 5],
    b: [0, 1, 4, 3, 2, 3, 1, 1, 3, 3, 5, 3, 2, 5, 0, 2, 3, 4, 3, 4, 5, 1, 4, 2, 5],
    ari: 0.3393782383419689,
    ami: 0.3723234782174998,
    nmi: 0.5890940518735874,
    vi: 1.4247452300452674,
  },
]

describe('agreement of partitions', () => {
  it('matches scikit-learn', () => {
    for (const { a, b, ...expected } of GOLDEN) {
      const found = agreement(a, b)
      expect(found.ari).toBeCloseTo(expected.ari, 12)
      expect(found.ami).toBeCloseTo(expected.ami, 11)
      expect(found.nmi).toBeCloseTo(expected.nmi, 12)
      expect(found.vi).toBeCloseTo(expected.vi, 12)
    }
  })

  it('is 1 (VI 0) for renamed labels and symmetric, whatever the partition', () => {
    const labels = fc.array(fc.tuple(fc.nat(4), fc.nat(4)), { minLength: 2, maxLength: 40 })
    fc.assert(
      fc.property(labels, pairs => {
        const a = pairs.map(([label]) => label)
        const b = pairs.map(([, label]) => label)
        const renamed = agreement(
          a,
          a.map(label => 17 - label),
        )
        expect(renamed.ari).toBe(1)
        expect(renamed.ami).toBeCloseTo(1, 9)
        expect(renamed.vi).toBeCloseTo(0, 12)
        const there = agreement(a, b)
        const back = agreement(b, a)
        expect(there.ari).toBeCloseTo(back.ari, 12)
        expect(there.ami).toBeCloseTo(back.ami, 9)
        expect(there.ari).toBe(adjustedRandIndex(a, b))
      }),
      { seed: 1, numRuns: 100 },
    )
  })

  it('leaves out units that either partition leaves out', () => {
    const found = agreement([0, 0, 1, 1, -1, 2], [5, 5, 3, 3, 3, -1])
    expect(found.count).toBe(4)
    expect(found.ari).toBe(1)
  })

  it('refuses partitions of different lengths', () => {
    expect(() => agreement([0, 1], [0])).toThrow(/2 and 1/)
  })
})
