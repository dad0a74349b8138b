/** The lesion profile of a sub-module: its score in each class and over all, beside random sets and the whole network. */
import { type Markup, markup } from '../markup.ts'
import { numberText, shortText } from '../number-text.ts'
import { moduleColour, moduleGlyph, round } from '../palette.ts'
import type { ControlRecord, LesionedSubModule } from './functional-analysis.ts'
import { type Score, scoreOf } from './score.ts'
import type { Functioning } from './sub-module-text.ts'

export const PROFILE_WIDTH = 300
const LEFT = 34
const RIGHT = 8
const TOP = 10
const BASE = 100
/** Width kept for the score over all classes. */
const OVERALL = 34
/** Of more classes, those that lose most are shown; fewer where their names are long. */
const MOST_CLASSES = { short: 16, long: 10 }
const MOST_CONTROLS = 100
/** Where the scale of shares may begin. */
const FLOORS = [0.95, 0.9, 0.8, 0.5, 0]

/** The classes a profile shows, in their order. */
function shownClasses({ functional }: Functioning, { lesion }: Pick<LesionedSubModule, 'lesion'>): number[] {
  const { classes } = functional.lesions.intact
  const all = classes.map((_, c) => c).filter(c => classes[c] !== null)
  const loss = (c: number) => classes[c]! - (lesion.classes[c] ?? 0)
  const most = all.some(c => functional.data.classes[c].length > 3) ? MOST_CLASSES.long : MOST_CLASSES.short
  if (all.length <= most) return all
  return all
    .toSorted((a, b) => loss(b) - loss(a))
    .slice(0, most)
    .sort((a, b) => a - b)
}

/** From below the least score to the best; shares begin at a round one and end at 1. */
export function scoreRange(values: readonly number[], { isShare }: Score): [number, number] {
  const least = Math.min(...values)
  if (!isShare) return [least, Math.max(...values)]
  return [FLOORS.find(floor => floor <= least) ?? 0, 1]
}

interface Scale {
  readonly x: (at: number) => number
  readonly y: (value: number) => number
  readonly overall: number
}

/** The picture's content and its height; it is `PROFILE_WIDTH` wide. */
export function profileChart(found: Functioning, one: LesionedSubModule): { content: Markup; height: number } {
  const score = scoreOf(found.functional)
  const { intact } = found.functional.lesions
  const shown = shownClasses(found, one)
  const controls = one.controls.slice(0, MOST_CONTROLS)
  const values = [intact, one.lesion, ...controls].flatMap(({ classes }) => shown.map(c => classes[c] ?? Number.NaN))
  const numbers = values.filter(Number.isFinite)
  const [low, high] = scoreRange(numbers, score)
  const width = PROFILE_WIDTH - LEFT - RIGHT - OVERALL
  const scale: Scale = {
    x: at => round(LEFT + (width * (at + 0.5)) / shown.length),
    y: value => round(BASE - ((BASE - TOP) * (value - low)) / (high - low || 1)),
    overall: PROFILE_WIDTH - RIGHT - OVERALL / 2,
  }
  const line = (record: ControlRecord) => linePath(record, shown, scale)
  const mark = (record: ControlRecord) => scale.y(score.of(record))
  const colour = moduleColour(one.module)
  const wing = (y: number) => `M${scale.overall - 7} ${y}h14`
  const labels = classLabels(found, shown, scale, width / shown.length)
  const content = markup`${axis(low, high, scale, score.isShare)}<g fill="none" stroke="var(--soft)" stroke-opacity="0.16">${controls.map(
    control => markup`<path d="${line(control)}${wing(mark(control))}"/>`,
  )}</g><path d="${line(intact)}${wing(mark(intact))}" fill="none" stroke="var(--ink)" stroke-width="1.2" stroke-dasharray="3 2.5"/><path d="${line(one.lesion)}" fill="none" stroke="${colour}" stroke-width="2.6" stroke-linejoin="round" stroke-linecap="round"/><path d="${moduleGlyph(one.module, scale.overall, mark(one.lesion), 5)}" fill="${colour}" stroke="var(--paper)" stroke-width="1"/>${labels.content}`
  return { content, height: labels.height }
}

/** Classes that have no score break the line. */
function linePath({ classes }: ControlRecord, shown: readonly number[], { x, y }: Scale): string {
  let isBroken = true
  return shown
    .map((c, at) => {
      const value = classes[c]
      if (value === null || value === undefined) {
        isBroken = true
        return ''
      }
      const step = `${isBroken ? 'M' : 'L'}${x(at)} ${y(value)}${isBroken && shown.length === 1 ? 'h.1' : ''}`
      isBroken = false
      return step
    })
    .join('')
}

function axis(low: number, high: number, { y, overall }: Scale, isShare: boolean): Markup {
  const text = (value: number) => (isShare ? numberText(value * 100) : numberText(value, 2))
  const edge = overall - OVERALL / 2
  return markup`<g font-size="10" fill="var(--soft)" text-anchor="end">${[low, (low + high) / 2, high].map(
    value =>
      markup`<path d="M${LEFT} ${y(value)}H${PROFILE_WIDTH - RIGHT}" stroke="var(--faint)"/><text x="${LEFT - 5}" y="${y(value) + 3.5}">${text(value)}</text>`,
  )}<path d="M${edge} ${TOP}V${BASE}" stroke="var(--line)"/></g>`
}

/** Names of the classes, turned where they would touch. */
function classLabels({ functional }: Functioning, shown: readonly number[], scale: Scale, pitch: number) {
  const texts = shown.map(c => shortText(functional.data.classes[c], 9))
  const longest = Math.max(0, ...texts.map(text => text.length))
  const isTurned = longest * 5.6 > pitch
  const place = (x: number) =>
    isTurned
      ? markup` transform="translate(${round(x + 3)} ${BASE + 10}) rotate(-38)" text-anchor="end"`
      : markup` x="${round(x)}" y="${BASE + 14}" text-anchor="middle"`
  const content = markup`<g font-size="10" fill="var(--soft)">${texts.map((text, at) => markup`<text${place(scale.x(at))}>${text}</text>`)}<text x="${scale.overall}" y="${BASE + 14}" text-anchor="middle" fill="var(--ink)">all</text></g>`
  return { content, height: BASE + (isTurned ? 20 + 4 * longest : 20) }
}
