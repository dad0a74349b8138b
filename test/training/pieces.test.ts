/** The parts of training that are plain functions. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { mlp, smallCnn } from '../../src/network/architectures.ts'
import { randomStream } from '../../src/random.ts'
import { augmentImage } from '../../src/training/augment.ts'
import { epochOrder, nextGroup } from '../../src/training/batches.ts'
import { drawMask, dropoutSites } from '../../src/training/dropout.ts'
import { isKept, type KeepRule, type Score } from '../../src/training/keep.ts'
import { metricSums } from '../../src/training/metrics.ts'
import { rateAt, wholePower } from '../../src/training/schedule.ts'

describe('batches', () => {
  it('visit every example once an epoch, in an order of the epoch', () => {
    const [first, second] = [0, 1].map(epoch => epochOrder(100, 7, epoch, true))
    expect([...first].sort((a, b) => a - b)).toEqual([...second].sort((a, b) => a - b))
    expect(first).not.toEqual(second)
    expect(epochOrder(100, 7, 0, true)).toEqual(first)
    expect([...epochOrder(5, 7, 0, false)]).toEqual([0, 1, 2, 3, 4])
  })

  it('cover an epoch however they are grouped', () => {
    const sizes = fc.integer({ min: 1, max: 50 })
    fc.assert(
      fc.property(sizes, sizes, sizes, (examples, batch, most) => {
        const seen: number[] = []
        for (let step = 0; seen.length < examples; ) {
          const group = nextGroup(examples, batch, step, most)
          for (let i = 0; i < group.steps * group.batch; i++) seen.push(group.start + i)
          expect(group.steps).toBeLessThanOrEqual(most)
          step += group.steps
        }
        expect(seen).toEqual(Array.from({ length: examples }, (_, i) => i))
      }),
    )
  })
})

describe('dropout', () => {
  it('keeps as many as asked', () => {
    for (const rate of [0.5, 0.25, 0.3, 0.9]) {
      const mask = drawMask(20_001, rate, randomStream(3))
      const kept = mask.reduce((sum, value) => sum + value, 0)
      // Six standard deviations.
      expect(Math.abs(kept - 20_001 * (1 - rate))).toBeLessThan(6 * Math.sqrt(20_001 * rate * (1 - rate)))
      expect(mask.every(value => value === 0 || value === 1)).toBe(true)
    }
  })

  it('decides each value apart from its neighbours', () => {
    const mask = drawMask(20_000, 0.3, randomStream(4))
    for (const lag of [1, 2, 31, 32]) {
      let both = 0
      for (let i = lag; i < mask.length; i++) both += mask[i] * mask[i - lag]
      expect(Math.abs(both / (mask.length - lag) - 0.49)).toBeLessThan(0.02)
    }
  })

  it('stands behind hidden activations, or where it is put', async () => {
    const { network } = mlp([4, 3, 3, 2], { seed: 1 })
    expect(await dropoutSites(network, 0.5)).toEqual([
      { value: 'dense1.relu', rate: 0.5 },
      { value: 'dense2.relu', rate: 0.5 },
    ])
    const cnn = smallCnn({ seed: 1, width: 2 }).network
    expect(await dropoutSites(cnn, { 'max-pool1': 0.25 })).toEqual([{ value: 'max-pool1', rate: 0.25 }])
    expect(await dropoutSites(cnn, undefined)).toEqual([])
  })
})

describe('augmentation', () => {
  const image = Float32Array.from({ length: 2 * 4 * 5 }, (_, i) => i * i)
  const changed = (options: Parameters<typeof augmentImage>[3], seed = 1) => {
    const into = new Float32Array(image.length)
    augmentImage(image, into, [2, 4, 5], options, randomStream(seed))
    return into
  }

  it('changes nothing where nothing is asked for', () => {
    expect(changed({})).toEqual(image)
  })

  it('mirrors half of the images, each in all channels', () => {
    const mirrored = image.map((_, i) => image[i - (i % 5) + 4 - (i % 5)])
    const results = Array.from({ length: 100 }, (_, seed) => changed({ flip: true }, seed))
    const flips = results.filter(result => result[0] !== image[0])
    for (const result of results) expect(result).toEqual(result[0] === image[0] ? image : mirrored)
    expect(flips.length).toBeGreaterThan(30)
    expect(flips.length).toBeLessThan(70)
  })

  it('stays within the values of the image when it turns and shifts', () => {
    for (let seed = 0; seed < 20; seed++) {
      const result = changed({ rotate: 180, shift: 0.5 }, seed)
      expect(Math.min(...result)).toBeGreaterThanOrEqual(0)
      expect(Math.max(...result)).toBeLessThanOrEqual(39 * 39)
      expect(result).not.toEqual(image)
    }
  })
})

describe('the epoch that is kept', () => {
  const kept = (rule: KeepRule, scores: Score[]) => {
    let best: Score | undefined
    let at = -1
    scores.forEach((score, epoch) => {
      if (!isKept(rule, score, best)) return
      best = score
      at = epoch
    })
    return at
  }
  const scores = [
    { loss: 3, accuracy: 0.5 },
    { loss: 1, accuracy: 0.7 },
    { loss: 2, accuracy: 0.7 },
    { loss: 0.9, accuracy: 0.6 },
    { loss: 1, accuracy: 0.7 },
  ]

  it('is the last, or the first of the best', () => {
    expect(kept('last', scores)).toBe(4)
    expect(kept('best-loss', scores)).toBe(3)
    expect(kept('best-accuracy', scores)).toBe(1)
  })

  it('by the rule of Neural Sculpting: accuracy first, ties by a loss that is no higher', () => {
    expect(kept('sculpting', scores)).toBe(4)
    expect(kept('sculpting', [scores[1], scores[2]])).toBe(0)
    // A loss that cannot be used leaves the latest with the best accuracy.
    expect(
      kept(
        'sculpting',
        [0.5, 0.7, 0.7, 0.6].map(accuracy => ({ loss: Infinity, accuracy })),
      ),
    ).toBe(2)
    expect(kept('sculpting', [{ loss: 0.1, accuracy: 0 }])).toBe(0)
    expect(kept('sculpting', [{ loss: Number.NaN, accuracy: -1 }])).toBe(-1)
  })
})

describe('metrics', () => {
  it('count top-1, top-5 and ties', () => {
    const sums = metricSums({ loss: 'cross-entropy', classes: 6, threshold: 0 })
    const outputs = Float32Array.of(0, 5, 1, 2, 3, 4, /* tie */ 1, 1, 0, 0, 0, 0)
    sums.add({ outputs, answers: Int32Array.of(0, 1), loss: 2, examples: 2 })
    sums.add({ outputs: Float32Array.of(9, 5, 1, 2, 3, 4), answers: Int32Array.of(0), loss: 5, examples: 1 })
    expect(sums.result()).toEqual({ loss: 3, accuracy: 1 / 3, top5: 2 / 3 })
  })

  it('count bits and squares', () => {
    const bits = metricSums({ loss: 'binary-cross-entropy', classes: 2, threshold: 0 })
    bits.add({ outputs: Float32Array.of(-1, 2, 0, 3), answers: Float32Array.of(0, 1, 1, 1), loss: 1, examples: 2 })
    expect(bits.result()).toEqual({ loss: 1, bitAccuracy: 0.75 })
    const squares = metricSums({ loss: 'mse', classes: 2, threshold: 0 })
    squares.add({ outputs: Float32Array.of(1, 3), answers: Float32Array.of(0, 1), loss: 2.5, examples: 1 })
    expect(squares.result()).toEqual({ loss: 2.5, mse: 2.5 })
  })
})

describe('schedules', () => {
  it('fall as written', () => {
    const at = (kind: object, step: number) =>
      rateAt(kind as Parameters<typeof rateAt>[0], 2, { step, stepsPerEpoch: 10, totalSteps: 100 })
    expect([0, 99].map(step => at({ kind: 'constant' }, step))).toEqual([2, 2])
    expect([0, 29, 30, 60].map(step => at({ kind: 'step', factor: 0.1, every: 3 }, step))).toEqual([
      2,
      2,
      0.2,
      2 * 0.1 ** 2,
    ])
    expect([9, 10, 20].map(step => at({ kind: 'exponential', factor: 0.5 }, step))).toEqual([2, 1, 0.5])
    expect(at({ kind: 'cosine', final: 1 }, 0)).toBe(2)
    expect(at({ kind: 'cosine', final: 1 }, 50)).toBeCloseTo(1.5, 12)
    expect(at({ kind: 'cosine' }, 100)).toBeCloseTo(0, 12)
  })

  it('take whole powers', () => {
    for (const exponent of [0, 1, 2, 7, 1000]) expect(wholePower(0.999, exponent)).toBeCloseTo(0.999 ** exponent, 12)
  })
})
