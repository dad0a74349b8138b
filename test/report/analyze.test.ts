import { expect, test } from 'vitest'
import { mlp } from '../../src/network/architectures.ts'
import type { Progress } from '../../src/progress.ts'
import { analyzeNetwork } from '../../src/report/analyze.ts'
import { renderReport } from '../../src/report/html.ts'
import { adjustedRandIndex } from '../../src/stats/agreement.ts'

const { network, planted } = mlp([20, 30, 30, 10], { seed: 3, planting: { modules: 5, down: 0.1 } })
const source = { name: 'planted.onnx', byteLength: 1000 }
const options = { k: 5, seed: 11, shuffles: 19, stabilityRuns: 4 }

test('a planted network: its modules are found, tested and reported', async () => {
  const analysis = await analyzeNetwork(network, source, { ...options, command: 'lobes analyze planted.onnx' })
  const { partition, verdict, layers, stability } = analysis
  expect(layers.map(layer => layer.size)).toEqual([20, 30, 30, 10])
  for (const layer of layers) expect(layer.perModule.reduce((a, b) => a + b, layer.removed)).toBe(layer.size)
  const truth = Int32Array.from(planted.flatMap(modules => [...modules]))
  expect(adjustedRandIndex(Int32Array.from(partition.labels), truth)).toBeGreaterThan(0.85)
  expect(partition.ncutTerms.reduce((a, b) => a + b)).toBeCloseTo(partition.ncut, 9)
  expect(verdict.modular).toBe(true)
  expect(verdict.ncut).toBe(partition.ncut)
  expect(stability.confidence).toHaveLength(90)
  expect(partition.eigenvalues.length).toBeGreaterThan(5)
  expect(analysis.parameters).toMatchObject({ k: 5, seed: 11, shuffles: 19, stabilityRuns: 4 })
  expect(renderReport(analysis)).toContain('This network is modular')
})

test('the analysis survives JSON and gives the same page from it', async () => {
  const analysis = await analyzeNetwork(network, source, options)
  const saved = JSON.parse(JSON.stringify(analysis))
  expect(saved).toEqual(analysis)
  expect(renderReport(saved)).toBe(renderReport(analysis))
})

test('the hash depends on the seed and the numbers, not on the time', async () => {
  const [first, again, other] = [
    await analyzeNetwork(network, source, options),
    await analyzeNetwork(network, { ...source, name: 'renamed.onnx' }, options),
    await analyzeNetwork(network, source, { ...options, seed: 12 }),
  ]
  expect(again.hash).toBe(first.hash)
  expect(other.hash).not.toBe(first.hash)
})

test('k can be chosen; the choice is part of the analysis', async () => {
  const { kChoice, partition } = await analyzeNetwork(network, source, { ...options, k: { from: 2, to: 7 } })
  expect(kChoice!.ks).toEqual([2, 3, 4, 5, 6, 7])
  expect(kChoice!.chosen).toBe(kChoice!.ks[kChoice!.excess.indexOf(Math.max(...kChoice!.excess))])
  expect(partition.k).toBe(kChoice!.chosen)
})

test('one module is reported as no modules, without a test', async () => {
  const analysis = await analyzeNetwork(network, source, { ...options, k: 1 })
  expect(analysis.verdict).toMatchObject({ k: 1, modular: false, comparisons: [] })
  expect(renderReport(analysis)).toContain('No modules found')
})

test('progress is told and an abort is heard', async () => {
  const steps: Progress[] = []
  const controller = new AbortController()
  const onProgress = (step: Progress) => {
    steps.push(step)
    if (step.stage.includes('shuffled networks') && step.done >= 3) controller.abort()
  }
  const work = analyzeNetwork(network, source, { ...options, signal: controller.signal, onProgress })
  await expect(work).rejects.toMatchObject({ code: 'interrupted' })
  expect(steps.map(step => step.stage)).toEqual(expect.arrayContaining(['unit graph', 'modules', 'stability']))
})
