/** Comparisons of partitions as tables for the terminal. */
import { basename } from 'node:path'
import type { ModuleComparison } from '../modules/compare-modules.ts'
import type { DriftStep } from './compare.ts'
import { columns, shown, type Terminal } from './terminal.ts'

export function printComparison(comparison: ModuleComparison, terminal: Terminal): void {
  const { agreement, nmiNull, nmiNullWithinLayers, modules, layers, ncut, first, second } = comparison
  terminal.print(
    `ARI ${shown(agreement.ari, 3)}, AMI ${shown(agreement.ami, 3)}, VI ${shown(agreement.vi, 3)} nats, over ${shown(agreement.count)} units`,
  )
  const chance = ({ mean, sd, p }: typeof nmiNull) => `${shown(mean, 3)} ± ${shown(sd, 3)}, p ${shown(p)}`
  terminal.print(`NMI ${shown(agreement.nmi, 3)}; with labels shuffled ${chance(nmiNull)}`)
  terminal.print(`  shuffled within layers ${chance(nmiNullWithinLayers)}`)
  for (const [name, cut] of [
    [first, ncut.first],
    [second, ncut.second],
  ] as const)
    if (cut)
      terminal.print(
        `n-cut of ${basename(name)}: ${shown(cut.own)}; under the other's modules ${shown(cut.underOther)}`,
      )
  terminal.print()
  printTable(
    ['module', 'is', 'units in both', 'of', 'and', 'overlap'],
    modules.map(pair => [
      pair.first === null ? '–' : `#${pair.first}`,
      pair.second === null ? '–' : `#${pair.second}`,
      pair.shared,
      pair.sizeFirst,
      pair.sizeSecond,
      pair.jaccard.toFixed(2),
    ]),
    terminal,
  )
  terminal.print()
  printTable(
    ['layer', 'units', 'kept', 'moved', 'in the first only', 'in the second only'],
    layers.map(layer => [layer.name, layer.size, layer.kept, layer.moved, layer.firstOnly, layer.secondOnly]),
    terminal,
  )
}

/** One line a file, each beside the one before and the first. */
export function printDrift(steps: readonly DriftStep[], terminal: Terminal): void {
  const number = (value: number | undefined, digits = 3) => (value === undefined ? '–' : value.toFixed(digits))
  printTable(
    ['file', 'ARI to previous', 'AMI', 'VI', 'moved', 'ARI to first', 'AMI', 'VI', 'moved', 'n-cut'],
    steps.map(({ name, toPrevious, toFirst }, at) => [
      basename(name),
      ...[toPrevious, toFirst].flatMap(comparison => [
        number(comparison?.agreement.ari),
        number(comparison?.agreement.ami),
        number(comparison?.agreement.vi),
        comparison ? String(comparison.moved.length) : '–',
      ]),
      number(toPrevious?.ncut.second?.own ?? (at === 0 ? steps[1].toPrevious?.ncut.first?.own : undefined), 4),
    ]),
    terminal,
  )
}

function printTable(
  head: readonly string[],
  rows: readonly (readonly (string | number)[])[],
  terminal: Terminal,
): void {
  const text = rows.map(row => row.map(cell => (cell === 0 ? '·' : String(cell))))
  const [first, ...rest] = columns([head, ...text])
  terminal.print(terminal.dim(first))
  for (const line of rest) terminal.print(line)
}
