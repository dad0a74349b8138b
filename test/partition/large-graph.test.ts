/** Graphs beyond what stays in kernel memory are clustered block by block: the same modules and n-cut. */
import { describe, expect, it } from 'vitest'
import type { EdgeBlock, UnitGraph } from '../../src/graph/unit-graph.ts'
import { loadKernels } from '../../src/kernels/kernels.ts'
import { cluster } from '../../src/partition/cluster.ts'
import { kernelBlocks, RESIDENT_BYTES } from '../../src/partition/kernel-blocks.ts'
import { randomStream } from '../../src/random.ts'

const SIZE = 1600
/** Edges of weight 4 within the halves of each layer, 1 between them; half of them missing where it is sparse. */
function halves(kind: 'dense' | 'sparse'): UnitGraph {
  const random = randomStream(1)
  const layers = (['input', 'hidden', 'output'] as const).map(role => ({
    name: role,
    size: SIZE,
    role,
    kind: 'neuron' as const,
  }))
  const edges = (): EdgeBlock['edges'] => {
    const values = Float32Array.from({ length: SIZE * SIZE }, (_, cell) => {
      const together = Math.floor(cell / SIZE) < SIZE / 2 === cell % SIZE < SIZE / 2
      return (together ? 4 : 1) * (1 + 0.1 * random.uniform())
    })
    if (kind === 'dense') return { kind, values }
    const rowStart = Int32Array.from({ length: SIZE + 1 }, (_, row) => row * SIZE)
    return { kind, rowStart, columns: Int32Array.from(values, (_, cell) => cell % SIZE), values }
  }
  return { layers, blocks: [0, 1].map(from => ({ from, to: from + 1, edges: edges() })) }
}

describe.each(['dense', 'sparse'] as const)('a large graph of %s blocks', kind => {
  const graph = halves(kind)

  it('is cut along its planted halves', async () => {
    expect(graph.blocks.reduce((sum, { edges }) => sum + edges.values.byteLength, 0)).toBeGreaterThan(RESIDENT_BYTES)
    const { labels, ncut } = await cluster(graph, { k: 2, seed: 1 })
    const inHalves = labels.map((label, unit) => (label === labels[0] ? 1 : 0) ^ (unit % SIZE < SIZE / 2 ? 1 : 0))
    expect(inHalves.every(wrong => wrong === 0)).toBe(true)
    // A fifth of each half's edges leaves it.
    expect(ncut).toBeCloseTo(0.4, 2)
  })

  it('leaves kernel memory as it was', async () => {
    const { arena } = await loadKernels()
    const blocks = kernelBlocks(arena, graph)
    const before = arena.mark()
    for (const block of blocks)
      block.visit(({ values }) => {
        expect(arena.mark()).toBeGreaterThan(before)
        expect(arena.f32(values, 10)).toEqual(graph.blocks[blocks.indexOf(block)].edges.values.subarray(0, 10))
      })
    expect(arena.mark()).toBe(before)
  })
})
