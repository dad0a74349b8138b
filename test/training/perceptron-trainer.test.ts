/** The kernel that trains sparse perceptrons, against the same written out by hand in float64. */
import { describe, expect, it } from 'vitest'
import { loadKernels } from '../../src/kernels/kernels.ts'
import { randomStream } from '../../src/random.ts'
import { booleanTask } from '../../src/tasks/boolean.ts'
import { truthTable } from '../../src/tasks/function-graph.ts'
import { type Examples, tableExamples } from '../../src/training/examples.ts'
import { perceptronTrainer } from '../../src/training/perceptron-trainer.ts'
import { densePerceptron, keepEdges, type SparsePerceptron } from '../../src/training/sparse-perceptron.ts'

const kernels = await loadKernels()
const table = truthTable(booleanTask('[4,2,4]'))
const bits = tableExamples(table)
const RATE = 0.05
const DECAY = 1e-3
const STEP = { epochs: 1, batch: 16, rate: RATE, weightDecay: DECAY, noise: 0 }

/** Every third edge of 4-5-3-outputs is gone, and unit 1 of the first layer altogether. */
function sparse(outputs: number, inputs = 4): SparsePerceptron {
  let edge = 0
  return keepEdges(densePerceptron([inputs, 5, 3, outputs], randomStream(3)), (l, unit, source) => {
    if ((l === 0 && unit === 1) || (l === 1 && source === 1)) return false
    return edge++ % 3 !== 0
  })
}

/** Activations, loss and gradients of the mean loss, edge by edge, by hand. */
function byHand({ arch, layers }: SparsePerceptron, { rows, values, targets, kind, outputs }: Examples) {
  const weightGradients = layers.map(({ weights }) => new Float64Array(weights.length))
  const biasGradients = layers.map(({ biases }) => new Float64Array(biases.length))
  const influence = arch.slice(1, -1).map(units => new Float64Array(units))
  let loss = 0
  let right = 0
  const scale = kind === 'bits' ? rows * outputs : rows
  for (let row = 0; row < rows; row++) {
    const h = [Array.from(values.subarray(row * arch[0], (row + 1) * arch[0]))]
    for (const [l, { rowStart, sources, weights, biases }] of layers.entries())
      h.push(
        Array.from(biases, (bias, u) => {
          let sum = rowStart[u] === rowStart[u + 1] ? 0 : bias
          for (let e = rowStart[u]; e < rowStart[u + 1]; e++) sum += weights[e] * h[l][sources[e]]
          return l < layers.length - 1 ? Math.max(0, sum) : sum
        }),
      )
    const z = h[layers.length]
    const y = Array.from(targets.subarray(row * outputs, (row + 1) * outputs))
    const most = Math.max(...z)
    const total = z.reduce((sum, logit) => sum + Math.exp(logit - most), 0)
    const p = z.map(logit => (kind === 'bits' ? 1 / (1 + Math.exp(-logit)) : Math.exp(logit - most) / total))
    if (kind === 'bits') {
      loss -= p.reduce((sum, q, o) => sum + Math.log(y[o] ? q : 1 - q), 0)
      right += z.filter((logit, o) => logit > 0 === y[o] > 0).length
    } else {
      loss -= Math.log(p[y.indexOf(1)])
      if (z.indexOf(most) === y.indexOf(1)) right++
    }
    let delta = p.map((q, o) => q - y[o])
    for (let l = layers.length - 1; l >= 0; l--) {
      const below = new Array<number>(arch[l]).fill(0)
      const { rowStart, sources, weights } = layers[l]
      for (let u = 0; u < delta.length; u++) {
        if (rowStart[u] < rowStart[u + 1]) biasGradients[l][u] += delta[u] / scale
        for (let e = rowStart[u]; e < rowStart[u + 1]; e++) {
          weightGradients[l][e] += (delta[u] * h[l][sources[e]]) / scale
          below[sources[e]] += delta[u] * weights[e]
        }
      }
      if (l === 0) break
      below.forEach((g, u) => {
        influence[l - 1][u] += Math.abs((g * h[l][u]) / (scale / rows))
      })
      delta = below.map((g, u) => (h[l][u] > 0 ? g : 0))
    }
  }
  return { loss: loss / scale, accuracy: right / scale, weightGradients, biasGradients, influence }
}

/** Adam's first step moves each parameter by rate·g/(|g| + ε·√…): its sign and size are those of the gradient. */
function afterOneStep(value: number, gradient: number): number {
  const g = gradient + DECAY * value
  return g === 0 ? value : value - (RATE * g) / (Math.abs(g) + 1e-8)
}

