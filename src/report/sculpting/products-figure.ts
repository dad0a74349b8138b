/** How strongly each input is wired to each output: edge-weight products as a heat map. */
import type { SculptedTask } from '../../sculpt/sculpt-task.ts'
import { dataTable, type Figure, svgElement } from '../figures/figure.ts'
import { moduleMark } from '../figures/module-mark.ts'
import { markup } from '../markup.ts'
import { numberText } from '../number-text.ts'
import { round } from '../palette.ts'

const MARGIN = { left: 44, top: 26, right: 8, bottom: 8 }
const MOST = 64

/** Nothing for tasks too wide to draw. */
export function productsFigure({ wiring, inputs, outputs }: SculptedTask): Figure | undefined {
  if (inputs > MOST || outputs > MOST) return undefined
  const [cellWidth, cellHeight] = [outputs > 24 ? 18 : 40, 26]
  const most = Math.max(...wiring.products)
  const cell = (input: number, output: number) => {
    const product = wiring.products[input * outputs + output]
    const strength = most > 0 ? Math.sqrt(product / most) : 0
    const [x, y] = [MARGIN.left + output * cellWidth, MARGIN.top + input * cellHeight]
    const value = cellWidth > 24 && product > 0 ? numberText(product, 3) : ''
    return markup`<rect x="${x}" y="${y}" width="${cellWidth - 1}" height="${cellHeight - 1}" fill="var(--accent)" fill-opacity="${round(10 * strength) / 10 || 0.03}"><title>x${input} to output ${output}: ${numberText(product, 4)}</title></rect><text x="${x + cellWidth / 2}" y="${y + 17}" text-anchor="middle" font-size="9.5" fill="${strength > 0.6 ? 'var(--paper)' : 'var(--ink)'}">${value}</text>`
  }
  const rows = Array.from({ length: inputs }, (_, input) => input)
  const columns = Array.from({ length: outputs }, (_, output) => output)
  const tests = wiring.separation.map(({ module, inputs: own, reached, t, p }) => [
    moduleMark(module),
    own.map(input => `x${input}`).join(' '),
    reached.join(' ') || 'none',
    numberText(t, 4),
    p < 0.0001 ? p.toExponential(1) : numberText(p, 3),
  ])
  return {
    name: 'products',
    title: 'How strongly inputs are wired to outputs',
    caption: markup`Edge-weight products: magnitudes multiplied along every path and summed. ${wiring.carrying.length > 0 && `Units that carry 90 % of what reaches the outputs: ${wiring.carrying.map((count, l) => `${count} in hidden ${l + 1}`).join(', ')}.`}`,
    description: `${inputs} inputs by ${outputs} outputs.`,
    svg: svgElement(
      MARGIN.left + outputs * cellWidth + MARGIN.right,
      MARGIN.top + inputs * cellHeight + MARGIN.bottom,
      'Heat map of edge-weight products',
      markup`${rows.map(input => columns.map(output => cell(input, output)))}<g font-size="11" fill="var(--soft)">${rows.map(
        input =>
          markup`<text x="${MARGIN.left - 8}" y="${MARGIN.top + input * cellHeight + 17}" text-anchor="end">x${input}</text>`,
      )}${columns.map(
        output =>
          markup`<text x="${MARGIN.left + (output + 0.5) * cellWidth}" y="${MARGIN.top - 8}" text-anchor="middle">${output}</text>`,
      )}</g>`,
    ),
    ...(tests.length > 0 && {
      table: dataTable(
        'Are inputs wired less to outputs their modules do not reach? Welch’s test, one-sided',
        ['Module', 'Inputs', 'Outputs reached', 't', 'p'],
        tests,
      ),
    }),
  }
}
