/** All lesion profiles in one picture, for the figure files: on the page each stands on its card. */
import type { Analysis } from '../analysis.ts'
import { type Figure, svgElement } from '../figures/figure.ts'
import { markup } from '../markup.ts'
import { amountText, numberText } from '../number-text.ts'
import { PROFILE_WIDTH, profileChart } from './profile.ts'
import { costOf, scoreOf } from './score.ts'
import { byCost, functioning, layerName } from './sub-module-text.ts'

const COLUMNS = 4
const HEAD = 24
const GAP = 14
const MOST_DRAWN = 120

export function profilesFigure(analysis: Analysis): Figure | undefined {
  const found = functioning(analysis)
  if (!found) return undefined
  const score = scoreOf(found.functional)
  const { subModules } = found.functional.lesions
  const shown = byCost(subModules, one => costOf(found.functional, score, one)).slice(0, MOST_DRAWN)
  const charts = shown.map(one => profileChart(found, one))
  const height = HEAD + GAP + Math.max(...charts.map(chart => chart.height))
  const columns = Math.min(COLUMNS, shown.length)
  const cells = shown.map((one, i) => {
    const place = `translate(${(i % columns) * (PROFILE_WIDTH + GAP)} ${Math.floor(i / columns) * height})`
    const title = `${layerName(found, one, 24)} · module ${one.module}: p ${numberText(one.macro.conservative)}`
    return markup`<g transform="${place}"><text x="8" y="16" font-weight="600">${title}</text><g transform="translate(0 ${HEAD})">${charts[i].content}</g></g>`
  })
  return {
    name: 'profiles',
    title: 'Lesion profiles',
    caption: markup`${score.name} in each class: whole network, without each sub-module, without random units.`,
    description: `${amountText(shown.length, 'lesion profile')}.`,
    svg: svgElement(
      columns * (PROFILE_WIDTH + GAP),
      Math.ceil(shown.length / columns) * height,
      'Lesion profile of each sub-module',
      markup`${cells}`,
    ),
  }
}
