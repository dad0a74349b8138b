/**
 * The largest eigenpairs of a symmetric operator by subspace iteration that starts from where it ended last time:
 * Chebyshev-accelerated (Rutishauser 1969) with a Rayleigh–Ritz step after every multiplication. Made for operators
 * that move a little from call to call: then three or four multiplications do, where Lanczos (lanczos.ts) would begin
 * anew with twenty or more. In float32, with inner products in float64.
 *
 * The block X holds `groups` × 4 vectors, more than wanted; `a` is the smallest Ritz value of the block, below which
 * all is to be damped, `low` a lower bound of the spectrum, c = (a + low)/2, e = (a − low)/2:
 *   X₁ = (G X₀ − c X₀)/e,  X_{k+1} = 2 (G X_k − c X_k)/e − X_{k−1}.
 * Departure from the textbook's filter: every X_k is replaced by the Ritz vectors of its space, and X_{k−1} turned by
 * the same matrix, which keeps the recurrence and keeps large components from drowning small ones in float32. It stops
 * when ‖G x − θ x‖ ≤ tolerance · θ for all wanted pairs.
 */
import type { Kernels } from '../kernels/kernels.ts'
import type { Random } from '../random.ts'
import { symmetricEigen } from './symmetric.ts'

export interface BlockOperator {
  /** Number of units: a group of four vectors is f32 [size × 4]. */
  readonly size: number
  /** No eigenvalue lies below it. */
  readonly low: number
  /** y = G x for all groups; y must stay orthogonal to what the caller wants left out. */
  apply(x: number, y: number): void
  /** Removes from x what the caller wants left out. */
  project(x: number): void
}

export interface Subspace {
  readonly groups: number
  /** Address of the vectors: f32 [groups × size × 4]. */
  readonly vectors: () => number
  /** Sets all vectors to random ones. */
  restart(random: Random): void
  /** Adds a trace of randomness to the last vector, so that nothing stays unseen for ever. */
  stir(random: Random): void
  /** Iterates until the first `wanted` pairs are settled. */
  settle(wanted: number, tolerance: number): Settled
}

interface Settled {
  /** Ritz values, descending: Float64Array [4 × groups]. */
  readonly values: Float64Array
  /** Multiplications by the operator. */
  readonly steps: number
  /** Largest ‖G x − θ x‖ / θ of the wanted pairs. */
  readonly residual: number
}

/** Without separation from the rest no tolerance is reached; the space is good all the same. */
const MOST_STEPS = 300
/** The recurrence begins anew, with a new interval, at least this often. */
const RENEW = 24
/** What was stirred in must have had a chance to grow. */
const LEAST_STEPS = 2
const STIR = 1e-2

/** Room for the iteration in the kernels' memory; nothing is allocated later. */
export function createSubspace(kernels: Kernels, operator: BlockOperator, groups: number): Subspace {
  const { arena } = kernels
  const { size } = operator
  const count = 4 * groups
  const bytes = groups * size * 16
  const block = () => arena.zeroed(bytes)
  let [x, y, previous, spare] = [block(), block(), block(), block()]
  const grams = arena.zeroed(128)
  const part = arena.zeroed(64)
  const theta = arena.zeroed(16)
  const squares = arena.zeroed(32)
  const [gram, projected] = [new Float64Array(count * count), new Float64Array(count * count)]
  const at = (base: number, group: number) => base + group * size * 16

  /** count × count of inner products, into `all`. */
  const products = (a: number, b: number, all: Float64Array): Float64Array => {
    const tile = arena.f64(grams, 16)
    for (let g = 0; g < groups; g++)
      for (let h = 0; h < groups; h++) {
        kernels.gram(at(a, g), at(b, h), size, grams)
        for (let i = 0; i < 16; i++) all[(4 * g + (i >> 2)) * count + 4 * h + (i & 3)] = tile[i]
      }
    return all
  }
  /** Writes a · c into `to`; c — Float64Array [count × count]. */
  const turn = (from: number, c: Float64Array, to: number): void => {
    arena.f32(to, groups * size * 4).fill(0)
    const tile = arena.f32(part, 16)
    for (let h = 0; h < groups; h++)
      for (let g = 0; g < groups; g++) {
        for (let i = 0; i < 16; i++) tile[i] = c[(4 * g + (i >> 2)) * count + 4 * h + (i & 3)]
        kernels.mix(at(from, g), part, at(to, h), size)
      }
  }
  const largestResidual = (values: Float64Array, wanted: number): number => {
    let largest = 0
    for (let j = 0; j < wanted; j++) {
      if ((j & 3) === 0) {
        arena.f32(theta, 4).set(values.subarray(j, j + 4))
        kernels.residuals(at(y, j >> 2), at(x, j >> 2), theta, size, squares)
      }
      const relative = Math.sqrt(arena.f64(squares, 4)[j & 3]) / Math.max(Math.abs(values[j]), 1e-6)
      if (relative > largest) largest = relative
    }
    return largest
  }
  const randomise = (vector: number, random: Random, weight: number): void => {
    const values = arena.f32(at(x, vector >> 2), size * 4)
    let square = 0
    for (let i = vector & 3; i < values.length; i += 4) square += values[i] * values[i]
    const height = square === 0 ? 1 : weight * Math.sqrt((12 * square) / size)
    for (let i = vector & 3; i < values.length; i += 4) values[i] += height * (random.bits() * 2 ** -32 - 0.5)
  }

  return {
    groups,
    vectors: () => x,
    restart(random) {
      arena.f32(x, groups * size * 4).fill(0)
      for (let vector = 0; vector < count; vector++) randomise(vector, random, 1)
    },
    stir: random => randomise(count - 1, random, STIR),
    settle(wanted, tolerance) {
      operator.project(x)
      let a = Number.NEGATIVE_INFINITY
      let since = 0
      for (let steps = 1; ; steps++) {
        operator.apply(x, y)
        const { values, turned } = ritz(products(x, x, gram), products(x, y, projected), count)
        turn(x, turned, spare)
        ;[x, spare] = [spare, x]
        turn(y, turned, spare)
        ;[y, spare] = [spare, y]
        const residual = largestResidual(values, wanted)
        if ((residual <= tolerance && steps >= LEAST_STEPS) || steps === MOST_STEPS) return { values, steps, residual }
        const least = values[count - 1]
        const renew = steps === 1 || since === RENEW || least - operator.low > 1.1 * (a - operator.low)
        if (renew) {
          a = Math.max(least, operator.low + 1e-6)
          since = 0
        } else {
          turn(previous, turned, spare)
          ;[previous, spare] = [spare, previous]
        }
        since++
        const e = (a - operator.low) / 2
        const c = (a + operator.low) / 2
        const twice = renew ? 1 : 2
        kernels.combineThree(y, twice / e, x, (-twice * c) / e, previous, renew ? 0 : -1, groups * size)
        ;[x, previous] = [previous, x]
        operator.project(x)
      }
    },
  }
}

