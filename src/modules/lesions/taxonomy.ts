/**
 * Eight kinds of sub-module by what its lesion does to overall accuracy (the exploratory table of arXiv 2110.08058's
 * code). The first rule that fits decides; p* = 1/n for n controls:
 * all of its layer → complete; at most 12 units → small; p < p* and a loss of 1 point → important; p = 1 with less
 * than that → prunable; p = 1 with it → least-important; p < p* → significant-but-small; a loss of more than 1 point →
 * large-but-not-significant; else other.
 */
export type SubModuleKind =
  | 'complete'
  | 'small'
  | 'important'
  | 'prunable'
  | 'least-important'
  | 'significant-but-small'
  | 'large-but-not-significant'
  | 'other'

export interface TaxonomyInput {
  readonly units: number
  /** Share of its layer's live units. */
  readonly share: number
  /** Overall accuracy with the lesion, less that without. */
  readonly change: number
  readonly p: number
  readonly controls: number
}

const SMALL = 12
const LOSS = -0.01

export function subModuleKind({ units, share, change, p, controls }: TaxonomyInput): SubModuleKind {
  const significant = p < 1 / controls
  if (share === 1) return 'complete'
  if (units <= SMALL) return 'small'
  if (significant && change <= LOSS) return 'important'
  if (p === 1) return change > LOSS ? 'prunable' : 'least-important'
  if (significant) return 'significant-but-small'
  return change < LOSS ? 'large-but-not-significant' : 'other'
}
