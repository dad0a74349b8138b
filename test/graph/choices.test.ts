/** Options of the unit graph: layers, masks, storage, the papers' forms. */
import { describe, expect, it } from 'vitest'
import { paperDefaults } from '../../src/graph/paper-form.ts'
import { selectUnits } from '../../src/graph/select.ts'
import { unitGraph } from '../../src/graph/walk.ts'
import { mlp, smallCnn } from '../../src/network/architectures.ts'
import { tensor } from '../../src/tensor/tensor.ts'
import { blockMatrix } from './block-matrix.ts'

describe('choice of units', async () => {
  const { network } = mlp([3, 4, 5, 6, 2], { seed: 1 })
  const { graph } = await unitGraph(network)
  const sizes = (units: string) => selectUnits(graph, units).graph.layers.map(layer => layer.size)

  it.each([
    ['all', [3, 4, 5, 6, 2]],
    ['hidden', [4, 5, 6]],
    ['no-inputs', [4, 5, 6, 2]],
    ['1-2', [4, 5]],
    ['0,2-3', [3, 5, 6]],
    ['dense2, dense4', [5, 2]],
  ])('%s', (units, expected) => {
    expect(sizes(units)).toEqual(expected)
  })

  it('is applied after scales are fixed: the blocks left are those of the whole graph', () => {
    const part = selectUnits(graph, 'hidden').graph
    expect(blockMatrix(part, 0, 1)).toEqual(blockMatrix(graph, 1, 2))
    expect(part.blocks).toHaveLength(2)
  })

  it.each(['dense9', '3-9', '2-1', ''])('refuses "%s" and lists the layers', units => {
    expect(() => selectUnits(graph, units)).toThrow(/0 "input", 1 "dense1"/)
  })

  it('carries scales and classes along', async () => {
    const { gauge } = await unitGraph(network, { units: 'no-inputs' })
    expect([gauge.scales.length, gauge.classes.length]).toEqual([17, 17])
  })
})

describe('masks', () => {
  const { network } = mlp([3, 4, 2], { seed: 1 })

  it('multiply the weights before all else; a block of few edges is kept sparse', async () => {
    const mask = tensor(Float32Array.from([0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1]), [4, 3])
    const options = { canonical: 'none', masks: new Map([['dense1.weight', mask]]) } as const
    const masked = (await unitGraph(network, options)).graph
    const plain = blockMatrix((await unitGraph(network, { canonical: 'none' })).graph, 0, 1).values
    expect(masked.blocks[0].edges.kind).toBe('sparse')
    expect([...blockMatrix(masked, 0, 1).values]).toEqual([...plain].map((value, i) => value * Number(mask.data[i])))
  })

  it('refuse a wrong name or shape', async () => {
    const mask = tensor(new Float32Array(12), [3, 4])
    await expect(unitGraph(network, { masks: new Map([['dense7.weight', mask]]) })).rejects.toThrow(
      /dense1.weight, dense2/,
    )
    await expect(unitGraph(network, { masks: new Map([['dense1.weight', mask]]) })).rejects.toThrow(/\[3,4\].*\[4,3\]/)
  })
})

describe('the papers’ protocol', () => {
  it('takes a perceptron whole, without rescaling', async () => {
    const { network, layers } = mlp([3, 4, 2], { seed: 1 })
    const { graph } = await unitGraph(network, { protocol: 'paper' })
    const first = layers[0].kind === 'dense' ? (layers[0].weight.data as Float32Array) : []
    expect([...blockMatrix(graph, 0, 1).values]).toEqual(Array.from(first, Math.abs))
  })

  it('takes of a convolutional chain the kernels between convolutions, by the induced norm', async () => {
    const { network, layers } = smallCnn({ seed: 1, width: 7 })
    const { graph } = await unitGraph(network, { protocol: 'paper' })
    expect(graph.layers.map(({ name, size }) => [name, size])).toEqual([
      ['conv1', 7],
      ['conv2', 7],
      ['conv3', 7],
    ])
    const kernel = layers[1].kind === 'conv' ? layers[1].weight.data.slice(9, 18) : []
    const columns = [0, 1, 2].map(c => [0, 3, 6].reduce((sum, r) => sum + Math.abs(Number(kernel[r + c])), 0))
    expect(blockMatrix(graph, 0, 1).values[1]).toBeCloseTo(Math.max(...columns), 6)
  })

  it('asks for isolated units to be told by degree', () => {
    expect(paperDefaults(smallCnn({ seed: 1, width: 2 }).network)).toEqual({
      form: 'outputs',
      norm: 'induced-1',
      batchNorm: false,
      canonical: 'none',
      isolated: 'degree',
    })
  })
})
