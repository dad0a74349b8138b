// Expected values from SciPy 1.10 (float64), computed once and written down here.
import { describe, expect, it } from 'vitest'
import { randomStream } from '../../src/random.ts'
import { betaCdf, betaQuantile } from '../../src/stats/beta.ts'
import { exp, log, log1p } from '../../src/stats/elementary.ts'
import { gammaLower, gammaUpper, logGamma } from '../../src/stats/gamma.ts'
import { chiSquaredTail, normalCdf, normalDraws, normalQuantile } from '../../src/stats/normal.ts'

const LOG_GAMMA = [
  [0.01, 4.599479878042022],
  [0.5, 0.5723649429247],
  [1.5, -0.12078223763524526],
  [3, Math.LN2],
  [7.25, 7.0521854507385395],
  [12, 17.502307845873887],
  [55.5, 166.32150615984037],
  [1000, 5905.220423209181],
  [1000000.0, 12815504.569147611],
]
// a, x, Q(a, x), P(a, x)
const GAMMA = [
  [0.5, 0.1, 0.6547208460185768, 0.34527915398142317],
  [0.5, 30, 9.485737571073857e-15, 0.9999999999999906],
  [1, 1, 0.36787944117144245, 0.6321205588285577],
  [3, 0.01, 0.9999998345783472, 1.6542165280748778e-7],
  [8, 28.6, 1.5396108172439067e-6, 0.9999984603891827],
  [10, 9.8, 0.4831882319970304, 0.5168117680029696],
  [100, 140, 0.00016105717471255715, 0.9998389428252874],
  [100, 60, 0.9999985184723673, 1.4815276326460494e-6],
  [0.5, 300, 1.674167984691805e-132, 1.0],
  [2.5, 200, 2.9666446590828377e-84, 1.0],
]
// x, a, b, I_x(a, b)
const BETA = [
  [0.5, 0.5, 0.5, 0.5000000000000001],
  [0.1, 2, 3, 0.05230000000000001],
  [0.9, 2, 3, 0.9963],
  [0.001, 1, 1000, 0.632304575229665],
  [0.02, 20, 981, 0.5306414635317318],
  [0.3, 50, 120, 0.5755567051636358],
  [0.999, 100, 0.5, 0.6550435163244297],
]
// p, a, b, x
const BETA_QUANTILE = [
  [0.025, 1, 100, 0.0002531460329774207],
  [0.975, 2, 99, 0.05445938539208062],
  [0.025, 20, 981, 0.012258267972406594],
  [0.975, 51, 950, 0.06539048791549196],
  [0.5, 3, 3, 0.5],
]
const NORMAL = [
  [-37, 5.7255712225239266e-300],
  [-10, 7.61985302416047e-24],
  [-5, 2.866515718791933e-7],
  [-1.96, 0.024997895148220435],
  [-0.1, 0.460172162722971],
  [0, 0.5],
  [0.3, 0.6179114221889526],
  [2, 0.9772498680518208],
  [6, 0.9999999990134123],
]
const NORMAL_QUANTILE = [
  [1e-300, -37.0470962993612],
  [1e-20, -9.262340089798409],
  [1e-6, -4.753424308822899],
  [0.01, -2.3263478740408408],
  [0.3, -0.5244005127080409],
  [0.5, 0.0],
  [0.7, 0.5244005127080407],
  [0.975, 1.959963984540054],
  [0.999999, 4.753424308817087],
]
// x, df, tail
const CHI_SQUARED = [
  [3.84, 1, 0.05004352124870519],
  [28.6, 16, 0.026777066437106013],
  [500, 10, 4.4147360999137545e-101],
  [1000, 20, 3.9047966391213445e-199],
  [18.25, 20, 0.5709435207559327],
]

function near(actual: number, expected: number, relative = 1e-11): void {
  expect(Math.abs(actual - expected)).toBeLessThanOrEqual(relative * Math.max(Math.abs(expected), 1e-305))
}

describe('log and exp', () => {
  const random = randomStream(7)
  const values = Array.from({ length: 4000 }, () => (random.uniform() - 0.5) * 1400)

  it('stay within two units in the last place of the engine, over the whole range', () => {
    for (const value of values) {
      near(exp(value), Math.exp(value), 5e-16)
      const positive = Math.exp(value)
      if (positive > 0 && positive < Infinity) near(log(positive), Math.log(positive), 5e-16)
      near(log1p(value * 1e-4), Math.log1p(value * 1e-4), 5e-16)
    }
  })

  it('answer the limits', () => {
    expect(log(0)).toBe(-Infinity)
    expect(log(-1)).toBeNaN()
    expect(log(1)).toBe(0)
    expect(exp(0)).toBe(1)
    expect(exp(-Infinity)).toBe(0)
    expect(exp(710)).toBe(Infinity)
    near(log(5e-324), -744.4400719213812, 1e-15)
    near(exp(-740), 4.2e-322, 0.02)
    near(exp(709.7), Math.exp(709.7), 5e-16)
  })
})

describe('special functions agree with SciPy', () => {
  it('log-gamma', () => {
    for (const [x, expected] of LOG_GAMMA) near(logGamma(x), expected)
  })
  it('incomplete gamma, both tails', () => {
    for (const [a, x, upper, lower] of GAMMA) {
      near(gammaUpper(a, x), upper)
      near(gammaLower(a, x), lower)
    }
  })
  it('incomplete beta and its inverse', () => {
    for (const [x, a, b, expected] of BETA) near(betaCdf(x, a, b), expected)
    for (const [p, a, b, expected] of BETA_QUANTILE) near(betaQuantile(p, a, b), expected)
  })
  it('normal distribution, tails and quantiles', () => {
    for (const [z, expected] of NORMAL) near(normalCdf(z), expected)
    for (const [p, expected] of NORMAL_QUANTILE) expect(Math.abs(normalQuantile(p) - expected)).toBeLessThan(1e-10)
  })
  it('chi-squared tail', () => {
    for (const [x, df, expected] of CHI_SQUARED) near(chiSquaredTail(x, df), expected)
  })
})

describe('normal draws', () => {
  it('have mean 0, variance 1 and the right share beyond 1.96', () => {
    const draw = normalDraws(randomStream(3))
    let sum = 0
    let squares = 0
    let beyond = 0
    for (let i = 0; i < 50_000; i++) {
      const value = draw()
      sum += value
      squares += value * value
      if (Math.abs(value) > 1.96) beyond++
    }
    expect(Math.abs(sum / 50_000)).toBeLessThan(0.02)
    expect(Math.abs(squares / 50_000 - 1)).toBeLessThan(0.03)
    expect(Math.abs(beyond / 50_000 - 0.05)).toBeLessThan(0.005)
  })
})
