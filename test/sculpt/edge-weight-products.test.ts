/** Edge-weight products and Welch's test. */
import { describe, expect, it } from 'vitest'
import { carryingUnits, edgeWeightProducts, separationTest } from '../../src/sculpt/edge-weight-products.ts'
import { parseNetworkLine } from '../../src/sculpt/network-lines.ts'
import { studentCdf, welchLess } from '../../src/stats/welch.ts'

const { network } = parseNetworkLine(
  JSON.stringify({
    arch: [2, 3, 2],
    edges: [
      [
        [0, 0, 2],
        [1, 0, -1],
        [1, 1, 3],
        [1, 2, 0.01],
      ],
      [
        [0, 0, -4],
        [1, 1, 5],
        [2, 1, 1],
      ],
    ],
    biases: [[], []],
  }),
  'test',
)

describe('edge-weight products', () => {
  it('are the product of the magnitudes, summed over paths', () => {
    expect([...edgeWeightProducts(network)]).toEqual([8, 0, 4, expect.closeTo(15.01, 12)])
  })

  it('count the units that carry 90 %', () => {
    // Strengths to the outputs: 4, 5, 1; 90 % of 10 is 9, which the two strongest just reach.
    expect(carryingUnits(network)).toEqual([3])
    expect(carryingUnits(network, 0.5)).toEqual([2])
  })

  it('are tested between modules', () => {
    const products = Float64Array.of(9, 8, 1, 2, 10, 7, 0, 1)
    const test = separationTest(products, 4, [0, 1], [0, 1], [2, 3])
    expect(test?.t).toBeLessThan(-5)
    expect(test?.p).toBeLessThan(0.01)
    expect(separationTest(products, 4, [0], [0], [2])).toBeNull()
  })
})

describe('welchLess', () => {
  it('agrees with SciPy', () => {
    const test = welchLess([3.1, 2.2, 5.0, 4.4], [6.0, 7.5, 5.5, 9.1, 6.6])
    expect(test?.t).toBeCloseTo(-3.6468308399814093, 12)
    expect(test?.p).toBeCloseTo(0.004246459258875019, 12)
    expect([studentCdf(-2.5, 3.7), studentCdf(0.3, 11), studentCdf(4, 2)]).toEqual([
      expect.closeTo(0.03591101, 7),
      expect.closeTo(0.61511482, 7),
      expect.closeTo(0.97140452, 7),
    ])
  })

  it('has no answer where nothing varies', () => {
    expect(welchLess([1, 1], [2, 2])).toBeNull()
    expect(welchLess([1], [2, 3])).toBeNull()
  })
})
