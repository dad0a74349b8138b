import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { graphToCsv, graphToGraphMl, graphToNpz } from '../../src/graph/export.ts'
import { degrees, type UnitGraph } from '../../src/graph/unit-graph.ts'
import { unitGraph } from '../../src/graph/walk.ts'
import { mlp } from '../../src/network/architectures.ts'

const PYTHON = '/usr/bin/python3'
const hasNetworkX = spawnSync(PYTHON, ['-c', 'import networkx, scipy']).status === 0

const small: UnitGraph = {
  layers: [
    { name: 'in <a&"b">', size: 2, role: 'input', kind: 'neuron' },
    { name: 'out, "x"', size: 1, role: 'output', kind: 'neuron' },
  ],
  blocks: [{ from: 0, to: 1, edges: { kind: 'dense', values: Float32Array.from([0.5, 0.25]) } }],
}

function write(name: string, content: string | Uint8Array): string {
  const path = join(mkdtempSync(join(tmpdir(), 'lobes-')), name)
  writeFileSync(path, content)
  return path
}

describe('export', () => {
  it('CSV: a line for each edge, names quoted where they must be', () => {
    expect([...graphToCsv(small)].join('')).toBe(
      'from_layer,from_unit,to_layer,to_unit,weight\n' +
        '"in <a&""b"">",0,"out, ""x""",0,0.5\n' +
        '"in <a&""b"">",1,"out, ""x""",0,0.25\n',
    )
  })

  it('text comes in chunks', async () => {
    const { graph } = await unitGraph(mlp([100, 80, 10], { seed: 1 }).network)
    const chunks = [...graphToCsv(graph)]
    expect(chunks.length).toBeGreaterThan(2)
    expect(Math.max(...chunks.map(chunk => chunk.length))).toBeLessThan(70_000)
    expect(chunks.join('').trimEnd().split('\n')).toHaveLength(1 + 8000 + 800)
  })

  // Skipped where Debian's Python with NetworkX and SciPy is not installed.
  it.skipIf(!hasNetworkX)('GraphML is read by NetworkX, npz by NumPy, with the same degrees', async () => {
    const { graph } = await unitGraph(mlp([6, 5, 3], { seed: 2 }).network)
    const labels = Int32Array.from({ length: 14 }, (_, u) => (u % 3) - 1)
    const xml = write('graph.graphml', [...graphToGraphMl(graph, labels)].join(''))
    const npz = write('graph.npz', graphToNpz(graph))
    const script = `
import sys, json, networkx, numpy
g = networkx.read_graphml(sys.argv[1])
z = numpy.load(sys.argv[2])
names = bytes(z['layer_names_utf8']).decode().split(chr(10))
print(json.dumps([g.is_directed(), [g.degree('n%d' % u, weight='weight') for u in range(14)],
  g.nodes['n7'], names, z['sizes'].tolist(), float(z['block_0_1'].sum() + z['block_1_2'].sum())]))`
    const [directed, degree, node, names, sizes, total] = JSON.parse(
      execFileSync(PYTHON, ['-c', script, xml, npz], { encoding: 'utf8' }),
    )
    const expected = [...degrees(graph)]
    expect(directed).toBe(false)
    expected.forEach((value, u) => {
      expect(degree[u]).toBeCloseTo(value, 5)
    })
    expect(node).toEqual({ layer: 'dense1', role: 'hidden', kind: 'neuron', unit: 1, module: 0 })
    expect(names).toEqual(['input', 'dense1', 'dense2'])
    expect(sizes).toEqual([6, 5, 3])
    expect(total).toBeCloseTo(expected.reduce((sum, value) => sum + value, 0) / 2, 4)
  })

  it.skipIf(!hasNetworkX)('GraphML escapes names', () => {
    const xml = write('graph.graphml', [...graphToGraphMl(small)].join(''))
    const script = 'import sys, networkx; print(networkx.read_graphml(sys.argv[1]).nodes["n0"]["layer"])'
    expect(execFileSync(PYTHON, ['-c', script, xml], { encoding: 'utf8' }).trim()).toBe('in <a&"b">')
  })
})
