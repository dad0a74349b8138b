import { describe, expect, it } from 'vitest'
import { loadKernels } from '../../src/kernels/kernels.ts'
import { type BlockOperator, createSubspace } from '../../src/linalg/subspace.ts'
import { randomStream } from '../../src/random.ts'

/** A diagonal operator, so that its eigenpairs are known; nothing is projected out. */
async function diagonal(values: Float32Array, groups: number, low: number) {
  const kernels = await loadKernels()
  const factors = kernels.arena.place(values)
  const size = values.length
  const operator: BlockOperator = {
    size,
    low,
    apply: (x, y) => {
      for (let g = 0; g < groups; g++) kernels.scaleUnits(x + g * size * 16, factors, y + g * size * 16, size)
    },
    project: () => {},
  }
  return {
    subspace: createSubspace(kernels, operator, groups),
    factors: () => kernels.arena.f32(factors, size),
    kernels,
  }
}

const spectrum = (size: number, top: readonly number[], low: number) =>
  Float32Array.from({ length: size }, (_, i) => top[i] ?? low + (0.4 - low) * ((i * 37) % size) * (1 / size))

describe('the warm subspace iteration', () => {
  it.each([
    [1, 0, [0.9, 0.5, 0.45]],
    [1, -1, [0.9, 0.9, 0.9]],
    [2, -1, [0.95, 0.94, 0.93, 0.92, 0.91, 0.45]],
  ])('finds the largest eigenpairs (%i groups, from %f)', async (groups, low, top) => {
    const values = spectrum(90, top, low)
    const { subspace, kernels } = await diagonal(values, groups, low)
    subspace.restart(randomStream(1))
    const { values: found, residual } = subspace.settle(top.length, 1e-5)
    expect(residual).toBeLessThanOrEqual(1e-5)
    top.forEach((value, i) => {
      expect(Math.abs(found[i] - value)).toBeLessThan(1e-6)
    })
    // Each vector has its weight where the diagonal has its value.
    const vectors = kernels.arena.f32(subspace.vectors(), groups * 90 * 4)
    top.forEach((value, j) => {
      let weight = 0
      for (let i = 0; i < 90; i++)
        if (Math.abs(values[i] - value) < 1e-6) weight += vectors[(j >> 2) * 360 + i * 4 + (j & 3)] ** 2
      expect(weight).toBeCloseTo(1, 4)
    })
  })

  it('needs fewer steps the second time, and finds what has grown from nothing', async () => {
    const { subspace, factors } = await diagonal(spectrum(90, [0.9, 0.6, 0.5], 0), 1, 0)
    subspace.restart(randomStream(1))
    const cold = subspace.settle(3, 1e-5).steps
    factors()[1] = 0.61
    const warm = subspace.settle(3, 1e-5)
    expect(warm.values[1]).toBeCloseTo(0.61, 5)
    expect(warm.steps).toBeLessThan(cold / 2)
    factors()[50] = 0.95
    let largest = 0
    for (let call = 0; call < 8; call++) {
      subspace.stir(randomStream(2, call))
      largest = subspace.settle(3, 1e-5).values[0]
    }
    expect(largest).toBeCloseTo(0.95, 5)
  })

  it('takes fewer dimensions than vectors for what they are', async () => {
    const { subspace } = await diagonal(Float32Array.of(0.9, 0.5), 1, 0)
    subspace.restart(randomStream(1))
    const { values } = subspace.settle(2, 1e-4)
    expect([...values].map(value => Math.round(value * 1e3) / 1e3)).toEqual([0.9, 0.5, 0, 0])
  })
})
