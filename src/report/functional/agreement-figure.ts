/** The modules of the weights against those of the activations: how many units they share. */
import type { Analysis } from '../analysis.ts'
import { dataTable, type Figure, svgElement } from '../figures/figure.ts'
import { moduleMark } from '../figures/module-mark.ts'
import { markup } from '../markup.ts'
import { countText, numberText, percentText } from '../number-text.ts'
import { moduleColour, moduleGlyph, round } from '../palette.ts'
import { functioning } from './sub-module-text.ts'

const LEFT = 74
const TOP = 50

export function agreementFigure(analysis: Analysis): Figure | undefined {
  const found = functioning(analysis)?.functional.activations
  if (!found) return undefined
  const rows = analysis.partition.k
  const shared = new Float64Array(rows * found.k)
  const sizes = new Float64Array(rows)
  for (const [unit, own] of analysis.partition.labels.entries()) {
    const other = found.labels[unit]
    if (own < 0 || other < 0) continue
    shared[own * found.k + other]++
    sizes[own]++
  }
  const cell = Math.max(14, Math.min(34, Math.floor(560 / found.k)))
  const { agreement, nmiNull, transfer, ncut, means } = found.comparison
  const head = markup`<text x="${LEFT}" y="14" font-size="11" fill="var(--soft)">modules by activations</text><text transform="translate(14 ${TOP + (cell * rows) / 2}) rotate(-90)" text-anchor="middle" font-size="11" fill="var(--soft)">modules by weights</text>`
  const content = markup`${head}${Array.from({ length: found.k }, (_, column) => markup`<text x="${LEFT + cell * (column + 0.5)}" y="${TOP - 8}" text-anchor="middle" font-size="11">${column}</text>`)}${Array.from(
    { length: rows },
    (_, row) => {
      const y = TOP + cell * row
      const cells = Array.from({ length: found.k }, (_, column) => {
        const count = shared[row * found.k + column]
        const share = count / Math.max(1, sizes[row])
        return markup`<rect x="${round(LEFT + cell * column + 0.5)}" y="${y + 0.5}" width="${cell - 1}" height="${cell - 1}" fill="${moduleColour(row)}" fill-opacity="${round(90 * share) / 100}" stroke="var(--faint)"/>${count > 0 && cell >= 22 && markup`<text x="${LEFT + cell * (column + 0.5)}" y="${y + cell / 2 + 4}" text-anchor="middle" font-size="10"${share > 0.7 && markup` fill="var(--paper)"`}>${count}</text>`}`
      })
      return markup`<g data-m="${row}"><path d="${moduleGlyph(row, LEFT - 28, y + cell / 2, 4.4)}" fill="${moduleColour(row)}"/><text x="${LEFT - 20}" y="${y + cell / 2 + 4}" font-size="11">${row}</text>${cells}</g>`
    },
  )}`
  return {
    name: 'activation-modules',
    title: 'Do units of a module act alike?',
    caption: markup`The same units clustered by what they do, by squared correlations of their activations over the examples. Numbers are units that a module of the weights (row) shares with one of the activations (column), shades their share of the row. If rows had one dark cell each, wiring and doing would agree. NMI ${numberText(agreement.nmi)}; labels shuffled give ${numberText(nmiNull.mean)} ± ${numberText(nmiNull.sd)}, p ${numberText(nmiNull.p)}. ARI ${numberText(agreement.ari)}, AMI ${numberText(agreement.ami)}.`,
    description: `NMI ${numberText(agreement.nmi)}, ARI ${numberText(agreement.ari)} over ${countText(agreement.count)} units.`,
    svg: svgElement(
      LEFT + cell * found.k + 16,
      TOP + cell * rows + 10,
      'Units shared by modules of weights and of activations',
      content,
    ),
    table: markup`${dataTable(
      'Agreement of the two partitions',
      ['What', 'Value'],
      [
        ['Units in a module of both', countText(agreement.count)],
        ['NMI', numberText(agreement.nmi)],
        ['NMI of shuffled labels', `${numberText(nmiNull.mean)} ± ${numberText(nmiNull.sd)}`],
        ['z', numberText(nmiNull.z)],
        ['p', `${numberText(nmiNull.p)}, ${countText(nmiNull.draws)} shuffles`],
        ['ARI', numberText(agreement.ari)],
        ['AMI', numberText(agreement.ami)],
        ['Variation of information, nats', numberText(agreement.vi)],
        ['n-cut of the activations under their own modules', numberText(ncut.second, 4)],
        ['n-cut of the activations under the weights’ modules', numberText(transfer.secondUnderFirst, 4)],
        ['n-cut of the weights under their own modules', numberText(ncut.first, 4)],
        ['n-cut of the weights under the activations’ modules', numberText(transfer.firstUnderSecond, 4)],
        ['Mean r² within the weights’ modules', numberText(means.secondUnderFirst.within)],
        ['Mean r² between them', numberText(means.secondUnderFirst.between)],
      ],
    )}${dataTable(
      'Units shared, in percent of the weights’ module',
      ['Module', 'Units', ...Array.from({ length: found.k }, (_, column) => `acts ${column}`)],
      Array.from({ length: rows }, (_, row) => [
        moduleMark(row),
        countText(sizes[row]),
        ...Array.from({ length: found.k }, (_, column) =>
          percentText(shared[row * found.k + column] / Math.max(1, sizes[row])),
        ),
      ]),
    )}`,
  }
}
