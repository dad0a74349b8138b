/**
 * The analysis: everything `lobes analyze` finds out about one network, as one plain JSON document. The report draws
 * from this and nothing else, so a saved `analysis.json` can be rendered again later.
 */
import type { Verdict } from '../significance/verdict.ts'
import type { FunctionalAnalysis } from './functional/functional-analysis.ts'

export const SCHEMA_VERSION = 1

export interface LayerSummary {
  readonly name: string
  readonly role: 'input' | 'hidden' | 'output'
  readonly kind: 'neuron' | 'channel' | 'head'
  readonly size: number
  /** Units left out of the clustering. */
  readonly removed: number
  /** Number of units of this layer in each module: [k]. */
  readonly perModule: readonly number[]
}

export interface WeightHistogram {
  /** The edge block, `from → to`, by layer names. */
  readonly from: string
  readonly to: string
  /** Bin borders (ascending, one more than counts) of the non-zero canonical edge weights. */
  readonly borders: readonly number[]
  readonly counts: readonly number[]
  readonly zeros: number
  readonly total: number
}

export interface ModuleFlow {
  readonly fromLayer: number
  readonly fromModule: number
  readonly toLayer: number
  readonly toModule: number
  /** Mean weight of the edges between the two groups (zeros included), and their sum. */
  readonly mean: number
  readonly sum: number
}

interface PartitionDetail {
  readonly k: number
  readonly ncut: number
  readonly ncutTerms: readonly number[]
  /** (1 − ncut/k) / (2·ncut/k): within-module edge mass per unit of cut mass; null when nothing is cut. */
  readonly aveInOut: number | null
  /** Module of each unit, layer after layer; −1 = left out. */
  readonly labels: readonly number[]
  /** Sum of the edge weights of each unit, layer after layer. */
  readonly degrees: readonly number[]
  /** Why a unit was left out: rule by unit index, only for label −1. */
  readonly removedBecause: readonly { readonly layer: string; readonly count: number; readonly rule: string }[]
  /** Smallest eigenvalues of the normalised Laplacian, ascending; more than k where there are, to show the gap. */
  readonly eigenvalues: readonly number[]
}

export interface Stability {
  /** Independent clusterings (seeds) compared. */
  readonly runs: number
  /** Per unit: share of runs whose (matched) label agrees with the consensus; −1 for units left out. */
  readonly confidence: readonly number[]
  /** Mean pairwise adjusted Rand index between runs. */
  readonly meanAri: number
  /** Distinct partitions within 1 % of the best n-cut: their n-cut, how many runs gave them, ARI to the best. */
  readonly nearBest: readonly { readonly ncut: number; readonly runs: number; readonly ari: number }[]
}

export interface KChoice {
  readonly ks: readonly number[]
  readonly ncuts: readonly number[]
  /** 1 − n-cut / (k − 1) for each k. */
  readonly clusterability: readonly number[]
  /** λ_{k+1} − λ_k for each k. */
  readonly eigengaps: readonly number[]
  /** How far the network's n-cut / (k − 1) lies below that of shuffled networks, for each k; the largest chooses. */
  readonly excess: readonly number[]
  readonly chosen: number
}

export interface Analysis {
  readonly schemaVersion: number
  readonly tool: { readonly name: 'lobes'; readonly version: string; readonly node?: string }
  /** ISO 8601; not part of the hash. */
  readonly createdAt: string
  readonly file: { readonly name: string; readonly bytes: number; readonly format: string; readonly producer?: string }
  readonly network: {
    readonly operators: readonly { readonly type: string; readonly count: number }[]
    readonly parameters: number
    readonly notes: readonly string[]
    /** Operators the unit graph could not place, by name and type, with the reason. */
    readonly leftOut: readonly { readonly name: string; readonly type: string; readonly reason: string }[]
  }
  /** The command line that makes this analysis again, where it came from one. */
  readonly command?: string
  /** Every option that shaped the numbers, defaults included. */
  readonly parameters: Readonly<Record<string, unknown>>
  readonly layers: readonly LayerSummary[]
  /** Names of all units, layer after layer, where the file has any. */
  readonly unitNames?: readonly string[]
  /** Edge blocks as (from, to) layer indices with counts, for the drawing. */
  readonly blocks: readonly {
    readonly from: number
    readonly to: number
    readonly edges: number
    readonly weight: number
  }[]
  /** The heaviest edges, thinned for drawing: unit indices in the whole graph. */
  readonly drawnEdges: readonly { readonly from: number; readonly to: number; readonly weight: number }[]
  readonly partition: PartitionDetail
  readonly kChoice?: KChoice
  readonly stability: Stability
  readonly verdict: Verdict
  readonly flows: readonly ModuleFlow[]
  readonly histograms: readonly WeightHistogram[]
  /** Hex SHA-256 of the numbers (see `resultHash`); equal on every machine for the same file, options and seed. */
  readonly hash: string
  /** What the modules do, where examples were given; it has its own hash. */
  readonly functional?: FunctionalAnalysis
}
