import { describe, expect, it } from 'vitest'
import { prepareGraph } from '../../../src/graph/prepare.ts'
import { fedInput } from '../../../src/modules/coherence/input-image.ts'
import { pictureNetwork, type VisualiseOptions, visualise } from '../../../src/modules/coherence/visualise.ts'
import { unitSites } from '../../../src/modules/unit-sites.ts'
import { mlp, smallCnn } from '../../../src/network/architectures.ts'
import { buildChain } from '../../../src/network/build.ts'
import type { Network } from '../../../src/network/network.ts'
import { randomStream } from '../../../src/random.ts'
import { chooseRuntime } from '../../../src/runtime/choose.ts'
import { normalDraws } from '../../../src/stats/normal.ts'
import { tensor } from '../../../src/tensor/tensor.ts'

const runtime = await chooseRuntime()

async function pictures(
  network: Network,
  layer: string,
  sets: readonly number[][],
  options: Partial<VisualiseOptions> = {},
) {
  const input = fedInput(network)
  const ready = await pictureNetwork(network, input)
  const { graph } = await prepareGraph(network)
  const site = unitSites(ready, { layers: graph.layers.filter(({ name }) => name === layer) })[0]
  const { found } = await visualise(
    ready,
    input,
    site,
    sets.map(set => Int32Array.from(set)),
    {
      ...{ runtime, seed: 1 },
      ...options,
    },
  )
  return found
}

describe('a picture', () => {
  const perceptron = mlp([64, 12, 8, 4], { seed: 4 }).network

  it('drives a linear unit to .9 of the most an image can', async () => {
    const draw = normalDraws(randomStream(5))
    const weight = Float32Array.from({ length: 10 * 784 }, draw)
    const network = buildChain(
      [
        { kind: 'dense', weight: tensor(weight, [10, 784]) },
        { kind: 'dense', weight: tensor(new Float32Array(20), [2, 10]) },
      ],
      { input: [784] },
    )
    const found = await pictures(network, 'dense1', [[0], [3], [1, 2, 5]])
    const best = (units: number[]) => {
      let sum = 0
      for (let i = 0; i < 784; i++)
        sum += Math.max(
          0,
          units.reduce((total, unit) => total + weight[unit * 784 + i], 0),
        )
      return sum
    }
    expect(found[0].score / best([0])).toBeGreaterThan(0.9)
    expect(found[1].score / best([3])).toBeGreaterThan(0.9)
    expect(found[2].score / best([1, 2, 5])).toBeGreaterThan(0.9)
    expect(found[0].score / best([0])).toBeLessThanOrEqual(1)
    expect(Math.min(...found[0].picture)).toBeGreaterThanOrEqual(0)
    expect(Math.max(...found[0].picture)).toBeLessThanOrEqual(1)
  })

  it('scores what the network gives for it', async () => {
    const [{ picture, score, activations, answer }] = await pictures(perceptron, 'dense2', [[1, 4]], { steps: 20 })
    const session = await runtime.load(perceptron)
    const fed = { input: tensor(picture, [1, 64]) }
    const { output } = await session.run(fed)
    expect([...answer]).toEqual([...(output.data as Float32Array)].map(value => expect.closeTo(value, 5)))
    const values = activations.data as Float32Array
    expect(activations.shape).toEqual([1, 8])
    // Before the activation function: what is positive passes unchanged.
    if (values[1] > 0 && values[4] > 0) expect(score).toBeCloseTo(values[1] + values[4], 4)
    expect(values[1]).toBeGreaterThan(0)
  })

  it('is the same whatever else is in the batch, and by the same seed', async () => {
    const alone = await pictures(perceptron, 'dense1', [[2, 3]], { steps: 40 })
    const among = await pictures(perceptron, 'dense1', [[0], [2, 3], [5]], { steps: 40, batch: 2 })
    expect(among[1].score).toBeCloseTo(alone[0].score, 4)
    expect(await pictures(perceptron, 'dense1', [[2, 3]], { steps: 40 })).toEqual(alone)
    expect(await pictures(perceptron, 'dense1', [[2, 3]], { steps: 40, seed: 2 })).not.toEqual(alone)
  })

  it('starts from the same image as others, or from its own', async () => {
    const shared = await pictures(perceptron, 'dense1', [[2], [2]], { steps: 3 })
    expect(shared[1]).toEqual(shared[0])
    const own = await pictures(perceptron, 'dense1', [[2], [2]], { steps: 3, noise: 'own' })
    expect(own[1].score).not.toBe(own[0].score)
  })

  it('gets no worse with more starts', async () => {
    const [one] = await pictures(perceptron, 'dense2', [[0]], { steps: 30 })
    const [best] = await pictures(perceptron, 'dense2', [[0]], { steps: 30, starts: 4 })
    expect(best.score).toBeGreaterThanOrEqual(one.score)
  })

  it('takes the objectives as named', async () => {
    const [absolute] = await pictures(perceptron, 'dense2', [[0, 1, 2]], { objective: 'absolute', steps: 60 })
    const [before] = await pictures(perceptron, 'dense2', [[0, 1, 2]], { objective: 'before', steps: 60 })
    const [after] = await pictures(perceptron, 'dense2', [[0, 1, 2]], { objective: 'after', steps: 60 })
    const sum = [0, 1, 2].reduce((total, unit) => total + (after.activations.data as Float32Array)[unit], 0)
    expect(after.score).toBeCloseTo(sum, 4)
    expect(absolute.score).toBeGreaterThan(before.score)
    expect(after.score).toBeGreaterThan(0)
  })

  it('stands for the user’s normalisation', async () => {
    const normalisation = { mean: [0.3], std: [0.5] }
    const [{ picture, answer }] = await pictures(perceptron, 'dense1', [[1]], { steps: 10, normalisation })
    const session = await runtime.load(perceptron)
    const { output } = await session.run({
      input: tensor(
        picture.map(value => (value - 0.3) / 0.5),
        [1, 64],
      ),
    })
    expect([...answer]).toEqual([...(output.data as Float32Array)].map(value => expect.closeTo(value, 4)))
  })

  it('is made for convolutions, moved and turned', async () => {
    const { network } = smallCnn({ seed: 2, width: 6, input: [3, 8, 8], outputs: 4 })
    const plain = await pictures(network, 'conv2', [[0, 1], [2]], { steps: 24 })
    const moved = await pictures(network, 'conv2', [[0, 1], [2]], {
      steps: 24,
      transform: { jitter: 1, rotate: 5, zoom: 0.1 },
    })
    expect(plain[0].picture).toHaveLength(192)
    expect(moved[0].picture).not.toEqual(plain[0].picture)
    const [start] = await pictures(network, 'conv2', [[0, 1]], { steps: 1 })
    expect(plain[0].score).toBeGreaterThan(start.score)
    expect(moved[0].score).toBeGreaterThan(start.score)
  })

  it('is refused where an operator has no gradient', async () => {
    const strange: Network = {
      ...perceptron,
      operators: perceptron.operators.map(one => (one.type === 'Relu' ? { ...one, type: 'Shrink' } : one)),
    }
    await expect(pictures(strange, 'dense2', [[0]])).rejects.toThrow(/No gradient is known for .*Shrink/)
  })
})
