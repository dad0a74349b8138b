/** Standard charts by Observable Plot. Only numbers and our own words go in here, never text from a file. */
import * as Plot from '@observablehq/plot'
import { parseHTML } from 'linkedom'
import { type Markup, trusted } from '../markup.ts'
import { FONT } from './figure.ts'

/** The chart as an `<svg>` element in the report's font and colours. Default size: 480 × 260. */
export function chart(title: string, options: Plot.PlotOptions): Markup {
  const { document } = parseHTML('<!doctype html><html><body></body></html>')
  const drawn = Plot.plot({
    // linkedom's document has what Plot calls, under types of its own.
    document: document as unknown as Document,
    width: 480,
    height: 260,
    marginLeft: 52,
    marginBottom: 42,
    ...options,
    x: { labelArrow: 'none', ...options.x },
    y: { labelArrow: 'none', ...options.y },
    style: { ...(options.style as object) },
  })
  drawn.querySelector('style')?.remove()
  for (const [name, value] of Object.entries({
    xmlns: 'http://www.w3.org/2000/svg',
    role: 'img',
    'aria-label': title,
    'font-size': '12',
    'font-family': FONT,
  }))
    drawn.setAttribute(name, value)
  drawn.removeAttribute('class')
  return trusted(drawn.outerHTML.replaceAll('currentColor', 'var(--ink)'))
}
