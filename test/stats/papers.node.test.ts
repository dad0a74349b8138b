import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { fisherP, irwinHallP, midP, rankUniformityP, stoufferP } from '../../src/stats/combine.ts'
import { monteCarloP, rawFraction, strictP } from '../../src/stats/monte-carlo.ts'

const golden = '../shared/fixtures/clusterability/golden_vectors.json'
const lists = '../shared/fixtures/local-specialization/percentile_test_vectors.json'
const present = existsSync(golden) && existsSync(lists)

describe.skipIf(!present)("the papers' p-values (skipped without ../shared/fixtures)", () => {
  const read = (path: string) => JSON.parse(readFileSync(path, 'utf8'))

  it('strict counts and raw fractions', () => {
    const { pvalues } = read(golden)
    const draws = Array.from({ length: 100 }, (_, i) => i)
    for (const [value, expected] of pvalues['compute_pvalue(x,arr)=(#(arr<x)+1)/(n+1)'])
      expect(strictP(value, draws)).toBeCloseTo(expected, 12)
    const ties = Array.from({ length: 20 }, () => 0.9)
    expect(strictP(0.9, ties)).toBeCloseTo(pvalues.all_ties_left, 12)
    expect(strictP(0.9, ties, 'right')).toBeCloseTo(pvalues.all_ties_right, 12)
    expect(rawFraction(0.9, ties)).toBe(pvalues.pytorch_compute_percentile_ties)
    expect(monteCarloP(0.9, ties)).toBe(1)
  })

  it('combined p-values', () => {
    const { combine } = read(golden)
    const shifted = midP(combine.percentiles, combine.n_samples)
    expect(fisherP(shifted)).toBeCloseTo(combine.fisher, 11)
    expect(stoufferP(shifted)).toBeCloseTo(combine.stouffer, 11)
    expect(rankUniformityP(combine.percentiles, combine.n_samples)).toBeCloseTo(combine.chi2_categorical, 11)
    expect(irwinHallP(shifted, true)).toBeCloseTo(combine.bates, 11)
    // The sum with its last term; SciPy's quadrature of the Bates density gives .0916409.
    expect(irwinHallP(shifted)).toBeCloseTo(0.09164093881, 10)
  })

  it('22 published lists of p-values', () => {
    for (const list of read(lists)) {
      const relative = (found: number, expected: number) =>
        expect(Math.abs(found / expected - 1), list.name).toBeLessThan(1e-9)
      relative(rankUniformityP(list.p_values, list.n_random), list.chi2_p)
      relative(fisherP(midP(list.p_values, list.n_random)), list.fisher_p)
    }
  })
})
