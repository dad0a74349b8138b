/** Kinds of sub-modules: share of the layer against what the lesion does, important ones labelled. */
import { ticks } from 'd3'
import type { Analysis } from '../analysis.ts'
import { dataTable, type Figure, svgElement } from '../figures/figure.ts'
import { type Markup, markup } from '../markup.ts'
import { amountText, countText, percentText } from '../number-text.ts'
import { moduleGlyph, round } from '../palette.ts'
import { costScale } from './cost-scale.ts'
import type { LesionedSubModule } from './functional-analysis.ts'
import { costOf, type Score, scoreOf } from './score.ts'
import { type Functioning, functioning, kindText, layerName, placeText } from './sub-module-text.ts'

type Kind = LesionedSubModule['kind']

/** Colour and shape of each kind, and what makes one. */
const KINDS: Readonly<Record<Kind, { colour: string; shape: number; rule: string }>> = {
  important: { colour: 'var(--bad)', shape: 0, rule: 'significant, and at least a point lost' },
  'large-but-not-significant': { colour: 'var(--m5)', shape: 2, rule: 'more than a point lost, but not significant' },
  'significant-but-small': { colour: 'var(--m6)', shape: 3, rule: 'significant, but less than a point lost' },
  small: { colour: 'var(--m11)', shape: 1, rule: 'at most 12 units' },
  prunable: { colour: 'var(--good)', shape: 4, rule: 'p = 1, and less than a point lost' },
  'least-important': { colour: 'var(--m2)', shape: 5, rule: 'p = 1, yet a point or more lost' },
  complete: { colour: 'var(--ink)', shape: 1, rule: 'the whole layer' },
  other: { colour: 'var(--grey)', shape: 0, rule: 'none of these' },
}

const WIDTH = 620
const LEFT = 62
const RIGHT = 120
const TOP = 14
const PLOT = 300

export function taxonomyFigure(analysis: Analysis): Figure | undefined {
  const found = functioning(analysis)
  if (!found) return undefined
  const { subModules } = found.functional.lesions
  const score = scoreOf(found.functional)
  const change = (one: LesionedSubModule) => -costOf(found.functional, score, one)
  const changes = subModules.map(change)
  const range = [TOP + PLOT - 12, TOP + 14] as const
  const { at, ticks: levels } = costScale(changes, { range, intact: 0, isShare: score.isShare, gap: 15 })
  const widest = Math.max(...subModules.map(one => one.share))
  const scale: Scale = {
    x: share => round(LEFT + ((WIDTH - LEFT - RIGHT) * share) / (widest * 1.04)),
    y: value => round(at(value)),
  }
  const present = (Object.keys(KINDS) as Kind[]).filter(kind => subModules.some(one => one.kind === kind))
  const legendRows = Math.ceil(present.length / 2)
  const height = TOP + PLOT + 48 + 20 * legendRows
  const named = present.map(
    kind => `${countText(subModules.filter(one => one.kind === kind).length)} ${kindText(kind)}`,
  )
  return {
    name: 'kinds',
    title: 'Kinds of sub-modules',
    caption: markup`Share of its layer against the change of ${score.axis} without it. Near the top right: many units that can go; far down on the left: few units that much depends on. Important ones are labelled, layer and module.`,
    description: `${amountText(subModules.length, 'sub-module')}: ${named.join(', ')}.`,
    svg: svgElement(
      WIDTH,
      height,
      'Sub-modules by share of their layer and cost of their loss',
      markup`${drawAxes(levels, widest, scale, score)}${drawMarks(found, subModules, change, scale, score)}${drawLegend(present, TOP + PLOT + 58)}`,
    ),
    table: dataTable(
      'Kinds of sub-modules',
      ['Kind', 'Sub-modules', 'Rule; the first that fits decides'],
      present.map(kind => [
        kindText(kind),
        countText(subModules.filter(one => one.kind === kind).length),
        KINDS[kind].rule,
      ]),
    ),
  }
}

interface Scale {
  readonly x: (share: number) => number
  readonly y: (change: number) => number
}

function drawAxes(levels: readonly number[], widest: number, { x, y }: Scale, score: Score): Markup {
  return markup`<g font-size="11" fill="var(--soft)"><g text-anchor="end">${levels.map(
    tick =>
      markup`<path d="M${LEFT} ${y(tick)}H${WIDTH - RIGHT}" stroke="${tick === 0 ? 'var(--soft)' : 'var(--faint)'}"/><text x="${LEFT - 7}" y="${y(tick) + 4}">${score.bare(tick)}</text>`,
  )}</g><g text-anchor="middle">${ticks(0, widest, 6).map(
    tick => markup`<text x="${x(tick)}" y="${TOP + PLOT + 16}">${percentText(tick)}</text>`,
  )}<text x="${(LEFT + WIDTH - RIGHT) / 2}" y="${TOP + PLOT + 33}">share of its layer</text><text transform="translate(14 ${TOP + PLOT / 2}) rotate(-90)">change${score.isShare && ', points'} (square-root scale)</text></g></g>`
}

/** Labels give way downwards to those already placed; where there is no room the mark has none. */
function drawMarks(
  found: Functioning,
  subModules: readonly LesionedSubModule[],
  change: (one: LesionedSubModule) => number,
  { x, y }: Scale,
  score: Score,
): Markup {
  const taken = subModules.map(one => ({ x: x(one.share) - 5, y: y(change(one)) + 4, width: 10 }))
  const isFree = (at: { x: number; y: number; width: number }) =>
    taken.every(
      other => Math.abs(other.y - at.y) >= 12 || at.x + at.width < other.x - 4 || other.x + other.width < at.x - 4,
    )
  const labels = subModules
    .filter(one => one.kind === 'important')
    .toSorted((a, b) => change(a) - change(b))
    .map(one => {
      const text = `${layerName(found, one, 12)} · ${one.module}`
      const width = text.length * 6
      const places = [4, -8, 16, -20, 28].flatMap(shift =>
        [9, -9 - width].map(aside => ({ x: x(one.share) + aside, y: y(change(one)) + shift, width })),
      )
      const place = places.find(isFree)
      if (!place) return undefined
      taken.push(place)
      return markup`<text data-m="${one.module}" x="${round(place.x)}" y="${round(place.y)}" font-size="11">${text}</text>`
    })
  return markup`${subModules.map(one => {
    const { colour, shape } = KINDS[one.kind]
    const text = `${placeText(found, one)}: ${kindText(one.kind)}, ${amountText(one.units.length, 'unit')}, ${percentText(one.share)} of its layer, ${score.change(change(one))}`
    return markup`<path data-m="${one.module}" d="${moduleGlyph(shape, x(one.share), y(change(one)), 5.5)}" fill="${colour}" stroke="var(--paper)" stroke-width="1"><title>${text}</title></path>`
  })}${labels}`
}

function drawLegend(present: readonly Kind[], top: number): Markup {
  return markup`${present.map((kind, i) => {
    const [left, y] = [LEFT + (i % 2) * 250, top + Math.floor(i / 2) * 20]
    return markup`<path d="${moduleGlyph(KINDS[kind].shape, left, y - 4, 5.5)}" fill="${KINDS[kind].colour}"/><text x="${left + 12}" y="${y}" font-size="11.5">${kindText(kind)}</text>`
  })}`
}
