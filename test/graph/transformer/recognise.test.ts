/** Transformers in operator graphs give the graph of the network they were written from. */
import { describe, expect, it } from 'vitest'
import { prepareGraph } from '../../../src/graph/prepare.ts'
import { recogniseTransformer } from '../../../src/graph/transformer/recognise.ts'
import { transformerGraph } from '../../../src/graph/transformer/transformer-graph.ts'
import type { UnitGraph } from '../../../src/graph/unit-graph.ts'
import { unitGraph } from '../../../src/graph/walk.ts'
import { asOperators, type Writing } from './operator-transformer.ts'
import { asTransformer, type SmallOptions, smallTransformer } from './small-transformer.ts'

const CASES: Readonly<Record<string, [SmallOptions, Writing]>> = {
  'LayerNorm, GELU by erf': [{}, { activation: 'erf' }],
  'LayerNorm as arithmetic, GELU by tanh': [{}, { activation: 'tanh', norms: 'arithmetic' }],
  'RMSNorm, SwiGLU': [{ norm: 'rms', gated: true }, { activation: 'silu' }],
  'RMSNorm as arithmetic, ReGLU': [{ norm: 'rms', gated: true, homogeneous: true }, { norms: 'arithmetic' }],
  'batch norm, ReLU': [{ norm: 'batch', homogeneous: true }, {}],
  'no norm': [{ norm: 'none', homogeneous: true }, {}],
  'norms on the stream': [{ behind: true, homogeneous: true }, { norms: 'arithmetic' }],
  'parts side by side': [{ parallel: true, blocks: 3 }, { activation: 'erf' }],
  'queries, keys and values by one matrix': [{}, { activation: 'erf', fused: true }],
  'scores divided early': [{}, { activation: 'erf', early: true }],
}

function compare(graph: UnitGraph, expected: UnitGraph) {
  expect(graph.layers.map(({ size, role, kind }) => [size, role, kind])).toEqual(
    expected.layers.map(({ size, role, kind }) => [size, role, kind]),
  )
  expect(graph.blocks.map(({ from, to }) => [from, to])).toEqual(expected.blocks.map(({ from, to }) => [from, to]))
  expected.blocks.forEach(({ edges }, b) => {
    const most = edges.values.reduce((largest, value) => Math.max(largest, value), 0)
    edges.values.forEach((value, at) => {
      expect(Math.abs(graph.blocks[b].edges.values[at] - value) / most).toBeLessThan(1e-6)
    })
  })
}

describe('an operator graph', () => {
  it.each(Object.entries(CASES))('%s', async (_, [options, writing]) => {
    const small = smallTransformer(3, options)
    const network = await asOperators(small, writing)
    const { graph, leftOut } = await unitGraph(network)
    expect(leftOut).toEqual([])
    compare(graph, (await transformerGraph(asTransformer(small))).graph)
  })

  it('words and their vocabulary are no units', async () => {
    const small = smallTransformer(3)
    const { graph } = await unitGraph(await asOperators(small, { activation: 'erf', words: true }))
    const whole = asTransformer(small)
    const { norm } = whole.output
    compare(graph, (await transformerGraph({ ...whole, inputs: [], output: { name: 'output', norm } })).graph)
  })

  it('is left to the walk in the form general', async () => {
    const { graph, leftOut } = await prepareGraph(await asOperators(smallTransformer(3)), { form: 'general' })
    expect(graph.layers.every(({ kind }) => kind !== 'head')).toBe(true)
    expect(leftOut.some(({ type }) => type === 'Softmax')).toBe(true)
  })

  it('with a matrix that has no part is not taken for a transformer', async () => {
    const network = await asOperators(smallTransformer(3))
    expect(await recogniseTransformer(network)).toBeDefined()
    const [stray] = network.operators.filter(({ type }) => type === 'Relu')
    const operators = network.operators.map(one =>
      one === stray
        ? { ...one, inputs: [network.operators.find(({ type }) => type === 'Transpose')!.outputs[0]] }
        : one,
    )
    expect(await recogniseTransformer({ ...network, operators })).toBeUndefined()
  })
})
