/** What is wrong is said before anything is trained, by the name of the key. */
import { describe, expect, it } from 'vitest'
import type { Dataset } from '../../src/data/dataset.ts'
import { UsageError } from '../../src/errors.ts'
import { mlp } from '../../src/network/architectures.ts'
import type { Runtime } from '../../src/runtime/runtime.ts'
import { fit } from '../../src/training/fit.ts'
import type { FitOptions } from '../../src/training/fit-options.ts'
import { blobs } from './blobs.ts'

const { network } = mlp([6, 5, 3], { seed: 1 })
const data = blobs(12)
/** A runtime that must not be used. */
const runtime: Runtime = {
  ...{ name: 'reference', version: '0' },
  load: () => {
    throw new Error('something was trained')
  },
}

const WRONG: [string, Record<string, unknown>, RegExp][] = [
  ['an unknown key', { epoch: 3 }, /no option "epoch".*epochs/],
  ['an unknown key further in', { optimiser: { kind: 'adam', beta: 0.9 } }, /"optimiser\.beta".*beta1/],
  ['an unknown optimiser', { optimiser: { kind: 'adams' } }, /"optimiser\.kind".*adam/],
  ['a momentum of 1', { optimiser: { kind: 'sgd', momentum: 1 } }, /"optimiser\.momentum".*below 1.*1/],
  ['no epochs', { epochs: 0 }, /"epochs".*at least 1.*0/],
  ['a batch that is no number', { batch: 'all' }, /"batch".*all/],
  ['a rate of 0', { rate: 0 }, /"rate".*above 0/],
  ['a schedule without its factor', { schedule: { kind: 'exponential' } }, /"schedule\.factor"/],
  ['a dropout of 1', { dropout: 1 }, /"dropout".*below 1/],
  ['dropout at no value', { dropout: { dense9: 0.5 } }, /"dropout\.dense9".*dense1/],
  ['a penalty for no parameter', { l1: { dense9: 1 } }, /"l1\.dense9"/],
  ['a negative penalty', { l2: -1 }, /"l2".*at least 0.*-1/],
  ['a split that is not there', { validation: 'tset' }, /"validation".*test/],
  ['a rule that needs validation', { validation: false, keep: 'best-loss' }, /"keep" needs a validation/],
  ['an unknown loss', { loss: 'hinge' }, /"loss".*cross-entropy/],
  ['a loss for targets', { loss: 'mse' }, /needs targets/],
  ['augmented points', { augment: { flip: true } }, /"augment" needs images/],
  ['a mask for nothing', { masks: new Map([['x', new Float32Array(1)]]) }, /masks.*"x"/],
  ['a mask of the wrong size', { masks: new Map([['dense1.bias', new Float32Array(4)]]) }, /4 values.*dense1\.bias.*5/],
  ['two hooks of one name', { hooks: ['a', 'a'].map(name => ({ name, every: 1, apply() {} })) }, /"hooks".*"a"/],
  ['a hook that is never due', { hooks: [{ name: 'a', every: 0, apply() {} }] }, /"hooks\.a\.every"/],
  ['a negative seed', { seed: -1 }, /seed.*-1/],
]

describe('options of fit', () => {
  for (const [what, options, message] of WRONG) {
    it(`${what} is refused`, async () => {
      const run = fit(network, data, { seed: 1, epochs: 1, runtime, ...options } as FitOptions)
      await expect(run).rejects.toThrow(UsageError)
      await expect(run).rejects.toThrow(message)
    })
  }

  const misfit = async (dataset: Dataset, message: RegExp) => {
    const run = fit(network, dataset, { seed: 1, epochs: 1, runtime })
    await expect(run).rejects.toThrow(UsageError)
    await expect(run).rejects.toThrow(message)
  }

  it('data that does not fit the network is refused', async () => {
    await misfit({ ...data, outputs: 4 }, /gives 3 numbers.*needs 4/)
    await misfit({ ...data, shape: [3], train: { ...data.train, labels: new Int32Array(24) } }, /examples/)
    await misfit({ ...data, train: { ...data.train, labels: new Int32Array(11) } }, /12 examples need 12 labels.*11/)
  })

  it('a label out of range is named, with its example', async () => {
    const labels = data.train.labels!.with(7, 3)
    await misfit({ ...data, train: { ...data.train, labels } }, /example 7 has the label 3/)
  })
})
