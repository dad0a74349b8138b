import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { prepareGraph } from '../../src/graph/prepare.ts'
import { randomControl, strataOf } from '../../src/modules/controls.ts'
import { differenceEffect } from '../../src/modules/lesions/effects.ts'
import { examplePartners } from '../../src/modules/lesions/fill.ts'
import { lesionStudy } from '../../src/modules/lesions/lesion-study.ts'
import { taskOverlap } from '../../src/modules/lesions/overlap.ts'
import { lesionProtocol } from '../../src/modules/lesions/protocols.ts'
import { lesionScores, regressionScores } from '../../src/modules/lesions/scores.ts'
import { subModuleKind } from '../../src/modules/lesions/taxonomy.ts'
import { meanEffect, pooledTest } from '../../src/modules/pooled.ts'
import { rankTest } from '../../src/modules/rank-test.ts'
import { mlp } from '../../src/network/architectures.ts'
import { chooseRuntime } from '../../src/runtime/choose.ts'
import { polynomialValues } from '../../src/tasks/polynomials.ts'
import { randomExamples } from './lesion-cases.ts'

describe('ranks', () => {
  it('three p-values: strict, ties counted, ties half', () => {
    expect(rankTest(2, Float64Array.of(1, 2, 2, 3), 'left')).toEqual({
      ...{ strict: 2 / 5, conservative: 4 / 5, mid: 2.5 / 5, draws: 4, ties: 2, missing: 0 },
    })
    expect(rankTest(2, Float64Array.of(1, 1.5), 'right')).toMatchObject({
      strict: 1 / 3,
      conservative: 1 / 3,
      mid: 0.5 / 3,
    })
  })

  it('what is no number is left out and counted; without a value there is no p', () => {
    const draws = Float64Array.of(1, Number.NaN, 3, Number.POSITIVE_INFINITY)
    expect(rankTest(2, draws, 'left')).toMatchObject({ conservative: 2 / 3, draws: 2, missing: 2 })
    expect(rankTest(Number.NaN, draws, 'left')).toMatchObject({
      conservative: null,
      mid: null,
      strict: 1 / 5,
      missing: 3,
    })
  })

  it('differences of rounding are ties', () => {
    expect(rankTest(0.1 + 0.2, Float64Array.of(0.3), 'right')).toMatchObject({ ties: 1, mid: 0.5 })
  })

  it('mid-p is ½ on average, whatever the ties', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 2, maxLength: 12 }), values => {
        const mids = values.map((value, at) => rankTest(value, Float64Array.from(values.toSpliced(at, 1)), 'left').mid!)
        expect(mids.reduce((sum, p) => sum + p, 0) / mids.length).toBeCloseTo(0.5, 10)
      }),
    )
  })

  it('together say what could not have been significant', () => {
    const tests = Array.from({ length: 2 }, () => rankTest(0, Float64Array.of(1, 2, 3), 'left'))
    const pooled = pooledTest(tests, 3)!
    expect(pooled.leastSingle).toBe(0.25)
    expect(pooled.leastFisher).toBeCloseTo(pooled.strict.fisher, 12)
    expect(pooledTest([], 3)).toBeNull()
  })
})

describe('scores', () => {
  it('macro accuracy and range, by hand', () => {
    const { macro, change, range } = lesionScores(
      Float64Array.of(1, 0.8, Number.NaN),
      Float64Array.of(0.6, 0.6, Number.NaN),
    )
    expect(macro).toBeCloseTo(0.6, 12)
    expect(change).toBeCloseTo(-0.3, 12)
    expect(range).toBeCloseTo(4 / 3 - 2 / 3, 12)
  })

  it('range has no value where nothing changed', () => {
    expect(lesionScores(Float64Array.of(1, 1), Float64Array.of(1, 1)).range).toBeNaN()
  })

  it('polynomials: each monomial by the outputs that hold it, less is worse', () => {
    // An error in the monomial x alone: outputs with bit 5 (x is the fourth of nine) are wrong by x².
    const errors = polynomialValues(2, 0).map((value, output) => (output & 32 ? 4 : 0) + 0 * value)
    const scores = regressionScores(errors)
    expect([...scores]).toEqual([-2, -2, -2, -4, -2, -2, -2, -2, -2])
    expect([...regressionScores(Float64Array.of(3, 1))]).toEqual([-3, -1])
  })

  it('effects are bounded', () => {
    const scores = fc.record({
      macro: fc.double({ min: 0, max: 1, noNaN: true }),
      change: fc.double({ min: -1, max: 1, noNaN: true }),
      range: fc.double({ min: 0, max: 1e6 }),
    })
    fc.assert(
      fc.property(scores, fc.array(scores, { minLength: 1, maxLength: 5 }), (lesion, controls) => {
        const { macro, range } = differenceEffect(lesion, controls)
        expect(Math.abs(macro!)).toBeLessThanOrEqual(1)
        if (range !== null) expect(Math.abs(range)).toBeLessThanOrEqual(1)
      }),
    )
  })

  it('the interval of a mean effect holds the mean', () => {
    const { mean, interval, count } = meanEffect([0.1, 0.4, null, 0.2, 0.3], 1)!
    expect([mean, count]).toEqual([0.25, 4])
    expect(interval[0]).toBeLessThan(0.25)
    expect(interval[1]).toBeGreaterThan(0.25)
    expect(meanEffect([null], 1)).toBeNull()
  })
})

