/** Two matrices over the sub-modules that were lesioned in pairs: what one still costs without the other, and how sure. */
import type { Analysis } from '../analysis.ts'
import { dataTable, type Figure, svgElement } from '../figures/figure.ts'
import { moduleMark } from '../figures/module-mark.ts'
import { type Markup, markup } from '../markup.ts'
import { amountText, countText, numberText } from '../number-text.ts'
import { moduleColour, moduleGlyph, round } from '../palette.ts'
import type { DoubleLesions, LesionedSubModule } from './functional-analysis.ts'
import { costOf, scoreOf } from './score.ts'
import { type Functioning, functioning, layerName } from './sub-module-text.ts'

const LEFT = 104
const TOP = 92
const CELL = 44

/** One cell: the row's sub-module when the column's is gone, or alone on the diagonal. */
interface Cell {
  /** Change of the score that the row's lesion still makes. */
  readonly change: number
  /** Ties counted; null without a value. */
  readonly p: number | null
}

interface Pairs {
  readonly found: Functioning
  readonly doubles: DoubleLesions
  readonly members: readonly LesionedSubModule[]
  readonly cell: (row: number, column: number) => Cell
}

export function pairCostFigure(analysis: Analysis): Figure | undefined {
  const pairs = pairsOf(analysis)
  if (!pairs) return undefined
  const { found, doubles, members, cell } = pairs
  const score = scoreOf(found.functional)
  const all = members.flatMap((_, row) => members.map((_, column) => -cell(row, column).change))
  const most = Math.max(...all, 1e-9)
  const draw = (row: number, column: number) => {
    const { change, p } = cell(row, column)
    const share = Math.sqrt(Math.max(0, -change) / most)
    const points = score.isShare ? score.bare(change) : numberText(change, 2)
    const sign = p === null ? '' : p <= doubles.threshold * (1 + 1e-12) ? '★' : p === 1 ? '?' : ''
    return { fill: 'var(--bad)', opacity: 0.08 + 0.72 * share, text: points, sign, bold: sign === '★' }
  }
  return {
    name: 'pair-costs',
    title: 'Lesions two by two',
    caption: markup`Change of ${scoreOf(found.functional).name}${score.isShare && ', in points,'} that the row’s sub-module still makes when the column’s is gone already; on the diagonal, alone. Where a row is paler off the diagonal than on it, it needed the other. ★ smallest possible p (${numberText(doubles.threshold)}, against ${doubles.controls} random sets), ? p = 1. ${limitText(pairs)}`,
    description: `${amountText(doubles.pairs.length, 'pair')} of sub-modules.`,
    svg: matrixSvg(pairs, 'What a sub-module still costs when another is gone', draw),
    table: pairTable(pairs),
  }
}

/** Shade, words and least p of each category, from sure to none. */
const LEVELS = [
  { below: 0.05, shade: 0.85 },
  { below: 0.1, shade: 0.55 },
  { below: 0.5, shade: 0.28 },
  { below: 1 - 1e-9, shade: 0.1 },
  { below: Number.POSITIVE_INFINITY, shade: 0 },
] as const

export function pairPFigure(analysis: Analysis): Figure | undefined {
  const pairs = pairsOf(analysis)
  if (!pairs) return undefined
  const draw = (row: number, column: number) => {
    const { p } = pairs.cell(row, column)
    const opacity = p === null ? 0 : LEVELS.find(level => p <= level.below)!.shade
    return {
      fill: 'var(--accent)',
      opacity,
      text: p === null ? '–' : numberText(p, 2),
      sign: '',
      bold: p !== null && p <= 0.05,
    }
  }
  return {
    name: 'pair-p',
    title: 'How sure that is',
    caption: markup`p of the row’s lesion when the column’s sub-module is gone already, against random units in the row’s place, ties counted; on the diagonal, of the lesion alone. Shades: up to 0.05, 0.1, 0.5, below 1; white is 1. No p off the diagonal can be below ${numberText(pairs.doubles.threshold)}.`,
    description: `p-values of ${amountText(pairs.doubles.pairs.length, 'pair')}.`,
    svg: matrixSvg(pairs, 'p-values of lesions two by two', draw),
    table: pairTable(pairs),
  }
}

