/** The dependency graph: which sub-modules work through which, read off lesions two by two. */
import type { Analysis } from '../analysis.ts'
import { dataTable, type Figure, svgElement } from '../figures/figure.ts'
import { moduleMark } from '../figures/module-mark.ts'
import { type Markup, markup } from '../markup.ts'
import { amountText, countText, shortText } from '../number-text.ts'
import { moduleColour, moduleGlyph, round } from '../palette.ts'
import type { LesionedSubModule } from './functional-analysis.ts'
import { costOf, scoreOf } from './score.ts'
import { type Functioning, functioning, layerName, placeText } from './sub-module-text.ts'

const COLUMN = 170
const ROW = 58
const LEFT = 70
const TOP = 50
const FOOT = 52
/** Columns stand higher and lower by turns, so that lines do not run through marks between. */
const SLANT = 12

const TYPES = {
  I: { dash: '', meaning: 'neither costs more than random units once the other is gone' },
  II: { dash: '8 4', meaning: 'the earlier one still does, the later one does not' },
  III: { dash: '2 3', meaning: 'the later one still does, the earlier one does not' },
  IV: { dash: '', meaning: 'both still do: nothing can be said, and no line is drawn' },
} as const

interface Place {
  readonly one: LesionedSubModule
  readonly x: number
  readonly y: number
}

export function dependencyFigure(analysis: Analysis): Figure | undefined {
  const found = functioning(analysis)
  const doubles = found?.functional.doubles
  const typed = doubles?.pairs.filter(pair => pair.type !== null) ?? []
  if (!found || !doubles || typed.length === 0) return undefined
  const members = doubles.members.map(at => found.functional.lesions.subModules[at])
  const columns = [...Map.groupBy(members, one => one.layer).values()]
  const tallest = Math.max(...columns.map(column => column.length))
  const places = new Map<LesionedSubModule, Place>()
  for (const [c, column] of columns.entries())
    for (const [r, one] of column.entries())
      places.set(one, {
        one,
        x: LEFT + c * COLUMN,
        y: TOP + ROW * (r + 0.5 + (tallest - column.length) / 2) + SLANT * (c % 2 === 0 ? -1 : 1),
      })
  const edges = typed.filter(pair => pair.dependent)
  const counts = Object.keys(TYPES).map(type => typed.filter(pair => pair.type === type).length)
  const height = TOP + ROW * tallest + FOOT
  return {
    name: 'dependencies',
    title: 'Which module works through which',
    caption: markup`A line from left to right: of these two, lesioned together, at least one costs no more than random units would, once the other is gone, so what they do passes from the first to the second. Solid (type I): neither costs more; dashed (II): the later one does not; dotted (III): the earlier one does not. Type IV, where both still do, says nothing and has no line: ${amountText(counts[3], 'pair')}. The tests are read one by one, at ${doubles.controls} random sets each; take single lines with care.`,
    description: `${amountText(edges.length, 'dependency').replace('dependencys', 'dependencies')} among ${amountText(members.length, 'sub-module')}.`,
    svg: svgElement(
      Math.max(440, LEFT + COLUMN * (columns.length - 1) + 90),
      height,
      'Dependencies between sub-modules, layer by layer',
      markup`${columns.map(column => {
        const { x } = places.get(column[0])!
        return markup`<text x="${x}" y="20" text-anchor="middle" font-weight="600" font-size="11.5">${layerName(found, column[0], 20)}</text>`
      })}${edges.map(({ first, second, type }) => drawEdge(places.get(members[first])!, places.get(members[second])!, type!))}${[...places.values()].map((place, i) => drawNode(found, place, i))}${drawLegend(height)}`,
    ),
    table: dataTable(
      'Dependencies',
      ['From', 'Module', 'To', 'Module', 'Type', 'Meaning'],
      typed.map(({ first, second, type }) => [
        members[first].name,
        moduleMark(members[first].module),
        members[second].name,
        moduleMark(members[second].module),
        type!,
        TYPES[type!].meaning,
      ]),
    ),
  }
}

/** Lines over more than one column bow, so that they pass the marks between. */
function drawEdge(from: Place, to: Place, type: keyof typeof TYPES): Markup {
  const reach = (to.x - from.x) * 0.45
  const bow = to.x - from.x > COLUMN * 1.5 ? ROW * 0.62 : 0
  const [x1, x2] = [from.x + 13, to.x - 15]
  return markup`<path data-m="${from.one.module === to.one.module ? from.one.module : `${from.one.module} ${to.one.module}`}" d="M${x1} ${round(from.y)}C${round(x1 + reach)} ${round(from.y - bow)} ${round(x2 - reach)} ${round(to.y - bow)} ${x2} ${round(to.y)}" fill="none" stroke="var(--soft)" stroke-width="1.6"${TYPES[type].dash !== '' && markup` stroke-dasharray="${TYPES[type].dash}"`}><title>type ${type}: ${TYPES[type].meaning}</title></path><path d="M${x2 + 3} ${round(to.y)}l-7 -3.5v7z" fill="var(--soft)"/>`
}

function drawNode(found: Functioning, { one, x, y }: Place, at: number): Markup {
  const score = scoreOf(found.functional)
  const cost = score.change(-costOf(found.functional, score, one))
  return markup`<path class="node" data-m="${one.module}" data-at="${x} ${at}" d="${moduleGlyph(one.module, x, y, 10)}" fill="${moduleColour(one.module)}" stroke="var(--paper)" stroke-width="1.5"><title>${placeText(found, one)}: ${amountText(one.units.length, 'unit')}, ${cost}</title></path><text data-m="${one.module}" x="${x}" y="${round(y + 25)}" text-anchor="middle" font-size="11" stroke="var(--paper)" stroke-width="3.5" stroke-linejoin="round" paint-order="stroke">${countText(one.module)}<tspan fill="var(--soft)" dx="5">${shortText(cost, 12)}</tspan></text>`
}

function drawLegend(height: number): Markup {
  return markup`<g font-size="11" fill="var(--soft)">${(['I', 'II', 'III'] as const).map((type, i) => {
    const x = 16 + i * 120
    const { dash } = TYPES[type]
    return markup`<path d="M${x} ${height - 16}h34" stroke="var(--soft)" stroke-width="1.6"${dash !== '' && markup` stroke-dasharray="${dash}"`}/><text x="${x + 42}" y="${height - 12}">type ${type}</text>`
  })}</g>`
}
