/** What lobes writes it reads again, and finds the same modules in. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { graphToCsv, graphToGraphMl, graphToNpz } from '../../../src/graph/export.ts'
import { prepareGraph } from '../../../src/graph/prepare.ts'
import { prepareGraphFile } from '../../../src/graph/prepare-graph-file.ts'
import { storeBlock } from '../../../src/graph/store.ts'
import type { UnitGraph } from '../../../src/graph/unit-graph.ts'
import { mlp } from '../../../src/network/architectures.ts'
import { cluster } from '../../../src/partition/cluster.ts'
import { opened } from './graph-text.ts'

/** Graphs of a few layers, some edges missing, some within layers. */
const graphs = fc
  .record({
    sizes: fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 4 }),
    weights: fc.array(fc.float({ min: 0, max: 8, noNaN: true, noDefaultInfinity: true }), {
      minLength: 300,
      maxLength: 300,
    }),
    density: fc.constantFrom(0.2, 0.6, 1),
  })
  .map(({ sizes, weights, density }): UnitGraph => {
    let at = 0
    const weight = () => {
      const value = weights[at++ % weights.length]
      return (at * 7) % 10 < density * 10 ? value : 0
    }
    const blocks = sizes.flatMap((rows, to) =>
      sizes.slice(0, to + 1).flatMap((columns, from) => {
        const values = Float32Array.from({ length: rows * columns }, (_, cell) =>
          from === to && cell % columns >= Math.floor(cell / columns) ? 0 : weight(),
        )
        return values.some(value => value > 0)
          ? [storeBlock({ from, to, edges: { kind: 'dense', values } }, rows, columns)]
          : []
      }),
    )
    const layers = sizes.map((size, l) => ({
      name: `layer <${l}> & "more"`,
      size,
      role: l === 0 ? ('input' as const) : l === sizes.length - 1 ? ('output' as const) : ('hidden' as const),
      kind: l % 2 === 0 ? ('neuron' as const) : ('channel' as const),
    }))
    return { layers, blocks }
  })

describe('what lobes writes is read again', () => {
  it('GraphML and npz: layers, roles, kinds and every edge', async () => {
    await fc.assert(
      fc.asyncProperty(graphs, async graph => {
        expect((await opened('graph.graphml', [...graphToGraphMl(graph)].join('')))?.graph).toEqual(graph)
        expect((await opened('graph.npz', graphToNpz(graph)))?.graph).toEqual(graph)
      }),
      { numRuns: 60, seed: 1 },
    )
  })

  it('CSV: every edge, with layers and unit numbers as names', async () => {
    const { graph } = await prepareGraph(mlp([6, 5, 4], { seed: 3 }).network)
    const found = await opened('graph.csv', [...graphToCsv(graph)].join(''))
    expect(found?.graph.blocks).toEqual(graph.blocks)
    expect(found?.names?.slice(5, 8)).toEqual([
      `${graph.layers[0].name}/5`,
      `${graph.layers[1].name}/0`,
      `${graph.layers[1].name}/1`,
    ])
  })

  it('and clustered, a graph from a file has the modules of its network', async () => {
    const { network } = mlp([20, 40, 40, 10], { seed: 2, planting: { modules: 5 } })
    const direct = await prepareGraph(network)
    const file = await opened('g.graphml', [...graphToGraphMl(direct.graph)].join(''))
    const again = prepareGraphFile(file as NonNullable<typeof file>)
    expect(again.parameters).toMatchObject({ isolated: 'path', dead: 0.001 })
    expect(await cluster(again.part.graph, { k: 5, seed: 1 })).toEqual(
      await cluster(direct.part.graph, { k: 5, seed: 1 }),
    )
  })
})
