import { describe, expect, it } from 'vitest'
import { componentLayers, connectedComponents } from '../../src/graph/components.ts'
import { keepUnits } from '../../src/graph/isolated.ts'
import { subgraph, toAllUnits } from '../../src/graph/subgraph.ts'
import type { UnitGraph } from '../../src/graph/unit-graph.ts'
import { blockMatrix } from './block-matrix.ts'

/**
 * Layers of 3, 4 and 2 units. Unit 3 reads inputs 0 and 1 and feeds output 7; unit 4 reads input 2 and feeds nothing;
 * unit 5 feeds output 7 but reads nothing; unit 6 and output 8 have no edges.
 */
const graph: UnitGraph = {
  layers: [
    { name: 'in', size: 3, role: 'input', kind: 'neuron' },
    { name: 'mid', size: 4, role: 'hidden', kind: 'neuron' },
    { name: 'out', size: 2, role: 'output', kind: 'neuron' },
  ],
  blocks: [
    { from: 0, to: 1, edges: { kind: 'dense', values: Float32Array.from([1, 2, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0]) } },
    {
      from: 1,
      to: 2,
      edges: {
        kind: 'sparse',
        rowStart: Int32Array.of(0, 2, 2),
        columns: Int32Array.of(0, 2),
        values: Float32Array.of(4, 5),
      },
    },
  ],
}

describe('isolated units', () => {
  it('path: what lies between input and output stays', () => {
    const { keep, removed } = keepUnits(graph)
    expect([...keep]).toEqual([1, 1, 0, 1, 0, 0, 0, 1, 0])
    expect(removed).toEqual([
      { layer: 'in', reason: 'on no path from input to output', count: 1 },
      { layer: 'mid', reason: 'on no path from input to output', count: 2 },
      { layer: 'mid', reason: 'no edges', count: 1 },
      { layer: 'out', reason: 'no edges', count: 1 },
    ])
  })

  it('component: what hangs on to a spanning component stays too', () => {
    expect([...keepUnits(graph, 'component').keep]).toEqual([1, 1, 0, 1, 0, 1, 0, 1, 0])
  })

  it('degree: whatever has an edge stays', () => {
    expect([...keepUnits(graph, 'degree').keep]).toEqual([1, 1, 1, 1, 1, 1, 0, 1, 0])
  })

  it('units with next to no weight are dead, and what hangs on them alone goes too', () => {
    // Unit 4 of the middle layer is a ten-thousandth of the others; input 2 feeds nothing else.
    const weights = [1, 2, 0, 0, 0, 1e-4, 2, 1, 0]
    const decayed: UnitGraph = {
      layers: [graph.layers[0], { ...graph.layers[1], size: 3 }, graph.layers[2]],
      blocks: [
        { from: 0, to: 1, edges: { kind: 'dense', values: Float32Array.from(weights) } },
        { from: 1, to: 2, edges: { kind: 'dense', values: Float32Array.from([1, 1e-4, 2, 2, 1e-4, 1]) } },
      ],
    }
    expect([...keepUnits(decayed).keep]).toEqual(new Array(8).fill(1))
    const { keep, removed } = keepUnits(decayed, 'path', 1e-3)
    expect([...keep]).toEqual([1, 1, 0, 1, 0, 1, 1, 1])
    expect(removed).toEqual([
      { layer: 'in', reason: 'dead: next to no weight', count: 1 },
      { layer: 'mid', reason: 'dead: next to no weight', count: 1 },
    ])
  })

  it('components say how many units of each layer they hold', () => {
    const components = connectedComponents(graph)
    expect([...components.label]).toEqual([0, 0, 1, 0, 1, 0, 2, 0, 3])
    expect(componentLayers(graph, components)).toEqual([
      [2, 2, 1],
      [1, 1, 0],
      [0, 1, 0],
      [0, 0, 1],
    ])
  })

  it('the subgraph keeps weights and finds the way back', () => {
    const part = subgraph(graph, keepUnits(graph).keep)
    expect(part.graph.layers.map(layer => layer.size)).toEqual([2, 1, 1])
    expect([...part.unitOf]).toEqual([0, 1, 3, 7])
    expect([...blockMatrix(part.graph, 0, 1).values]).toEqual([1, 2])
    expect([...blockMatrix(part.graph, 1, 2).values]).toEqual([4])
    expect([...toAllUnits(part, [5, 6, 7, 8], 9)]).toEqual([5, 6, -1, 7, -1, -1, -1, 8, -1])
  })
})
