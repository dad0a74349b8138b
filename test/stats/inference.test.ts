// Clopper–Pearson bounds and Cohen's d: SciPy 1.10 and NumPy 1.24; the rest by hand.
import { describe, expect, it } from 'vitest'
import { fisherP, irwinHallP, midP, rankUniformityP, stoufferP } from '../../src/stats/combine.ts'
import { cohensD, meanInterval, moments, standardDeviation, zScore } from '../../src/stats/effect.ts'
import { adjustedPs, discoveryThreshold } from '../../src/stats/fdr.ts'
import { clopperPearson, monteCarloP, rawFraction, sequentialP, strictP } from '../../src/stats/monte-carlo.ts'
import { resultHash } from '../../src/stats/result-hash.ts'

const CLOPPER_PEARSON = [
  [0, 100, 0.0, 0.03621669264519054],
  [1, 100, 0.0002531460326818928, 0.054459385392080666],
  [50, 1000, 0.03733539760466065, 0.06539048791549365],
  [100, 100, 0.9637833073548094, 1.0],
  [7, 20, 0.1539092047845412, 0.5921885345328283],
]

describe('Monte Carlo p-values', () => {
  it('count ties against the finding; the published variants do not', () => {
    const draws = [3, 3, 3, 5]
    expect(monteCarloP(3, draws)).toBe(4 / 5)
    expect(strictP(3, draws)).toBe(1 / 5)
    expect(rawFraction(3, draws)).toBe(0)
    expect(monteCarloP(5, draws, 'right')).toBe(2 / 5)
    expect(strictP(5, draws, 'right')).toBe(1 / 5)
  })

  it('never fall below 1 / (m + 1)', () => {
    expect(monteCarloP(-1, [0, 1, 2, 3])).toBe(1 / 5)
  })

  it('stop after h extreme draws with p = h / l, and go on otherwise', () => {
    const draws = [9, 1, 9, 1, 9, 1]
    expect(sequentialP(2, draws, 2, 100)).toEqual({ p: 2 / 4, draws: 4, stoppedEarly: true })
    expect(sequentialP(2, draws, 4, 100)).toBeUndefined()
    expect(sequentialP(2, draws, 4, 6)).toEqual({ p: 4 / 7, draws: 6, stoppedEarly: false })
    expect(sequentialP(1, draws, 1, 6)).toEqual({ p: 1 / 2, draws: 2, stoppedEarly: true })
  })

  it('carry exact intervals', () => {
    for (const [hits, trials, low, high] of CLOPPER_PEARSON) {
      const [a, b] = clopperPearson(hits, trials)
      expect(a).toBeCloseTo(low, 11)
      expect(b).toBeCloseTo(high, 11)
    }
    expect(() => clopperPearson(3, 2)).toThrow(/3 of 2/)
  })
})

describe('combined p-values', () => {
  const ps = [0.05, 0.05, 0.1, 0.25, 1, 0.35, 0.05, 0.65]

  it('match the published worked example (19 draws each)', () => {
    expect(fisherP(midP(ps, 19))).toBeCloseTo(0.0062714031, 9)
    expect(rankUniformityP(ps, 19)).toBeCloseTo(0.1046530703, 9)
  })

  it('sum five uniforms exactly', () => {
    const five = (mean: number) => irwinHallP(Array.from({ length: 5 }, () => mean))
    expect(five(0.01)).toBeCloseTo(2.6041667e-9, 15)
    expect(five(0.1)).toBeCloseTo(2.6041667e-4, 10)
    expect(five(0.25)).toBeCloseTo(0.025390625, 12)
    expect(five(0.5)).toBeCloseTo(0.5, 12)
    expect(five(0.75)).toBeCloseTo(0.974609375, 12)
  })

  it('are those of one p for one p, up to Irwin–Hall and Stouffer', () => {
    expect(irwinHallP([0.3])).toBeCloseTo(0.3, 12)
    expect(stoufferP([0.3])).toBeCloseTo(0.3, 12)
    expect(fisherP([0.3])).toBeCloseTo(0.3, 12)
  })

  it('refuse what is no p-value', () => {
    expect(() => fisherP([])).toThrow(/at least one/)
    expect(() => stoufferP([0.5, 1.2])).toThrow(/number 1 is 1.2/)
  })
})

describe('false discovery rate', () => {
  const ps = [0.06, 0.001, 0.205, 0.008, 0.039, 0.041, 0.212, 0.042, 0.074, 0.216]

  it('finds the threshold of the textbook example, in any order', () => {
    expect(discoveryThreshold(ps, 0.05)).toBe(0.008)
    expect(discoveryThreshold([0.5, 0.9], 0.05)).toBeNull()
  })

  it('adjusts in place of order', () => {
    const adjusted = adjustedPs(ps)
    expect(adjusted[1]).toBeCloseTo(0.01, 12)
    expect(adjusted[3]).toBeCloseTo(0.04, 12)
    expect(adjusted[4]).toBeCloseTo(0.084, 12)
  })
})

describe('effect sizes', () => {
  it('pool the spread of both samples, ddof 1', () => {
    expect(cohensD(moments([1.2, 3.4, 2.2, 5.1, 0.3]), moments([2.2, 4.4, 6.1]))).toBeCloseTo(-0.9404214847896774, 12)
  })

  it('are null, not infinite, without spread', () => {
    expect(cohensD(moments([1, 1]), moments([2, 2]))).toBeNull()
    expect(zScore(1, moments([2, 2, 2]))).toBeNull()
    expect(zScore(1, moments([2, 4]))).toBe(-2)
    expect(standardDeviation(moments([2, 4]), 1)).toBeCloseTo(Math.SQRT2, 12)
    expect(meanInterval(moments([3]))).toEqual([3, 3])
  })
})

describe('result hash', () => {
  it('depends on the numbers, not on key order, array type or minus zero', () => {
    const hash = resultHash({ a: [1, 0.5], b: { c: null, d: -0 } })
    expect(hash).toMatch(/^[0-9a-f]{64}$/)
    expect(resultHash({ b: { d: 0, c: null, e: undefined }, a: Float32Array.of(1, 0.5) })).toBe(hash)
    expect(resultHash({ a: [1, 0.5000000000000001], b: { c: null, d: 0 } })).not.toBe(hash)
    // SHA-256 of the two characters "[]".
    expect(resultHash([])).toBe('4f53cda18c2baa0c0354bb5f9a3ecbe5ed12ab4d8e11ba873c2f11161202b945')
  })

  it('refuses what JSON cannot hold', () => {
    expect(() => resultHash({ a: [1, Number.NaN] })).toThrow(/\$\.a\[1\] is NaN/)
  })
})
