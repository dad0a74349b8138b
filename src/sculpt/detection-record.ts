/** What detection found, as the plain lists that `lobes sculpt --detect` prints. */
import type { DetectedModules } from './detect.ts'
import type { OverlapTest } from './overlap-tests.ts'

export interface DetectionRecord {
  readonly id: string | number | null
  /** Of each layer: the units that are not dead. */
  readonly alive: readonly (readonly number[])[]
  /** How many. */
  readonly condensed_arch: readonly number[]
  /** Of each living unit: its cluster within the layer, and its module. */
  readonly clusters: readonly (readonly number[])[]
  readonly modules: readonly (readonly number[])[]
  /** Of each layer but the outputs, how its number of clusters was found. */
  readonly trace: readonly LayerTrace[]
  /** Per cent of right bits on the task's table; null where no task is told. */
  readonly accuracy: number | null
}

interface LayerTrace {
  /** Units and features. */
  readonly n: number
  readonly d: number
  /** [number of clusters it calls for or null, score] of the tests for all units apart and for one cluster. */
  readonly sep: readonly [number | null, number] | null
  readonly sin: readonly [number | null, number] | null
  /** What both call for together. */
  readonly cl: number | null
  /** Distance modularity of 2 … n − 1 clusters. */
  readonly mm: readonly number[]
}

/** @param accuracy from 0 to 1. */
export function detectionRecord(
  id: DetectionRecord['id'],
  { layers }: DetectedModules,
  accuracy: number | undefined,
): DetectionRecord {
  const verdict = (test: OverlapTest | undefined, k: number): LayerTrace['sep'] =>
    test ? [test.found ? k : null, test.score] : null
  return {
    id,
    alive: layers.map(({ alive }) => [...alive]),
    condensed_arch: layers.map(({ alive }) => alive.length),
    clusters: layers.map(({ labels }) => [...labels]),
    modules: layers.map(({ modules }) => [...modules]),
    trace: layers.slice(0, -1).map(layer => ({
      n: layer.alive.length,
      d: layer.features,
      sep: verdict(layer.apart, layer.alive.length),
      sin: verdict(layer.oneCluster, 1),
      cl: layer.verdict ?? null,
      mm: [...layer.modularities],
    })),
    accuracy: accuracy === undefined ? null : 100 * accuracy,
  }
}
