/**
 * Rows of the local-specialization table: the networks of one setting together. Within a network Fisher's p over its
 * sub-modules; across networks the Irwin–Hall p of their sum (and Stouffer's), as in the final tables of arXiv 2110.08058;
 * the statistic F averaged; effects pooled over all sub-modules.
 */
import { meanEffect } from '../src/modules/pooled.ts'
import { irwinHallP, stoufferP } from '../src/stats/combine.ts'
import { adjustedPs } from '../src/stats/fdr.ts'
import type { Cell, CellSettings } from './local-specialization-cell.ts'

export const MEASURES = ['macro', 'range'] as const
type Measure = (typeof MEASURES)[number]

export interface Row extends CellSettings {
  readonly network: string
  readonly networks: number
  readonly subModules: number
  readonly macro: Combined
  readonly range: Combined
}

interface Combined {
  /** Fisher's p of each network, by the published rule, by mid-p, and with ties counted. */
  readonly strict: readonly number[]
  readonly mid: readonly number[]
  readonly conservative: readonly number[]
  /** Of the published rule's and of the mid-p: Irwin–Hall. */
  readonly strictP: number
  readonly midP: number
  readonly stouffer: number
  /** F, mean over networks, of the mid-p. */
  readonly statistic: number
  /** Mean of controls − lesion over sub-modules, and its standard error. */
  readonly effect: { readonly mean: number; readonly error: number | null } | null
  readonly excluded: number
  readonly tied: number
}

export function rowOf(network: string, settings: CellSettings, cells: readonly Cell[]): Row {
  return {
    ...settings,
    network,
    networks: cells.length,
    subModules: cells.reduce((sum, cell) => sum + cell.subModules.length, 0),
    macro: combined(cells, 'macro'),
    range: combined(cells, 'range'),
  }
}

function combined(cells: readonly Cell[], measure: Measure): Combined {
  const tests = cells.flatMap(({ pooled }) => pooled[measure] ?? [])
  const strict = tests.map(test => test.strict.fisher)
  const valid = tests.flatMap(({ mid }) => mid ?? [])
  const mid = valid.map(({ fisher }) => fisher)
  const effects = cells.flatMap(({ subModules }) => subModules.map(({ difference }) => difference[measure]))
  return {
    ...{ strict, mid },
    conservative: tests.flatMap(({ conservative }) => conservative?.fisher ?? []),
    strictP: irwinHallP(strict),
    midP: irwinHallP(mid),
    stouffer: stoufferP(mid),
    statistic: valid.reduce((sum, { statistic }) => sum + statistic, 0) / valid.length,
    effect: meanEffect(effects, 0),
    excluded: tests.reduce((sum, test) => sum + test.excluded, 0),
    tied: tests.reduce((sum, test) => sum + test.tied, 0),
  }
}

/** Benjamini–Hochberg over all rows and both measures: the adjusted mid-p of each, [row][measure]. */
export function corrected(rows: readonly Row[]): Record<Measure, number>[] {
  const adjusted = adjustedPs(rows.flatMap(row => MEASURES.map(measure => row[measure].midP)))
  return rows.map((_, at) => ({ macro: adjusted[2 * at], range: adjusted[2 * at + 1] }))
}
