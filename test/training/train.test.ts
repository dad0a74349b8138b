/** A configuration carried out, in both phases. */
import { describe, expect, it } from 'vitest'
import { loadTask } from '../../src/tasks/load.ts'
import { memoryStore } from '../../src/training/checkpoint.ts'
import { checkTrainingConfig } from '../../src/training/config.ts'
import { configuredNetwork, type FreshNetwork } from '../../src/training/configured-network.ts'
import type { FitResult } from '../../src/training/fit.ts'
import { trainConfigured } from '../../src/training/train.ts'

const config = checkTrainingConfig({
  task: 'small_digits',
  network: { kind: 'mlp', hidden: [16, 16] },
  epochs: 2,
  batch: 32,
  dropout: 0.1,
  pruning: { epochs: 3, final: 0.8, every: 4 },
  penalty: { strength: 0.01, every: 5 },
  normaliser: 'papers',
})
const dataset = await loadTask(config.task, { train: 320, test: 100 })
const network = configuredNetwork(config.network as FreshNetwork, config, dataset, 7)

async function weightsOf({ network: trained }: FitResult): Promise<Record<string, Float32Array>> {
  const weights: Record<string, Float32Array> = {}
  for (const [name, weight] of trained.weights) weights[name] = (await weight.read()).data as Float32Array
  return weights
}

describe('training by configuration', () => {
  it('hands over the unpruned network before pruning begins, and prunes exactly', async () => {
    const order: string[] = []
    const result = await trainConfigured(network, dataset, config, {
      seed: 7,
      onPhase: phase => void order.push(phase),
      onEpoch: (phase, { epoch }) => void order.push(`${phase} ${epoch}`),
    })
    expect(order).toEqual([...['unpruned 1', 'unpruned 2', 'unpruned', 'pruned 1', 'pruned 2', 'pruned 3', 'pruned']])
    for (const [name, mask] of result.masks!) {
      const { data } = await result.pruned!.network.weights.get(name)!.read()
      const kept = (mask.data as Float32Array).reduce((sum, one) => sum + one, 0)
      expect(kept).toBe(Math.round(data.length * 0.2))
      for (let i = 0; i < data.length; i++) if (mask.data[i] === 0 && data[i] !== 0) expect.unreachable(`${name} ${i}`)
    }
    const before = await weightsOf(result.unpruned)
    for (const name of result.masks!.keys()) expect(before[name].includes(0)).toBe(false)
    expect(result.unpruned.runtime.name).toMatch(/^onnxruntime|^reference/)
  })

  it('resumed after any phase or epoch ends with the same weights', async () => {
    const whole = await trainConfigured(network, dataset, config, { seed: 7 })
    const expected = await weightsOf(whole.pruned!)
    for (const last of ['unpruned 1', 'unpruned 2', 'pruned 1', 'pruned 2']) {
      const checkpoints = memoryStore()
      const stop = new AbortController()
      const interrupted = trainConfigured(network, dataset, config, {
        ...{ seed: 7, checkpoints, signal: stop.signal },
        onEpoch: (phase, { epoch }) => `${phase} ${epoch}` === last && stop.abort(),
      })
      await expect(interrupted).rejects.toThrow(expect.objectContaining({ code: 'interrupted' }))
      const resumed = await trainConfigured(network, dataset, config, { seed: 7, checkpoints })
      expect(await weightsOf(resumed.pruned!)).toEqual(expected)
    }
  })
})
