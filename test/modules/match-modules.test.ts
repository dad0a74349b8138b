import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ResourceError } from '../../src/errors.ts'
import { matchModules } from '../../src/modules/match-modules.ts'

const labels = (k: number) => fc.array(fc.integer({ min: -1, max: k - 1 }), { minLength: 12, maxLength: 12 })

function permutations(n: number): number[][] {
  if (n === 0) return [[]]
  return permutations(n - 1).flatMap(rest =>
    Array.from({ length: n }, (_, at) => [...rest.slice(0, at), n - 1, ...rest.slice(at)]),
  )
}

describe('matchModules', () => {
  it('finds modules again under other numbers', () => {
    const a = [0, 0, 1, 1, 2, 2, -1, 0]
    const b = [2, 2, 0, 0, 1, 1, -1, -1]
    const { pairs, fates } = matchModules(a, b)
    expect(pairs.map(({ first, second, shared }) => [first, second, shared])).toEqual([
      [0, 2, 2],
      [1, 0, 2],
      [2, 1, 2],
    ])
    expect(fates.slice(-2)).toEqual(['neither', 'first only'])
    expect(fates.slice(0, 6)).toEqual(new Array(6).fill('kept'))
  })

  it('keeps as many units as any matching can', () => {
    fc.assert(
      fc.property(labels(4), labels(4), (a, b) => {
        const { fates, pairs } = matchModules(a, b)
        const kept = fates.filter(fate => fate === 'kept').length
        const best = Math.max(
          ...permutations(4).map(to => a.filter((own, unit) => own >= 0 && b[unit] >= 0 && to[own] === b[unit]).length),
        )
        expect(kept).toBe(best)
        expect(pairs.reduce((sum, { shared }) => sum + shared, 0)).toBe(best)
      }),
      { numRuns: 100, seed: 1 },
    )
  })

  it('modules without a partner stand alone', () => {
    const { pairs } = matchModules([0, 0, 1], [0, 0, 0])
    expect(pairs).toMatchObject([
      { first: 0, second: 0, shared: 2, sizeFirst: 2, sizeSecond: 3, jaccard: 2 / 3 },
      { first: 1, second: null, sizeFirst: 1 },
    ])
    expect(matchModules([0, 0, 0], [0, 1, 1]).pairs.slice(1)).toMatchObject([{ first: null, second: 0 }])
  })

  it('refuses more modules than can be matched in time', () => {
    const many = Int32Array.from({ length: 2001 }, (_, unit) => unit)
    expect(() => matchModules(many, many)).toThrow(ResourceError)
  })
})
