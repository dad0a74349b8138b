/** The functional part of a small network, measured for real: the same twice, interrupted, refused. */
import { beforeAll, describe, expect, it } from 'vitest'
import { evaluationData } from '../../src/data/evaluation-data.ts'
import type { StoredExamples } from '../../src/data/stored-examples.ts'
import { mlp } from '../../src/network/architectures.ts'
import { randomStream } from '../../src/random.ts'
import type { Analysis } from '../../src/report/analysis.ts'
import { analyzeNetwork } from '../../src/report/analyze.ts'
import { analyzeFunction } from '../../src/report/functional/analyze-function.ts'
import type { FunctionalAnalysis } from '../../src/report/functional/functional-analysis.ts'
import { renderReport } from '../../src/report/html.ts'

const { network } = mlp([12, 24, 24, 4], { seed: 3, planting: { modules: 4 } })
const random = randomStream(5)
const stored: StoredExamples = {
  ...{ name: 'noise', shape: [12], layout: 'nchw', divisor: 1, heads: 1, provenance: 'Drawn for a test.' },
  inputs: Float32Array.from({ length: 80 * 12 }, () => random.uniform()),
  labels: Int32Array.from({ length: 80 }, (_, i) => i % 4),
  classes: ['a', 'b', 'c', 'd'],
}
const data = evaluationData(network, stored)
const OPTIONS = { controls: 9, paired: 3 }
let analysis: Analysis
let functional: FunctionalAnalysis
const parts: FunctionalAnalysis[] = []

beforeAll(async () => {
  analysis = await analyzeNetwork(network, { name: 'm.onnx', byteLength: 1 }, { k: 4, seed: 1, shuffles: 19 })
  const onFinished = (part: FunctionalAnalysis) => void parts.push(part)
  functional = await analyzeFunction(network, analysis, data, { ...OPTIONS, onFinished })
})

describe('analyzeFunction', () => {
  it('lesions every sub-module, pairs the costliest, and finds modules by activations', () => {
    const { lesions, doubles, activations } = functional
    const hidden = analysis.layers.filter(layer => layer.role === 'hidden').flatMap(layer => layer.perModule)
    expect(lesions.subModules.length + lesions.leftOut).toBe(hidden.filter(units => units > 0).length)
    for (const one of lesions.subModules) expect(one.controls).toHaveLength(9)
    expect(doubles!.members.length).toBeLessThanOrEqual(3)
    expect(doubles!.pairs).toHaveLength((doubles!.members.length * (doubles!.members.length - 1)) / 2)
    expect(activations!.labels).toHaveLength(analysis.partition.labels.length)
    expect(functional.data).toMatchObject({
      name: 'noise',
      examples: 80,
      answers: 'labels',
      classes: ['a', 'b', 'c', 'd'],
    })
    expect(functional.runtime.version).toMatch(/^\d/)
  })

  it('pairs what is important first, then what costs most', () => {
    const { lesions, doubles } = functional
    const cost = (at: number) => lesions.intact.accuracy! - lesions.subModules[at].lesion.accuracy!
    const isImportant = (at: number) => lesions.subModules[at].kind === 'important'
    const others = [...lesions.subModules.keys()].filter(at => !doubles!.members.includes(at) && cost(at) > 0)
    for (const member of doubles!.members)
      for (const other of others) {
        if (isImportant(member) && !isImportant(other)) continue
        expect(cost(member)).toBeGreaterThanOrEqual(cost(other))
      }
  })

  it('gives the same hash again, another for other numbers, and leaves the structural part alone', async () => {
    const before = structuredClone(analysis)
    expect((await analyzeFunction(network, analysis, data, OPTIONS)).hash).toBe(functional.hash)
    expect((await analyzeFunction(network, analysis, data, { ...OPTIONS, seed: 2 })).hash).not.toBe(functional.hash)
    expect(analysis).toEqual(before)
  })

  it('draws what drives each sub-module; what is not asked for is left out', async () => {
    const { coherence } = functional
    expect(coherence!.subModules.length + coherence!.leftOut).toBeGreaterThan(2)
    for (const { top } of coherence!.subModules) expect(top!.examples).toHaveLength(10)
    const few = await analyzeFunction(network, analysis, data, { ...OPTIONS, parts: ['activations'] })
    expect([few.doubles, few.coherence, few.activations?.k]).toEqual([null, null, 4])
    expect(few.lesions.subModules).toEqual(functional.lesions.subModules)
  })

  it('survives JSON, and its page can be drawn from that', () => {
    const saved = JSON.parse(JSON.stringify({ ...analysis, functional }))
    expect(renderReport(saved)).toBe(renderReport({ ...analysis, functional }))
  })

  it('tells what is finished after each part, and stops when asked', async () => {
    const known = ({ doubles, activations, coherence }: FunctionalAnalysis) =>
      [doubles, activations, coherence].filter(part => part !== null).length
    expect(parts.map(known)).toEqual([0, 1, 2, 3])
    const stop = new AbortController()
    const found: FunctionalAnalysis[] = []
    const stopping = analyzeFunction(network, analysis, data, {
      ...OPTIONS,
      signal: stop.signal,
      onFinished: part => {
        found.push(part)
        stop.abort()
      },
    })
    await expect(stopping).rejects.toMatchObject({ code: 'interrupted' })
    expect(found).toHaveLength(1)
  })

  it('without labels asks how far answers move; at chance it warns', async () => {
    const { labels, classes, ...bare } = stored
    const own = await analyzeFunction(network, analysis, evaluationData(network, bare), { ...OPTIONS, parts: [] })
    expect(own.data.answers).toBe('own')
    expect(own.lesions.intact).toMatchObject({ accuracy: 1, loss: null })
    expect(own.doubles).toBeNull()
    expect(own.chanceWarning).toBeNull()
    expect(functional.chanceWarning).toContain('no better than chance')
  })

  it('refuses an analysis of another graph, and one without anything to lesion', async () => {
    const other = { ...analysis, partition: { ...analysis.partition, labels: [0, 1] } }
    await expect(analyzeFunction(network, other, data, OPTIONS)).rejects.toMatchObject({ code: 'usage.labels' })
    const whole = { ...analysis, partition: { ...analysis.partition, labels: analysis.partition.labels.map(() => 0) } }
    await expect(analyzeFunction(network, whole, data, OPTIONS)).rejects.toMatchObject({ code: 'usage.sub-modules' })
  })
})
