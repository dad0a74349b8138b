/** What pruning with back-off promises. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { loadKernels } from '../../src/kernels/kernels.ts'
import { randomStream } from '../../src/random.ts'
import { tableAccuracy } from '../../src/sculpt/accuracy.ts'
import { backOff } from '../../src/sculpt/pruning/back-off.ts'
import { tableMaterial } from '../../src/sculpt/pruning/material.ts'
import type { SculptOptions } from '../../src/sculpt/pruning/options.ts'
import { percentile } from '../../src/sculpt/pruning/percentile.ts'
import { pruningSchedule, SCHEDULES } from '../../src/sculpt/pruning/schedules.ts'
import { normaliseScores } from '../../src/sculpt/pruning/score-normalisation.ts'
import { sculptRun } from '../../src/sculpt/pruning/sculpt-run.ts'
import { UNIT_SCORES, unitScores } from '../../src/sculpt/pruning/unit-scores.ts'
import { booleanTask } from '../../src/tasks/boolean.ts'
import { parseFunctionGraph, truthTable } from '../../src/tasks/function-graph.ts'
import { tableExamples } from '../../src/training/examples.ts'
import { perceptronTrainer } from '../../src/training/perceptron-trainer.ts'
import { densePerceptron, keepEdges } from '../../src/training/sparse-perceptron.ts'

const kernels = await loadKernels()

/** The percentages asked for while those that `accept` are accepted. */
function asked(options: Parameters<typeof backOff>[0], accept: (percent: number) => boolean): number[] {
  const loop = backOff(options)
  const percents: number[] = []
  for (let next = loop.next(); !next.done; next = loop.next(accept(next.value))) percents.push(next.value)
  return percents
}

describe('backOff', () => {
  it('takes the steps of the published run: 70 %, 105 refused, then halves', () => {
    const smallest = 100 / 24
    expect(asked({ schedule: i => 70 * i, smallest }, percent => percent <= 78.75)).toEqual([
      70,
      87.5,
      // Refused: half of 17.5 beyond 70, accepted; then the same step again, then half of it.
      78.75,
      87.5,
      83.125,
      78.75 + smallest,
    ])
  })

  it('starts where pruning already is, and halves from the first step when that is refused', () => {
    expect(asked({ schedule: i => 50 + 8 * i, smallest: 3, start: 50 }, () => false)).toEqual([58, 54, 53])
  })

  it('ends, never asks for 100 % and never goes back below what was accepted', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.5, max: 90, noNaN: true }),
        fc.double({ min: 0.5, max: 20, noNaN: true }),
        fc.double({ min: 0, max: 100, noNaN: true }),
        (gradient, smallest, limit) => {
          let accepted = 0
          for (const percent of asked({ schedule: i => gradient * i, smallest }, p => p <= limit)) {
            expect(percent).toBeLessThan(100)
            expect(percent).toBeGreaterThan(accepted)
            if (percent <= limit) accepted = percent
          }
          expect(accepted).toBeGreaterThanOrEqual(Math.min(limit, 100 - 1e-9) - smallest - 1e-9)
        },
      ),
      { seed: 1, numRuns: 200 },
    )
  })

  it('ends when a schedule stands still', () => {
    const schedule = pruningSchedule({ schedule: 'exponential', gradient: 20 })
    expect(asked({ schedule, smallest: 1 }, () => true).at(-1)).toBeCloseTo(40, 9)
  })
})

describe('pruningSchedule', () => {
  it.each([
    ['linear', [20, 40, 60]],
    ['exponential', [20, 30, 35]],
    ['lth', [20, 36, 48.8]],
    ['cosine', [14.644660940672622, 50, 85.35533905932738]],
    ['cubic', [57.8125, 87.5, 98.4375]],
  ] as const)('%s', (schedule, values) => {
    const percent = pruningSchedule({ schedule, gradient: 20, steps: 4 })
    for (const [i, value] of values.entries()) expect(percent(i + 1)).toBeCloseTo(value, 9)
  })

  it('starts above what is pruned already, and rises', () => {
    for (const schedule of SCHEDULES) {
      const percent = pruningSchedule({ schedule, gradient: 10, steps: 5, start: 40 })
      const values = [1, 2, 3, 4, 5].map(percent)
      expect(values[0]).toBeGreaterThan(40)
      expect(values).toEqual([...values].sort((a, b) => a - b))
    }
  })
})

