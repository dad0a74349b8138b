import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checkSeed, randomStream, shuffle } from '../src/random.ts'

const seeds = fc.nat({ max: Number.MAX_SAFE_INTEGER })

describe('randomStream', () => {
  it('repeats for the same seed and path, and differs for another path', () => {
    fc.assert(
      fc.property(seeds, fc.nat(), fc.nat(), (seed, a, b) => {
        fc.pre(a !== b)
        const draw = (path: number) => Array.from({ length: 4 }, randomStream(seed, path).bits)
        expect(draw(a)).toEqual(draw(a))
        expect(draw(a)).not.toEqual(draw(b))
      }),
    )
  })

  it('gives the same numbers on every machine', () => {
    const stream = randomStream(7, 1, 2)
    expect([stream.bits(), stream.bits(), stream.below(10), stream.uniform()]).toMatchInlineSnapshot(`
      [
        1959293858,
        122404983,
        0,
        0.8807457381361085,
      ]
    `)
  })

  it('draws below n evenly, for small and for large n', () => {
    const stream = randomStream(1)
    const counts = new Int32Array(7)
    for (let i = 0; i < 70_000; i++) counts[stream.below(7)]++
    for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(500)
    const n = 3_000_000_000
    let below = 0
    for (let i = 0; i < 10_000; i++) if (stream.below(n) < n / 2) below++
    expect(Math.abs(below - 5_000)).toBeLessThan(300)
  })
})

describe('shuffle', () => {
  it('keeps the multiset', () => {
    fc.assert(
      fc.property(fc.array(fc.integer()), seeds, (values, seed) => {
        expect(shuffle([...values], randomStream(seed)).sort()).toEqual([...values].sort())
      }),
    )
  })

  it('makes every order of three equally likely', () => {
    const counts = new Map<string, number>()
    for (let i = 0; i < 6_000; i++) {
      const order = shuffle([0, 1, 2], randomStream(3, i)).join('')
      counts.set(order, (counts.get(order) ?? 0) + 1)
    }
    expect(counts.size).toBe(6)
    for (const count of counts.values()) expect(Math.abs(count - 1_000)).toBeLessThan(150)
  })
})

describe('checkSeed', () => {
  it.each([-1, 1.5, Number.NaN, 2 ** 53])('refuses %s and names it', seed => {
    expect(() => checkSeed(seed)).toThrow(String(seed))
  })
})
