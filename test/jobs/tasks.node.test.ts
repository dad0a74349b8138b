import { describe, expect, it } from 'vitest'
import type { UnitGraph } from '../../src/graph/unit-graph.ts'
import { findTask } from '../../src/jobs/tasks.ts'
import { threadExecutor } from '../../src/jobs/threads.ts'
import { mlp } from '../../src/network/architectures.ts'
import { testModularity } from '../../src/significance/test.ts'

/** Absolute weights of a small planted MLP, as a graph. */
async function plantedGraph(): Promise<UnitGraph> {
  const sizes = [20, 24, 24, 10]
  const { network } = mlp(sizes, { seed: 4, planting: { modules: 4 } })
  const weights = [...network.weights.values()].filter(({ shape }) => shape.length === 2)
  const tensors = await Promise.all(weights.map(weight => weight.read()))
  return {
    layers: sizes.map((size, l) => ({
      name: `layer${l}`,
      size,
      role: l === 0 ? 'input' : l === sizes.length - 1 ? 'output' : 'hidden',
      kind: 'neuron',
    })),
    blocks: tensors.map(({ data }, l) => ({
      from: l,
      to: l + 1,
      edges: { kind: 'dense', values: Float32Array.from(data as Float32Array, Math.abs) },
    })),
  }
}

describe('tasks', () => {
  it('are found under their own name', async () => {
    expect((await findTask('shuffled-ncut'))?.name).toBe('shuffled-ncut')
    expect(await findTask('nothing')).toBeUndefined()
  })

  it('give the same verdict on the calling thread, on one thread and on two', async () => {
    const graph = await plantedGraph()
    const options = { k: 4, seed: 9, shuffles: 25 } as const
    const inline = await testModularity(graph, options)
    for (const workers of [1, 2]) {
      const executor = threadExecutor(workers)
      expect(await testModularity(graph, { ...options, executor })).toEqual(inline)
      await executor.close()
    }
  })
})
