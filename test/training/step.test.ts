/** One step of each optimiser against the same written out by hand in float64. */
import { describe, expect, it } from 'vitest'
import { mlp } from '../../src/network/architectures.ts'
import { referenceRuntime } from '../../src/runtime/reference.ts'
import { tensor } from '../../src/tensor/tensor.ts'
import { layoutOf, parametersIn } from '../../src/training/layout.ts'
import { trainingObjective } from '../../src/training/objective.ts'
import { type Optimiser, updateRule } from '../../src/training/optimiser.ts'
import { stepRunner } from '../../src/training/step-runner.ts'
import { initialState } from '../../src/training/trained-state.ts'
import { blobs, readWeights } from './blobs.ts'

const BATCH = [4, 0, 7, 11]
const RATE = 0.05

/** Gradient of the mean cross-entropy of 6-4-3 with ReLU, by hand. */
function gradients(weights: Map<string, Float64Array>, data: ReturnType<typeof blobs>) {
  const [w1, b1, w2, b2] = ['dense1.weight', 'dense1.bias', 'dense2.weight', 'dense2.bias'].map(n => weights.get(n)!)
  const found = new Map(Array.from(weights, ([name, { length }]) => [name, new Float64Array(length)]))
  const [g1, c1, g2, c2] = [...found.values()]
  let loss = 0
  for (const example of BATCH) {
    const x = [...data.train.inputs.subarray(example * 6, example * 6 + 6)]
    const h = Array.from(b1, (b, o) =>
      Math.max(
        0,
        x.reduce((sum, v, i) => sum + v * w1[o * 6 + i], b),
      ),
    )
    const z = Array.from(b2, (b, o) => h.reduce((sum, v, i) => sum + v * w2[o * 4 + i], b))
    const total = z.reduce((sum, v) => sum + Math.exp(v), 0)
    const label = data.train.labels![example]
    loss -= (z[label] - Math.log(total)) / BATCH.length
    const dz = z.map((v, c) => (Math.exp(v) / total - (c === label ? 1 : 0)) / BATCH.length)
    const dh = h.map((v, i) => (v > 0 ? dz.reduce((sum, d, o) => sum + d * w2[o * 4 + i], 0) : 0))
    dz.forEach((d, o) => {
      c2[o] += d
      for (const [i, v] of h.entries()) g2[o * 4 + i] += d * v
    })
    dh.forEach((d, o) => {
      c1[o] += d
      for (const [i, v] of x.entries()) g1[o * 6 + i] += d * v
    })
  }
  return { loss, found }
}

/** The update rules as published, for one number: new weight and new state. */
type Rule = (w: number, g: number, state: number[], t: number) => number
const RULES: { name: string; optimiser: Optimiser; rule: Rule }[] = [
  { name: 'SGD', optimiser: { kind: 'sgd' }, rule: (w, g) => w - RATE * g },
  {
    name: 'SGD with momentum',
    optimiser: { kind: 'sgd', momentum: 0.9 },
    rule(w, g, s) {
      s[0] = 0.9 * s[0] + g
      return w - RATE * s[0]
    },
  },
  {
    name: 'Nesterov',
    optimiser: { kind: 'sgd', momentum: 0.9, nesterov: true },
    rule(w, g, s) {
      s[0] = 0.9 * s[0] + g
      return w - RATE * (g + 0.9 * s[0])
    },
  },
  {
    name: 'Adam as in Keras',
    optimiser: { kind: 'adam' },
    rule(w, g, s, t) {
      s[0] = 0.9 * s[0] + (1 - 0.9) * g
      s[1] = 0.999 * s[1] + (1 - 0.999) * g * g
      return w - (((RATE * Math.sqrt(1 - 0.999 ** t)) / (1 - 0.9 ** t)) * s[0]) / (Math.sqrt(s[1]) + 1e-7)
    },
  },
  {
    name: 'Adam as in PyTorch',
    optimiser: { kind: 'adam', beta1: 0.8, beta2: 0.99, epsilon: 1e-3, form: 'pytorch' },
    rule(w, g, s, t) {
      s[0] = 0.8 * s[0] + 0.2 * g
      s[1] = 0.99 * s[1] + 0.01 * g * g
      return w - (RATE * (s[0] / (1 - 0.8 ** t))) / (Math.sqrt(s[1] / (1 - 0.99 ** t)) + 1e-3)
    },
  },
  {
    name: 'AdamW',
    optimiser: { kind: 'adamw', decay: 0.1 },
    rule(w, g, s, t) {
      s[0] = 0.9 * s[0] + 0.1 * g
      s[1] = 0.999 * s[1] + 0.001 * g * g
      const step = ((RATE * Math.sqrt(1 - 0.999 ** t)) / (1 - 0.9 ** t)) * s[0]
      return w * (1 - RATE * 0.1) - step / (Math.sqrt(s[1]) + 1e-7)
    },
  },
  {
    name: 'RMSprop',
    optimiser: { kind: 'rmsprop', rho: 0.8 },
    rule(w, g, s) {
      s[0] = 0.8 * s[0] + 0.2 * g * g
      return w - (RATE * g) / (Math.sqrt(s[0]) + 1e-7)
    },
  },
]

describe('a training step', () => {
  const data = blobs(12)
  const { network } = mlp([6, 4, 3], { seed: 3 })

  for (const { name, optimiser, rule } of RULES) {
    for (const small of [0, 2 ** 20]) {
      it(`${name}: two steps as by hand, parameters ${small ? 'packed' : 'apart'}`, async () => {
        const objective = await trainingObjective(network, { loss: 'cross-entropy' })
        const layout = layoutOf(objective.parameters, small)
        const update = updateRule(optimiser)
        const runner = stepRunner(objective, layout, {
          ...{ runtime: referenceRuntime(), threads: 1, rule: update, examples: { dtype: 'float32', divisor: 1 } },
        })
        const { state, reports } = await runner.run(await initialState(network, objective, layout, update), {
          ...{ steps: 2, rates: [RATE, RATE], updates: 0, masks: new Map(), dropout: new Map() },
          indices: tensor(Int32Array.of(...BATCH, ...BATCH), [2, 4]),
          examples: tensor(data.train.inputs, [12, 6]),
          answers: tensor(data.train.labels!, [12]),
        })

        const weights = new Map(Array.from(await readWeights(network), ([key, w]) => [key, Float64Array.from(w)]))
        const slots = new Map(Array.from(weights, ([key, w]) => [key, Array.from(w, () => [0, 0])]))
        for (const step of [0, 1]) {
          const { loss, found } = gradients(weights, data)
          expect(reports[0][step]).toBeCloseTo(loss, 7)
          for (const [key, w] of weights)
            for (let i = 0; i < w.length; i++) w[i] = rule(w[i], found.get(key)![i], slots.get(key)![i], step + 1)
        }
        const trained = parametersIn(state, layout)
        for (const [key, w] of weights)
          for (const [i, value] of w.entries())
            expect(Math.abs(Number(trained.get(key)!.data[i]) - value)).toBeLessThan(2e-7)
      })
    }
  }
})
