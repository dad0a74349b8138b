/** What testing a unit graph against null models returns. Plain JSON. */

/** `random-initialisation` is a baseline for comparison, not a permutation null: it never decides the verdict. */
export type NullModel =
  | 'layer'
  | 'layer-nonzero'
  | 'layer-kde'
  | 'layer-nonzero-kde'
  | 'degree-preserving'
  | 'random-initialisation'
  | 'edges'

/** The n-cut of the network beside the n-cuts of networks drawn from one null model. */
export interface NullComparison {
  readonly null: NullModel
  /** n-cut of each shuffled network, clustered from scratch, in the order drawn. */
  readonly ncuts: readonly number[]
  /** Only with k chosen automatically: the k each shuffled network chose. */
  readonly ks?: readonly number[]
  /** Only with k chosen: what is compared then, n-cut / (k − 1) minus the baseline at that k; `mean`, `sd`, `z` are of these. */
  readonly scores?: readonly number[]
  readonly mean: number
  /** Population standard deviation (ddof 0), as the papers use. */
  readonly sd: number
  /** (n-cut − mean) / sd; negative = more modular than the null; null where sd is 0. */
  readonly z: number | null
  /** One-sided Monte Carlo p-value (b + 1) / (m + 1); b counts shuffled n-cuts at most as large as the true one. */
  readonly p: number
  /** The smallest p these shuffles could have given: 1 / (m + 1). */
  readonly pFloor: number
  /** 95 % Clopper–Pearson interval of the probability that a shuffled network is at least as modular. */
  readonly pInterval: readonly [number, number]
  /** Effect size that cannot blow up: (mean − n-cut) / (k − 1), in units of the n-cut range. */
  readonly effect: number
  /** 95 % interval of the effect (mean of the null ± 1.96 standard errors). */
  readonly effectInterval: readonly [number, number]
  /** True when sequential stopping ended the draws early (then p = b / m by Besag and Clifford's rule). */
  readonly stoppedEarly: boolean
}

export interface Verdict {
  readonly k: number
  readonly ncut: number
  /** Only with k chosen: the network's n-cut / (k − 1) minus the baseline. */
  readonly score?: number
  /** 1 − n-cut / (k − 1): 0 for a random partition, 1 for separate modules; null for k = 1. */
  readonly clusterability: number | null
  readonly alpha: number
  /** The permutation nulls that decide: modular only when p ≤ alpha under every one of them. */
  readonly deciding: readonly NullModel[]
  readonly modular: boolean
  readonly comparisons: readonly NullComparison[]
  /** Cohen's d (pooled, ddof 1) between the n-cuts of each pair of nulls. */
  readonly betweenNulls: readonly { readonly a: NullModel; readonly b: NullModel; readonly cohensD: number | null }[]
}
