import { describe, expect, it } from 'vitest'
import { type Executor, inlineExecutor } from '../../src/executor.ts'
import { type TestOptions, testModularity } from '../../src/significance/test.ts'
import { resultHash } from '../../src/stats/result-hash.ts'
import { plantedGraph } from '../partition/sample-graphs.ts'
import { cells, plantedNetwork, smallNetwork } from './networks.ts'

const planted = plantedNetwork([16, 16, 16, 8], 4, 0.2, 1)
const random = smallNetwork([16, 16, 16, 8], 1, 2)
const options: TestOptions = { k: 4, seed: 7, shuffles: 19 }

/** Three workers that run the jobs from the last to the first, each with its own copy of the context. */
const threeWorkers: Executor = {
  workers: 3,
  async map(task, context, jobs) {
    const runs = await Promise.all([0, 1, 2].map(() => task.prepare(structuredClone(context))))
    const results = []
    for (let i = jobs.length - 1; i >= 0; i--) results[i] = runs[i % 3](jobs[i])
    return results
  },
  async close() {},
}

describe('the verdict', () => {
  it('is modular for planted modules: below every shuffle of every null', async () => {
    const verdict = await testModularity(planted, options)
    expect(verdict.modular).toBe(true)
    expect(verdict.deciding).toEqual(['layer-nonzero', 'degree-preserving'])
    expect(verdict.comparisons.map(comparison => comparison.null)).toEqual([
      'layer',
      'layer-nonzero',
      'degree-preserving',
    ])
    for (const comparison of verdict.comparisons) {
      expect(comparison.ncuts).toHaveLength(19)
      expect(comparison.p).toBe(1 / 20)
      expect(comparison.pFloor).toBe(1 / 20)
      expect(comparison.z).toBeLessThan(-3)
      expect(comparison.effect).toBeCloseTo((comparison.mean - verdict.ncut) / 3, 12)
      expect(comparison.effectInterval[0]).toBeGreaterThan(0)
      expect(comparison.pInterval[0]).toBe(0)
    }
    expect(verdict.betweenNulls).toHaveLength(3)
    expect(verdict.clusterability).toBeCloseTo(1 - verdict.ncut / 3, 12)
  })

  it('is not modular for random weights', async () => {
    const verdict = await testModularity(random, options)
    expect(verdict.modular).toBe(false)
    const own = verdict.comparisons[0].ncuts.filter(ncut => ncut <= verdict.ncut).length
    expect(verdict.comparisons[0].p).toBe((own + 1) / 20)
  })

  it('counts ties against modularity; the paper protocol counts them for it', async () => {
    // All weights equal: every shuffle is the same network.
    const uniform = plantedNetwork([8, 8, 8], 1, 1, 3)
    for (const { edges } of uniform.blocks) edges.values.fill(1)
    const fair = await testModularity(uniform, { ...options, nulls: ['layer-nonzero'] })
    expect(fair.comparisons[0].p).toBe(1)
    expect(fair.comparisons[0].z).toBeNull()
    expect(fair.modular).toBe(false)
    const paper = await testModularity(uniform, { ...options, nulls: ['layer-nonzero'], protocol: 'paper' })
    expect(paper.comparisons[0].p).toBe(1 / 20)
  })

  it('rests on every deciding null, and only on those', async () => {
    // Uneven strengths alone: modular against layer shuffles or not, but never beyond the strengths themselves.
    const verdict = await testModularity(random, { ...options, nulls: ['layer'], deciding: ['degree-preserving'] })
    expect(verdict.deciding).toEqual(['degree-preserving'])
    expect(verdict.comparisons.map(comparison => comparison.null)).toEqual(['layer', 'degree-preserving'])
    expect(verdict.modular).toBe(verdict.comparisons[1].p <= 0.05)
  })

  it('shows the random-initialisation baseline without letting it decide', async () => {
    const verdict = await testModularity(planted, { ...options, nulls: ['layer', 'random-initialisation'] })
    expect(verdict.deciding).toEqual(['layer'])
    expect(verdict.comparisons).toHaveLength(2)
  })

  it('lets every shuffle choose its k when the network does', async () => {
    const clear = plantedGraph([60, 36, 48], 4, 1)
    const verdict = await testModularity(clear, { ...options, k: { from: 2, to: 7 }, nulls: ['layer'] })
    expect(verdict.k).toBe(4)
    expect(verdict.modular).toBe(true)
    expect(verdict.comparisons[0].ks).toHaveLength(19)
    expect(new Set(verdict.comparisons[0].ks).size).toBeGreaterThan(1)
  })
})

