import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { memorySource } from '../../src/formats/memory-source.ts'
import { readNpz } from '../../src/formats/npz.ts'
import { unitGraph } from '../../src/graph/walk.ts'
import { mlp } from '../../src/network/architectures.ts'
import type { Network } from '../../src/network/network.ts'
import { type Tensor, tensor } from '../../src/tensor/tensor.ts'
import type { HookState } from '../../src/training/hooks.ts'
import { keptCount, magnitudeMask, magnitudeMasks, masksAsNpz, pruneNetwork } from '../../src/training/masks.ts'
import { magnitudePruning, polynomialDecay, zhuGupta } from '../../src/training/pruning.ts'

const finite = fc.float({ noNaN: true, noDefaultInfinity: true })
// Few distinct sizes, so that ties are the rule.
const tied = fc.constantFrom(0, -0, 0.5, -0.5, 1, -1, 1.5)
const weights = fc.array(fc.oneof(finite, tied), { minLength: 1, maxLength: 80 }).map(list => Float32Array.from(list))
const ones = (mask: Float32Array) => mask.reduce((sum, value) => sum + value, 0)

describe('a magnitude mask', () => {
  it('keeps exactly as many as asked, the largest, ties from the first on', () => {
    fc.assert(
      fc.property(weights, fc.double({ min: 0, max: 1, noNaN: true }), (values, share) => {
        const keep = keptCount(values.length, share)
        const { mask, threshold } = magnitudeMask(values, keep)
        const sorted = Array.from(values, (value, i) => ({ size: Math.abs(value), i })).sort(
          (a, b) => b.size - a.size || a.i - b.i,
        )
        const expected = new Float32Array(values.length)
        for (const { i } of sorted.slice(0, keep)) expected[i] = 1
        expect(mask).toEqual(expected)
        expect(threshold).toBe(sorted[keep - 1].size)
      }),
    )
  })

  it('for a higher sparsity is a subset', () => {
    fc.assert(
      fc.property(weights, fc.nat(79), fc.nat(79), (values, a, b) => {
        const [few, many] = [a, b].map(n => 1 + (n % values.length)).sort((x, y) => x - y)
        const small = magnitudeMask(values, few).mask
        const large = magnitudeMask(values, many).mask
        expect(small.every((bit, i) => bit <= large[i])).toBe(true)
      }),
    )
  })

  it('keeps one weight at least, and rounds', () => {
    expect(keptCount(3, 0.99)).toBe(1)
    expect(keptCount(200_704, 0.9)).toBe(20_070)
    expect(keptCount(25, 0.9)).toBe(3)
    expect(keptCount(7, 0)).toBe(7)
  })
})

describe('masks of several tensors', () => {
  const tensors = new Map<string, Tensor>([
    ['small', tensor(Float32Array.of(0.1, -0.2, 0.3, 0.4), [2, 2])],
    ['large', tensor(Float32Array.of(5, -6, 7, 0.35), [4])],
  ])
  const bits = (scope: 'layer' | 'global') =>
    Object.fromEntries(Array.from(magnitudeMasks(tensors, 0.5, scope), ([name, mask]) => [name, [...mask.data]]))

  it('take half of each, or half of all', () => {
    expect(bits('layer')).toEqual({ small: [0, 0, 1, 1], large: [0, 1, 1, 0] })
    expect(bits('global')).toEqual({ small: [0, 0, 0, 1], large: [1, 1, 1, 0] })
  })

  it('refuse what is no sparsity', () => {
    for (const sparsity of [-0.1, 1, Number.NaN])
      expect(() => magnitudeMasks(tensors, sparsity)).toThrow(expect.objectContaining({ code: 'usage.sparsity' }))
  })
})

const zeros = async (network: Network, name: string) => {
  const weight = await network.weights.get(name)?.read()
  return Array.from(weight?.data as Float32Array).filter(value => Object.is(value, 0)).length
}

