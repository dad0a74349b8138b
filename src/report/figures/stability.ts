/** How sure each module's units are: confidence over repeated clusterings, and other partitions as good. */
import type { Analysis } from '../analysis.ts'
import { markup } from '../markup.ts'
import { amountText, countText, numberText, percentText } from '../number-text.ts'
import { moduleColour, moduleGlyph, round } from '../palette.ts'
import { dataTable, type Figure, svgElement } from './figure.ts'
import { moduleMark, moduleName } from './module-mark.ts'

const LEFT = 48
const SPAN = 400
const ROW = 22

interface Row {
  readonly module: number
  readonly units: number
  readonly mean: number
  readonly tenth: number
  readonly sure: number
}

export function stabilityFigure(analysis: Analysis): Figure | undefined {
  const { stability, partition } = analysis
  const rows = Array.from({ length: partition.k }, (_, module) => summarise(analysis, module)).filter(
    row => row.units > 0,
  )
  if (rows.length === 0 || stability.runs < 2) return undefined
  const height = rows.length * ROW + 44
  const x = (share: number) => round(LEFT + SPAN * share)
  const content = markup`${[0, 0.25, 0.5, 0.75, 1].map(
    share =>
      markup`<path d="M${x(share)} 6V${height - 36}" stroke="var(--line)"/><text x="${x(share)}" y="${height - 22}" text-anchor="middle" font-size="11" fill="var(--soft)">${percentText(share)}</text>`,
  )}<text x="${x(0.5)}" y="${height - 5}" text-anchor="middle" font-size="11" fill="var(--soft)">runs that agree on a unit's module</text>${rows.map(
    (row, i) => {
      const y = 8 + ROW * (i + 0.5)
      return markup`<g data-m="${row.module}"><path d="${moduleGlyph(row.module, 12, y, 5)}" fill="${moduleColour(row.module)}"/><text x="22" y="${y + 4}">${row.module}</text><path d="M${x(row.tenth)} ${y}H${x(1)}" stroke="${moduleColour(row.module)}" stroke-width="3" stroke-opacity="0.35" stroke-linecap="round"/><path d="${moduleGlyph(row.module, x(row.mean), y, 5.5)}" fill="${moduleColour(row.module)}"><title>${moduleName(row.module)}: mean ${percentText(row.mean)}, 10 % of its units below ${percentText(row.tenth)}</title></path></g>`
    },
  )}`
  return {
    name: 'stability',
    title: 'How stable the modules are',
    caption: markup`The clustering was repeated from ${countText(stability.runs)} seeds. Marks: the mean share of runs that agree with the consensus on a unit; bars reach down to the tenth of a module's units that is least sure. Runs agree with each other by an adjusted Rand index of ${numberText(stability.meanAri)} (1 = identical). ${nearBestText(analysis)}`,
    description: `Mean adjusted Rand index between runs ${numberText(stability.meanAri)}.`,
    svg: svgElement(LEFT + SPAN + 32, height, 'Confidence of each module', content),
    table: markup`${dataTable(
      'Confidence of each module',
      ['Module', 'Units', 'Mean confidence', 'Tenth percentile', 'Units above 90 %'],
      rows.map(row => [
        moduleMark(row.module),
        countText(row.units),
        percentText(row.mean, 1),
        percentText(row.tenth, 1),
        percentText(row.sure),
      ]),
    )}${dataTable(
      'Distinct partitions within 1 % of the best n-cut',
      ['n-cut', 'Runs', 'Adjusted Rand index to the best'],
      stability.nearBest.map(near => [numberText(near.ncut, 5), countText(near.runs), numberText(near.ari)]),
    )}`,
  }
}

function summarise({ stability, partition }: Analysis, module: number): Row {
  const values = stability.confidence.filter((_, unit) => partition.labels[unit] === module).sort((a, b) => a - b)
  const units = values.length
  return {
    module,
    units,
    mean: units === 0 ? 0 : values.reduce((a, b) => a + b, 0) / units,
    tenth: values[Math.floor(units / 10)] ?? 0,
    sure: values.filter(value => value >= 0.9).length / Math.max(1, units),
  }
}

function nearBestText({ stability }: Analysis): string {
  const others = stability.nearBest.length - 1
  if (others <= 0) return 'No other partition comes within 1 % of the best n-cut.'
  return `${amountText(others, 'other partition')} ${others === 1 ? 'comes' : 'come'} within 1 % of the best n-cut.`
}
