/**
 * How lesions are chosen, compared and counted. `paper-2020` and `paper-2021` follow the two states of the code behind
 * arXiv 2110.08058 to the letter: strict comparisons, under which a tie counts as if beaten, and effects that are set to
 * 0 (or grow without bound) where they are not defined. The default counts ties and gives bounded differences.
 */
import { UsageError } from '../../errors.ts'

export type ProtocolName = 'default' | 'paper-2020' | 'paper-2021'

export interface LesionProtocol {
  readonly name: ProtocolName
  /** Modules of small networks. */
  readonly k: number
  /** Random unit sets for each sub-module. */
  readonly controls: number
  /** Sub-modules with fewer units are left out. */
  readonly fewest: number
  /** Sub-modules with more than this share of their layer's live units are left out. */
  readonly largestShare: number
  /** `strict`: (draws strictly more extreme + 1)/(n + 1); `counted`: ties are extreme too. */
  readonly ties: 'strict' | 'counted'
  /** `difference`: controls − lesion; `ratio`: mean control/lesion; `share`: 2t/(t + mean control). */
  readonly effect: 'difference' | 'ratio' | 'share'
}

const PROTOCOLS: Readonly<Record<ProtocolName, LesionProtocol>> = {
  default: {
    ...{ name: 'default', k: 12, controls: 99, fewest: 2, largestShare: 0.99, ties: 'counted', effect: 'difference' },
  },
  'paper-2020': {
    ...{ name: 'paper-2020', k: 12, controls: 20, fewest: 1, largestShare: 1, ties: 'strict', effect: 'ratio' },
  },
  'paper-2021': {
    ...{ name: 'paper-2021', k: 16, controls: 19, fewest: 2, largestShare: 0.99, ties: 'strict', effect: 'share' },
  },
}

/** @throws UsageError for a name that is none */
export function lesionProtocol(name: string): LesionProtocol {
  if (Object.hasOwn(PROTOCOLS, name)) return PROTOCOLS[name as ProtocolName]
  throw new UsageError(
    'usage.protocol',
    `There is no lesion protocol "${name}"; choose from ${Object.keys(PROTOCOLS).join(', ')}.`,
  )
}
