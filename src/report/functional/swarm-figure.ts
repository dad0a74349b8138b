/** The swarm of random lesions of each sub-module, with its own lesion marked. */
import type { Analysis } from '../analysis.ts'
import type { Figure } from '../figures/figure.ts'
import { svgElement } from '../figures/figure.ts'
import { type Markup, markup } from '../markup.ts'
import { amountText, countText, numberText } from '../number-text.ts'
import { moduleColour, moduleGlyph, round } from '../palette.ts'
import { costScale } from './cost-scale.ts'
import type { LesionedSubModule } from './functional-analysis.ts'
import { lesionTable } from './lesion-table.ts'
import { costOf, meanControl, type Score, scoreOf } from './score.ts'
import { byCost, type Functioning, functioning, layerName, placeText } from './sub-module-text.ts'

const LEFT = 64
const SPAN = 460
const RIGHT = 116
const ROW = 24
const HEAD = 26
const TOP = 26
const MOST_ROWS = 72
/** A dot's pitch along and across the row. */
const DOT = 3
const RISE = 2.4
const MOST_RISE = 8

interface Scale {
  readonly score: Score
  readonly x: (value: number) => number
}

export function swarmFigure(analysis: Analysis): Figure | undefined {
  const found = functioning(analysis)
  if (!found) return undefined
  const { lesions } = found.functional
  const score = scoreOf(found.functional)
  const shown = byCost(lesions.subModules, one => costOf(found.functional, score, one)).slice(0, MOST_ROWS)
  const layers = [...Map.groupBy(shown, one => one.layer)].sort(([a], [b]) => a - b)
  const values = shown.flatMap(one => [score.of(one.lesion), ...one.controls.map(score.of)])
  const intact = score.of(lesions.intact)
  const range = [LEFT + 10, LEFT + SPAN - 10] as const
  const { at, ticks } = costScale(values, { range, intact, isShare: score.isShare, gap: 34 })
  const scale: Scale = { score, x: value => round(at(value)) }
  const height = TOP + layers.length * HEAD + shown.length * ROW + 40
  let y = TOP
  const rows = layers.map(([, members]) => {
    const head = markup`<text x="8" y="${y + 17}" font-weight="600">${layerName(found, members[0], 60)}</text>`
    y += HEAD
    const drawn = members
      .toSorted((a, b) => a.module - b.module)
      .map(one => {
        y += ROW
        return drawRow(found, one, scale, y - ROW / 2)
      })
    return markup`${head}${drawn}`
  })
  const before = scale.x(intact)
  const { controls } = lesions.parameters
  return {
    name: 'lesions',
    title: 'Each module taken out, layer by layer, beside random units',
    caption: markup`One row per sub-module, the units of a module in one layer. The coloured mark is the network’s ${score.name} without them, each grey dot without as many random units of the same layer (${countText(Number(controls))} of them); the dashed line is the whole network. Further left is worse. A mark left of its dots matters more than its size explains; filled marks have p ≤ 0.05, ties counted, one by one. ${shown.length < lesions.subModules.length && `Drawn are the ${MOST_ROWS} that cost most of ${countText(lesions.subModules.length)}; the table has them all.`}`,
    description: `${amountText(lesions.subModules.length, 'sub-module')}; intact ${score.name} ${score.text(intact)}.`,
    svg: svgElement(
      LEFT + SPAN + RIGHT,
      height,
      'Lesions of sub-modules and of random unit sets',
      markup`${drawAxis(ticks, scale, height)}<path d="M${before} ${TOP}V${height - 40}" stroke="var(--ink)" stroke-dasharray="4 3"/><text x="${before}" y="14" text-anchor="end" font-size="11">whole network ${score.text(intact)}</text><text x="${LEFT + SPAN + 10}" y="14" font-size="11" fill="var(--soft)">p (mid-p)</text>${rows}`,
    ),
    table: lesionTable(found),
  }
}

function drawRow(found: Functioning, one: LesionedSubModule, { score, x }: Scale, y: number): Markup {
  const { module, macro } = one
  const value = score.of(one.lesion)
  const sure = macro.conservative !== null && macro.conservative <= 0.05
  const text = `${placeText(found, one)}: ${amountText(one.units.length, 'unit')}, ${score.name} ${score.text(value)}, random sets ${score.text(meanControl(one, score))} on average, p ${numberText(macro.conservative)}, mid-p ${numberText(macro.mid)}`
  const colour = moduleColour(module)
  return markup`<g data-m="${module}"><path d="M${LEFT} ${y}H${LEFT + SPAN}" stroke="var(--faint)"/><path d="${moduleGlyph(module, 20, y, 5)}" fill="${colour}"/><text x="30" y="${y + 4}">${module}</text><path d="${swarm(
    one.controls.map(control => x(score.of(control))),
    y,
  )}" fill="var(--grey)"/><path class="node" data-m="${module}" data-at="0 ${y}" d="${moduleGlyph(module, x(value), y, 6)}" fill="${sure ? colour : 'var(--paper)'}" stroke="${sure ? 'var(--paper)' : colour}" stroke-width="${sure ? 1 : 2}"><title>${text}</title></path><text x="${LEFT + SPAN + 10}" y="${y + 4}" font-size="11" fill="${sure ? 'var(--ink)' : 'var(--soft)'}"${sure && markup` font-weight="600"`}>${numberText(macro.conservative)} <tspan fill="var(--soft)" font-weight="400">(${numberText(macro.mid)})</tspan></text></g>`
}

/** Dots stacked up and down from the row's middle where they would cover each other. */
function swarm(xs: readonly number[], y: number): string {
  const piles = new Map<number, number>()
  return xs
    .map(x => {
      const place = Math.round(x / DOT)
      const count = piles.get(place) ?? 0
      piles.set(place, count + 1)
      const rise = Math.min(MOST_RISE, Math.ceil(count / 2) * RISE) * (count % 2 === 0 ? 1 : -1)
      return `M${round(place * DOT - 1.4)} ${round(y + rise)}a1.4 1.4 0 1 0 2.8 0a1.4 1.4 0 1 0 -2.8 0z`
    })
    .filter((dot, at, all) => all.indexOf(dot) === at)
    .join('')
}

function drawAxis(ticks: readonly number[], { score, x }: Scale, height: number): Markup {
  const text = (tick: number) => (score.isShare ? `${numberText(tick * 100)} %` : numberText(tick))
  return markup`<g text-anchor="middle" fill="var(--soft)" font-size="11">${ticks.map(
    tick =>
      markup`<path d="M${x(tick)} ${TOP}V${height - 40}" stroke="var(--line)"/><text x="${x(tick)}" y="${height - 24}">${text(tick)}</text>`,
  )}<text x="${LEFT + SPAN / 2}" y="${height - 7}">${score.axis} without the units, on a square-root scale</text></g>`
}
