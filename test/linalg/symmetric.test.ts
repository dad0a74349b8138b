import fc from 'fast-check'
import { EigenvalueDecomposition, Matrix } from 'ml-matrix'
import { describe, expect, it } from 'vitest'
import { symmetricEigen } from '../../src/linalg/symmetric.ts'
import { randomStream } from '../../src/random.ts'

/** Entries from a short list give repeated eigenvalues and matrices that are tridiagonal or diagonal already. */
const entry = fc.oneof(
  fc.constantFrom(0, 0, 1, -1, 1e-9, 1e6),
  fc.integer({ min: -1000, max: 1000 }).map(i => i / 777),
)
const symmetric = fc.integer({ min: 1, max: 9 }).chain(n =>
  fc.array(entry, { minLength: n * n, maxLength: n * n }).map(list => {
    const matrix = Float64Array.from(list)
    for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) matrix[i * n + j] = matrix[j * n + i]
    return { n, matrix }
  }),
)

describe('all eigenpairs of a symmetric matrix', () => {
  it('are orthonormal, ascending and reproduce it', () => {
    fc.assert(
      fc.property(symmetric, ({ n, matrix }) => {
        const scale = matrix.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-300) * n
        const { values, vectors } = symmetricEigen(matrix, n)
        for (let i = 0; i < n; i++) {
          if (i > 0) expect(values[i]).toBeGreaterThanOrEqual(values[i - 1])
          const row = vectors.subarray(i * n, (i + 1) * n)
          for (let j = 0; j <= i; j++) {
            const dot = row.reduce((sum, value, k) => sum + value * vectors[j * n + k], 0)
            expect(Math.abs(dot - (i === j ? 1 : 0))).toBeLessThan(1e-13)
          }
          for (let k = 0; k < n; k++) {
            const product = row.reduce((sum, value, l) => sum + matrix[k * n + l] * value, 0)
            expect(Math.abs(product - values[i] * row[k])).toBeLessThan(1e-13 * scale)
          }
        }
      }),
    )
  })

  it('agree with ml-matrix on 60 rows', () => {
    const random = randomStream(1)
    const n = 60
    const matrix = new Float64Array(n * n)
    for (let i = 0; i < n; i++)
      for (let j = 0; j <= i; j++) {
        matrix[i * n + j] = random.uniform() - 0.5
        matrix[j * n + i] = matrix[i * n + j]
      }
    const { realEigenvalues } = new EigenvalueDecomposition(Matrix.from1DArray(n, n, matrix), { assumeSymmetric: true })
    const expected = Float64Array.from(realEigenvalues).sort()
    symmetricEigen(matrix, n).values.forEach((value, i) => {
      expect(Math.abs(value - expected[i])).toBeLessThan(1e-12)
    })
  })
})
