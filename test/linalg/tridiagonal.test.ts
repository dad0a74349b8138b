import fc from 'fast-check'
import { Matrix } from 'ml-matrix'
import { describe, expect, it } from 'vitest'
import { diagonalise, eigenvectorsByInverseIteration } from '../../src/linalg/tridiagonal.ts'

const entry = fc.double({ min: -1, max: 1, noNaN: true })
const problem = fc
  .integer({ min: 1, max: 30 })
  .chain(m =>
    fc.tuple(fc.array(entry, { minLength: m, maxLength: m }), fc.array(entry, { minLength: m, maxLength: m })),
  )

function matrixOf(diagonal: readonly number[], off: readonly number[]): Matrix {
  const full = Matrix.zeros(diagonal.length, diagonal.length)
  diagonal.forEach((value, i) => {
    full.set(i, i, value)
    if (i + 1 < diagonal.length) {
      full.set(i, i + 1, off[i])
      full.set(i + 1, i, off[i])
    }
  })
  return full
}

describe('diagonalise', () => {
  it('finds the eigenvalues and eigenvectors of any tridiagonal matrix', () => {
    fc.assert(
      fc.property(problem, ([diagonal, off]) => {
        const m = diagonal.length
        const values = Float64Array.from(diagonal)
        const rows = new Float64Array(m * m)
        for (let i = 0; i < m; i++) rows[i * m + i] = 1
        diagonalise(values, Float64Array.from(off), rows)
        const full = matrixOf(diagonal, off)
        for (let e = 0; e < m; e++) {
          for (let i = 0; i < m; i++) {
            let product = 0
            for (let j = 0; j < m; j++) product += full.get(i, j) * rows[j * m + e]
            expect(product).toBeCloseTo(values[e] * rows[i * m + e], 12)
          }
        }
        for (let a = 0; a < m; a++) {
          for (let b = 0; b <= a; b++) {
            let overlap = 0
            for (let i = 0; i < m; i++) overlap += rows[i * m + a] * rows[i * m + b]
            expect(overlap).toBeCloseTo(a === b ? 1 : 0, 12)
          }
        }
      }),
      { seed: 1, numRuns: 200 },
    )
  })
})

describe('eigenvectorsByInverseIteration', () => {
  it('gives orthonormal vectors with small residuals, also for eigenvalues that nearly coincide', () => {
    // Wilkinson's W21+: pairs of eigenvalues that agree to 14 digits.
    const diagonal = Float64Array.from({ length: 21 }, (_, i) => Math.abs(10 - i))
    const off = new Float64Array(21).fill(1)
    const values = diagonal.slice()
    diagonalise(values, off.slice(), new Float64Array(21))
    const wanted = values.sort().reverse().slice(0, 6)
    const vectors = eigenvectorsByInverseIteration(diagonal, off, wanted)
    for (let a = 0; a < 6; a++) {
      const v = vectors.subarray(a * 21, (a + 1) * 21)
      for (let i = 0; i < 21; i++) {
        const product = diagonal[i] * v[i] + (i > 0 ? v[i - 1] : 0) + (i < 20 ? v[i + 1] : 0)
        expect(product).toBeCloseTo(wanted[a] * v[i], 10)
      }
      for (let b = 0; b <= a; b++) {
        const w = vectors.subarray(b * 21, (b + 1) * 21)
        expect(v.reduce((sum, value, i) => sum + value * w[i], 0)).toBeCloseTo(a === b ? 1 : 0, 10)
      }
    }
  })
})
