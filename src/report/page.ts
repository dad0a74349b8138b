/**
 * The page every report is: one HTML file that needs nothing else. It works from `file://`, loads nothing (its content
 * security policy forbids it), and runs one script that the policy names by its hash.
 */
import { sha256 } from '@noble/hashes/sha2.js'
import { utf8ToBytes } from '@noble/hashes/utils.js'
import type { Figure } from './figures/figure.ts'
import { moduleMark } from './figures/module-mark.ts'
import { type Markup, markup, trusted } from './markup.ts'
import { PAGE_SCRIPT } from './page-script.ts'
import { pageStyle } from './page-style.ts'

export interface Page {
  readonly title: string
  /** What stands beside the name of the tool, e.g. `analysis of` and the file's name. */
  readonly kind: string
  readonly subject: string
  readonly version: string
  /** Modules that can be highlighted. */
  readonly modules: number
  readonly content: Markup
  readonly footer: string
}

export function renderPage({ title, kind, subject, version, modules, content, footer }: Page): string {
  const policy = `default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'sha256-${base64(sha256(utf8ToBytes(PAGE_SCRIPT)))}'`
  return markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="generator" content="lobes ${version}">
<title>${title}</title>
<style>${trusted(pageStyle(modules))}</style>
</head>
<body>
<a class="skip" href="#report">Skip to the report</a>
<header><p><b>lobes</b> <span>${kind}</span> ${subject}</p><button id="theme" type="button" aria-label="Switch between light and dark">Light / dark</button></header>
<main id="report">
${content}
</main>
<footer>${footer}</footer>
<script>${trusted(PAGE_SCRIPT)}</script>
</body>
</html>
`.markup
}

/** `narrow` — a chart that scales down on a phone; others scroll, because their labels must stay readable. */
export function figureSection({ name, title, caption, description, svg, table }: Figure, narrow = false): Markup {
  const live = svg.markup.includes('class="node"')
  return markup`<section id="${name}" aria-labelledby="${name}-title"><h2 id="${name}-title">${title}</h2>
<figure tabindex="0" aria-labelledby="${name}-title" aria-description="${description}"${narrow && trusted(' class="narrow"')}><figcaption>${caption}</figcaption><div class="scroll plot">${svg}</div>${live && trusted('<output aria-live="polite"></output>')}${table && markup`<details><summary>Show the numbers</summary>${table}</details>`}</figure></section>
`
}

export function moduleButtons(modules: number): Markup {
  return markup`<nav class="modules" aria-label="Modules"><span class="label">Highlight</span>${Array.from(
    { length: modules },
    (_, module) =>
      markup`<button type="button" data-m="${module}" aria-pressed="false" aria-label="Highlight module ${module}">${moduleMark(module)}</button>`,
  )}</nav>`
}

export function pageSection(id: string, title: string, content: Markup): Markup {
  return markup`<section id="${id}" aria-labelledby="${id}-title"><h2 id="${id}-title">${title}</h2>${content}</section>`
}

function base64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
}
