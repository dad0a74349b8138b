/** Runs that are stopped and taken up again end with the same bits as those that were not. */
import { describe, expect, it } from 'vitest'
import { mlp } from '../../src/network/architectures.ts'
import { buildChain } from '../../src/network/build.ts'
import { randomStream } from '../../src/random.ts'
import { tensor } from '../../src/tensor/tensor.ts'
import { decodeCheckpoint, encodeCheckpoint, memoryStore } from '../../src/training/checkpoint.ts'
import { fit } from '../../src/training/fit.ts'
import type { FitOptions } from '../../src/training/fit-options.ts'
import type { TrainingHook } from '../../src/training/hooks.ts'
import { blobs, weightBits } from './blobs.ts'

const data = blobs(50)
const { network } = mlp([6, 8, 8, 3], { seed: 1 })

/** Remembers what it saw; masks and pushes in turn. */
function wanderingHook(): TrainingHook {
  let calls = tensor(Float64Array.of(0), [1])
  return {
    ...{ name: 'wandering', every: 5, atEnd: true },
    apply({ step, parameters }) {
      const count = calls.data[0] as number
      calls = tensor(Float64Array.of(count + 1), [1])
      const weight = parameters.get('dense1.weight')!.data as Float32Array
      return {
        masks: new Map([['dense1.weight', Float32Array.from(weight, (_, i) => (i % 7 === count % 7 ? 0 : 1))]]),
        gradients: new Map([['dense2.weight', new Float32Array(64).fill(0.001 * count)]]),
        gradientSteps: 3,
        metrics: { step },
      }
    },
    save: () => ({ calls }),
    restore: saved => {
      calls = saved.calls
    },
  }
}

const options = (): FitOptions => ({
  ...{ seed: 5, epochs: 5, batch: 8, rate: 0.02, dropout: 0.2, noise: 0.05, l2: 1e-3 },
  ...{ keep: 'best-accuracy', stop: { patience: 4 }, schedule: { kind: 'cosine' }, hooks: [wanderingHook()] },
})

/** Runs until `steps` are made, then stops as a kill would: nothing is saved any more. */
async function runUntil(all: FitOptions, steps: number): Promise<void> {
  const control = new AbortController()
  const run = fit(network, data, {
    ...{ ...all, signal: control.signal },
    onProgress: ({ done }) => done >= steps && control.abort(),
  })
  await run.catch(error => expect(error.code).toBe('interrupted'))
}

describe('checkpoints', () => {
  it('a run stopped at any step ends with the same bits', async () => {
    const whole = await fit(network, data, options())
    const random = randomStream(1)
    for (let round = 0; round < 4; round++) {
      const checkpoint = { store: memoryStore(), every: 1 + random.below(9) }
      for (let stop = random.below(12); stop < 35; stop += 1 + random.below(12))
        await runUntil({ ...options(), checkpoint }, stop)
      const resumed = await fit(network, data, { ...options(), checkpoint })
      expect(await weightBits(resumed.network)).toBe(await weightBits(whole.network))
      expect(resumed.history).toEqual(whole.history)
      expect([resumed.keptEpoch, resumed.steps]).toEqual([whole.keptEpoch, whole.steps])
      expect(resumed.masks).toEqual(whole.masks)
    }
  })

  it('running statistics of batch normalisation are part of them', async () => {
    const vector = (...values: number[]) => tensor(Float32Array.from(values), [values.length])
    const random = randomStream(2)
    const weight = (out: number, fanIn: number) =>
      tensor(
        Float32Array.from({ length: out * fanIn }, () => random.uniform() - 0.5),
        [out, fanIn],
      )
    const normed = buildChain(
      [
        { kind: 'dense', weight: weight(4, 6), bias: vector(0, 0, 0, 0), activation: 'Relu' },
        {
          kind: 'batch-norm',
          ...{ scale: vector(1, 1, 1, 1), shift: vector(0, 0, 0, 0) },
          ...{ mean: vector(0, 0, 0, 0), variance: vector(1, 1, 1, 1) },
        },
        { kind: 'dense', weight: weight(3, 4), bias: vector(0, 0, 0) },
      ],
      { input: [6] },
    )
    const all: FitOptions = { seed: 1, epochs: 12, batch: 8, rate: 0.02 }
    const whole = await fit(normed, data, all)
    expect(whole.history.at(-1)!.validation!.accuracy).toBeGreaterThan(0.9)
    const mean = (await whole.network.weights.get('batch-norm1.mean')!.read()).data as Float32Array
    expect(mean.every(value => value !== 0)).toBe(true)
    const checkpoint = { store: memoryStore() }
    const control = new AbortController()
    const stopped = fit(normed, data, {
      ...{ ...all, checkpoint, signal: control.signal },
      onEpoch: ({ epoch }) => epoch === 5 && control.abort(),
    })
    await expect(stopped).rejects.toMatchObject({ code: 'interrupted' })
    const resumed = await fit(normed, data, { ...all, checkpoint })
    expect(await weightBits(resumed.network)).toBe(await weightBits(whole.network))
  })

  it('a finished run is not trained further', async () => {
    const checkpoint = { store: memoryStore() }
    const first = await fit(network, data, { ...options(), checkpoint })
    let epochs = 0
    const again = await fit(network, data, { ...options(), checkpoint, onEpoch: () => epochs++ })
    expect(epochs).toBe(0)
    expect(await weightBits(again.network)).toBe(await weightBits(first.network))
  })

  it('other options are refused, by name', async () => {
    const checkpoint = { store: memoryStore() }
    await runUntil({ ...options(), checkpoint }, 14)
    const run = fit(network, data, { ...options(), rate: 0.03, checkpoint })
    await expect(run).rejects.toThrow(/"rate" = 0\.02, not 0\.03/)
  })

  it('what diverges stops with the step and keeps the last good checkpoint', async () => {
    const checkpoint = { store: memoryStore(), every: 1 }
    const spoil: TrainingHook = {
      ...{ name: 'spoil', every: 4 },
      apply: ({ step }) =>
        step === 8 ? { gradients: new Map([['dense3.bias', new Float32Array(3).fill(Infinity)]]) } : undefined,
    }
    const run = fit(network, data, { ...options(), hooks: [spoil], checkpoint })
    await expect(run).rejects.toMatchObject({ code: 'usage.diverged' })
    // The ninth step made weights that are no numbers; the tenth is the first to see them in the loss.
    await expect(run).rejects.toThrow(/step 10 \(epoch 2\).*checkpoint is kept/)
    const { step, state } = await decodeCheckpoint((await checkpoint.store.read('training'))!, 'training')
    expect(step).toBe(8)
    for (const { data: values } of state.values()) expect(values.every(value => Number.isFinite(value))).toBe(true)
  })

  it('are read back as they were written, infinities included', async () => {
    const all = new Map([['/odd/../name', tensor(Float32Array.of(1, Number.NaN), [2])]])
    const checkpoint = {
      ...{ config: { a: 1 }, step: 7, history: [], stall: { epochs: 1, best: Infinity } },
      sums: { examples: 3, loss: Number.NaN, right: 1, hooks: { h: { sum: 1, count: 2 } } },
      ...{ state: all, masks: all, gradients: [{ hook: 'h', until: 9, by: all }] },
      ...{ kept: { epoch: 2, score: { loss: -Infinity, accuracy: 1 }, weights: all }, hooks: new Map() },
    }
    expect(await decodeCheckpoint(encodeCheckpoint(checkpoint), 'x')).toEqual(checkpoint)
    await expect(decodeCheckpoint(new Uint8Array(100), 'x')).rejects.toMatchObject({ name: 'FormatError' })
  })
})
