/** Graphs of correlated activations. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { activationGraph, correlationGraph } from '../../src/graph/correlation.ts'
import type { Correlation } from '../../src/graph/standardised-rows.ts'
import { loadKernels } from '../../src/kernels/kernels.ts'
import { cluster } from '../../src/partition/cluster.ts'
import { randomStream } from '../../src/random.ts'
import { adjustedRandIndex } from '../../src/stats/agreement.ts'
import { resultHash } from '../../src/stats/result-hash.ts'

const kernels = await loadKernels()
const layer = (name: string, rows: readonly (readonly number[])[]) => ({
  ...({ name, size: rows.length, role: 'hidden', kind: 'neuron' } as const),
  values: Float32Array.from(rows.flat()),
})

const A = [
  [1, 2, 2, 5, 3, 0],
  [0.5, 0.1, 0.1, -3, 2, 9],
  [7, 7, 7, 7, 7, 7],
]
const B = [[4, 4, 1, 0, 2, 2]]

/** Squares of SciPy 1.10's r, ρ and τ_b: within A, units 1 and 0; between B's unit and A's. */
const GOLDEN: readonly [Correlation, number, number, number][] = [
  ['pearson', 0.5996474617571012, 0.3503575076608785, 0.03046313800241718],
  ['spearman', 0.41868512110726647, 0.3050356506238859, 0.16243315508021391],
  ['kendall', 0.32653061224489804, 0.19780219780219785, 0.0879120879120879],
]

describe('correlationGraph', () => {
  it.each(GOLDEN)('%s agrees with SciPy; a dead unit is linked to nothing', (correlation, within, b0, b1) => {
    const { graph, alive } = correlationGraph(kernels, [layer('a', A), layer('b', B)], { correlation })
    expect([...alive]).toEqual([1, 1, 0, 1])
    const [own, between, last] = graph.blocks.map(({ edges }) => [...edges.values])
    expect(own).toEqual([0, 0, 0, expect.closeTo(within, 6), 0, 0, 0, 0, 0])
    expect(between).toEqual([expect.closeTo(b0, 6), expect.closeTo(b1, 6), 0])
    expect(last).toEqual([0])
  })

  it('stays within layers where asked to', () => {
    const { graph } = correlationGraph(kernels, [layer('a', A), layer('b', B)], { scope: 'local' })
    expect(graph.blocks.map(({ from, to }) => [from, to])).toEqual([
      [0, 0],
      [1, 1],
    ])
  })

  it('Spearman’s does not change under any rising function of a unit', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(fc.integer({ min: -9, max: 9 }), { minLength: 8, maxLength: 8 }), {
          minLength: 2,
          maxLength: 9,
        }),
        rows => {
          const of = (values: number[][]) => [
            ...correlationGraph(kernels, [layer('a', values)]).graph.blocks[0].edges.values,
          ]
          const bent = rows.map(row => row.map(value => value ** 3 / 4 + value))
          expect(of(bent)).toEqual(of(rows))
          for (const square of of(rows)) expect(square).toBeLessThanOrEqual(1)
        },
      ),
      { seed: 1, numRuns: 50 },
    )
  })

  it('is clustered like any other graph: units that follow the same hidden cause are found, across panels', async () => {
    const random = randomStream(4)
    const causes = Array.from({ length: 3 }, () => Array.from({ length: 60 }, () => random.uniform()))
    const labels = Int32Array.from({ length: 450 }, () => random.below(3))
    const rows = Array.from(labels, cause => causes[cause].map(value => value + 0.3 * random.uniform()))
    const { graph } = await activationGraph([layer('a', rows.slice(0, 420)), layer('b', rows.slice(420))])
    const partition = await cluster(graph, { k: 3, seed: 1 })
    expect(adjustedRandIndex(partition.labels, labels)).toBe(1)
  })

  // Written down once; this suite runs in Node and in Chromium.
  it.each([
    ['spearman', 'c645d54cff086f0d'],
    ['pearson', '7cecce61a36dd28a'],
    ['kendall', '16d335eb786a1e44'],
  ] as const)('%s gives the same bits on every engine', (correlation, hash) => {
    const random = randomStream(6)
    const rows = Array.from({ length: 37 }, () =>
      Array.from({ length: 150 }, () => Math.max(0, random.uniform() - 0.4)),
    )
    const { graph } = correlationGraph(kernels, [layer('a', rows.slice(0, 20)), layer('b', rows.slice(20))], {
      correlation,
    })
    expect(resultHash(graph.blocks).slice(0, 16)).toBe(hash)
  })

  it('refuses what cannot be compared', () => {
    expect(() => correlationGraph(kernels, [layer('a', A), layer('b', [[1, 2, 3]])])).toThrow(
      /Layer b has 3 activations/,
    )
    expect(() => correlationGraph(kernels, [layer('a', [[1, 2]])])).toThrow(/3 to 1048576 examples/)
    const long = [Array.from({ length: 300 }, (_, i) => i)]
    expect(() => correlationGraph(kernels, [layer('a', long)], { correlation: 'kendall' })).toThrow(/Kendall/)
  })
})
