/** Each kernel against a plain reference. Those of the eigensolver and the packing are also held to dense oracles. */
import { describe, expect, it } from 'vitest'
import { type Kernels, loadKernels } from '../../src/kernels/kernels.ts'
import { type Random, randomStream, shuffle } from '../../src/random.ts'
import { sparseEdges } from '../partition/sample-graphs.ts'

const kernels: Kernels = await loadKernels()
const { arena } = kernels

function weights(rows: number, columns: number, seed: number, density = 1): Float32Array {
  const random = randomStream(seed)
  return Float32Array.from({ length: rows * columns }, () => {
    const size = 2 ** -random.below(30)
    return random.uniform() < density ? (random.uniform() + 1e-3) * size : 0
  })
}

/** The nearest integer, halves to even, for 0 ≤ x < 2⁵¹. */
const nearest = (x: number) => x + 2 ** 52 - 2 ** 52

function inArena<Result>(work: () => Result): Result {
  const mark = arena.mark()
  try {
    return work()
  } finally {
    arena.release(mark)
  }
}

describe('maxima and sums', () => {
  const run = (values: Float32Array, rows: number, columns: number, sparse: boolean) =>
    inArena(() => {
      const [rowMax, columnMax] = [arena.zeroed(rows * 4), arena.zeroed(columns * 4)]
      const [rowScale, columnScale] = [2 ** 40, 2 ** 40].map((scale, side) =>
        arena.place(new Float64Array(side ? columns : rows).fill(scale)),
      )
      const [rowSum, columnSum] = [arena.zeroed(rows * 8), arena.zeroed(columns * 8)]
      if (sparse) {
        const edges = sparseEdges(values, rows, columns)
        const [start, index, data] = [edges.rowStart, edges.columns, edges.values].map(part => arena.place(part))
        kernels.sparseMaxima(start, index, data, rows, rowMax, columnMax)
        kernels.sparseSums(start, index, data, rows, rowScale, columnScale, rowSum, columnSum)
      } else {
        const block = arena.place(values)
        kernels.maxima(block, rows, columns, rowMax, columnMax)
        kernels.sums(block, rows, columns, rowScale, columnScale, rowSum, columnSum)
      }
      return {
        rowMax: arena.f32(rowMax, rows).slice(),
        columnMax: arena.f32(columnMax, columns).slice(),
        rowSum: arena.f64(rowSum, rows).slice(),
        columnSum: arena.f64(columnSum, columns).slice(),
      }
    })

  it('are what they say, stored densely or sparsely', () => {
    for (const [rows, columns] of [
      [1, 1],
      [3, 5],
      [8, 4],
      [7, 13],
    ]) {
      const values = weights(rows, columns, rows * columns, 0.6)
      const dense = run(values, rows, columns, false)
      expect(run(values, rows, columns, true)).toEqual(dense)
      for (let r = 0; r < rows; r++) {
        const row = values.subarray(r * columns, (r + 1) * columns)
        expect(dense.rowMax[r]).toBe(Math.max(...row))
        expect(dense.rowSum[r]).toBe(row.reduce((sum, w) => sum + nearest(w * 2 ** 40), 0))
      }
      for (let c = 0; c < columns; c++) {
        const column = values.filter((_, at) => at % columns === c)
        expect(dense.columnMax[c]).toBe(Math.max(...column))
        expect(dense.columnSum[c]).toBe(column.reduce((sum, w) => sum + nearest(w * 2 ** 40), 0))
      }
    }
  })

  it('give the same sum in any order', () => {
    const values = weights(1, 500, 9)
    const { rowSum } = run(values, 1, 500, false)
    for (let seed = 0; seed < 20; seed++)
      expect(run(shuffle(values.slice(), randomStream(seed)), 1, 500, false).rowSum).toEqual(rowSum)
  })
})

describe('orthogonalise, normalise, combine, dot', () => {
  it('project, scale, add up and multiply', () => {
    inArena(() => {
      const n = 10
      const random = randomStream(4)
      const q = arena.place(Float64Array.from({ length: 7 * n }, () => random.uniform() - 0.5))
      const coefficients = arena.zeroed(7 * 8)
      for (let j = 0; j < 7; j++) {
        for (let pass = 0; pass < 2; pass++) kernels.orthogonalise(q, j, n, q + j * n * 8, coefficients)
        kernels.normalise(q + j * n * 8, n)
      }
      for (let a = 0; a < 7; a++)
        for (let b = 0; b <= a; b++)
          expect(kernels.dot(q + a * n * 8, q + b * n * 8, n)).toBeCloseTo(a === b ? 1 : 0, 13)
      const out = arena.zeroed(n * 8)
      kernels.combine(q, 3, n, arena.place(Float64Array.of(1, -2, 0.5)), out)
      const rows = arena.f64(q, 3 * n)
      arena.f64(out, n).forEach((value, i) => {
        expect(value).toBeCloseTo(rows[i] - 2 * rows[n + i] + 0.5 * rows[2 * n + i], 14)
      })
    })
  })
})

