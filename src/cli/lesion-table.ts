/** A lesion study as a table for the terminal. */
import type { LesionRecord } from '../modules/lesions/lesion-record.ts'
import type { PooledTest } from '../modules/pooled.ts'
import type { LesionedSubModule, Lesions } from '../report/functional/functional-analysis.ts'
import { columns, shown, type Terminal } from './terminal.ts'

/** Classes named as those a lesion hurts. */
const MOST_CLASSES = 3

/** One line per sub-module, then all of them together. */
export function printLesions(study: Lesions, classes: readonly string[] | undefined, terminal: Terminal): void {
  const { intact, parameters, subModules, pooled, leftOut } = study
  const score = intact.accuracy === null ? 'score' : 'accuracy'
  terminal.print(
    terminal.bold(
      `${parameters.tests === 'sufficiency' ? 'Kept alone' : 'Lesions'}: intact ${score} ${shown(intact.accuracy ?? intact.macro)}; ` +
        `${subModules.length} sub-modules, ${parameters.controls} random controls each (${parameters.protocol}, ${parameters.ablation})`,
    ),
  )
  const head = ['layer', 'module', 'units', score, 'controls', 'effect', 'p', 'mid-p', 'kind', 'hurts']
  const rows = subModules.map(one => [
    one.name,
    `#${one.module}`,
    one.units.length,
    shown(one.lesion.accuracy ?? one.lesion.macro, 3),
    meanControl(one),
    one.effect.macro === null ? '–' : shown(one.effect.macro, 3),
    one.macro.conservative === null ? '–' : shown(one.macro.conservative, 3),
    one.macro.mid === null ? '–' : shown(one.macro.mid, 3),
    one.kind,
    hurtClasses(one.lesion, intact, classes),
  ])
  const [first, ...rest] = columns([head, ...rows])
  terminal.print(terminal.dim(first))
  for (const line of rest) terminal.print(line)
  if (leftOut > 0) terminal.print(`  ${leftOut} sub-modules are too small or fill their layer, and are left out`)
  terminal.print()
  if (pooled.macro) printPooled('importance (macro accuracy)', pooled.macro, study, terminal)
  if (pooled.range) printPooled('unevenness over classes (range)', pooled.range, study, terminal)
  if (pooled.loss)
    printPooled(intact.loss === null ? 'divergence from the intact answers' : 'loss', pooled.loss, study, terminal)
  if (pooled.macro) printFloor(pooled.macro, terminal)
  const { macroEffect } = pooled
  if (macroEffect)
    terminal.print(
      `mean effect ${shown(macroEffect.mean)} [${macroEffect.interval.map(end => shown(end)).join(', ')}] (${parameters.effect})`,
    )
}

function printPooled(name: string, test: PooledTest, { parameters }: Lesions, terminal: Terminal): void {
  const fisher = test.mid && test.conservative
  const strict = parameters.ties === 'strict' ? `${p(test.strict.fisher)} as published; ` : ''
  const text = fisher
    ? `Fisher p ${strict}${p(test.mid!.fisher)} mid-p, ${p(test.conservative!.fisher)} ties counted; F ${shown(test.mid!.statistic, 3)}`
    : 'no sub-module has a p'
  const excluded = test.excluded > 0 ? `; ${test.excluded} without a value left out` : ''
  terminal.print(`${name}: ${text}${excluded}`)
  if (test.leastFisher > 0.05)
    terminal.print('  with so few controls and sub-modules it could not have come out below 0.05')
}

/** Says when no single sub-module could have passed a correction for their number. */
function printFloor({ leastSingle, tests }: PooledTest, terminal: Terminal): void {
  if (leastSingle * tests <= 0.05) return
  terminal.print(
    terminal.dim(
      `no single sub-module can pass a correction for ${tests}: its p is at least ${shown(leastSingle)}; that takes ${20 * tests} controls`,
    ),
  )
}

const p = (value: number) => (value < 1e-3 ? value.toExponential(1) : shown(value, 3))

function meanControl({ controls, lesion }: LesionedSubModule): string {
  const values = controls.map(control => (lesion.accuracy === null ? control.macro : control.accuracy!))
  return shown(values.reduce((sum, value) => sum + value, 0) / values.length, 3)
}

/** The classes that lose most, with what they lose in points. */
function hurtClasses(lesion: LesionRecord, intact: LesionRecord, names: readonly string[] | undefined): string {
  if (lesion.accuracy === null) return ''
  return lesion.classes
    .map((value, c) => ({ name: names?.[c] ?? String(c), loss: (intact.classes[c] ?? 0) - (value ?? 0) }))
    .filter(({ loss }) => loss >= 0.005)
    .sort((a, b) => b.loss - a.loss)
    .slice(0, MOST_CLASSES)
    .map(({ name, loss }) => `${name} −${(100 * loss).toFixed(0)}`)
    .join(', ')
}
