/** Golden vectors of the clusterability line, where the folder with them is at hand. */
import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { loadKernels } from '../../src/kernels/kernels.ts'
import { loadClusterer, ncutOf, withEmbedding } from '../../src/partition/cluster.ts'
import { graphOf } from './sample-graphs.ts'

const FILE = new URL('../../../shared/fixtures/clusterability/golden_vectors.json', import.meta.url)
const present = existsSync(FILE)
if (!present) console.warn('skipped: golden vectors of clusterability (../shared/fixtures is absent)')

/** A chain from weights stored in × out. */
function chainOf(weights: readonly (readonly (readonly number[])[])[]) {
  const sizes = [weights[0].length, ...weights.map(matrix => matrix[0].length)]
  return graphOf(
    sizes,
    weights.map((matrix, l) => ({ from: l, to: l + 1, weight: (row, column) => Math.abs(matrix[column][row]) })),
  )
}

describe.skipIf(!present)('golden vectors', () => {
  const golden = present ? JSON.parse(readFileSync(FILE, 'utf8')) : {}

  it('n-cut of given labels, to the precision of float32 weights', async () => {
    for (const { weights_in_x_out, labels, ncut } of [golden.ncut_small, golden.ncut_big]) {
      const value = await ncutOf(chainOf(weights_in_x_out), Int32Array.from(labels))
      expect(Math.abs(value / ncut - 1)).toBeLessThan(1e-5)
    }
  })

  it('the best two modules of the small networks are the ones they were built with', async () => {
    const clusterer = await loadClusterer()
    for (const { weights_in_x_out, labels, ncut } of [golden.ncut_small, golden.ncut_big]) {
      const found = clusterer(chainOf(weights_in_x_out), { k: 2, seed: 0 })
      expect(Math.abs(found.ncut / ncut - 1)).toBeLessThan(1e-5)
      const same = Array.from(found.labels).every((label, i) => label === labels[i] || 1 - label === labels[i])
      expect(same).toBe(true)
    }
  })

  it('Laplacian eigenvalues of the 3-4-2 network, and its degrees', async () => {
    const kernels = await loadKernels()
    const { weights_in_x_out, eigenvalues_all_ascending, degrees } = golden.laplacian_gradient
    withEmbedding(kernels, chainOf(weights_in_x_out), 4, 0, ({ eigenvalues, units }) => {
      eigenvalues.forEach((value, i) => {
        expect(Math.abs(value - eigenvalues_all_ascending[i])).toBeLessThan(1e-7)
      })
      units.degree.forEach((degree, i) => {
        expect(Math.abs(degree / degrees[i] - 1)).toBeLessThan(1e-6)
      })
    })
  })

  it('the spectral embedding of the 20-30-30-5 network', async () => {
    const kernels = await loadKernels()
    const fixture = golden.spectral_embedding_20_30_30_5
    const expected = fixture['embedding_first_3_rows_D^-1/2_u_signflipped']
    withEmbedding(kernels, chainOf(fixture.W), 4, 0, ({ eigenvalues, points, stride, dims, unitOf }) => {
      eigenvalues.forEach((value, i) => {
        expect(Math.abs(value - fixture.eigenvalues_first_5[i])).toBeLessThan(1e-6)
      })
      expect(dims).toBe(3)
      const columns = kernels.arena.f32(points, dims * stride)
      for (let unit = 0; unit < 3; unit++) {
        const p = unitOf.indexOf(unit)
        for (let d = 0; d < dims; d++)
          expect(Math.abs(columns[d * stride + p] - expected[unit][d + 1])).toBeLessThan(1e-5)
      }
    })
  })
})
