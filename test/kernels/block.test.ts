/** The kernels for blocks of vectors against plain loops. */
import { describe, expect, it } from 'vitest'
import { loadKernels } from '../../src/kernels/kernels.ts'
import { randomStream } from '../../src/random.ts'

const kernels = await loadKernels()
const { arena } = kernels
const random = randomStream(5)
const draw = (length: number) => Float32Array.from({ length }, () => Math.round(64 * (random.uniform() - 0.5)) / 8)

/** Small multiples of 1/8: sums are exact in float32, in whatever order. */
const SIZES = [
  [1, 1],
  [3, 5],
  [4, 4],
  [7, 9],
  [16, 13],
] as const

describe.each(SIZES)('a block of %i × %i', (rows, columns) => {
  const weights = draw(rows * columns)
  weights[0] = 0
  const size = (r: number, c: number) => Math.abs(weights[r * columns + c])
  const each = (visit: (r: number, c: number) => void) => {
    for (let r = 0; r < rows; r++) for (let c = 0; c < columns; c++) visit(r, c)
  }

  it('gives magnitudes and adds their sums', () => {
    const [edges, rowSum, columnSum] = [rows * columns, rows, columns].map(length => arena.zeroed(length * 4))
    arena.f32(rowSum, rows).fill(2)
    kernels.magnitudes(arena.place(weights), rows, columns, edges, rowSum, columnSum)
    const [byRow, byColumn] = [new Float32Array(rows).fill(2), new Float32Array(columns)]
    each((r, c) => {
      byRow[r] += size(r, c)
      byColumn[c] += size(r, c)
    })
    expect(arena.f32(edges, rows * columns)).toEqual(weights.map(Math.abs))
    expect(arena.f32(rowSum, rows)).toEqual(byRow)
    expect(arena.f32(columnSum, columns)).toEqual(byColumn)
  })

  it('multiplies four vectors, either way round', () => {
    const [x, t] = [draw(columns * 4), draw(rows * 4)]
    const [down, up] = [t.slice(), x.slice()]
    each((r, c) => {
      for (let j = 0; j < 4; j++) {
        down[r * 4 + j] += weights[r * columns + c] * x[c * 4 + j]
        up[c * 4 + j] += weights[r * columns + c] * t[r * 4 + j]
      }
    })
    const [block, atX, atT] = [weights, x, t].map(values => arena.place(values))
    const [into, back] = [arena.place(t), arena.place(x)]
    kernels.gather(block, rows, columns, atX, into)
    kernels.collect(block, rows, columns, atT, back)
    expect(arena.f32(into, rows * 4)).toEqual(down)
    expect(arena.f32(back, columns * 4)).toEqual(up)
  })

  it('gives each weight its derivative, with its sign', () => {
    const stride = (rows + columns + 3) & ~3
    const [p, x] = [draw(stride), draw(2 * stride)]
    const [block, atP, atX, out] = [weights, p, x, weights].map(values => arena.place(values))
    kernels.edgeGradient(block, rows, columns, atP, atP + rows * 4, atX, atX + rows * 4, 2, stride, 0.5, out)
    const found = arena.f32(out, rows * columns)
    each((r, c) => {
      let sum = p[r] + p[rows + c]
      for (let j = 0; j < 2; j++) sum -= x[j * stride + r] * x[j * stride + rows + c]
      expect(found[r * columns + c]).toBeCloseTo(Math.sign(weights[r * columns + c]) * 0.5 * sum, 5)
    })
  })
})

describe('four vectors', () => {
  const n = 11
  const [x, y] = [draw(n * 4), draw(n * 4)]
  const at = (values: Float32Array) => arena.place(values)

  it('have inner products', () => {
    const out = arena.zeroed(128)
    kernels.gram(at(x), at(y), n, out)
    const expected = new Float64Array(16)
    for (let i = 0; i < n; i++)
      for (let a = 0; a < 4; a++) for (let b = 0; b < 4; b++) expected[4 * a + b] += x[4 * i + a] * y[4 * i + b]
    expect(arena.f64(out, 16)).toEqual(expected)
  })

  it('are mixed, scaled and combined', () => {
    const [c, factors] = [draw(16), draw(n)]
    const [mixed, scaled, combined] = [at(y), at(y), at(y)]
    kernels.mix(at(x), at(c), mixed, n)
    kernels.scaleUnits(at(x), at(factors), scaled, n)
    kernels.combineThree(at(x), 2, at(x), -0.5, combined, -1, n)
    for (let i = 0; i < n; i++)
      for (let b = 0; b < 4; b++) {
        let sum = y[4 * i + b]
        for (let a = 0; a < 4; a++) sum += x[4 * i + a] * c[4 * a + b]
        expect(arena.f32(mixed, n * 4)[4 * i + b]).toBe(Math.fround(sum))
        expect(arena.f32(scaled, n * 4)[4 * i + b]).toBe(x[4 * i + b] * factors[i])
        expect(arena.f32(combined, n * 4)[4 * i + b]).toBe(1.5 * x[4 * i + b] - y[4 * i + b])
      }
  })

  it('lose a direction, and have residuals', () => {
    const u = draw(n)
    const length = Math.sqrt(u.reduce((sum, value) => sum + value * value, 0))
    const unit = u.map(value => value / length)
    const [deflated, squares] = [at(x), arena.zeroed(32)]
    kernels.deflate(at(unit), deflated, n)
    const theta = Float32Array.of(0.5, 1, 2, -1)
    kernels.residuals(at(y), at(x), at(theta), n, squares)
    for (let j = 0; j < 4; j++) {
      let [dot, square] = [0, 0]
      for (let i = 0; i < n; i++) {
        dot += unit[i] * arena.f32(deflated, n * 4)[4 * i + j]
        square += (y[4 * i + j] - theta[j] * x[4 * i + j]) ** 2
      }
      expect(Math.abs(dot)).toBeLessThan(1e-5)
      expect(arena.f64(squares, 4)[j]).toBeCloseTo(square, 6)
    }
  })
})