describe('controls', () => {
  const live = Int32Array.of(0, 2, 3, 5, 6, 8, 9)
  const one = { layer: 1, module: 4, units: Int32Array.of(2, 3, 9) }

  it('are of the same size, live, seeded, each its own, every unit as often', () => {
    const counts = new Map<number, number>()
    for (let index = 0; index < 700; index++) {
      const units = randomControl(one, live, index, 3)
      expect(units).toHaveLength(3)
      for (const unit of units) counts.set(unit, (counts.get(unit) ?? 0) + 1)
    }
    expect([...counts.keys()].sort((a, b) => a - b)).toEqual([...live])
    for (const count of counts.values()) expect(Math.abs(count - 300)).toBeLessThan(60)
    expect(randomControl(one, live, 5, 3)).toEqual(randomControl(one, live, 5, 3))
  })

  it('matched on strata take as many units of each', () => {
    const property = Float64Array.from({ length: 10 }, (_, unit) => unit)
    const strata = strataOf([property], live, 2)
    expect([...strata]).toEqual([0, -1, 0, 0, -1, 0, 1, -1, 1, 1])
    for (let index = 0; index < 50; index++) {
      const units = randomControl(one, live, index, 1, strata)
      expect([...units].filter(unit => strata[unit] === 0)).toHaveLength(2)
      expect(new Set(units).size).toBe(3)
    }
  })

  it('resampling gives every example to another', () => {
    const partners = examplePartners(50, 3)
    expect([...partners].sort((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, i) => i))
    expect(partners.some((partner, example) => partner === example)).toBe(false)
  })
})

describe('kinds and overlaps', () => {
  it.each([
    [{ units: 256, share: 1, change: -0.5, p: 0.05 }, 'complete'],
    [{ units: 12, share: 0.2, change: -0.5, p: 0.05 }, 'small'],
    [{ units: 13, share: 0.2, change: -0.01, p: 0.009 }, 'important'],
    [{ units: 13, share: 0.2, change: 0, p: 1 }, 'prunable'],
    [{ units: 13, share: 0.2, change: -0.2, p: 1 }, 'least-important'],
    [{ units: 13, share: 0.2, change: -0.001, p: 0.009 }, 'significant-but-small'],
    [{ units: 13, share: 0.2, change: -0.2, p: 0.5 }, 'large-but-not-significant'],
    [{ units: 13, share: 0.2, change: -0.001, p: 0.5 }, 'other'],
  ] as const)('%o is %s', (given, kind) => {
    expect(subModuleKind({ ...given, controls: 100 })).toBe(kind)
  })

  it('overlap with a task mask', () => {
    const weights = Float64Array.of(1, 2, 3, 4)
    expect(taskOverlap(Int32Array.of(0, 1), [1, 0, 1, 1], weights)).toEqual({
      ...{ iou: 1 / 4, precision: 1 / 2, recall: 1 / 3, weighted: 1 / 3 },
    })
    expect(taskOverlap(Int32Array.of(0), [0, 0])).toEqual({ iou: 0, precision: 0, recall: null, weighted: null })
    expect(() => taskOverlap(Int32Array.of(4), [1, 0])).toThrow(/has 2 units, but the sub-module has the unit 4/)
  })
})

describe('a study', () => {
  it('keeps instead of taking out, survives JSON, and says what does not fit', async () => {
    const runtime = await chooseRuntime()
    const { network } = mlp([8, 12, 12, 4], { seed: 2 })
    const { graph } = await prepareGraph(network)
    const labels = Int32Array.from({ length: 36 }, (_, unit) => unit % 3)
    const data = randomExamples(80, [8], 4)
    const study = await lesionStudy(network, graph, labels, data, { runtime, seed: 1, controls: 9 })
    const kept = await lesionStudy(network, graph, labels, data, {
      runtime,
      seed: 1,
      controls: 9,
      tests: 'sufficiency',
    })
    expect(study.subModules).toHaveLength(6)
    expect(JSON.parse(JSON.stringify(study))).toEqual(study)
    expect(kept.subModules[0].lesion).not.toEqual(study.subModules[0].lesion)
    const again = await lesionStudy(network, graph, labels, data, { runtime, seed: 1, controls: 19 })
    expect(again.subModules[2].controls.slice(0, 9)).toEqual(study.subModules[2].controls)
    await expect(lesionStudy(network, graph, labels.subarray(1), data, { runtime, seed: 1 })).rejects.toThrow(
      /35 labels/,
    )
    const single = labels.map(() => 0)
    await expect(lesionStudy(network, graph, single, data, { runtime, seed: 1 })).rejects.toThrow(/nothing to lesion/)
    await expect(lesionStudy(network, graph, labels, data, { runtime, seed: 1, controls: 0 })).rejects.toThrow(/not 0/)
    expect(() => lesionProtocol('paper-2019')).toThrow(/paper-2020/)
  })
})
