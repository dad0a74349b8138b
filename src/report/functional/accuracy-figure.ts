/** Accuracy profiles: one line per sub-module over the classes, a panel for each layer. */
import type { Analysis } from '../analysis.ts'
import { dataTable, type Figure, svgElement } from '../figures/figure.ts'
import { moduleMark } from '../figures/module-mark.ts'
import { type Markup, markup } from '../markup.ts'
import { amountText, countText, numberText, shortText } from '../number-text.ts'
import { moduleColour, moduleGlyph, round } from '../palette.ts'
import type { LesionedSubModule } from './functional-analysis.ts'
import { scoreRange } from './profile.ts'
import { costOf, type Score, scoreOf } from './score.ts'
import { type Functioning, functioning, kindText, layerName, placeText } from './sub-module-text.ts'

const PANEL = { width: 400, height: 206, turned: 236 }
const LEFT = 40
const RIGHT = 46
const TOP = 30
const BASE = 172
const MOST_PANELS = 16
/** Fewer where their names are long. */
const MOST_CLASSES = { short: 20, long: 14 }
/** Labels of lines keep this distance. */
const LABEL = 12

export function accuracyFigure(analysis: Analysis): Figure | undefined {
  const found = functioning(analysis)
  if (!found) return undefined
  const { lesions, data } = found.functional
  if (lesions.intact.classes.length < 2) return undefined
  const score = scoreOf(found.functional)
  const layers = [...Map.groupBy(lesions.subModules, one => one.layer).values()]
  const shown = layers.slice(0, MOST_PANELS)
  const classes = mostMoved(found)
  const columns = Math.min(2, shown.length)
  const turned = isTurned(found, classes)
  const height = turned ? PANEL.turned : PANEL.height
  const panels = shown.map(
    (members, i) =>
      markup`<g transform="translate(${(i % columns) * PANEL.width} ${Math.floor(i / columns) * height})">${drawPanel(found, members, classes, score, turned)}</g>`,
  )
  return {
    name: 'accuracy-profiles',
    title: 'What each module does for each class',
    caption: markup`A panel for each layer, a line for each sub-module: ${score.name} in each class without it; the dashed line is the whole network. A line that dips at one class stands for units that class needs; a line that sinks everywhere for units all need. Numbers at the right are modules. Each panel has its own scale. ${classes.length < data.classes.length && `Of ${countText(data.classes.length)} classes the ${classes.length} that lesions move most are drawn.`} ${shown.length < layers.length && `The first ${MOST_PANELS} of ${countText(layers.length)} layers are drawn.`}`,
    description: `${amountText(lesions.subModules.length, 'line')} over ${amountText(classes.length, 'class').replace('classs', 'classes')}.`,
    svg: svgElement(
      columns * PANEL.width,
      Math.ceil(shown.length / columns) * height,
      'Score in each class without each sub-module',
      markup`${panels}`,
    ),
    table: classTable(found, classes, score),
  }
}

/** The classes drawn, in their order. */
function mostMoved({ functional: { lesions, data } }: Functioning): number[] {
  const { classes } = lesions.intact
  const all = classes.map((_, c) => c).filter(c => classes[c] !== null)
  const most = all.some(c => data.classes[c].length > 3) ? MOST_CLASSES.long : MOST_CLASSES.short
  if (all.length <= most) return all
  const moved = all.map(c => Math.max(...lesions.subModules.map(one => classes[c]! - (one.lesion.classes[c] ?? 0))))
  const order = all.map((_, i) => i).sort((a, b) => moved[b] - moved[a])
  return order
    .slice(0, most)
    .map(i => all[i])
    .sort((a, b) => a - b)
}

const pitchOf = (classes: readonly number[]) => (PANEL.width - LEFT - RIGHT) / classes.length

/** Whether the names of classes would touch. */
function isTurned({ functional: { data } }: Functioning, classes: readonly number[]): boolean {
  return Math.max(...classes.map(c => shortText(data.classes[c], 9).length)) * 6 > pitchOf(classes)
}