describe('percentile', () => {
  it('interpolates as NumPy does', () => {
    const values = [3, 1, 4, 1, 5, 9, 2, 6]
    expect([0, 10, 33.3, 50, 95, 100].map(p => percentile(values, p))).toEqual(
      [1, 1, 2.331, 3.5, 7.95, 9].map(value => expect.closeTo(value, 12)),
    )
    expect([40, 61, 80].map(p => percentile([0.5, 0.2, 0.9], p, 3))).toEqual(
      [0, 0.215, 0.5].map(value => expect.closeTo(value, 12)),
    )
  })
})

describe('unit scores', () => {
  const table = truthTable(booleanTask('[4,2,4]'))
  const trainer = perceptronTrainer(kernels, tableExamples(table))
  const perceptron = keepEdges(
    densePerceptron([4, 6, 5, 4], randomStream(2)),
    (l, unit, source) => !((l === 0 && unit === 3) || (l === 1 && source === 3)),
  )

  it.each(UNIT_SCORES)('%s: one for each unit, never negative, 0 for units that are gone', score => {
    const scores = unitScores(score, perceptron, trainer, randomStream(1))
    expect(scores.map(layer => layer.length)).toEqual([6, 5])
    expect(scores[0][3]).toBe(0)
    for (const layer of scores) for (const value of layer) expect(value).toBeGreaterThanOrEqual(0)
    expect(scores.flatMap(layer => [...layer]).filter(value => value > 0).length).toBeGreaterThan(5)
  })

  it('of weights are means over edges that are left', () => {
    const [first] = unitScores('weight', perceptron, trainer, randomStream(1))
    const mean = (values: number[]) => values.reduce((sum, value) => sum + Math.abs(value), 0) / values.length
    const { layers } = perceptron
    const incoming = mean([...layers[0].weights.subarray(layers[0].rowStart[2], layers[0].rowStart[3])])
    const outgoing = mean([...layers[1].weights].filter((_, e) => layers[1].sources[e] === 2))
    expect(first[2]).toBeCloseTo(incoming + outgoing, 6)
  })

  it('are normalised layer by layer', () => {
    const layers = [Float64Array.of(1, 3, 0), Float64Array.of(2, 2)]
    const by = (way: Parameters<typeof normaliseScores>[1]) => normaliseScores(layers, way, 8, [2, 2]).map(l => [...l])
    expect(by('none')).toEqual([
      [1, 3, 0],
      [2, 2],
    ])
    expect(by('sum')).toEqual([
      [0.25, 0.75, 0],
      [0.5, 0.5],
    ])
    expect(by('mean')).toEqual([
      [0.5, 1.5, 0],
      [1, 1],
    ])
    expect(by('deviation')).toEqual([
      [1, 3, 0],
      [2, 2],
    ])
    expect(by('standard')).toEqual([
      [-1, 1, -1e8],
      [0, 0],
    ])
    expect(by('previous-units')).toEqual([
      [0.125, 0.375, 0],
      [1, 1],
    ])
    expect(by('units')).toEqual([
      [2, 6, 0],
      [4, 4],
    ])
  })
})

