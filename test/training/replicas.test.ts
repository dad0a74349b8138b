import { describe, expect, it } from 'vitest'
import type { Dataset } from '../../src/data/dataset.ts'
import { mlp, smallCnn } from '../../src/network/architectures.ts'
import { fit } from '../../src/training/fit.ts'
import { fitReplicas, type ReplicaOptions } from '../../src/training/replicas.ts'
import { blobs, blobTargets, readWeights } from './blobs.ts'

const seeds = [3, 8, 5]
const networks = [1, 2, 3].map(seed => mlp([6, 8, 4, 3], { seed }).network)
const shared = { epochs: 4, batch: 16, rate: 0.01 }
const options: ReplicaOptions = { ...shared, seeds }

describe('replicas', () => {
  it('end as each network does by itself', async () => {
    const cases: [Dataset, Partial<Omit<ReplicaOptions, 'masks' | 'seeds'>>][] = [
      [blobs(50), { l2: 1e-3 }],
      [blobTargets(40), { loss: 'binary-cross-entropy', optimiser: { kind: 'sgd', momentum: 0.9 } }],
      [blobTargets(40), { schedule: { kind: 'exponential', factor: 0.5 }, keep: 'best-loss' }],
    ]
    for (const [data, more] of cases) {
      const together = await fitReplicas(networks, data, { ...options, ...more })
      for (const [replica, network] of networks.entries()) {
        const alone = await fit(network, data, { ...shared, ...more, seed: seeds[replica] })
        const [a, b] = [await readWeights(together[replica].network), await readWeights(alone.network)]
        expect([...a.keys()]).toEqual([...b.keys()])
        for (const [name, values] of a)
          for (const [i, value] of values.entries()) expect(Math.abs(value - b.get(name)![i])).toBeLessThan(2e-5)
        expect(together[replica].keptEpoch).toBe(alone.keptEpoch)
        for (const [epoch, record] of together[replica].history.entries()) {
          expect(record.loss).toBeCloseTo(alone.history[epoch].loss, 5)
          expect(record.validation!.loss).toBeCloseTo(alone.history[epoch].validation!.loss, 5)
          expect(record.accuracy).toBe(alone.history[epoch].accuracy)
        }
      }
    }
  })

  it('have masks of their own', async () => {
    const mask = (odd: number) => Float32Array.from({ length: 48 }, (_, i) => (i % 3 === odd ? 0 : 1))
    const masks = [0, 1, 2].map(odd => new Map([['dense1.weight', mask(odd)]]))
    const results = await fitReplicas(networks, blobs(50), { ...options, masks })
    for (const [odd, { network }] of results.entries()) {
      const weight = (await readWeights(network)).get('dense1.weight')!
      expect(weight.every((value, i) => (value === 0) === (i % 3 === odd))).toBe(true)
    }
  })

  it('are refused where they are not of one kind, or no dense layers', async () => {
    const data = blobs(20)
    const other = mlp([6, 8, 5, 3], { seed: 1 }).network
    await expect(fitReplicas([networks[0], other, other], data, options)).rejects.toThrow(/differ/)
    await expect(fitReplicas(networks.slice(1), data, options)).rejects.toThrow(/"seeds" has 3 members for 2/)
    const cnn = smallCnn({ seed: 1, width: 2 }).network
    await expect(fitReplicas([cnn], data, { ...options, seeds: [1] })).rejects.toThrow(/"conv1" \(Conv\)/)
    const masks = [new Map([['dense1.weight', new Float32Array(48)]]), new Map(), new Map()]
    await expect(fitReplicas(networks, data, { ...options, masks })).rejects.toThrow(/to some networks/)
  })
})