/**
 * Rayleigh–Ritz in the space of X: values (descending) and the matrix whose columns turn X into Ritz vectors.
 * `gram` — XᵀX, `projected` — XᵀGX, [count × count]. Directions that have collapsed are left out (zero columns, value 0).
 */
function ritz(gram: Float64Array, projected: Float64Array, count: number) {
  const inverse = invertedCholesky(gram, count)
  const reduced = sandwich(inverse, projected, count)
  const { values, vectors } = symmetricEigen(reduced, count)
  const turned = new Float64Array(count * count)
  for (let j = 0; j < count; j++) {
    const row = (count - 1 - j) * count
    for (let i = 0; i < count; i++) {
      let sum = 0
      for (let k = i; k < count; k++) sum += inverse[k * count + i] * vectors[row + k]
      turned[i * count + j] = sum
    }
  }
  return { values: values.reverse(), turned }
}

/** L⁻¹ for the lower factor of a Gram matrix; rows of dependent vectors are zero. */
function invertedCholesky(gram: Float64Array, count: number): Float64Array {
  const lower = new Float64Array(count * count)
  const inverse = new Float64Array(count * count)
  for (let i = 0; i < count; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = gram[i * count + j]
      for (let k = 0; k < j; k++) sum -= lower[i * count + k] * lower[j * count + k]
      if (i > j) lower[i * count + j] = lower[j * count + j] === 0 ? 0 : sum / lower[j * count + j]
      else lower[i * count + i] = sum > 1e-12 * gram[i * count + i] ? Math.sqrt(sum) : 0
    }
    if (lower[i * count + i] === 0) {
      lower.fill(0, i * count, i * count + i)
      continue
    }
    inverse[i * count + i] = 1 / lower[i * count + i]
    for (let j = 0; j < i; j++) {
      let sum = 0
      for (let k = j; k < i; k++) sum += lower[i * count + k] * inverse[k * count + j]
      inverse[i * count + j] = -sum / lower[i * count + i]
    }
  }
  return inverse
}

/** L⁻¹ H L⁻ᵀ, made symmetric. */
function sandwich(inverse: Float64Array, h: Float64Array, count: number): Float64Array {
  const half = new Float64Array(count * count)
  for (let i = 0; i < count; i++)
    for (let j = 0; j < count; j++) {
      let sum = 0
      for (let k = 0; k <= i; k++) sum += inverse[i * count + k] * (h[k * count + j] + h[j * count + k])
      half[i * count + j] = sum / 2
    }
  const whole = new Float64Array(count * count)
  for (let i = 0; i < count; i++)
    for (let j = 0; j <= i; j++) {
      let sum = 0
      for (let k = 0; k <= j; k++) sum += half[i * count + k] * inverse[j * count + k]
      whole[i * count + j] = sum
      whole[j * count + i] = sum
    }
  return whole
}
