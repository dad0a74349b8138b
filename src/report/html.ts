/** The report of an analysis, as a page. */
import type { Analysis } from './analysis.ts'
import { structureFigures } from './figures.ts'
import { functionPart } from './functional/function-part.ts'
import { verdictSection } from './functional/verdict-section.ts'
import { headline } from './headline.ts'
import { type Markup, markup } from './markup.ts'
import { amountText } from './number-text.ts'
import { figureSection, moduleButtons, renderPage } from './page.ts'
import { citeSection, keyNumbers, leftOutSection, modulesSection, repeatSection } from './sections.ts'

/** Charts that scale down on a phone. */
const SCALES_DOWN = new Set(['nulls', 'spectrum', 'k-choice', 'stability'])

/** Renders an analysis as a page. The same analysis gives the same bytes. */
export function renderReport(analysis: Analysis): string {
  const { text, detail, tone } = headline(analysis)
  const { k } = analysis.partition
  const figures = structureFigures(analysis)
  const side = figures.filter(figure => figure.name === 'spectrum' || figure.name === 'k-choice')
  const main = figures.filter(figure => !side.includes(figure))
  const sections = (list: typeof figures) => list.map(figure => figureSection(figure, SCALES_DOWN.has(figure.name)))
  return renderPage({
    title: `${text}: ${analysis.file.name}`,
    kind: 'analysis of',
    subject: analysis.file.name,
    version: analysis.tool.version,
    modules: k,
    footer: analysis.functional
      ? 'Structure and function are measured apart: neither proves the other.'
      : 'Structure is not function: modules found in the weights need not do different things.',
    content: markup`<div class="verdict ${tone}"><h1>${text}</h1><p>${detail}</p>${partialText(analysis)}</div>
${keyNumbers(analysis)}
${verdictSection(analysis)}
${k > 1 && moduleButtons(k)}
${sections(main.slice(0, 5))}
${side.length > 0 && markup`<div class="pair">${sections(side)}</div>`}
${sections(main.slice(5))}
${modulesSection(analysis)}
${functionPart(analysis)}
${leftOutSection(analysis)}
${repeatSection(analysis)}
${citeSection()}`,
  })
}

/** Said at the top, not in the small print: the modules are those of a part of the network. */
function partialText({ network: { leftOut } }: Analysis): Markup | false {
  const types = [...new Set(leftOut.map(operator => operator.type))].join(', ')
  return (
    leftOut.length > 0 &&
    markup`<p class="partial"><b>Part of the network is missing:</b> ${amountText(leftOut.length, 'operator')} (${types}) could not be placed in the unit graph. <a href="#left-out">What was left out</a></p>`
  )
}
