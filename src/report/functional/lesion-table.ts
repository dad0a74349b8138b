/** Every sub-module's numbers as a table of the page. */
import { dataTable } from '../figures/figure.ts'
import { moduleMark } from '../figures/module-mark.ts'
import type { Markup } from '../markup.ts'
import { countText, numberText, percentText } from '../number-text.ts'
import { hurtClasses, meanControl, scoreOf } from './score.ts'
import { type Functioning, kindText } from './sub-module-text.ts'

const HURT = 3

export function lesionTable({ functional }: Functioning): Markup {
  const score = scoreOf(functional)
  const missing = functional.lesions.subModules.some(one => one.range.missing > 0)
  const head = ['Layer', 'Module', 'Units', 'Share', 'Without it', 'Random', 'Effect', 'p', 'mid-p', 'Ties']
  const rest = ['Uneven p', 'mid-p', ...(missing ? ['No number'] : []), 'Kind', 'Hurts']
  return dataTable(
    'The lesion of each sub-module beside random unit sets of its layer and size',
    [...head, ...rest],
    functional.lesions.subModules.map(one => [
      one.name,
      moduleMark(one.module),
      countText(one.units.length),
      percentText(one.share),
      score.text(score.of(one.lesion)),
      score.text(meanControl(one, score)),
      numberText(one.effect.macro),
      numberText(one.macro.conservative),
      numberText(one.macro.mid),
      countText(one.macro.ties),
      numberText(one.range.conservative),
      numberText(one.range.mid),
      ...(missing ? [countText(one.range.missing)] : []),
      kindText(one.kind),
      hurtClasses(functional, score, one, HURT)
        .map(({ name, loss }) => `${name} ${score.change(-loss)}`)
        .join(', ') || '–',
    ]),
  )
}
