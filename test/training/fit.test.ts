import { describe, expect, it } from 'vitest'
import { mlp } from '../../src/network/architectures.ts'
import { chooseRuntime } from '../../src/runtime/choose.ts'
import { fit } from '../../src/training/fit.ts'
import type { FitOptions } from '../../src/training/fit-options.ts'
import type { EpochRecord } from '../../src/training/history.ts'
import type { TrainingHook } from '../../src/training/hooks.ts'
import { blobs, blobTargets, readWeights, weightBits } from './blobs.ts'

const { network } = mlp([6, 8, 8, 3], { seed: 1 })
const data = blobs(50)
const base: FitOptions = { seed: 5, epochs: 3, batch: 8, rate: 0.02 }
/** Due before every step, so that no two steps are grouped. */
const everyStep: TrainingHook = { name: 'idle', every: 1, apply: () => undefined }

describe('fit', () => {
  it('learns to tell clouds apart, with every optimiser', async () => {
    for (const kind of ['sgd', 'adam', 'adamw', 'rmsprop'] as const) {
      const options: FitOptions = { ...base, epochs: 15, optimiser: { kind }, rate: kind === 'sgd' ? 0.3 : 0.02 }
      const { history, runtime } = await fit(network, data, options)
      expect(history.at(-1)!.validation!.accuracy, kind).toBe(1)
      expect(history.at(-1)!.loss).toBeLessThan(0.1)
      expect(runtime.name).toBe((await chooseRuntime()).name)
    }
  })

  it('leaves the network it was given as it was', async () => {
    const before = await weightBits(network)
    const trained = await fit(network, data, { ...base, epochs: 1 })
    expect(await weightBits(network)).toBe(before)
    expect(await weightBits(trained.network)).not.toBe(before)
  })

  it('gives the same bits for the same seed, others for another', async () => {
    const run = async (seed: number) => weightBits((await fit(network, data, { ...base, seed, dropout: 0.3 })).network)
    expect(await run(5)).toBe(await run(5))
    expect(await run(6)).not.toBe(await run(5))
  })

  it('groups steps without changing a bit', async () => {
    const options: FitOptions = { ...base, epochs: 4, dropout: 0.25, noise: 0.1, l1: 1e-4 }
    const grouped = await fit(network, data, options)
    const single = await fit(network, data, { ...options, hooks: [everyStep] })
    expect(await weightBits(grouped.network)).toBe(await weightBits(single.network))
    expect(single.history).toEqual(grouped.history)
  })

  it('takes the examples left over as a smaller batch, and weighs it so', async () => {
    // With next to no learning, the epoch's loss is that of the network before: the mean over all examples.
    const whole = { ...data, tests: { test: data.train } }
    const { history, steps } = await fit(network, whole, { ...base, epochs: 1, batch: 16, rate: 1e-30 })
    expect(steps).toBe(4)
    expect(history[0].loss).toBeCloseTo(history[0].validation!.loss, 6)
    expect(history[0].accuracy).toBeCloseTo(history[0].validation!.accuracy!, 6)
  })

  it('trains regression and bits', async () => {
    const targets = blobTargets(60)
    const options: FitOptions = { ...base, epochs: 30 }
    const regression = await fit(network, targets, options)
    expect(regression.history.at(-1)!.validation!.mse).toBeLessThan(0.05)
    expect(regression.history.at(-1)!.accuracy).toBeUndefined()
    const bits = await fit(network, targets, { ...options, loss: 'binary-cross-entropy' })
    expect(bits.history.at(-1)!.validation!.bitAccuracy).toBe(1)
  })

  it('shrinks weights by penalties, kernels alone unless told otherwise', async () => {
    const size = async (options: Partial<FitOptions>, names: string[]) => {
      const weights = await readWeights((await fit(network, data, { ...base, epochs: 10, ...options })).network)
      return names.reduce((sum, name) => sum + weights.get(name)!.reduce((all, w) => all + Math.abs(w), 0), 0)
    }
    const kernels = ['dense1.weight', 'dense2.weight']
    const free = await size({}, kernels)
    expect(await size({ l1: 0.02 }, kernels)).toBeLessThan(free * 0.7)
    expect(await size({ l2: 0.02 }, kernels)).toBeLessThan(free * 0.8)
    const biases = ['dense1.bias', 'dense2.bias']
    expect(await size({ l2: { bias: 1 } }, biases)).toBeLessThan((await size({}, biases)) * 0.3)
  })

  it('stops early, and keeps the best epoch', async () => {
    const records: EpochRecord[] = []
    const noisy = blobs(24, { spread: 1.2 })
    const { history, keptEpoch, stoppedEarly, steps } = await fit(network, noisy, {
      ...{ ...base, epochs: 200, rate: 0.05, keep: 'best-loss', stop: { patience: 5 } },
      onEpoch: record => records.push(record),
    })
    expect(stoppedEarly).toBe(true)
    expect(steps).toBe(history.length * 3)
    const losses = history.map(({ validation }) => validation!.loss)
    expect(keptEpoch).toBe(losses.indexOf(Math.min(...losses)) + 1)
    expect(history.length).toBe(keptEpoch + 5)
    expect(records).toEqual(history)
    expect(JSON.parse(JSON.stringify(records))).toEqual(records)
  })

  it('follows a schedule', async () => {
    const { history } = await fit(network, data, {
      ...{ ...base, epochs: 4, rate: 0.1, schedule: { kind: 'step', factor: 0.5, every: 2 } },
    })
    expect(history.map(({ rate }) => rate)).toEqual([0.1, 0.1, 0.05, 0.05])
  })

  it('reports progress with the loss, and stops when it is told to', async () => {
    const control = new AbortController()
    const details: string[] = []
    const run = fit(network, data, {
      ...{ ...base, epochs: 50, hooks: [everyStep], signal: control.signal },
      onProgress({ stage, done, total, detail }) {
        expect([stage, total]).toEqual(['training', 350])
        details.push(detail!)
        if (done === 9) control.abort()
      },
    })
    await expect(run).rejects.toMatchObject({ code: 'interrupted' })
    expect(details).toHaveLength(9)
    expect(details.at(-1)).toMatch(/^epoch 2 of 50, loss \d/)
  })
})
