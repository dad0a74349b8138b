import { describe, expect, it } from 'vitest'
import { mlp } from '../../src/network/architectures.ts'
import { fit } from '../../src/training/fit.ts'
import type { FitOptions } from '../../src/training/fit-options.ts'
import type { HookChanges, HookState, TrainingHook } from '../../src/training/hooks.ts'
import { blobs, readWeights, weightBits } from './blobs.ts'

const { network } = mlp([6, 8, 3], { seed: 1 })
const data = blobs(40)
// Five steps an epoch.
const base: FitOptions = { seed: 5, epochs: 4, batch: 8, rate: 0.02 }

function hook(every: number, apply: (state: HookState) => HookChanges | undefined, name = 'test'): TrainingHook {
  return { name, every, apply }
}

describe('training hooks', () => {
  it('are called before every n-th step and, if they ask, after the last', async () => {
    const seen: number[] = []
    const watch = (state: HookState) => {
      expect([state.totalSteps, state.stepsPerEpoch]).toEqual([20, 5])
      expect([...state.parameters.keys()]).toEqual(['dense1.weight', 'dense1.bias', 'dense2.weight', 'dense2.bias'])
      expect(state.parameters.get('dense2.weight')!.shape).toEqual([3, 8])
      seen.push(state.step)
      return undefined
    }
    await fit(network, data, { ...base, hooks: [hook(7, watch)] })
    expect(seen).toEqual([0, 7, 14])
    await fit(network, data, { ...base, hooks: [{ ...hook(10, watch), atEnd: true }] })
    expect(seen.slice(3)).toEqual([0, 10, 20])
  })

  it('masks keep zeros exact in every step from then on', async () => {
    const mask = Float32Array.from({ length: 48 }, (_, i) => i % 2)
    const checked: number[] = []
    const prune = hook(1, ({ step, parameters }) => {
      if (step === 3) return { masks: new Map([['dense1.weight', mask]]) }
      const weight = parameters.get('dense1.weight')!.data as Float32Array
      if (step > 3) checked.push(weight.filter(value => value === 0).length)
      return undefined
    })
    const { network: trained, masks } = await fit(network, data, { ...base, hooks: [prune] })
    expect(checked).toEqual(new Array(16).fill(24))
    const weight = (await readWeights(trained)).get('dense1.weight')!
    expect(weight.every((value, i) => (value === 0) === (i % 2 === 0))).toBe(true)
    expect(masks).toEqual(new Map([['dense1.weight', mask]]))
  })

  it('masks given from the start act like those of a hook at step 0', async () => {
    const masks = new Map([['dense2.weight', Float32Array.from({ length: 24 }, (_, i) => (i % 3 ? 1 : 0))]])
    const fromStart = await fit(network, data, { ...base, masks })
    const byHook = await fit(network, data, { ...base, hooks: [hook(100, () => ({ masks }))] })
    expect(await weightBits(fromStart.network)).toBe(await weightBits(byHook.network))
  })

  it('a fed gradient acts like the penalty whose gradient it is', async () => {
    const penalty = hook(1, ({ parameters }) => ({
      gradients: new Map(
        ['dense1.weight', 'dense2.weight'].map(name => [
          name,
          (parameters.get(name)!.data as Float32Array).map(value => 2 * 0.01 * value),
        ]),
      ),
    }))
    const fed = await readWeights((await fit(network, data, { ...base, hooks: [penalty] })).network)
    const coupled = await readWeights((await fit(network, data, { ...base, l2: 0.01 })).network)
    for (const [name, values] of coupled)
      for (const [i, value] of values.entries()) expect(Math.abs(fed.get(name)![i] - value)).toBeLessThan(1e-4)
    const without = await readWeights((await fit(network, data, base)).network)
    expect(Math.abs(without.get('dense1.weight')![0] - coupled.get('dense1.weight')![0])).toBeGreaterThan(1e-4)
  })

  it('a gradient acts in as many steps as it is given for', async () => {
    // With SGD and no gradient of its own (a learning rate is all there is), pushes add up.
    const push = (gradientSteps: number | undefined, name: string) =>
      hook(5, () => ({ gradients: new Map([['dense1.bias', new Float32Array(8).fill(1)]]), gradientSteps }), name)
    const moved = async (...hooks: TrainingHook[]) => {
      const options: FitOptions = { ...base, optimiser: { kind: 'sgd' }, rate: 1e-3, hooks }
      const [after, before] = [await fit(network, data, options), await fit(network, data, { ...options, hooks: [] })]
      const [a, b] = [await readWeights(after.network), await readWeights(before.network)]
      return Math.round((b.get('dense1.bias')![0] - a.get('dense1.bias')![0]) * 1000)
    }
    expect(await moved(push(undefined, 'a'))).toBe(4)
    expect(await moved(push(3, 'a'))).toBe(12)
    expect(await moved(push(5, 'a'))).toBe(20)
    expect(await moved(push(2, 'a'), push(4, 'b'))).toBe(24)
  })

  it('new weights are used from the next step on', async () => {
    const zero = hook(100, ({ parameters }) => ({
      weights: new Map(Array.from(parameters, ([name, { data: values }]) => [name, new Float32Array(values.length)])),
    }))
    // A network of zeros has the same answer for everything: the first loss is ln 3.
    const { history } = await fit(network, data, { ...base, epochs: 1, batch: 40, hooks: [zero] })
    expect(history[0].loss).toBeCloseTo(Math.log(3), 5)
  })

  it('their metrics stand in the record of the epoch', async () => {
    const watch = hook(2, ({ step }) => ({ metrics: { step } }))
    const { history } = await fit(network, data, { ...base, epochs: 2, hooks: [watch] })
    expect(history.map(record => record.hooks)).toEqual([{ 'test.step': 2 }, { 'test.step': 7 }])
  })

  it('what does not fit is refused with the name of the hook', async () => {
    const wrong = hook(5, () => ({ weights: new Map([['dense1.bias', new Float32Array(3)]]) }), 'odd')
    await expect(fit(network, data, { ...base, hooks: [wrong] })).rejects.toThrow(/"odd".*3 values.*dense1\.bias.*8/)
  })
})
