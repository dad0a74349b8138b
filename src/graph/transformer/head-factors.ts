/**
 * What one attention head reads and writes, in a form that no invertible change inside the head can alter.
 *
 * A head attends by the scores xᵀ Qᵀ K y / √size and moves Oᵀ V y (rows of Q, K, V, O are directions of the stream).
 * Only these products mean something: Q → R Q, K → R⁻ᵀ K and V → R V, O → R⁻ᵀ O leave the head as it was. So
 * - queries: ‖Kᵀ Q w‖ / √size, the change of scores that w in the stream makes, over keys of every direction alike
 *   (Q-composition of "A Mathematical Framework for Transformer Circuits", 2021, without its division by the norms);
 * - keys: ‖Qᵀ K w‖ / √size (K-composition);
 * - values: with the singular values OᵀV = U S Zᵀ, the head reads √S Zᵀ and writes U √S. This is the factorisation in
 *   which reading and writing are equally strong (‖O‖² + ‖V‖² is least), as balanced scales are for ReLU units; the
 *   product along a path counts S once, where the paper's V-composition of both heads counts it at either end.
 *
 * Done through Gram matrices of the head's size, never of the stream's: ‖Kᵀ y‖ = ‖F y‖ with FᵀF = K Kᵀ.
 */
import { times, timesTransposed } from '../../linalg/row-products.ts'
import { symmetricEigen } from '../../linalg/symmetric.ts'

/** Rows are directions of the stream: each Float64Array [size × width]. */
export interface Head {
  readonly query: Float64Array
  readonly key: Float64Array
  readonly value: Float64Array
  readonly output: Float64Array
}

export interface HeadFactors {
  /** [2 · size + valueSize × width]: queries, keys, values. */
  readonly reads: Float64Array
  /** [valueSize × width]. */
  readonly writes: Float64Array
}

/** Eigenvalues below this share of the largest are rounding. */
const ROUNDING = 1e-14

export function headFactors(head: Head, width: number): HeadFactors {
  const size = head.query.length / width
  const valueSize = head.value.length / width
  const reads = new Float64Array((2 * size + valueSize) * width)
  const scale = 1 / Math.sqrt(size)
  reads.set(scaled(times(squareRoot(head.key, width), head.query, size, width), scale), 0)
  reads.set(scaled(times(squareRoot(head.query, width), head.key, size, width), scale), size * width)
  const { into, out } = balancedFactors(head.value, head.output, width)
  reads.set(into, 2 * size * width)
  return { reads, writes: out }
}

/** ‖QᵀK‖² / size and ‖OᵀV‖² (Frobenius). */
export function headStrengths(head: Head, width: number): { readonly attends: number; readonly moves: number } {
  const gram = (rows: Float64Array) => timesTransposed(rows, rows, width)
  const inner = (a: Float64Array, b: Float64Array) => a.reduce((sum, value, i) => sum + value * b[i], 0)
  const size = head.query.length / width
  return {
    attends: inner(gram(head.query), gram(head.key)) / size,
    moves: inner(gram(head.value), gram(head.output)),
  }
}

/** F with FᵀF = rows rowsᵀ: [size × size]. */
function squareRoot(rows: Float64Array, width: number): Float64Array {
  const size = rows.length / width
  const { values, vectors } = symmetricEigen(timesTransposed(rows, rows, width), size)
  return vectors.map((value, at) => value * Math.sqrt(Math.max(0, values[Math.floor(at / size)])))
}

/**
 * √S Zᵀ and √S Uᵀ of OᵀV = U S Zᵀ. With O Oᵀ = Eᵀ Λ E and R = Λ^½ E: the Gram matrix of R V is Y S² Yᵀ, so that
 * √S Zᵀ = S^−½ Yᵀ R V, and √S Uᵀ = S^½ Yᵀ Λ^−½ E O.
 */
function balancedFactors(value: Float64Array, output: Float64Array, width: number) {
  const size = value.length / width
  const outer = symmetricEigen(timesTransposed(output, output, width), size)
  const kept = (values: Float64Array, at: number) => values[at] > ROUNDING * values[size - 1]
  const root = outer.vectors.map((entry, at) => {
    const row = Math.floor(at / size)
    return kept(outer.values, row) ? entry * Math.sqrt(outer.values[row]) : 0
  })
  const inverse = outer.vectors.map((entry, at) => {
    const row = Math.floor(at / size)
    return kept(outer.values, row) ? entry / Math.sqrt(outer.values[row]) : 0
  })
  const moved = times(root, value, size, width)
  const inner = symmetricEigen(timesTransposed(moved, moved, width), size)
  const withRows = (factor: (singular: number) => number) =>
    inner.vectors.map((entry, at) => {
      const row = Math.floor(at / size)
      return kept(inner.values, row) ? entry * factor(Math.sqrt(inner.values[row])) : 0
    })
  return {
    into: times(
      withRows(s => 1 / Math.sqrt(s)),
      moved,
      size,
      width,
    ),
    out: times(times(withRows(Math.sqrt), inverse, size, size), output, size, width),
  }
}

function scaled(values: Float64Array, factor: number): Float64Array {
  return values.map(value => value * factor)
}
