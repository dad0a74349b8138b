/**
 * The n-cuts of shuffled networks (their scores where each chose its k), one histogram per null model, with this network
 * marked.
 */
import { ticks } from 'd3'
import type { NullComparison } from '../../significance/verdict.ts'
import type { Analysis } from '../analysis.ts'
import { type Markup, markup } from '../markup.ts'
import { countText, numberText } from '../number-text.ts'
import { round } from '../palette.ts'
import { dataTable, type Figure, svgElement } from './figure.ts'

const WIDTH = 500
const LEFT = 16
const ROW = 92
const TOP = 30

export function nullsFigure(analysis: Analysis): Figure | undefined {
  const { comparisons, ncut, score, deciding } = analysis.verdict
  if (comparisons.length === 0) return undefined
  const own = score ?? ncut
  const quantity = score === undefined ? 'n-cut' : 'n-cut / (k − 1), minus its baseline'
  const choice =
    score === undefined ? 'with the same number of modules' : 'with the number of modules that suits it best'
  const all = [own, ...comparisons.flatMap(drawn)]
  const [low, high] = [Math.min(...all), Math.max(...all)]
  const pad = (high - low || 1) * 0.06
  const most = Math.max(...comparisons.map(comparison => comparison.ncuts.length))
  const bins = most < 60 ? 36 : 64
  const bin = (high - low + 2 * pad) / bins
  const scale: Scale = {
    low: low - pad,
    bins,
    bin,
    x: value => round(LEFT + ((value - low + pad) / (bins * bin)) * (WIDTH - 2 * LEFT)),
  }
  const height = TOP + ROW * comparisons.length + 44
  const content = markup`${comparisons.map((comparison, i) =>
    drawRow(comparison, deciding.includes(comparison.null), scale, TOP + ROW * (i + 1)),
  )}${drawAxis(low - pad, high + pad, scale, height, quantity)}${drawMark(own, scale, comparisons.length)}`
  return {
    name: 'nulls',
    title: 'Against shuffled networks',
    caption: markup`Each bar counts shuffled networks, every one clustered from scratch ${choice}; the line is this network. Further left is more modular. Only the null models marked “decides” settle the verdict, at α = ${numberText(analysis.verdict.alpha)}.`,
    description: `This network: ${quantity} ${numberText(own)}. ${comparisons.map(c => `${c.null}: mean ${numberText(c.mean)}, p ${numberText(c.p)}`).join('; ')}.`,
    svg: svgElement(WIDTH, height, `Shuffled networks, ${quantity}, with this network marked`, content),
    table: nullTable(analysis),
  }
}

/** What a null model's networks are compared by. */
function drawn({ scores, ncuts }: NullComparison): readonly number[] {
  return scores ?? ncuts
}

interface Scale {
  readonly low: number
  readonly bins: number
  readonly bin: number
  readonly x: (value: number) => number
}

function drawRow(comparison: NullComparison, decides: boolean, scale: Scale, base: number): Markup {
  const counts = new Array<number>(scale.bins).fill(0)
  for (const value of drawn(comparison)) counts[Math.min(scale.bins - 1, Math.floor((value - scale.low) / scale.bin))]++
  const most = Math.max(...counts)
  const bars = counts.flatMap((count, i) => {
    if (count === 0) return []
    const [from, to] = [scale.x(scale.low + i * scale.bin), scale.x(scale.low + (i + 1) * scale.bin)]
    const top = round(base - (count / most) * (ROW - 42))
    return [`M${from} ${base}V${top}H${round(to - 0.6)}V${base}z`]
  })
  const numbers = `z ${numberText(comparison.z)} · p ${numberText(comparison.p)} · effect ${numberText(comparison.effect)}`
  return markup`<path d="${bars.join('')}" fill="${decides ? 'var(--accent)' : 'var(--grey)'}" fill-opacity="0.8"><title>${comparison.null}: ${countText(comparison.ncuts.length)} shuffled networks</title></path><path d="M${LEFT} ${base}H${WIDTH - LEFT}" stroke="var(--line)"/><text x="${LEFT}" y="${base - ROW + 22}" font-weight="600">${comparison.null}<tspan dx="8" font-weight="400" fill="var(--soft)">${decides ? 'decides' : 'for comparison'}</tspan></text><text x="${WIDTH - LEFT}" y="${base - ROW + 22}" text-anchor="end" fill="var(--soft)">${numbers}</text>`
}

function drawAxis(low: number, high: number, scale: Scale, height: number, quantity: string): Markup {
  return markup`<g text-anchor="middle" fill="var(--soft)" font-size="11">${ticks(low, high, 6).map(
    tick => markup`<text x="${scale.x(tick)}" y="${height - 26}">${String(tick).replace('-', '−')}</text>`,
  )}<text x="${WIDTH / 2}" y="${height - 8}">${quantity}</text></g>`
}

function drawMark(ncut: number, scale: Scale, rows: number): Markup {
  const x = scale.x(ncut)
  const anchor = x < WIDTH / 3 ? 'start' : x > (2 * WIDTH) / 3 ? 'end' : 'middle'
  const lines = Array.from({ length: rows }, (_, i) => `M${x} ${TOP + ROW * (i + 1)}v${36 - ROW}`)
  return markup`<path d="${lines.join('')}" stroke="var(--bad)" stroke-width="2"/><text x="${x}" y="${TOP - 13}" text-anchor="${anchor}" font-weight="600" fill="var(--bad)">this network ${numberText(ncut, 4)}</text>`
}

function nullTable({ verdict }: Analysis): Markup {
  const interval = ([low, high]: readonly [number, number]) => `${numberText(low)} … ${numberText(high)}`
  return markup`${dataTable(
    'This network against each null model',
    [
      'Null model',
      'Part',
      'Networks',
      verdict.score === undefined ? 'Mean n-cut' : 'Mean score',
      'sd',
      'z',
      'p',
      'Smallest possible p',
      '95 % interval of p',
      'Effect',
      '95 % interval',
      'Stopped early',
    ],
    verdict.comparisons.map(c => [
      c.null,
      verdict.deciding.includes(c.null) ? 'decides' : 'comparison',
      countText(c.ncuts.length),
      numberText(c.mean, 5),
      numberText(c.sd),
      numberText(c.z),
      numberText(c.p, 4),
      numberText(c.pFloor, 4),
      interval(c.pInterval),
      numberText(c.effect),
      interval(c.effectInterval),
      c.stoppedEarly ? 'yes' : 'no',
    ]),
  )}${
    verdict.betweenNulls.length > 0 &&
    dataTable(
      'Distance between null models',
      ['Null model', 'Against', 'Cohen’s d'],
      verdict.betweenNulls.map(pair => [pair.a, pair.b, numberText(pair.cohensD)]),
    )
  }`
}