const classes: Examples = {
  ...{ rows: 70, inputs: 4, outputs: 3, kind: 'classes' },
  values: Float32Array.from({ length: 280 }, (_, i) => Math.sin(i * i + 1)),
  targets: Float32Array.from({ length: 210 }, (_, i) => (i % 3 === Math.floor(i / 3) % 3 ? 1 : 0)),
}

describe('perceptronTrainer', () => {
  it.each([
    ['bits', bits],
    ['classes, in two blocks', classes],
  ])('measures, and takes Adam’s first step, as by hand: %s', (_, examples) => {
    const perceptron = sparse(examples.outputs)
    const trainer = perceptronTrainer(kernels, examples)
    const hand = byHand(perceptron, examples)
    const measured = trainer.measure(perceptron)
    expect(measured.loss).toBeCloseTo(hand.loss, 5)
    expect(measured.accuracy).toBe(hand.accuracy)
    const batch = { ...STEP, batch: examples.rows }
    const { perceptron: trained } = trainer.train(perceptron, batch, randomStream(1))
    for (const [l, { weights, biases, rowStart }] of trained.layers.entries()) {
      const before = perceptron.layers[l]
      weights.forEach((weight, e) => {
        expect(weight).toBeCloseTo(afterOneStep(before.weights[e], hand.weightGradients[l][e]), 4)
      })
      biases.forEach((bias, u) => {
        if (rowStart[u] < rowStart[u + 1])
          expect(bias).toBeCloseTo(afterOneStep(before.biases[u], hand.biasGradients[l][u]), 4)
        else expect(bias).toBe(0)
      })
    }
  })

  it.each([
    ['bits', bits],
    ['classes', classes],
  ])('sums activation × gradient over examples: %s', (_, examples) => {
    const perceptron = sparse(examples.outputs)
    const sums = perceptronTrainer(kernels, examples).probe(perceptron)
    const { influence } = byHand(perceptron, examples)
    for (const [l, layer] of influence.entries())
      layer.forEach((value, u) => {
        expect(sums[l].influence[u]).toBeCloseTo(value, 4)
      })
    expect(sums[0].activation[1]).toBe(0)
  })

  it('learns a table, gives the same bits for the same seed and other ones for another', () => {
    const trainer = perceptronTrainer(kernels, bits)
    const dense = densePerceptron([4, 24, 4], randomStream(0))
    const options = { epochs: 30, batch: 8, rate: 0.05, weightDecay: 1e-4, noise: 0.1 }
    const [first, again, other] = [1, 1, 2].map(seed => trainer.train(dense, options, randomStream(seed)))
    expect(first.accuracy).toBe(1)
    expect(again).toEqual(first)
    expect(other.perceptron).not.toEqual(first.perceptron)
    expect(trainer.measure(first.perceptron)).toEqual({ accuracy: first.accuracy, loss: first.loss })
  })

  it('keeps the most accurate epoch, not the last', () => {
    const trainer = perceptronTrainer(kernels, bits)
    const dense = densePerceptron([4, 24, 4], randomStream(0))
    const options = { batch: 8, rate: 0.05, weightDecay: 1e-4, noise: 0.1 }
    const good = trainer.train(dense, { ...options, epochs: 15 }, randomStream(1))
    const spoilt = trainer.train(good.perceptron, { ...options, epochs: 4, rate: 3 }, randomStream(1))
    const last = trainer.train(good.perceptron, { ...options, epochs: 4, rate: 3, ties: 'latest' }, randomStream(1))
    expect(spoilt.accuracy).toBeGreaterThanOrEqual(last.accuracy)
    expect(trainer.measure(spoilt.perceptron).accuracy).toBe(spoilt.accuracy)
  })

  it('judges by other examples than it trains on', () => {
    const half = { ...bits, rows: 8, values: bits.values.slice(0, 32), targets: bits.targets.slice(0, 32) }
    const trainer = perceptronTrainer(kernels, half, bits)
    const dense = densePerceptron([4, 24, 4], randomStream(0))
    const options = { epochs: 30, batch: 8, rate: 0.05, weightDecay: 0, noise: 0 }
    const { perceptron, accuracy } = trainer.train(dense, options, randomStream(1))
    expect(accuracy).toBe(perceptronTrainer(kernels, bits).measure(perceptron).accuracy)
    expect(perceptronTrainer(kernels, half).measure(perceptron).accuracy).toBe(1)
  })
})
