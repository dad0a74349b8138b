/** The planted hierarchy: what was there to be found. */
import type { SculptedTask } from '../../sculpt/sculpt-task.ts'
import { type Figure, svgElement } from '../figures/figure.ts'
import { markup } from '../markup.ts'
import { amountText, shortText } from '../number-text.ts'
import { round } from '../palette.ts'

const BOX = { width: 150, height: 52, gap: 26, row: 96 }
const MARGIN = 18

export function plantedFigure({ planted }: SculptedTask): Figure | undefined {
  if (!planted) return undefined
  const levels = Math.max(...planted.modules.map(({ level }) => level)) + 1
  const rows = Array.from({ length: levels }, (_, level) =>
    planted.modules.flatMap((module, index) => (module.level === level ? [{ module, index }] : [])),
  )
  const widest = Math.max(...rows.map(row => row.length))
  const rowWidth = (count: number) => count * BOX.width + (count - 1) * BOX.gap
  const width = 2 * MARGIN + rowWidth(widest)
  const height = 2 * MARGIN + (levels - 1) * BOX.row + BOX.height
  const places = new Map(
    rows.flatMap((row, level) =>
      row.map(({ index }, i) => {
        const x = MARGIN + (rowWidth(widest) - rowWidth(row.length)) / 2 + i * (BOX.width + BOX.gap)
        return [index, { x, y: MARGIN + (levels - 1 - level) * BOX.row }] as const
      }),
    ),
  )
  const list = (prefix: string, numbers: readonly number[]) => numbers.map(number => `${prefix}${number}`).join(' ')
  return {
    name: 'planted',
    title: 'The hierarchy that was planted',
    caption: markup`What the function is made of, for a network of this depth: sub-functions, with the inputs and outputs that belong to them.`,
    description: `${amountText(planted.modules.length, 'module')} in ${amountText(levels, 'level')}.`,
    svg: svgElement(
      width,
      height,
      'Planted modules as boxes, edges from lower to higher ones',
      markup`<g stroke="var(--soft)" stroke-width="1.2">${planted.edges.map(([from, to]) => {
        const [a, b] = [places.get(from)!, places.get(to)!]
        return markup`<line x1="${round(a.x + BOX.width / 2)}" y1="${round(a.y)}" x2="${round(b.x + BOX.width / 2)}" y2="${round(b.y + BOX.height)}"/>`
      })}</g>${planted.modules.map(({ parts, inputs, outputs }, index) => {
        const { x, y } = places.get(index)!
        const detail = [list('x', inputs), outputs.length > 0 && `→ ${list('', outputs)}`].filter(Boolean).join('  ')
        return markup`<rect x="${round(x)}" y="${round(y)}" width="${BOX.width}" height="${BOX.height}" rx="9" fill="var(--faint)" stroke="var(--grey)"><title>${[...parts, detail].join(': ')}</title></rect><text x="${round(x + BOX.width / 2)}" y="${round(y + 22)}" text-anchor="middle" font-weight="600">${shortText(parts.length > 0 ? parts.join(', ') : 'inputs', 19)}</text><text x="${round(x + BOX.width / 2)}" y="${round(y + 40)}" text-anchor="middle" font-size="11" fill="var(--soft)">${shortText(detail, 22)}</text>`
      })}`,
    ),
  }
}
