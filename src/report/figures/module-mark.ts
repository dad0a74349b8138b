import { type Markup, markup } from '../markup.ts'
import { moduleColour, moduleGlyph } from '../palette.ts'

/** Modules are counted from 0 in the data and by the same number on paper. */
export function moduleName(module: number): string {
  return `module ${module}`
}

/** A module's shape and number in running text. */
export function moduleMark(module: number): Markup {
  return markup`<span class="mark" data-m="${module}"><svg width="12" height="12" viewBox="-6 -6 12 12" aria-hidden="true"><path d="${moduleGlyph(module, 0, 0, 4.6)}" fill="${moduleColour(module)}"/></svg> ${module}</span>`
}
