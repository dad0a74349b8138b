/** The functional part of the page: figures, cards and tests. */
import type { Analysis } from '../analysis.ts'
import { type Markup, markup } from '../markup.ts'
import { figureSection } from '../page.ts'
import { cardsSection } from './cards.ts'
import { functionFigures } from './function-figures.ts'
import { testsSection } from './tests-section.ts'

/** Figures that stand two by two where there is room. */
const PAIRED = new Set(['pair-costs', 'pair-p'])

export function functionPart(analysis: Analysis): Markup | false {
  if (!analysis.functional) return false
  const figures = functionFigures(analysis)
  const [swarm, ...rest] = figures
  const paired = rest.filter(({ name }) => PAIRED.has(name))
  const before = rest.slice(0, rest.indexOf(paired[0]) < 0 ? rest.length : rest.indexOf(paired[0]))
  const after = rest.slice(before.length + paired.length)
  const sections = (list: typeof figures) => list.map(figure => figureSection(figure))
  return markup`<h2 class="part" id="function">What the modules do</h2>
${sections([swarm])}
${cardsSection(analysis)}
${sections(before)}
${paired.length > 0 && markup`<div class="pair">${sections(paired)}</div>`}
${sections(after)}
${testsSection(analysis)}`
}