function pairsOf(analysis: Analysis): Pairs | undefined {
  const found = functioning(analysis)
  const doubles = found?.functional.doubles
  if (!found || !doubles) return undefined
  const members = doubles.members.map(at => found.functional.lesions.subModules[at])
  const score = scoreOf(found.functional)
  const cells = new Map<string, Cell>()
  for (const { first, second, conditionalScores, conditional } of doubles.pairs) {
    cells.set(`${first} ${second}`, { change: conditionalScores[0], p: conditional[0].conservative })
    cells.set(`${second} ${first}`, { change: conditionalScores[1], p: conditional[1].conservative })
  }
  const alone = (at: number) => ({
    change: -costOf(found.functional, score, members[at]),
    p: members[at].macro.conservative,
  })
  return {
    ...{ found, doubles, members },
    cell: (row, column) => (row === column ? alone(row) : cells.get(`${row} ${column}`)!),
  }
}

interface Drawn {
  readonly fill: string
  readonly opacity: number
  readonly text: string
  /** In the cell's corner. */
  readonly sign: string
  readonly bold: boolean
}

function matrixSvg({ members, found }: Pairs, title: string, draw: (row: number, column: number) => Drawn): Markup {
  const side = CELL * members.length
  const rows = members.map((one, row) => {
    const y = TOP + row * CELL
    const cells = members.map((_, column) => {
      const { fill, opacity, text, sign, bold } = draw(row, column)
      const x = LEFT + column * CELL
      const edge = row === column ? 'var(--ink)' : 'var(--line)'
      return markup`<rect x="${x + 1}" y="${y + 1}" width="${CELL - 2}" height="${CELL - 2}" rx="3" fill="${fill}" fill-opacity="${round(opacity * 100) / 100}" stroke="${edge}" stroke-width="${row === column ? 1.4 : 0.8}"/><text x="${x + CELL / 2}" y="${y + CELL / 2 + 4}" text-anchor="middle" font-size="${text.length > 5 ? 9.5 : 11}" font-weight="${bold ? 700 : 400}"${opacity > 0.6 && markup` fill="var(--paper)"`}>${text}</text>${sign !== '' && markup`<text x="${x + CELL - 5}" y="${y + 12}" text-anchor="end" font-size="9"${opacity > 0.6 && markup` fill="var(--paper)"`}>${sign}</text>`}`
    })
    return markup`<g data-m="${one.module}"><text x="${LEFT - 30}" y="${y + CELL / 2 + 4}" text-anchor="end" font-size="11">${layerName(found, one, 11)}</text>${mark(one, LEFT - 20, y + CELL / 2)}${cells}</g>`
  })
  const heads = members.map((one, column) => {
    const x = LEFT + column * CELL + CELL / 2
    return markup`<g data-m="${one.module}"><text transform="translate(${x - 2} ${TOP - 26}) rotate(-40)" font-size="11">${layerName(found, one, 11)}</text>${mark(one, x - 7, TOP - 11)}</g>`
  })
  return svgElement(LEFT + side + 44, TOP + side + 8, title, markup`${heads}${rows}`)
}

function mark({ module }: LesionedSubModule, x: number, y: number): Markup {
  return markup`<path d="${moduleGlyph(module, x, y, 4.4)}" fill="${moduleColour(module)}"/><text x="${x + 7}" y="${y + 4}" font-size="11">${module}</text>`
}

function limitText({ doubles, found }: Pairs): string {
  const all = found.functional.lesions.subModules.length
  return doubles.members.length < all
    ? `Paired were the ${doubles.members.length} of ${countText(all)} that are important or cost most (at most ${doubles.limit}).`
    : ''
}

function pairTable({ found, doubles, members }: Pairs): Markup {
  const score = scoreOf(found.functional)
  return dataTable(
    'Every pair',
    ['First', 'Module', 'Second', 'Module', 'Both', 'First | second', 'p', 'Second | first', 'p', 'Joint p', 'Type'],
    doubles.pairs.map(({ first, second, accuracy, conditional, conditionalScores, joint, type }) => [
      members[first].name,
      moduleMark(members[first].module),
      members[second].name,
      moduleMark(members[second].module),
      score.text(accuracy),
      score.change(conditionalScores[0]),
      numberText(conditional[0].conservative),
      score.change(conditionalScores[1]),
      numberText(conditional[1].conservative),
      numberText(joint.conservative),
      type ?? '–',
    ]),
  )
}
