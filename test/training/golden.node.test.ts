/** Golden vectors of the clusterability papers' code: pruning schedules and the gradient of the eigenvalues. */
import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { buildChain } from '../../src/network/build.ts'
import { tensor } from '../../src/tensor/tensor.ts'
import { clusterabilityGradient } from '../../src/training/clusterability-penalty.ts'
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

  it('the gradient of the smallest eigenvalues, to 1e-9', async () => {
    const fixture = golden.laplacian_gradient
    const matrices: number[][][] = fixture.weights_in_x_out
    const flat = (matrix: number[][]) => Float64Array.from(matrix[0].flatMap((_, o) => matrix.map(row => row[o])))
    const layers = matrices.map(matrix => ({
      kind: 'dense' as const,
      weight: tensor(flat(matrix), [matrix[0].length, matrix.length]),
      activation: 'Relu' as const,
    }))
    const network = buildChain(layers, { input: [matrices[0].length] })
    const result = await clusterabilityGradient(network, { eigenvalues: fixture.num_eigs })
    expect(Math.abs(result.value - fixture.objective_value)).toBeLessThan(1e-12)
    matrices.forEach((_, l) => {
      const gradient = result.gradients.get(`dense${l + 1}.weight`)
      const exact = flat(fixture.gradient_true_closed_form[l])
      const halved = flat(fixture.gradient_tf_repo_as_written_IS_HALF_OF_TRUE[l])
      gradient?.forEach((value, e) => {
        expect(Math.abs(value - exact[e])).toBeLessThan(1e-9)
        // The papers' code rounds eigenvalues to float32 on the way.
        expect(Math.abs(value / 2 - halved[e])).toBeLessThan(1e-8)
      })
      expect(gradient?.length).toBe(exact.length)
    })
  })
})
