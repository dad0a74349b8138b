/** How the number of modules was chosen: clusterability, that of shuffled networks, and eigengap over a range of k. */
import * as Plot from '@observablehq/plot'
import type { Analysis } from '../analysis.ts'
import { markup } from '../markup.ts'
import { numberText } from '../number-text.ts'
import { chart } from './chart.ts'
import { dataTable, type Figure } from './figure.ts'

export function kChoiceFigure({ kChoice }: Analysis): Figure | undefined {
  if (kChoice === undefined || kChoice.ks.length === 0) return undefined
  const points = kChoice.ks.map((k, i) => ({
    k,
    ncut: kChoice.ncuts[i],
    clusterability: kChoice.clusterability[i],
    gap: kChoice.eigengaps[i],
    excess: kChoice.excess[i],
    shuffled: kChoice.clusterability[i] - kChoice.excess[i],
  }))
  const largestGap = Math.max(...points.map(point => point.gap), 1e-12)
  const largest = Math.max(...points.map(point => point.clusterability), 1e-12)
  const title = 'Clusterability and eigengap for each number of modules'
  return {
    name: 'k-choice',
    title: 'How many modules',
    caption: markup`Line: clusterability, 1 − n-cut / (k − 1), for each number of modules k; dashed: of shuffled networks. The k where the two are farthest apart is chosen. Bars: the eigengap after k, scaled to the tallest (${numberText(largestGap)}). Chosen: ${kChoice.chosen < 2 ? 'no modules' : `k = ${kChoice.chosen}`}.`,
    description: `Chosen k: ${kChoice.chosen}.`,
    svg: chart(title, {
      x: { label: 'number of modules k', tickFormat: 'd', ticks: Math.min(12, points.length) },
      y: { label: 'clusterability', grid: true, zero: true },
      marks: [
        Plot.rectY(points, {
          x1: d => d.k - 0.3,
          x2: d => d.k + 0.3,
          y: d => (Math.max(0, d.gap) / largestGap) * largest,
          fill: 'var(--grey)',
          fillOpacity: 0.5,
        }),
        Plot.ruleY([0], { stroke: 'var(--line)' }),
        Plot.lineY(points, { x: 'k', y: 'shuffled', stroke: 'var(--grey)', strokeDasharray: '4 3', strokeWidth: 1.5 }),
        Plot.lineY(points, { x: 'k', y: 'clusterability', stroke: 'var(--accent)', strokeWidth: 2 }),
        Plot.dot(points, {
          x: 'k',
          y: 'clusterability',
          r: d => (d.k === kChoice.chosen ? 6 : 3),
          fill: 'var(--accent)',
        }),
      ],
      r: { type: 'identity' },
    }),
    table: dataTable(
      'Every number of modules tried',
      ['k', 'n-cut', 'Clusterability', 'Shuffled', 'Eigengap'],
      points.map(p => [
        String(p.k),
        numberText(p.ncut, 5),
        numberText(p.clusterability, 4),
        numberText(p.shuffled, 4),
        numberText(p.gap, 4),
      ]),
    ),
  }
}
