/** Made-up analyses of planted networks: what the report draws from, without clustering anything. */
import { degrees, type EdgeBlock, layerOffsets, type UnitGraph, type UnitLayer } from '../../src/graph/unit-graph.ts'
import { randomStream } from '../../src/random.ts'
import { type Analysis, SCHEMA_VERSION } from '../../src/report/analysis.ts'
import { drawnEdges } from '../../src/report/drawn-edges.ts'
import { layerModuleSizes, moduleFlows } from '../../src/report/flows.ts'
import { weightHistograms } from '../../src/report/histograms.ts'
import type { NullComparison, NullModel } from '../../src/significance/verdict.ts'

export interface Plan {
  readonly sizes: readonly number[]
  readonly k: number
  /** Extra blocks beside the chain, as (from, to). */
  readonly skips?: readonly (readonly [number, number])[]
  readonly names?: readonly string[]
  readonly modular?: boolean
  readonly shuffles?: number
  readonly kind?: UnitLayer['kind']
}

export function syntheticAnalysis(plan: Plan): Analysis {
  const { sizes, k, modular = true } = plan
  const random = randomStream(7)
  const names = plan.names ?? sizes.map((_, l) => (l === 0 ? 'input' : `/features/layer.${l}/Conv`))
  const last = sizes.length - 1
  const layers = sizes.map((size, l): UnitLayer => {
    const role = l === 0 ? 'input' : l === last ? 'output' : 'hidden'
    return { name: names[l], size, role, kind: plan.kind ?? 'neuron' }
  })
  const units = sizes.reduce((a, b) => a + b, 0)
  const labels = Int32Array.from({ length: units }, () => (random.uniform() < 0.03 ? -1 : random.below(k)))
  const offsets = layerOffsets({ layers, blocks: [] })
  const pairs = [...sizes.slice(1).map((_, l): readonly [number, number] => [l, l + 1]), ...(plan.skips ?? [])]
  const blocks = pairs.map(([from, to]): EdgeBlock => {
    const values = new Float32Array(sizes[from] * sizes[to])
    for (let r = 0, at = 0; r < sizes[to]; r++)
      for (let c = 0; c < sizes[from]; c++, at++) {
        const same = labels[offsets[to] + r] === labels[offsets[from] + c]
        const weight = random.uniform() * random.uniform()
        values[at] = random.uniform() < 0.2 ? 0 : weight * (same ? 1 : 0.35)
      }
    return { from, to, edges: { kind: 'dense', values } }
  })
  const graph: UnitGraph = { layers, blocks }
  const perModule = layerModuleSizes(graph, labels, k)
  const removed = sizes.map((_, l) => labels.slice(offsets[l], offsets[l + 1]).filter(label => label < 0).length)
  const ncut = k === 1 ? 0 : (k - 1) * (modular ? 0.78 : 0.9)
  const m = plan.shuffles ?? 100
  const bell = () => Array.from({ length: 6 }, () => random.uniform()).reduce((a, b) => a + b) / 6 - 0.5
  const compare = (name: NullModel, centre: number): NullComparison => {
    const ncuts = Array.from({ length: m }, () => (k - 1) * (centre + 0.04 * bell()))
    const mean = ncuts.reduce((a, b) => a + b, 0) / m
    const sd = Math.sqrt(ncuts.reduce((a, b) => a + (b - mean) ** 2, 0) / m)
    const better = ncuts.filter(value => value <= ncut).length
    const effect = k === 1 ? 0 : (mean - ncut) / (k - 1)
    return {
      null: name,
      ncuts,
      mean,
      sd,
      z: sd === 0 ? null : (ncut - mean) / sd,
      p: (better + 1) / (m + 1),
      pFloor: 1 / (m + 1),
      pInterval: [0, 0.036],
      effect,
      effectInterval: [effect - 0.002, effect + 0.002],
      stoppedEarly: false,
    }
  }
  const comparisons = [compare('layer-nonzero', 0.87), compare('degree-preserving', 0.84), compare('layer', 0.9)]
  const ks = Array.from({ length: Math.min(15, units - 1) }, (_, i) => i + 2)
  return {
    schemaVersion: SCHEMA_VERSION,
    tool: { name: 'lobes', version: '0.1.0', node: 'v24.0.0' },
    createdAt: '2026-01-02T03:04:05.000Z',
    file: { name: 'planted.onnx', bytes: 1_234_567, format: 'onnx', producer: 'made up 1.0' },
    network: {
      operators: [
        { type: 'Gemm', count: sizes.length - 1 },
        { type: 'Relu', count: Math.max(0, sizes.length - 2) },
      ],
      parameters: blocks.reduce((sum, block) => sum + sizes[block.from] * sizes[block.to], 0),
      notes: ['Batch norm was folded into the weights before it.'],
      leftOut: [{ name: '/attention/Softmax', type: 'Softmax', reason: 'attention is not placed in the graph' }],
    },
    command: `lobes analyze planted.onnx --k ${k} --seed 7 --out report`,
    parameters: {
      k,
      seed: 7,
      shuffles: m,
      alpha: 0.05,
      nulls: ['layer-nonzero', 'degree-preserving'],
      norm: 'l1',
      protocol: 'corrected',
    },
    layers: layers.map((layer, l) => ({
      ...layer,
      removed: removed[l],
      perModule: [...perModule.slice(l * k, (l + 1) * k)],
    })),
    blocks: blocks.map(({ from, to, edges }) => ({
      from,
      to,
      edges: edges.values.filter(value => value !== 0).length,
      weight: edges.values.reduce((a, b) => a + b, 0),
    })),
    drawnEdges: drawnEdges(graph, labels),
    partition: {
      k,
      ncut,
      ncutTerms: Array.from({ length: k }, () => ncut / k),
      aveInOut: ncut === 0 ? null : (1 - ncut / k) / (2 * (ncut / k)),
      labels: [...labels],
      degrees: [...degrees(graph)],
      removedBecause: layers.flatMap((layer, l) =>
        removed[l] > 0 ? [{ layer: layer.name, count: removed[l], rule: 'not on any path from input to output' }] : [],
      ),
      eigenvalues: Array.from({ length: Math.min(units, k + 8) }, (_, i) =>
        i === 0 ? 0 : i < k ? 0.5 + 0.02 * i : 0.78 + 0.006 * (i - k),
      ),
    },
    kChoice: {
      ks,
      ncuts: ks.map(value => (value - 1) * (0.78 + 0.002 * Math.abs(value - k))),
      clusterability: ks.map(value => 0.22 - 0.002 * Math.abs(value - k)),
      excess: ks.map(value => (value === k ? 0.2 : 0.05)),
      eigengaps: ks.map(value => (value === k ? 0.1 : 0.006)),
      chosen: k,
    },
    stability: {
      runs: 20,
      confidence: [...labels].map(label => (label < 0 ? -1 : Math.min(1, 0.5 + random.uniform() * 0.8))),
      meanAri: 0.87,
      nearBest: [
        { ncut, runs: 14, ari: 1 },
        { ncut: ncut * 1.004, runs: 5, ari: 0.91 },
      ],
    },
    verdict: {
      k,
      ncut,
      clusterability: k === 1 ? null : 1 - ncut / (k - 1),
      alpha: 0.05,
      deciding: ['layer-nonzero', 'degree-preserving'],
      modular: modular && k > 1,
      comparisons,
      betweenNulls: [{ a: 'layer-nonzero', b: 'degree-preserving', cohensD: 1.7 }],
    },
    flows: moduleFlows(graph, labels, k),
    histograms: weightHistograms(graph),
    hash: '3f1c'.repeat(16),
  }
}