function drawPanel(
  found: Functioning,
  members: readonly LesionedSubModule[],
  classes: readonly number[],
  score: Score,
  turned: boolean,
): Markup {
  const { lesions, data } = found.functional
  const values = [lesions.intact, ...members.map(one => one.lesion)].flatMap(({ classes: all }) =>
    classes.map(c => all[c] ?? Number.NaN),
  )
  const numbers = values.filter(Number.isFinite)
  const [low, high] = scoreRange(numbers, score)
  const pitch = pitchOf(classes)
  const x = (at: number) => round(LEFT + pitch * (at + 0.5))
  const y = (value: number) => round(BASE - ((BASE - TOP) * (value - low)) / (high - low || 1))
  const line = (list: readonly (number | null)[]) =>
    classes.map((c, at) => `${at === 0 ? 'M' : 'L'}${x(at)} ${y(list[c] ?? low)}`).join('')
  const last = classes.length - 1
  const ends = spread(members.map(one => ({ one, y: y(one.lesion.classes[classes[last]] ?? low) })))
  return markup`<text x="8" y="16" font-weight="600">${layerName(found, members[0], 40)}</text><g font-size="10" fill="var(--soft)" text-anchor="end">${[
    low,
    (low + high) / 2,
    high,
  ].map(
    value =>
      markup`<path d="M${LEFT} ${y(value)}H${PANEL.width - RIGHT}" stroke="var(--faint)"/><text x="${LEFT - 5}" y="${y(value) + 3.5}">${score.isShare ? `${numberText(value * 100)} %` : numberText(value, 2)}</text>`,
  )}${classes.map((c, at) => {
    const place = turned
      ? markup`transform="translate(${x(at) + 3} ${BASE + 12}) rotate(-38)"`
      : markup`x="${x(at)}" y="${BASE + 15}" text-anchor="middle"`
    return markup`<text ${place}>${shortText(data.classes[c], 9)}</text>`
  })}</g><g fill="none" stroke-linejoin="round">${members.map(
    one =>
      markup`<path data-m="${one.module}" d="${line(one.lesion.classes)}" stroke="${moduleColour(one.module)}" stroke-width="${one.kind === 'important' ? 2.6 : 1.5}"><title>${placeText(found, one)}: ${kindText(one.kind)}, ${score.name} ${score.text(score.of(one.lesion))}</title></path>`,
  )}</g><path d="${line(lesions.intact.classes)}" fill="none" stroke="var(--ink)" stroke-width="1.3" stroke-dasharray="4 3"/>${ends.map(
    end =>
      markup`<g data-m="${end.one.module}"><path d="M${x(last) + 4} ${end.y}L${PANEL.width - RIGHT + 6} ${round(end.label)}" stroke="${moduleColour(end.one.module)}" stroke-width=".8"/><path d="${moduleGlyph(end.one.module, PANEL.width - RIGHT + 13, end.label, 4.4)}" fill="${moduleColour(end.one.module)}"/><text x="${PANEL.width - RIGHT + 21}" y="${round(end.label + 4)}" font-size="11">${end.one.module}</text></g>`,
  )}`
}

/** Labels at the lines' ends, moved apart downwards and back up from the bottom. */
function spread(ends: readonly { readonly one: LesionedSubModule; readonly y: number }[]) {
  const sorted = ends.toSorted((a, b) => a.y - b.y).map(end => ({ ...end, label: end.y }))
  for (let i = 0; i < sorted.length; i++)
    sorted[i].label = Math.max(sorted[i].label, i === 0 ? TOP - 8 : sorted[i - 1].label + LABEL)
  for (let i = sorted.length - 1, floor = PANEL.height - 8; i >= 0; i--) {
    sorted[i].label = Math.min(sorted[i].label, floor)
    floor = sorted[i].label - LABEL
  }
  return sorted
}

function classTable(found: Functioning, classes: readonly number[], score: Score): Markup {
  const { lesions, data } = found.functional
  const cells = (list: readonly (number | null)[]) =>
    classes.map(c => (list[c] === null || list[c] === undefined ? '–' : score.text(list[c])))
  return dataTable(
    `${score.name} in each class`,
    ['Layer', 'Module', 'Cost', ...classes.map(c => data.classes[c])],
    [
      ['whole network', '–', '–', ...cells(lesions.intact.classes)],
      ...lesions.subModules.map(one => [
        one.name,
        moduleMark(one.module),
        score.change(costOf(found.functional, score, one)),
        ...cells(one.lesion.classes),
      ]),
    ],
  )
}
