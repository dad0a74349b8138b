/** The smallest eigenvalues of the normalised Laplacian, with the gap after the k-th. */
import * as Plot from '@observablehq/plot'
import type { Analysis } from '../analysis.ts'
import { markup } from '../markup.ts'
import { numberText } from '../number-text.ts'
import { chart } from './chart.ts'
import { dataTable, type Figure } from './figure.ts'

export function spectrumFigure({ partition }: Analysis): Figure | undefined {
  const { eigenvalues, k } = partition
  if (eigenvalues.length < 2) return undefined
  const points = eigenvalues.map((value, i) => ({ index: i + 1, value, used: i < k }))
  const gap = k < eigenvalues.length ? eigenvalues[k] - eigenvalues[k - 1] : undefined
  const title = 'Smallest eigenvalues of the normalised Laplacian'
  return {
    name: 'spectrum',
    title: 'Laplacian spectrum',
    caption: markup`Small eigenvalues mean groups that are cheap to cut apart; a gap after the k-th speaks for k modules. ${gap !== undefined && `Here the gap after number ${k} is ${numberText(gap)}.`}`,
    description: `${eigenvalues.length} eigenvalues from ${numberText(eigenvalues[0])} to ${numberText(eigenvalues[eigenvalues.length - 1])}.`,
    svg: chart(title, {
      x: { label: 'eigenvalue number', ticks: Math.min(10, points.length), tickFormat: 'd' },
      y: { label: 'eigenvalue', grid: true, zero: true, nice: true },
      marks: [
        gap === undefined
          ? null
          : Plot.rectY([0], {
              x1: k + 0.25,
              x2: k + 0.75,
              y1: eigenvalues[k - 1],
              y2: eigenvalues[k],
              fill: 'var(--accent)',
              fillOpacity: 0.35,
            }),
        Plot.dot(points, {
          x: 'index',
          y: 'value',
          r: 4,
          stroke: 'var(--accent)',
          fill: d => (d.used ? 'var(--accent)' : 'var(--paper)'),
        }),
      ],
    }),
    table: dataTable(
      'Eigenvalues',
      ['Number', 'Eigenvalue', 'Gap to the next'],
      points.map(({ index, value }) => [
        String(index),
        numberText(value, 6),
        numberText(index < eigenvalues.length ? eigenvalues[index] - value : null, 4),
      ]),
    ),
  }
}
