/**
 * Markup that is safe by default: the `markup` tag escapes every string put into it, so a hostile layer name stays text
 * in HTML and in SVG alike. Only what `markup` itself made goes in unescaped.
 */
export interface Markup {
  readonly markup: string
}

export type MarkupValue = string | number | Markup | undefined | false | readonly MarkupValue[]

/** Text and attribute values (always write the quotes) are escaped; lists are joined; undefined and false vanish. */
export function markup(parts: TemplateStringsArray, ...values: readonly MarkupValue[]): Markup {
  return { markup: parts.reduce((text, part, i) => text + render(values[i - 1]) + part) }
}

/** Lets text through as it is. Only for text that is known to be markup: our style sheet, our script, a chart's SVG. */
export function trusted(text: string): Markup {
  return { markup: text }
}

/** Escapes what means something in HTML or XML, and replaces characters that XML cannot hold. */
function escapeText(text: string): string {
  return text
    .toWellFormed()
    .replace(UNPRINTABLE, '\uFFFD')
    .replace(/[&<>"'`]/g, character => `&#${character.charCodeAt(0)};`)
}

/** Control characters, non-characters, and the marks that turn the direction of text around. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: taking them out is the point
const UNPRINTABLE = /[\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F\u202A-\u202E\u2066-\u2069\uFFFE\uFFFF]/g

function render(value: MarkupValue): string {
  if (value === undefined || value === false) return ''
  if (typeof value === 'number') return String(value)
  if (typeof value === 'string') return escapeText(value)
  if ('markup' in value) return value.markup
  return value.map(render).join('')
}
