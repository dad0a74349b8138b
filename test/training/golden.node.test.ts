/** Golden vectors of the clusterability papers' code: pruning schedules and the gradient of the eigenvalues. */
import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { polynomialDecay, zhuGupta } from '../../src/training/pruning.ts'

const FILE = '../shared/fixtures/clusterability/golden_vectors.json'
const golden = existsSync(FILE) ? JSON.parse(readFileSync(FILE, 'utf8')) : undefined

// Skipped where the folder of fixtures is absent.
describe.skipIf(!golden)('golden vectors', () => {
  it('polynomial decay', () => {
    const { end_step_mnist: end, samples } = golden.tfmot_schedule
    const schedule = polynomialDecay()
    for (const [step, sparsity] of samples)
      expect(Math.abs(schedule.sparsity(step, end) - sparsity)).toBeLessThan(1e-12)
  })

  it('the schedule of the PyTorch repository', () => {
    const { num_prunes_total: total, sparsity_after_prune_n: samples } = golden.pytorch_schedule_mnist
    const schedule = zhuGupta()
    const steps = 5 * 469
    expect(Math.floor(steps / schedule.every)).toBe(total)
    for (const [n, sparsity] of samples)
      expect(Math.abs(schedule.sparsity(n * schedule.every, steps) - sparsity)).toBeLessThan(1e-12)
  })
})
