/** Every gradient rule against central differences in float64 on the reference runtime. */
import { describe, expect, it } from 'vitest'
import { gradientGraph } from '../../src/autodiff/gradient-graph.ts'
import { referenceRuntime } from '../../src/runtime/reference.ts'
import { FAMILIES } from './cases.ts'
import { differencesOf, gap, gradientsOf, pose } from './gradient-case.ts'

const runtime = referenceRuntime()

describe.each(FAMILIES)('%s', (_family, cases) => {
  it.each(cases.map(test => [test.name, test] as const))('%s', async (_name, test) => {
    const posed = await pose(test, 'float64')
    const gradients = await gradientsOf(runtime, posed)
    const differences = await differencesOf(runtime, posed)
    expect(posed.wrt.length).toBeGreaterThan(0)
    for (const name of posed.wrt) {
      expect(gradients[name].shape, name).toEqual(posed.feeds[name].shape)
      expect(gap(gradients[name].data, differences[name]), name).toBeLessThan(1e-7)
    }
  })

  it('writes no operator that leads to no output', async () => {
    for (const test of cases) {
      const { network, wrt } = await pose(test, 'float64')
      const graph = await gradientGraph(network, { loss: 'loss', wrt })
      const read = new Set([
        ...graph.outputs.map(({ name }) => name),
        ...graph.operators.flatMap(({ inputs }) => inputs),
      ])
      const dead = graph.operators.filter(({ outputs }) => !outputs.some(name => read.has(name)))
      expect(dead.map(({ type }) => `${test.name}: ${type}`)).toEqual([])
    }
  })
})
