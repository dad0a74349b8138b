/**
 * The functional part of an analysis: what the modules do, measured by running the network on examples. It stands beside
 * the structural part and never changes it, hash included: structure comes out of our own kernels bit for bit, function
 * out of a runtime whose last bits differ between versions and machines, so its numbers are compared with tolerances.
 */
import type { CoherenceStudy } from '../../modules/coherence/coherence-study.ts'
import type { PartitionComparison } from '../../modules/compare-partitions.ts'
import type { DoubleLesion } from '../../modules/lesions/double-lesions.ts'
import type { LesionRecord, SubModuleRecord } from '../../modules/lesions/lesion-record.ts'
import type { LesionStudy } from '../../modules/lesions/lesion-study.ts'
import type { RuntimeUsed } from '../../runtime/runtime.ts'

/** A random lesion. `classes` is empty where there are more than 100 of them. */
export type ControlRecord = Omit<LesionRecord, 'answers'>

export interface LesionedSubModule extends Omit<SubModuleRecord, 'controls'> {
  readonly controls: readonly ControlRecord[]
}

export interface Lesions extends Omit<LesionStudy, 'subModules'> {
  readonly subModules: readonly LesionedSubModule[]
}

export interface DoubleLesions {
  /** Indices in `lesions.subModules` of those lesioned in pairs: `first` and `second` of a pair count in this list. */
  readonly members: readonly number[]
  readonly pairs: readonly DoubleLesion[]
  /** Most members there can be, and random sets for each test. */
  readonly limit: number
  readonly controls: number
  /** A test is significant at this p or below. */
  readonly threshold: number
}

/** The same units clustered by what they do. */
export interface ActivationModules {
  readonly k: number
  readonly ncut: number
  /** Module of each unit by activations, layer after layer; −1: in none, or its activation never varies. */
  readonly labels: readonly number[]
  readonly correlation: string
  /** `first` is of the weights, `second` of the activations. */
  readonly comparison: PartitionComparison
}

export interface FunctionalAnalysis {
  readonly schemaVersion: 1
  /** What ran the network. */
  readonly runtime: RuntimeUsed
  readonly data: {
    readonly name: string
    readonly examples: number
    /** What the examples are judged by; without labels, by the intact network's own answers. */
    readonly answers: 'labels' | 'targets' | 'own'
    /** Names of the classes, or of what stands for them. */
    readonly classes: readonly string[]
    readonly preprocessing: Readonly<Record<string, unknown>>
    readonly provenance: string
    readonly notes: readonly string[]
  }
  /** Why the numbers are probably worthless; null where they are not. */
  readonly chanceWarning: string | null
  readonly lesions: Lesions
  /** Null where it was not asked for, or fewer than two sub-modules cost anything. */
  readonly doubles: DoubleLesions | null
  /** Null where it was not asked for, or no activation graph could be made. */
  readonly activations: ActivationModules | null
  /** Null where it was not asked for, or the network cannot be optimised. */
  readonly coherence: CoherenceStudy | null
  /** What could not be measured, and why. */
  readonly notes: readonly string[]
  /** Hex SHA-256 of these numbers; equal for the same runtime, version and kind of machine only. */
  readonly hash: string
}
