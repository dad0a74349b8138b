import type { UnitGraph } from '../graph/unit-graph.ts'
import type { ClusterOptions, Partition } from './partition.ts'

/** Spectral clustering of a unit graph with compiled kernels: deterministic, see `ClusterOptions`. (Being built.) */
export type Clusterer = (graph: UnitGraph, options: ClusterOptions) => Partition

/** Compiles the kernels (once) and returns the clusterer; every later call is synchronous. */
export async function loadClusterer(): Promise<Clusterer> {
  throw new Error('being built')
}
