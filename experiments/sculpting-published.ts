/** Success rates as Neural Sculpting shows them (arXiv 2305.18402): shares of 12 trials, of 36 for overlap. */

export const FAMILIES = ['exemplar', 'reuse', 'hierarchy', 'overlap'] as const
export type Family = (typeof FAMILIES)[number]

/** What counts: the whole hierarchy, or the division of inputs or outputs alone. */
export type Measure = 'exact' | 'inputs' | 'outputs'

export interface PublishedRate {
  readonly task: string
  readonly hiddenLayers: number
  readonly measure: Measure
  readonly published: number
}

const COPIES = [1, 2, 4, 6, 8]

/** Rows: 1, 2, … hidden layers. */
const EXEMPLARS: Readonly<Record<string, readonly number[]>> = {
  '[4,2,4]': [1, 1, 1],
  '[4,1,4]': [1, 1, 1],
  // Two hidden layers: 12 of 12, and 14 of 16 with the small widths, which are run here too.
  '[4,1,2,16]': [0, 0.929, 0.917],
  '[6,3,3,3]': [1, 1, 1],
}

/** Rows: 1, 2, 3 hidden layers; columns: copies. */
const REUSE = [
  [0, 0, 0, 0, 0],
  [0.583, 0.917, 1, 1, 0.929],
  [0.667, 0.75, 0.833, 0.833, 0.917],
]

/** Rows: 2, 3, 4 hidden layers; columns: 2, 4, 6, 8 copies. */
const HIERARCHY = [
  [1, 1, 1, 0.833],
  [0.5, 0.833, 1, 1],
  [0.75, 0.917, 1, 1],
]

/** Rows: none to four shared inputs; columns: copies; over all depths. */
const OVERLAP_INPUTS = [
  [1, 1, 1, 1, 1],
  [0.97, 1, 1, 1, 1],
  [0.92, 1, 1, 1, 1],
  [0.64, 0.72, 0.78, 0.89, 0.86],
  [0.94, 0.94, 1, 1, 0.89],
]
const OVERLAP_OUTPUTS = [
  [1, 1, 1, 1, 1],
  [1, 1, 1, 1, 1],
  [0.97, 1, 1, 1, 1],
  [0.58, 0.58, 0.69, 0.67, 0.72],
  [0.25, 0.31, 0.44, 0.53, 0.61],
]
const OVERLAP_NAMES = ['8,2', '7,3,2', '6,3,2', '5,3,2', '4,1,2,2']

export function publishedRates(family: Family): PublishedRate[] {
  switch (family) {
    case 'exemplar':
      return Object.entries(EXEMPLARS).flatMap(([task, rates]) =>
        rates.map((published, i) => ({ task, hiddenLayers: i + 1, measure: 'exact' as const, published })),
      )
    case 'reuse':
      return REUSE.flatMap((rates, i) =>
        rates.map((published, c) => ({
          task: `[4,1,2,${2 * COPIES[c]}]`,
          hiddenLayers: i + 1,
          measure: 'exact' as const,
          published,
        })),
      )
    case 'hierarchy':
      return HIERARCHY.flatMap((rates, i) =>
        rates.map((published, c) => ({
          task: `[8,2,1,2,${2 * COPIES[c + 1]}]`,
          hiddenLayers: i + 2,
          measure: 'exact' as const,
          published,
        })),
      )
    case 'overlap':
      return OVERLAP_NAMES.flatMap((name, v) =>
        COPIES.flatMap((copies, c) =>
          (['inputs', 'outputs'] as const).flatMap(measure =>
            [1, 2, 3].map(hiddenLayers => ({
              task: `[${name},${2 * copies}]`,
              hiddenLayers,
              measure,
              published: (measure === 'inputs' ? OVERLAP_INPUTS : OVERLAP_OUTPUTS)[v][c],
            })),
          ),
        ),
      )
    default:
      return []
  }
}
