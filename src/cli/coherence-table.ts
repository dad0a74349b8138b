/** A coherence study as a table for the terminal. */
import type { CoherenceRecord } from '../modules/coherence/coherence-record.ts'
import type { CoherenceStudy } from '../modules/coherence/coherence-study.ts'
import type { Comparison } from '../modules/coherence/comparison.ts'
import type { MeanEffect, PooledTest } from '../modules/pooled.ts'
import { columns, shown, type Terminal } from './terminal.ts'

/** One line per sub-module, then all of them together. */
export function printCoherence(
  study: CoherenceStudy,
  classes: readonly string[] | undefined,
  terminal: Terminal,
): void {
  const { parameters, subModules, pooled, leftOut, selectivity } = study
  terminal.print(
    terminal.bold(
      `Pictures: ${subModules.length} sub-modules, ${parameters.controls} random controls each ` +
        `(${parameters.protocol}, ${parameters.objective}, ${parameters.steps} steps)`,
    ),
  )
  const hasTop = subModules.some(one => one.top?.labelEntropy)
  const head = ['layer', 'module', 'units', 'score', 'controls', 'p', 'seen as', 'entropy', 'p']
  const rows = subModules.map(one => [
    ...[one.name, `#${one.module}`, one.units.length],
    ...[shown(one.score.value, 3), shown(mean(one.score.controls), 3), p(one.score)],
    ...(one.answer && one.entropy
      ? [`${classes?.[one.answer.class] ?? one.answer.class} ${percent(one.answer.probability)}`]
      : ['–']),
    ...(one.entropy ? [shown(one.entropy.value, 3), p(one.entropy)] : ['–', '–']),
    ...(hasTop ? [topClasses(one, classes), one.top?.labelEntropy ? p(one.top.labelEntropy) : '–'] : []),
  ])
  const [first, ...rest] = columns([hasTop ? [...head, 'top inputs', 'p'] : head, ...rows])
  terminal.print(terminal.dim(first))
  for (const line of rest) terminal.print(line)
  if (leftOut > 0) terminal.print(`  ${leftOut} sub-modules are too small or fill their layer, and are left out`)
  terminal.print()
  printPooled('score (one picture drives all units)', pooled.score, pooled.scoreEffect, study, terminal)
  printPooled('entropy of the answer to it', pooled.entropy, pooled.entropyEffect, study, terminal)
  printPooled('dispersion of the units', pooled.dispersion, null, study, terminal)
  printPooled('entropy of the top inputs’ labels', pooled.labelEntropy, pooled.labelEntropyEffect, study, terminal)
  if (selectivity)
    terminal.print(
      `units’ classes and modules: NMI ${shown(selectivity.nmi, 3)}, ${shown(selectivity.nmiNull.mean, 3)} when modules are permuted; p ${small(selectivity.nmiNull.p)}`,
    )
}

function printPooled(
  name: string,
  test: PooledTest | null,
  effect: MeanEffect | null,
  { parameters }: CoherenceStudy,
  terminal: Terminal,
): void {
  if (!test) return
  const strict = parameters.ties === 'strict' ? `${small(test.strict.fisher)} as published; ` : ''
  const text =
    test.mid && test.conservative
      ? `Fisher p ${strict}${small(test.mid.fisher)} mid-p, ${small(test.conservative.fisher)} ties counted`
      : 'no sub-module has a p'
  const size = effect
    ? `; mean effect ${shown(effect.mean, 3)} [${effect.interval.map(end => shown(end, 3)).join(', ')}] (${parameters.effect})`
    : ''
  terminal.print(`${name}: ${text}${size}`)
  if (test.leastFisher > 0.05)
    terminal.print('  with so few controls and sub-modules it could not have come out below 0.05')
}

/** The classes of the top inputs, most frequent first: `3 ×7, 5 ×3`. */
function topClasses({ top }: CoherenceRecord, classes: readonly string[] | undefined): string {
  const counts = new Map<number, number>()
  for (const label of top?.labels ?? []) counts.set(label, (counts.get(label) ?? 0) + 1)
  return [...counts]
    .sort(([a, n], [b, m]) => m - n || a - b)
    .slice(0, 3)
    .map(([label, n]) => `${classes?.[label] ?? label} ×${n}`)
    .join(', ')
}

const p = ({ test }: Comparison) => (test.conservative === null ? '–' : shown(test.conservative, 3))
const small = (value: number) => (value < 1e-3 ? value.toExponential(1) : shown(value, 3))
const percent = (share: number) => `${Math.round(100 * share)} %`
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
