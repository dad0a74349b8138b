import type { Analysis } from '../analysis.ts'
import { type Markup, markup } from '../markup.ts'

/** One picture of the report. Colours are `var(--name)` in attributes, resolved by the page or by `figureSvg`. */
export interface Figure {
  /** File stem and anchor. */
  readonly name: string
  readonly title: string
  /** What the picture shows and how to read it. */
  readonly caption: Markup
  /** One line for those who cannot see it. */
  readonly description: string
  /** An `<svg>` element with width, height and viewBox. */
  readonly svg: Markup
  /** The numbers behind it. */
  readonly table?: Markup
}

/** Draws one figure, or returns undefined where the analysis has nothing for it. */
export type FigureMaker = (analysis: Analysis) => Figure | undefined

export const FONT = "'Atkinson Hyperlegible', system-ui, -apple-system, 'Segoe UI', sans-serif"

/** The `<svg>` element all hand-made figures share. */
export function svgElement(width: number, height: number, title: string, content: Markup): Markup {
  const [w, h] = [Math.ceil(width), Math.ceil(height)]
  return markup`<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="${title}" width="${w}" height="${h}" viewBox="0 0 ${w} ${h}" style="min-width:${Math.round(w > 500 ? w * 0.7 : 0)}px" font-family="${FONT}" font-size="12" fill="var(--ink)">${content}</svg>`
}

/** A table with a header row; the first column is the row's heading. */
export function dataTable(
  caption: string,
  head: readonly string[],
  rows: readonly (readonly (string | Markup)[])[],
): Markup {
  return markup`<div class="scroll" tabindex="0" role="region" aria-label="${caption}"><table><caption>${caption}</caption><thead><tr>${head.map(
    cell => markup`<th scope="col">${cell}</th>`,
  )}</tr></thead><tbody>${rows.map(
    ([first, ...rest]) => markup`<tr><th scope="row">${first}</th>${rest.map(cell => markup`<td>${cell}</td>`)}</tr>`,
  )}</tbody></table></div>`
}
