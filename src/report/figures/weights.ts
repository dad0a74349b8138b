/** Histograms of the edge weights, one small picture per block. */
import type { Analysis, WeightHistogram } from '../analysis.ts'
import { layerLabels } from '../layer-labels.ts'
import { type Markup, markup } from '../markup.ts'
import { amountText, countText, numberText, percentText, shortText } from '../number-text.ts'
import { round } from '../palette.ts'
import { dataTable, type Figure, svgElement } from './figure.ts'

const CELL = { width: 210, height: 128 }
const MOST_DRAWN = 60

export function weightsFigure({ histograms, layers }: Analysis): Figure | undefined {
  if (histograms.length === 0) return undefined
  const drawn = histograms.slice(0, MOST_DRAWN)
  const columns = Math.min(4, drawn.length)
  const rows = Math.ceil(drawn.length / columns)
  const names = layers.map(layer => layer.name)
  const labels = layerLabels(names)
  const labelOf = (name: string) => shortText(labels[names.indexOf(name)] ?? name, 12)
  const nameOf = ({ from, to }: WeightHistogram) => `${labelOf(from)} › ${labelOf(to)}`
  const content = markup`${drawn.map(
    (histogram, i) =>
      markup`<g transform="translate(${(i % columns) * CELL.width} ${Math.floor(i / columns) * CELL.height})">${drawHistogram(histogram, nameOf(histogram))}</g>`,
  )}`
  return {
    name: 'weights',
    title: 'Edge weights',
    caption: markup`Edge weights as they entered the clustering, block by block: square root of the count against weight; zeros are left out of the bars and given as a share. ${drawn.length < histograms.length && `The first ${MOST_DRAWN} of ${amountText(histograms.length, 'block')} are drawn; the table has them all.`}`,
    description: `${amountText(histograms.length, 'histogram')} of edge weights.`,
    svg: svgElement(columns * CELL.width, rows * CELL.height, 'Histograms of edge weights per block', content),
    table: dataTable(
      'Edge weights of each block',
      ['From', 'To', 'Possible edges', 'Zero', 'Largest weight', 'Median bin'],
      histograms.map(h => [
        h.from,
        h.to,
        countText(h.total),
        percentText(h.zeros / Math.max(1, h.total), 1),
        numberText(h.borders.at(-1) ?? 0),
        medianBin(h),
      ]),
    ),
  }
}

function drawHistogram({ borders, counts, zeros, total }: WeightHistogram, name: string): Markup {
  const [left, width, base, tall] = [8, CELL.width - 22, 94, 58]
  const most = Math.sqrt(Math.max(1, ...counts))
  const step = width / Math.max(1, counts.length)
  const bars = counts.flatMap((count, i) =>
    count === 0
      ? []
      : [
          `M${round(left + i * step)} ${base}v${round((-tall * Math.sqrt(count)) / most)}h${round(step - 0.5)}V${base}z`,
        ],
  )
  return markup`<text x="${left}" y="16" font-size="11" font-weight="600">${name}</text><text x="${left}" y="30" font-size="10" fill="var(--soft)">${countText(total - zeros)} edges, ${percentText(zeros / Math.max(1, total))} zero</text><path d="${bars.join('')}" fill="var(--accent)" fill-opacity="0.8"/><path d="M${left} ${base}h${width}" stroke="var(--line)"/><text x="${left}" y="${base + 13}" font-size="10" fill="var(--soft)">0</text><text x="${left + width}" y="${base + 13}" font-size="10" text-anchor="end" fill="var(--soft)">${numberText(borders.at(-1) ?? 0)}</text>`
}

/** The bin that holds the median of the non-zero weights. */
function medianBin({ borders, counts }: WeightHistogram): string {
  const half = counts.reduce((a, b) => a + b, 0) / 2
  let seen = 0
  for (const [i, count] of counts.entries()) {
    seen += count
    if (seen >= half) return `${numberText(borders[i])} … ${numberText(borders[i + 1])}`
  }
  return '–'
}
