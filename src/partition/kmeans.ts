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
  const trial = arena.raw(stride * 8)
  const cumulative = arena.raw(n * 8)
  const labels = arena.raw(stride * 4)
  const half = arena.raw(width * 4)
  const totals = arena.raw(k * dims * 8)
  const counts = arena.raw(k * 4)
  const draws = 1 + (k - 1) * trials
  const uniforms = arena.raw(draws * 8)
  const tolerance = 1e-4 * (columnVariance(arena.f32(points, dims * stride), n, dims, stride) / k)
  let best = Number.POSITIVE_INFINITY
  let bestLabels = new Int32Array(n)
  for (let restart = 0; restart < restarts; restart++) {
    const random = randomStream(seed, RESTART_STREAM, restart)
    const target = arena.f64(uniforms, draws)
    for (let i = 0; i < draws; i++) target[i] = random.uniform()
    kernels.seedCentres(points, n, stride, dims, k, trials, uniforms, centres, nearest, trial, cumulative)
    kernels.lloyd(points, n, stride, dims, k, centres, labels, half, totals, counts, 300, tolerance)
    const inertia = kernels.inertia(points, n, stride, dims, k, centres, labels)
    if (inertia < best) {
      best = inertia
      bestLabels = arena.i32(labels, n).slice()
    }
  }
  return bestLabels
}

/** Keeps the restarts' streams apart from others of the same seed. */
const RESTART_STREAM = 1

function columnVariance(points: Float32Array, n: number, dims: number, stride: number): number {
  let total = 0
  for (let d = 0; d < dims; d++) {
    let sum = 0
    let squares = 0
    for (let i = d * stride; i < d * stride + n; i++) {
      sum += points[i]
      squares += points[i] * points[i]
    }
    total += squares / n - (sum / n) * (sum / n)
  }
  return total
}

/** ⌊ln k⌋ by comparison with the powers of e, so that it is the same on every engine. */
function floorLog(k: number): number {
  let result = 0
  for (let power = Math.E; power <= k; power *= Math.E) result++
  return result
}
