/** Partitions and verdicts as tables for the terminal. */
import type { LayerSummary } from '../report/analysis.ts'
import type { Verdict } from '../significance/verdict.ts'
import { columns, shown, type Terminal } from './terminal.ts'

/** Modules beyond this many get no column of their own. */
const MOST_COLUMNS = 16

/** One line per layer: units, units left out, units in each module. */
export function printLayers(layers: readonly LayerSummary[], k: number, terminal: Terminal): void {
  const modules = Math.min(k, MOST_COLUMNS)
  const head = ['layer', 'units', 'left out', ...Array.from({ length: modules }, (_, m) => `#${m}`)]
  const rows = layers.map(({ name, size, removed, perModule }) => [
    name,
    ...[size, removed, ...perModule.slice(0, modules)].map(count => (count === 0 ? '·' : String(count))),
  ])
  const [first, ...rest] = columns([head, ...rows])
  terminal.print(terminal.dim(first))
  for (const line of rest) terminal.print(line)
  if (k > modules) terminal.print(`  (modules ${modules} to ${k - 1} are in the JSON)`)
}

/** One line per null model, then the verdict in words. */
export function printVerdict(verdict: Verdict, terminal: Terminal): void {
  printComparisons(verdict.comparisons, verdict.deciding, terminal)
  terminal.print()
  terminal.print(terminal.bold(verdictText(verdict)))
}

export function printComparisons(
  comparisons: Verdict['comparisons'],
  deciding: Verdict['deciding'],
  terminal: Terminal,
): void {
  const quantity = comparisons.some(comparison => comparison.scores) ? 'shuffled score' : 'shuffled n-cut'
  const head = ['null model', quantity, 'z', 'p', 'effect', 'decides']
  const rows = comparisons.map(({ null: model, mean, sd, z, p, pFloor, effect, ncuts }) => [
    model,
    `${shown(mean, 3)} ± ${shown(sd, 3)} (${ncuts.length})`,
    z === null ? '–' : z.toFixed(2),
    `${shown(p)}${p <= pFloor ? ' (lowest possible)' : ''}`,
    effect.toFixed(3),
    deciding.includes(model) ? 'yes' : 'no',
  ])
  const [first, ...rest] = columns([head, ...rows])
  terminal.print(terminal.dim(first))
  for (const line of rest) terminal.print(line)
}

function verdictText({ modular, alpha, deciding, comparisons }: Verdict): string {
  if (modular) return `Modular: p ≤ ${alpha} under ${deciding.join(' and ')}.`
  const against = comparisons.filter(({ null: model, p }) => deciding.includes(model) && p > alpha)
  return `Not modular: p > ${alpha} under ${against.map(({ null: model }) => model).join(' and ')}.`
}