describe('k-means', () => {
  const place = (points: Float32Array, n: number, dims: number) => {
    const stride = (n + 7) & ~7
    const depth = (dims + 3) & ~3
    const columns = new Float32Array(dims * stride)
    const rows = new Float32Array(n * depth)
    const squares = new Float32Array(stride)
    for (let i = 0; i < n; i++) {
      for (let d = 0; d < dims; d++) {
        columns[d * stride + i] = points[i * dims + d]
        rows[i * depth + d] = points[i * dims + d]
        squares[i] += points[i * dims + d] ** 2
      }
    }
    return { stride, depth, columns: arena.place(columns), rows: arena.place(rows), squares: arena.place(squares) }
  }

  /** Centres and labels as seeding leaves them, with three candidates for each centre. */
  const seeded = (placed: ReturnType<typeof place>, n: number, dims: number, k: number, random: Random) => {
    const { stride, columns, squares } = placed
    const trials = 3
    const centres = arena.zeroed(dims * ((k + 3) & ~3) * 4)
    const labels = arena.zeroed(stride * 4)
    const uniforms = arena.place(Float64Array.from({ length: 1 + (k - 1) * trials }, () => random.uniform()))
    const scratch = [stride * 4, stride * 16, 16, 32, n * 8].map(arena.zeroed)
    const [nearest, trial, drawn, potential, cumulative] = scratch
    kernels.seedCentres(
      columns,
      n,
      stride,
      dims,
      k,
      trials,
      uniforms,
      squares,
      centres,
      labels,
      nearest,
      trial,
      drawn,
      potential,
      cumulative,
    )
    return { centres, labels }
  }

  const distance = (points: Float32Array, dims: number, i: number, centre: ArrayLike<number>) => {
    let sum = 0
    for (let d = 0; d < dims; d++) sum += (points[i * dims + d] - centre[d]) ** 2
    return sum
  }

  it('ends where every point is with its nearest centre and every centre is the mean of its points', () => {
    for (const [n, dims, k] of [
      [50, 3, 4],
      [33, 1, 3],
      [120, 11, 12],
      [9, 2, 5],
      [200, 5, 21],
    ]) {
      inArena(() => {
        const random = randomStream(n)
        const points = Float32Array.from({ length: n * dims }, () => random.uniform())
        const placed = place(points, n, dims)
        const { stride, depth, columns, rows } = placed
        const width = (k + 3) & ~3
        const { centres, labels } = seeded(placed, n, dims, k, random)
        const [half, totals, counts] = [width * 4, k * depth * 8, k * 4].map(arena.zeroed)
        kernels.lloyd(columns, rows, n, stride, dims, k, centres, labels, half, totals, counts, 300, 0)
        const label = arena.i32(labels, n)
        const centre = (c: number) =>
          Array.from({ length: dims }, (_, d) => arena.f32(centres, dims * width)[d * width + c])
        let inertia = 0
        for (let i = 0; i < n; i++) {
          const own = distance(points, dims, i, centre(label[i]))
          for (let c = 0; c < k; c++) expect(own).toBeLessThanOrEqual(distance(points, dims, i, centre(c)) + 1e-5)
          inertia += own
        }
        for (let c = 0; c < k; c++) {
          const members = Array.from({ length: n }, (_, i) => i).filter(i => label[i] === c)
          expect(members.length).toBeGreaterThan(0)
          centre(c).forEach((value, d) => {
            expect(value).toBeCloseTo(members.reduce((sum, i) => sum + points[i * dims + d], 0) / members.length, 5)
          })
        }
        const squareSum = points.reduce((sum, x) => sum + x * x, 0)
        expect(kernels.inertia(dims, k, totals, counts, squareSum)).toBeCloseTo(inertia, 4)
      })
    }
  })

  it('seeds with points of the set, far from each other', () => {
    inArena(() => {
      // Four tight groups in the corners: greedy k-means++ takes one point of each.
      const n = 40
      const random = randomStream(2)
      const points = Float32Array.from(
        { length: n * 2 },
        (_, at) => ((at >> 1) & (1 << (at & 1)) ? 5 : 0) + random.uniform() / 100,
      )
      const placed = place(points, n, 2)
      for (let seed = 0; seed < 10; seed++) {
        const { centres } = seeded(placed, n, 2, 4, randomStream(seed))
        const found = arena.f32(centres, 8)
        const corners = new Set([0, 1, 2, 3].map(c => (found[c] > 2 ? 1 : 0) + (found[4 + c] > 2 ? 2 : 0)))
        expect(corners.size).toBe(4)
      }
    })
  })
})
