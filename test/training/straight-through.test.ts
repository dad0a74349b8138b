import { describe, expect, it } from 'vitest'
import { unitGraph } from '../../src/graph/walk.ts'
import { mlp } from '../../src/network/architectures.ts'
import { buildChain } from '../../src/network/build.ts'
import { fit } from '../../src/training/fit.ts'
import type { FitOptions } from '../../src/training/fit-options.ts'
import { blobs, blobTargets, readWeights } from './blobs.ts'

const { network } = mlp([6, 16, 3], { seed: 2, activation: 'Step' })
const options: FitOptions = { seed: 1, epochs: 25, batch: 8, rate: 0.03 }

describe('networks of hard steps', () => {
  it('learn with a straight-through estimator', async () => {
    for (const straightThrough of ['clamp', 'identity', 'hard-tanh'] as const) {
      const { history } = await fit(network, blobs(60), { ...options, straightThrough })
      expect(history.at(-1)!.validation!.accuracy, straightThrough).toBeGreaterThan(0.9)
    }
  })

  it('learn in their last layer alone without one', async () => {
    const trained = await readWeights((await fit(network, blobs(60), options)).network)
    const before = await readWeights(network)
    expect(trained.get('dense1.weight')).toEqual(before.get('dense1.weight'))
    expect(trained.get('dense2.weight')).not.toEqual(before.get('dense2.weight'))
  })

  it('have a graph of units like any other', async () => {
    const {
      graph: { layers, blocks },
    } = await unitGraph(network)
    expect(layers.map(({ size }) => size)).toEqual([6, 16, 3])
    expect(blocks).toHaveLength(2)
  })
})

describe('outputs behind a sigmoid', () => {
  it('are judged as probabilities', async () => {
    const [logits, probabilities] = await Promise.all(
      ([undefined, 'Sigmoid'] as const).map(async last => {
        const layers = mlp([6, 8, 3], { seed: 2 }).layers.map((layer, at) =>
          at === 1 && layer.kind === 'dense' && last ? { ...layer, activation: last } : layer,
        )
        const made = buildChain(layers, { input: [6] })
        return fit(made, blobTargets(40), { ...options, epochs: 5, loss: 'binary-cross-entropy' })
      }),
    )
    expect(probabilities.history).toEqual(logits.history)
    expect(logits.history[0].validation!.bitAccuracy).toBeLessThan(1)
  })
})
