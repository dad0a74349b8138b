/** Tasks on the real sets, and the published order of the polynomials; skipped where ../shared is absent. */
import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { exampleCount, networkInputs } from '../../src/data/dataset.ts'
import { dataStore } from '../../src/data/store.ts'
import { loadTask } from '../../src/tasks/load.ts'
import { polynomialValues } from '../../src/tasks/polynomials.ts'

const DATA = '../shared/data'
const GOLDEN = '../shared/fixtures/clusterability/golden_vectors.json'

describe.skipIf(!existsSync(GOLDEN))('poly against the golden vectors', () => {
  it('has the published monomials, coefficients and number of outputs', () => {
    const { poly } = JSON.parse(readFileSync(GOLDEN, 'utf8'))
    const [a, b] = [1.5, -0.75]
    const values = polynomialValues(a, b)
    expect(values).toHaveLength(poly.n_outputs)
    const terms = poly.term_exponents_order.map(([p, q]: [number, number]) => a ** p * b ** q)
    for (const [output, coefficients] of Object.entries<number[]>(poly.output_index_to_coefs)) {
      const expected = coefficients.reduce((sum, c, term) => sum + c * terms[term], 0)
      expect(values[Number(output)]).toBeCloseTo(expected, 12)
    }
  })
})

describe.skipIf(!existsSync(DATA))('tasks on the real sets', () => {
  const store = dataStore({ folder: DATA, download: false })

  it('have their published sizes', async () => {
    const sizes = async (name: string) => {
      const set = await loadTask(name, { store })
      return [exampleCount(set, set.train), exampleCount(set, set.tests.test), ...set.shape]
    }
    expect(await sizes('small_mnist')).toEqual([60_000, 10_000, 1, 7, 7])
    expect(await sizes('stacked_same_fashion')).toEqual([60_000, 10_000, 2, 28, 28])
    expect(await sizes('mnist-fashion')).toEqual([120_000, 20_000, 1, 28, 28])
    // 30,596 training digits of MNIST are below 5; half of Fashion-MNIST's classes are not.
    expect(await sizes('mnist-fashion-separated')).toEqual([60_596, 10_139, 1, 28, 28])
  })

  it('halves of one class keep the labels of the set', async () => {
    const mnist = await loadTask('mnist', { store })
    const halves = await loadTask('halves_same_mnist', { store, train: 1000 })
    expect(halves.train.labels).toEqual(mnist.train.labels?.slice(0, 1000))
    expect(halves.tests.test.labels).toEqual(mnist.tests.test.labels)
  })

  it('small images are as bright as large ones', async () => {
    const mean = (values: Float32Array) => values.reduce((a, b) => a + b, 0) / values.length
    const large = await loadTask('mnist', { store, train: 2000 })
    const small = await loadTask('small_mnist', { store, train: 2000 })
    const [a, b] = [mean(networkInputs(large, large.train)), mean(networkInputs(small, small.train))]
    // MNIST's borders are empty, so the blur loses nothing.
    expect(Math.abs(a - b)).toBeLessThan(0.002)
  })
})
