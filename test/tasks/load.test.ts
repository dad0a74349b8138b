import { describe, expect, it } from 'vitest'
import { datasetHash } from '../../src/data/content-hash.ts'
import { type DataStore, exampleCount } from '../../src/data/dataset.ts'
import { UsageError } from '../../src/errors.ts'
import { loadTask, taskNames } from '../../src/tasks/load.ts'
import { plainImages } from './tiny-images.ts'

const labels = Array.from({ length: 40 }, (_, i) => i % 10)

/** Forty images of each set, those of CIFAR-10 in colour. */
const store: DataStore = {
  async load(name) {
    const grey = plainImages(name, labels, labels.slice(0, 20), 28)
    if (name !== 'cifar10') return grey
    const coloured = { ...plainImages(name, labels, labels.slice(0, 20), 32), shape: [3, 32, 32] }
    const split = { inputs: new Uint8Array(20 * 3072).fill(200), labels: Int32Array.from(labels.slice(0, 20)) }
    return { ...coloured, train: split, tests: { test: split } }
  },
}

const PAPERS = `line circle mnist small_mnist halves_mnist halves_same_mnist stacked_mnist stacked_same_mnist cifar10
  halves_cifar10 halves_same_cifar10 stacked_cifar10 stacked_same_cifar10 cifar10_full fashion halves_fashion
  halves_same_fashion stacked_fashion stacked_same_fashion random poly`.split(/\s+/)

describe('taskNames', () => {
  it('has the 21 sets of the papers, their mixtures, and all of it on drawn digits', () => {
    expect(PAPERS).toHaveLength(21)
    const names = taskNames()
    expect(new Set(names).size).toBe(names.length)
    for (const name of [
      ...PAPERS,
      'mnist-cifar10',
      'fashion-cifar10-separated',
      'line-mnist',
      'stacked_digits',
      'add_mul',
    ])
      expect(names).toContain(name)
  })
})

describe('loadTask', () => {
  // Compositions of digits or lines draw all of them: a few are enough.
  const costly = /_digits|digits-|-digits|line-|-line/
  const sample = ['small_digits', 'halves_digits', 'stacked_same_digits', 'digits-line-separated', 'line-mnist']
  const names = taskNames().filter(name => !costly.test(name) || sample.includes(name))

  it.each(names)('%s loads, checked, under its own name', async name => {
    const set = await loadTask(name, { store, train: 10, test: 8 })
    expect(set.name).toBe(name)
    expect(exampleCount(set, set.train)).toBe(10)
    for (const split of Object.values(set.tests)) expect(exampleCount(set, split)).toBeLessThanOrEqual(8)
    const channels = name === 'cifar10_full' ? 3 : name.startsWith('stacked') ? 2 : 1
    const side = name === 'cifar10_full' ? 32 : name.startsWith('small') ? 7 : 28
    if (set.divisor === 255) expect(set.shape).toEqual([channels, side, side])
  })

  it('gives CIFAR-10 grey: colours weighted, pixels from 0 to 255', async () => {
    const { train } = await loadTask('cifar10', { store })
    for (const value of train.inputs) expect(Math.abs(value - 200)).toBeLessThan(1e-3)
  })

  it('the first n examples are the same however many are asked for', async () => {
    for (const name of ['mnist', 'halves_mnist', 'line', 'digits']) {
      const few = await loadTask(name, { store, train: 5, test: 5 })
      const more = await loadTask(name, { store, train: 9, test: 5 })
      expect(more.train.inputs.slice(0, few.train.inputs.length)).toEqual(few.train.inputs)
    }
  })

  it('the same seed gives the same task, 42 if none is given', async () => {
    const hash = async (seed?: number) => datasetHash(await loadTask('stacked_fashion', { store, seed }))
    expect(await hash()).toBe(await hash(42))
    expect(await hash(1)).not.toBe(await hash(42))
  })

  it('random labels say nothing of the images', async () => {
    const plain = await loadTask('digits', { train: 2000, test: 500 })
    const set = await loadTask('digits', { train: 2000, test: 500, randomLabels: true })
    expect(set.train.inputs).toEqual(plain.train.inputs)
    const kept = set.train.labels?.filter((label, i) => label === plain.train.labels?.[i]).length ?? 0
    // Five standard deviations about 200.
    expect(Math.abs(kept - 200)).toBeLessThan(67)
    await expect(loadTask('poly', { train: 5, test: 5, randomLabels: true })).rejects.toThrow(/poly is regression/)
  })

  it('says whether training should keep the order', async () => {
    expect((await loadTask('line', { train: 5, test: 5 })).shuffle).toBe(true)
    expect((await loadTask('line', { train: 5, test: 5, shuffle: false })).shuffle).toBe(false)
  })

  it.each([
    ['halfs_mnist', {}, /There is no task "halfs_mnist"\. Did you mean halves_mnist/],
    ['qqqqqq', {}, /There is no task "qqqqqq"\. There are digits, mnist/],
    ['mnist', {}, /mnist needs a place to come from: give a store/],
    ['mnist', { store, train: 41 }, /mnist has 40 examples to train on, 41 were asked for/],
    ['mnist', { store, test: 21 }, /mnist has 20 examples to test on, 21 were asked for/],
    ['line', { train: 0 }, /examples to train on must be a whole number above 0, not 0/],
    ['line', { test: 1.5 }, /examples to test on must be a whole number above 0, not 1\.5/],
    ['line', { seed: -1 }, /The seed must be an integer/],
  ])('%s with %o is a UsageError', async (name, options, message) => {
    const answer = loadTask(name, options)
    await expect(answer).rejects.toThrow(UsageError)
    await expect(answer).rejects.toThrow(message)
  })
})
