/**
 * How pictures are made, compared and counted. `paper-2020` and `paper-2021` follow the two states of the code behind
 * arXiv 2110.08058 (spec of both: §4 there and Lucid's defaults): strict comparisons, controls from all units of the layer,
 * dead ones too. Departures: the picture that is scored is the one that is shown (the code of 2021 shows one update
 * more), gradients pass where a whole unit set is silent instead of by an override of ReLU, grey inputs stay grey.
 */
import { UsageError } from '../../errors.ts'
import type { MapSummary } from '../map-summaries.ts'
import type { ObjectiveName } from './objective.ts'

export const COHERENCE_PROTOCOLS = ['default', 'paper-2020', 'paper-2021'] as const
export type CoherenceProtocolName = (typeof COHERENCE_PROTOCOLS)[number]

export interface CoherenceProtocol {
  readonly name: CoherenceProtocolName
  /** Modules of small networks. */
  readonly k: number
  /** Random unit sets for each sub-module. */
  readonly controls: number
  /** Sub-modules with fewer units are left out. */
  readonly fewest: number
  /** Sub-modules with this share of their layer or more are left out: of its live units, or of all. */
  readonly share: number
  /** Where controls are drawn from. */
  readonly from: 'live' | 'all'
  readonly objective: ObjectiveName
  readonly steps: number
  readonly rate: number
  readonly damping: number
  /** Whether all unit sets start from the same random images. */
  readonly noise: 'shared' | 'own'
  /** What stands for a channel's map where units are compared with each other. */
  readonly summary: MapSummary
  /** `strict`: a tie counts as if beaten; `counted`: as extreme. */
  readonly ties: 'strict' | 'counted'
  /** See comparison.ts. */
  readonly effect: 'difference' | 'ratio' | 'share'
}

const LUCID = { ties: 'strict', from: 'all', rate: 0.05, damping: 0, noise: 'own' } as const

const PROTOCOLS: Readonly<Record<CoherenceProtocolName, CoherenceProtocol>> = {
  default: {
    ...{ name: 'default', k: 12, controls: 19, fewest: 2, share: 1, from: 'live', objective: 'before' },
    ...{ steps: 256, rate: 0.3, damping: 1, noise: 'shared', summary: 'l1', ties: 'counted', effect: 'difference' },
  },
  'paper-2020': {
    ...LUCID,
    ...{ name: 'paper-2020', k: 12, controls: 9, fewest: 6, share: 0.8, objective: 'after' },
    ...{ steps: 256, summary: 'spectral', effect: 'ratio' },
  },
  'paper-2021': {
    ...LUCID,
    ...{ name: 'paper-2021', k: 16, controls: 19, fewest: 3, share: 0.99, objective: 'absolute' },
    ...{ steps: 64, summary: 'induced-1', effect: 'share' },
  },
}

/** @throws UsageError for a name that is none */
export function coherenceProtocol(name: string): CoherenceProtocol {
  if (Object.hasOwn(PROTOCOLS, name)) return PROTOCOLS[name as CoherenceProtocolName]
  throw new UsageError(
    'usage.protocol',
    `There is no coherence protocol "${name}"; choose from ${COHERENCE_PROTOCOLS.join(', ')}.`,
  )
}
