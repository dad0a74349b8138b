/** What clustering a unit graph returns. */

export interface Partition {
  /** Module of each unit, 0 … k−1, layer after layer; −1 = not in the graph (isolated). Int32Array [units]. */
  readonly labels: Int32Array
  /** Number of modules. */
  readonly k: number
  /** Normalised cut, Σ_c cut_c / vol_c: 0 (no edge leaves a module) … k. */
  readonly ncut: number
  /** The terms of the sum, per module: Float64Array [k]. */
  readonly ncutTerms: Float64Array
  /** Smallest eigenvalues of the normalised Laplacian, ascending, the trivial 0 first: Float64Array [k]. */
  readonly eigenvalues: Float64Array
}

export interface ClusterOptions {
  /** Number of modules, ≥ 1. */
  readonly k: number
  /** Seed of the k-means restarts. */
  readonly seed: number
  /** k-means restarts. Default: 25, or 100 above 2,000 units (the papers' rule). */
  readonly restarts?: number
}
