/**
 * k-means of embedded units: greedy k-means++ seeding (Arthur and Vassilvitskii 2007, with 2 + ⌊ln k⌋ candidates a
 * centre) and Lloyd's iterations, several restarts, the lowest inertia wins. Stops when no label changes or the
 * centres' squared shift falls below 1e-4 × the mean column variance, as scikit-learn does; its columns include the
 * constant one, which is why `k` and not the number of coordinates divides here.
 */
import type { Kernels } from '../kernels/kernels.ts'
import { randomStream } from '../random.ts'
import type { Embedding } from './embedding.ts'

/** Returns the label of each point: Int32Array [points]. Restart r draws from stream (…path, r). */
export function kMeans(kernels: Kernels, embedding: Embedding, k: number, restarts: number, seed: number): Int32Array {
  const { arena } = kernels
  const { points, dims, stride } = embedding
  const n = embedding.unitOf.length
  const width = (k + 3) & ~3
  const trials = 2 + floorLog(k)
  const centres = arena.raw(dims * width * 4)
  const nearest = arena.raw(stride * 4)
  const candidates = (trials + 3) & ~3
  const trial = arena.raw(candidates * stride * 4)
  const drawn = arena.raw(candidates * 4)
  const potential = arena.raw(candidates * 8)
  const squares = arena.raw(stride * 4)
  const cumulative = arena.raw(n * 8)
  const labels = arena.raw(stride * 4)
  const half = arena.raw(width * 4)
  const depth = (dims + 3) & ~3
  const totals = arena.raw(k * depth * 8)
  const rows = arena.zeroed(n * depth * 4)
  const counts = arena.raw(k * 4)
  const draws = 1 + (k - 1) * trials
  const uniforms = arena.raw(draws * 8)
  const { squareSum, variance } = moments(arena.f32(points, dims * stride), n, dims, stride, arena.f32(squares, stride))
  const tolerance = 1e-4 * (variance / k)
  copyRows(arena.f32(points, dims * stride), n, dims, stride, depth, arena.f32(rows, n * depth))
  let best = Number.POSITIVE_INFINITY
  let bestLabels = new Int32Array(n)
  for (let restart = 0; restart < restarts; restart++) {
    const random = randomStream(seed, RESTART_STREAM, restart)
    const target = arena.f64(uniforms, draws)
    for (let i = 0; i < draws; i++) target[i] = random.uniform()
    kernels.seedCentres(
      points,
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
    kernels.lloyd(points, rows, n, stride, dims, k, centres, labels, half, totals, counts, 300, tolerance)
    const inertia = kernels.inertia(dims, k, totals, counts, squareSum)
    if (inertia < best) {
      best = inertia
      bestLabels = arena.i32(labels, n).slice()
    }
  }
  fillEmptyModules(bestLabels, k)
  return bestLabels
}

/** Keeps the restarts' streams apart from others of the same seed. */
const RESTART_STREAM = 1

/**
 * Where fewer than k positions differ, k-means leaves modules empty. Each of these takes the last point (of lowest
 * degree in its layer) of the largest module, so that there are k modules, as asked.
 */
function fillEmptyModules(labels: Int32Array, k: number): void {
  const counts = new Int32Array(k)
  for (const label of labels) counts[label]++
  for (let module = 0; module < k; module++) {
    if (counts[module] > 0) continue
    const largest = counts.indexOf(Math.max(...counts))
    labels[labels.lastIndexOf(largest)] = module
    counts[largest]--
    counts[module]++
  }
}

/** The points one after another, [n × depth]. */
function copyRows(
  points: Float32Array,
  n: number,
  dims: number,
  stride: number,
  depth: number,
  rows: Float32Array,
): void {
  for (let i = 0; i < n; i++) for (let d = 0; d < dims; d++) rows[i * depth + d] = points[d * stride + i]
}

/** Writes |x|² of each point, and returns Σ|x|² and the sum of the columns' variances. */
function moments(points: Float32Array, n: number, dims: number, stride: number, squares: Float32Array) {
  const lengths = new Float64Array(stride)
  let squareSum = 0
  let variance = 0
  for (let d = 0; d < dims; d++) {
    let sum = 0
    let columnSquares = 0
    for (let i = 0; i < n; i++) {
      const x = points[d * stride + i]
      sum += x
      columnSquares += x * x
      lengths[i] += x * x
    }
    squareSum += columnSquares
    variance += columnSquares / n - (sum / n) * (sum / n)
  }
  squares.set(lengths)
  return { squareSum, variance }
}

/** ⌊ln k⌋ by comparison with the powers of e, so that it is the same on every engine. */
function floorLog(k: number): number {
  let result = 0
  for (let power = Math.E; power <= k; power *= Math.E) result++
  return result
}