describe('sculptRun', () => {
  const table = truthTable(booleanTask('[4,2,4]'))
  const sculpt = (options: Partial<SculptOptions>, seed = 1, of = table) =>
    sculptRun(kernels, tableMaterial(of), seed, { hidden: [24], threshold: 1, ...options })

  it('finds the sparsest network there is for two XORs: 16 of 192 edges', () => {
    for (const protocol of ['default', 'paper'] as const) {
      const run = sculpt({ protocol, unitSteps: [70], edgeSteps: [2.5], epochs: 15, rate: 0.05 })
      const [{ network, accuracy, sparsity }] = run.networks
      expect(run.solved).toBe(true)
      expect(accuracy).toBe(1)
      expect(tableAccuracy(network, table)).toBe(1)
      expect(network.edges.flatMap(({ weight }) => [...weight])).toHaveLength(16)
      expect(sparsity).toBeCloseTo(1 - 16 / 192, 12)
    }
  })

  it('sculpts functions apart that share no inputs, and attaches copies and negations of one', () => {
    const run = sculpt({ hidden: [24, 24], restarts: 1 })
    expect([run.apart, run.solved]).toEqual([true, true])
    for (const { network, accuracy } of run.networks) {
      expect([accuracy, tableAccuracy(network, table)]).toEqual([1, 1])
      expect(network.arch).toEqual([4, 24, 24, 4])
      expect(network.edges.at(-1)!.to.length % 2).toBe(0)
    }
  })

  it('shares where that takes fewer bits to write down, and not where functions have nothing in common', () => {
    const of = (task: string, hidden: number[]) => sculpt({ hidden }, 1, truthTable(booleanTask(task)))
    const shared = of('[6,3,3,3]', [24])
    const separate = of('[5,3,2,4]', [24])
    expect([shared.apart, separate.apart]).toEqual([false, true])
    const { from, to } = separate.networks[0].network.edges[1]
    const owners = Map.groupBy(
      Array.from(from, (unit, e) => ({ unit, function: to[e] % 2 })),
      ({ unit }) => unit,
    )
    for (const edges of owners.values()) expect(new Set(edges.map(edge => edge.function)).size).toBe(1)
  })

  it('sculpts all together where the layers are too narrow for every function by itself', () => {
    expect(sculpt({ hidden: [3], restarts: 1, unitSteps: [50] }).apart).toBe(false)
  })

  it('orders networks: solved first, cheap first', () => {
    const { networks, tied } = sculpt({})
    expect(tied).toBeGreaterThanOrEqual(1)
    const solved = networks.map(({ accuracy }) => accuracy >= 1)
    expect(solved).toEqual(solved.toSorted((a, b) => Number(b) - Number(a)))
  })

  it('prunes edges alone, and by any score, normalisation and schedule', () => {
    const edges = sculpt({ unitSteps: [], edgeSteps: [5] }).networks[0]
    expect([edges.unitStep, edges.accuracy]).toEqual([null, 1])
    expect(edges.sparsity).toBeGreaterThan(0.8)
    for (const unitScore of UNIT_SCORES) {
      const one = { unitScore, unitSteps: [50], restarts: 1, normalisation: 'sum', unitSchedule: 'lth' } as const
      expect(sculpt(one).networks[0].sparsity).toBeGreaterThan(0.5)
    }
  })

  it('keeps what was found when the accuracy is never met: the most accurate network, not solved', () => {
    const { networks, solved } = sculpt({ hidden: [2], restarts: 1 })
    expect(solved).toBe(false)
    expect(networks[0].accuracy).toBeLessThan(1)
    expect(networks[0].accuracy).toBe(Math.max(...networks.map(({ accuracy }) => accuracy)))
  })

  it('lets accuracy drop by so much below the dense network’s, where no threshold is given', () => {
    const { networks, solved } = sculpt({ threshold: undefined, drop: 0.3, unitSteps: [50] })
    expect(solved).toBe(true)
    expect(networks[0].accuracy).toBeGreaterThanOrEqual(0.7)
    expect(networks[0].accuracy).toBeLessThan(1)
  })

  it('leaves inputs alone that matter, and drops one that does not', () => {
    const graph = parseFunctionGraph('inputs a b c\nboth = a & b\noutputs both', 'and')
    const [{ network }] = sculpt({ hidden: [8] }, 1, truthTable(graph)).networks
    expect(new Set(network.edges[0].from)).toEqual(new Set([0, 1]))
  })

  it.each([
    [{ hidden: [] }, 'hidden'],
    [{ hidden: [0] }, 'hidden'],
    [{ epochs: 0 }, 'epochs'],
    [{ rate: Number.NaN }, 'rate'],
    [{ threshold: 1.5 }, 'threshold'],
    [{ unitSteps: [100] }, 'unitSteps'],
    [{ edgeSteps: [] }, 'edgeSteps'],
    [{ unitScore: 'best' as 'random' }, 'unitScore'],
  ] as const)('refuses %o', (options, name) => {
    expect(() => sculpt(options as Partial<SculptOptions>)).toThrow(new RegExp(`"${name}" cannot be`))
  })
})
