/**
 * The report: one HTML file that needs nothing else. It works from `file://`, loads nothing (its content security
 * policy forbids it), and runs one script that the policy names by its hash.
 */
import { sha256 } from '@noble/hashes/sha2.js'
import { utf8ToBytes } from '@noble/hashes/utils.js'
import type { Analysis } from './analysis.ts'
import type { Figure } from './figures/figure.ts'
import { moduleMark } from './figures/module-mark.ts'
import { figuresOf } from './figures.ts'
import { headline } from './headline.ts'
import { type Markup, markup, trusted } from './markup.ts'
import { amountText } from './number-text.ts'
import { PAGE_SCRIPT } from './page-script.ts'
import { pageStyle } from './page-style.ts'
import { citeSection, keyNumbers, leftOutSection, modulesSection, repeatSection } from './sections.ts'

/** Charts that scale down on a phone; the others scroll, because their labels must stay readable. */
const SCALES_DOWN = new Set(['nulls', 'spectrum', 'k-choice', 'stability'])

/** Renders an analysis as a page. The same analysis gives the same bytes. */
export function renderReport(analysis: Analysis): string {
  const { text, detail, tone } = headline(analysis)
  const { k } = analysis.partition
  const figures = figuresOf(analysis)
  const side = figures.filter(figure => figure.name === 'spectrum' || figure.name === 'k-choice')
  const main = figures.filter(figure => !side.includes(figure))
  const policy = `default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-${base64(sha256(utf8ToBytes(PAGE_SCRIPT)))}'`
  return markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="generator" content="lobes ${analysis.tool.version}">
<title>${text}: ${analysis.file.name}</title>
<style>${trusted(pageStyle(k))}</style>
</head>
<body>
<a class="skip" href="#report">Skip to the report</a>
<header><p><b>lobes</b> <span>analysis of</span> ${analysis.file.name}</p><button id="theme" type="button" aria-label="Switch between light and dark">Light / dark</button></header>
<main id="report">
<div class="verdict ${tone}"><h1>${text}</h1><p>${detail}</p>${partialText(analysis)}</div>
${keyNumbers(analysis)}
${k > 1 && moduleButtons(k)}
${main.slice(0, 5).map(figureSection)}
${side.length > 0 && markup`<div class="pair">${side.map(figureSection)}</div>`}
${main.slice(5).map(figureSection)}
${modulesSection(analysis)}
${leftOutSection(analysis)}
${repeatSection(analysis)}
${citeSection()}
</main>
<footer>Structure is not function: modules found in the weights need not do different things.</footer>
<script>${trusted(PAGE_SCRIPT)}</script>
</body>
</html>
`.markup
}

/** Said at the top, not in the small print: the modules are those of a part of the network. */
function partialText({ network: { leftOut } }: Analysis): Markup | false {
  const types = [...new Set(leftOut.map(operator => operator.type))].join(', ')
  return (
    leftOut.length > 0 &&
    markup`<p class="partial"><b>Part of the network is missing:</b> ${amountText(leftOut.length, 'operator')} (${types}) could not be placed in the unit graph. <a href="#left-out">What was left out</a></p>`
  )
}

function figureSection({ name, title, caption, description, svg, table }: Figure): Markup {
  return markup`<section id="${name}" aria-labelledby="${name}-title"><h2 id="${name}-title">${title}</h2>
<figure tabindex="0" aria-labelledby="${name}-title" aria-description="${description}"${SCALES_DOWN.has(name) && trusted(' class="narrow"')}><figcaption>${caption}</figcaption><div class="scroll plot">${svg}</div>${name === 'flow' && trusted('<output aria-live="polite"></output>')}${table && markup`<details><summary>Show the numbers</summary>${table}</details>`}</figure></section>
`
}

function moduleButtons(k: number): Markup {
  return markup`<nav class="modules" aria-label="Modules"><span class="label">Highlight</span>${Array.from(
    { length: k },
    (_, module) =>
      markup`<button type="button" data-m="${module}" aria-pressed="false" aria-label="Highlight module ${module}">${moduleMark(module)}</button>`,
  )}</nav>`
}

function base64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
}