describe('units that a shuffle cuts off', () => {
  it('are left out by the rule asked for, in the network and in every shuffle', async () => {
    // Two units of the middle layer hang on to the input alone: they have edges, but span nothing.
    const graph = smallNetwork([4, 8, 8], 1, 5)
    const [first, second] = graph.blocks
    const { values } = first.edges
    for (let r = 2; r < 8; r++) for (let c = 0; c < 2; c++) values[r * 4 + c] = 0
    for (let r = 0; r < 2; r++) for (let c = 2; c < 4; c++) values[r * 4 + c] = 0
    const kept = cells(graph, second)
    for (let i = 0; i < kept.length; i++) if (i % 8 < 2) kept[i] = 0
    const island = { ...graph, blocks: [first, { ...second, edges: { kind: 'dense' as const, values: kept } }] }
    const common: TestOptions = { ...options, k: 2, nulls: ['layer-nonzero'] }
    const whole = await testModularity(island, common)
    const spanning = await testModularity(island, { ...common, isolatedAfter: 'component' })
    // The island is a perfect module for free; without it the n-cut is that of the rest.
    expect(whole.ncut).toBeCloseTo(0, 6)
    expect(spanning.ncut).toBeGreaterThan(0.1)
    expect(Math.min(...spanning.comparisons[0].ncuts)).toBeGreaterThan(0.1)
  })
})

describe('the answer does not depend on where the shuffles run', () => {
  it.each([19, 'auto'] as const)('shuffles: %s', async shuffles => {
    const all: TestOptions = { ...options, shuffles, nulls: ['layer', 'layer-nonzero-kde', 'degree-preserving'] }
    const alone = await testModularity(random, { ...all, executor: inlineExecutor })
    const together = await testModularity(random, { ...all, executor: threeWorkers })
    expect(resultHash(together)).toBe(resultHash(alone))
  })
})

describe('sequential stopping', () => {
  it('ends at the twentieth shuffle that is at least as modular, with p = 20 / l', async () => {
    const { comparisons, ncut } = await testModularity(random, { ...options, shuffles: 'auto', nulls: ['layer'] })
    const { ncuts, p, stoppedEarly, pFloor } = comparisons[0]
    expect(stoppedEarly).toBe(true)
    expect(ncuts.filter(other => other <= ncut)).toHaveLength(20)
    expect(ncuts.at(-1)).toBeLessThanOrEqual(ncut)
    expect(p).toBe(20 / ncuts.length)
    expect(pFloor).toBe(1 / 1001)
  })
})

describe('what is asked of it', () => {
  it.each<[string, Partial<TestOptions>, RegExp]>([
    ['too few shuffles for alpha', { shuffles: 10 }, /Use at least 19 shuffles/],
    ['half a shuffle', { shuffles: 20.5 }, /not 20.5/],
    ['a baseline that decides', { nulls: ['random-initialisation'] }, /cannot decide/],
    ['alpha beyond 1', { alpha: 2 }, /between 0 and 1, not 2/],
    ['one module', { k: 1 }, /k ≥ 2/],
    // biome-ignore lint/suspicious/noExplicitAny: what a caller without types may pass.
    ['an unknown null', { nulls: ['shuffle' as any] }, /no null model "shuffle"/],
  ])('refuses %s', async (_, wrong, message) => {
    await expect(testModularity(random, { ...options, ...wrong })).rejects.toThrow(message)
  })

  it('reports progress and stops when told to', async () => {
    const controller = new AbortController()
    const steps: string[] = []
    const test = testModularity(random, {
      ...options,
      signal: controller.signal,
      onProgress: ({ stage, done, total }) => {
        steps.push(`${stage} ${done}/${total}`)
        if (done === 3) controller.abort()
      },
    })
    await expect(test).rejects.toMatchObject({ code: 'interrupted' })
    expect(steps.at(-1)).toBe('layer: shuffled networks 3/19')
  })
})