describe('a pruned network', () => {
  const { network } = mlp([20, 30, 10], { seed: 3 })
  it('has exact zeros in its matrices and untouched biases, in each layer or over all', async () => {
    const layer = await pruneNetwork(network, { sparsity: 0.9 })
    expect([...layer.masks.keys()]).toEqual(['dense1.weight', 'dense2.weight'])
    expect(await zeros(layer.network, 'dense1.weight')).toBe(540)
    expect(await zeros(layer.network, 'dense2.weight')).toBe(270)
    expect(layer.network.weights.get('dense1.bias')).toBe(network.weights.get('dense1.bias'))
    const global = await pruneNetwork(network, { sparsity: 0.9, scope: 'global' })
    const counts = await Promise.all(['dense1.weight', 'dense2.weight'].map(name => zeros(global.network, name)))
    expect(counts[0] + counts[1]).toBe(810)
    expect(counts[0]).not.toBe(540)
  })

  it('gives masks that --mask reads and that make the same graph', async () => {
    const { network: pruned, masks } = await pruneNetwork(network, { sparsity: 0.8 })
    const bytes = masksAsNpz(masks)
    expect(masksAsNpz(masks)).toEqual(bytes)
    const read = await readNpz(memorySource(bytes))
    const loaded = new Map(await Promise.all(read.map(async mask => [mask.name, await mask.read()] as const)))
    const byMask = await unitGraph(network, { masks: loaded })
    const byZeros = await unitGraph(pruned)
    expect(byMask.graph).toEqual(byZeros.graph)
  })
})

/** Runs a hook as the loop would, with weights that drift where they are not pruned. */
async function drive(hook: ReturnType<typeof magnitudePruning>, tensors: Map<string, Tensor>, totalSteps: number) {
  const history: { step: number; masks: Map<string, Float32Array> }[] = []
  let masks = new Map<string, Float32Array>()
  const call = async (step: number) => {
    const state: HookState = { step, totalSteps, stepsPerEpoch: 10, parameters: tensors, masks }
    masks = new Map((await hook.apply(state))?.masks)
    history.push({ step, masks })
    for (const [name, mask] of masks) {
      const data = tensors.get(name)?.data as Float32Array
      for (let i = 0; i < data.length; i++) data[i] = mask[i] * (data[i] + ((i * 7919 + step) % 13) * 0.01)
    }
  }
  for (let step = 0; step < totalSteps; step += hook.every) await call(step)
  await call(totalSteps)
  return history
}

describe('the pruning hook', () => {
  it.each([100, 37, 5])(
    'ends at exactly 90 percent zeros after %i steps, masks nested, biases left alone',
    async steps => {
      const { network } = mlp([20, 30, 10], { seed: 5 })
      const names = [...network.weights.keys()]
      const tensors = new Map(
        await Promise.all(
          names.map(async name => [name, (await network.weights.get(name)?.read()) as Tensor] as const),
        ),
      )
      const hook = magnitudePruning(network)
      const history = await drive(hook, tensors, steps)
      expect([...history[0].masks.keys()]).toEqual(['dense1.weight', 'dense2.weight'])
      for (const [name, size] of Object.entries({ 'dense1.weight': 600, 'dense2.weight': 300 })) {
        const masks = history.map(entry => entry.masks.get(name) as Float32Array)
        expect(ones(masks[0])).toBe(size / 2)
        expect(ones(masks[masks.length - 1])).toBe(size / 10)
        for (let m = 1; m < masks.length; m++) expect(masks[m].every((bit, i) => bit <= masks[m - 1][i])).toBe(true)
        expect(Array.from(tensors.get(name)?.data as Float32Array).filter(value => value === 0).length).toBe(
          (size * 9) / 10,
        )
      }
      const last = history[history.length - 1].masks.get('dense1.weight') as Float32Array
      const resumed = magnitudePruning(network)
      resumed.restore?.(hook.save?.() as Record<string, Tensor>)
      expect(resumed.thresholds).toEqual(hook.thresholds)
      expect(ones(last)).toBe(60)
    },
  )

  it('refuses weights that do not exist', () => {
    const { network } = mlp([4, 3], { seed: 1 })
    expect(() => magnitudePruning(network, { weights: ['nose'] })).toThrow(/nose/)
  })
})

describe('schedules', () => {
  it('begin and end where they say', () => {
    const cubic = polynomialDecay({ initial: 0.2, final: 0.7, every: 5 })
    expect([cubic.every, cubic.sparsity(0, 40), cubic.sparsity(40, 40)]).toEqual([5, 0.2, 0.7])
    const steps = zhuGupta()
    expect(steps.sparsity(0, 2300)).toBe(0)
    expect(steps.sparsity(2299, 2300)).toBeLessThan(0.9)
    expect(steps.sparsity(2300, 2300)).toBe(0.9)
  })
})
