/** The section that sets the structural and the functional verdict side by side, and what each module adds to it. */
import type { Analysis } from '../analysis.ts'
import { dataTable } from '../figures/figure.ts'
import { moduleMark } from '../figures/module-mark.ts'
import type { Headline } from '../headline.ts'
import { type Markup, markup } from '../markup.ts'
import { countText, numberText, percentText } from '../number-text.ts'
import { pageSection } from '../page.ts'
import type { Question } from './questions.ts'
import { costOf, scoreOf } from './score.ts'
import { type Functioning, functioning, layerName } from './sub-module-text.ts'
import { verdictsOf } from './verdicts.ts'

const ANSWERS = { yes: 'yes', borderline: 'by mid-p only', no: 'no', open: 'cannot be told' } as const

export function verdictSection(analysis: Analysis): Markup | false {
  const found = functioning(analysis)
  if (!found) return false
  const { structure, function: working, together, questions } = verdictsOf(found)
  return pageSection(
    'verdicts',
    'Structure and function, side by side',
    markup`<div class="sides">${side('Structure: how it is wired', structure)}${side('Function: what it does', working)}</div>
<div class="together ${together.tone}"><h3>${together.text}</h3><p>${together.detail}</p></div>
${questionTable(questions)}${moduleTable(found)}`,
  )
}

function side(name: string, { tone, text, detail }: Headline): Markup {
  return markup`<div class="side ${tone}"><p class="name">${name}</p><h3>${text}</h3><p>${detail}</p></div>`
}

function questionTable(questions: readonly Question[]): Markup {
  return markup`<div class="words questions">${dataTable(
    'Question by question; those of function over all sub-modules together, by Fisher’s method',
    ['Question', 'Answer', 'p, ties counted', 'mid-p', 'How large'],
    questions.map(({ text, answer, p, mid, effect }) => [
      text,
      ANSWERS[answer],
      numberText(p),
      numberText(mid),
      effect,
    ]),
  )}</div>`
}

/** Where structure and function part ways, module by module. */
function moduleTable(found: Functioning): Markup {
  const { partition, stability, functional } = found
  const score = scoreOf(functional)
  const rows = Array.from({ length: partition.k }, (_, module) => {
    const own = functional.lesions.subModules.filter(one => one.module === module)
    const [worst] = own.toSorted((a, b) => costOf(functional, score, b) - costOf(functional, score, a))
    const units = partition.labels.flatMap((label, unit) => (label === module ? [stability.confidence[unit]] : []))
    const sure = units.reduce((sum, value) => sum + value, 0) / Math.max(1, units.length)
    const important = own.filter(({ kind }) => kind === 'important').length
    return [
      moduleMark(module),
      numberText(partition.ncutTerms[module]),
      stability.runs > 1 ? percentText(sure) : '–',
      own.length > 0 ? `${countText(important)} of ${countText(own.length)}` : 'none lesioned',
      worst ? `${score.change(-costOf(functional, score, worst))} in ${layerName(found, worst)}` : '–',
    ]
  })
  const head = ['Module', 'n-cut term', 'Confidence', 'Important in layers', 'Costliest loss']
  return dataTable('Module by module: left how cleanly it is cut out, right what its loss does', head, rows)
}
