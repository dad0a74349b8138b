/** The path-weight matrix: how strongly each layer-module can act on each later one (path-weights.ts). */
import type { Analysis } from '../analysis.ts'
import { type Markup, markup } from '../markup.ts'
import { amountText, countText, numberText, shortText } from '../number-text.ts'
import { round } from '../palette.ts'
import { type LayerModule, type PathWeights, pathWeights } from '../path-weights.ts'
import { dataTable, type Figure, svgElement } from './figure.ts'
import { moduleMark } from './module-mark.ts'

const LEVELS = 10
const LARGEST_SIDE = 400
const TABLE_ROWS = 200

export function pathFigure(analysis: Analysis): Figure | undefined {
  const { layers, flows } = analysis
  if (layers.length < 2 || flows.length === 0) return undefined
  const weights = pathWeights(
    layers.map(layer => layer.perModule),
    flows,
  )
  const n = weights.nodes.length
  const table = pathTable(analysis, weights)
  const base = {
    name: 'paths',
    title: 'Which module can reach which',
    description: `Path weights between ${amountText(n, 'layer-module')}.`,
    table,
  }
  const meaning = markup`Products of mean weights along every forward path from the row's module to the column's, added up and divided by the largest of each pair of layers: dark is the strongest pair. It is read off the weights alone and is no proof of use.`
  if (n > LARGEST_SIDE)
    return {
      ...base,
      caption: markup`${meaning} The matrix has ${countText(n)} rows, too many to draw; the table holds the strongest pairs.`,
      svg: markup``,
    }
  const cell = Math.max(3, Math.min(18, 620 / n))
  const left = 118
  const top = 76
  const matrix = markup`${drawCells(weights, cell, left, top)}${drawRulers(analysis, weights.nodes, cell, left, top)}`
  const svg = svgElement(
    left + cell * n + 70,
    top + cell * n + 12,
    'Matrix of path weights between layer-modules',
    matrix,
  )
  return { ...base, caption: meaning, svg }
}

/** Cells of one row and one level share a path. */
function drawCells({ nodes, values }: PathWeights, cell: number, left: number, top: number): Markup {
  const n = nodes.length
  const side = round(cell - (cell > 6 ? 1 : 0.2))
  return markup`<g fill="var(--accent)">${nodes.map((node, a) => {
    const levels = new Map<number, string>()
    for (let c = a + 1; c < n; c++) {
      const level = Math.ceil(values[a * n + c] * LEVELS)
      if (level === 0) continue
      const square = `M${round(left + c * cell)} ${round(top + a * cell)}h${side}v${side}h${-side}z`
      levels.set(level, (levels.get(level) ?? '') + square)
    }
    return markup`<g data-m="${node.module}">${[...levels].map(
      ([level, path]) => markup`<path d="${path}" fill-opacity="${round(level / LEVELS)}"/>`,
    )}</g>`
  })}</g>`
}

/** Lines between layers, layer names on both sides, module numbers where there is room. */
function drawRulers(
  { layers }: Analysis,
  nodes: readonly LayerModule[],
  cell: number,
  left: number,
  top: number,
): Markup {
  const n = nodes.length
  const end = cell * n
  const groups = layers
    .map((layer, l) => ({
      layer,
      start: nodes.findIndex(node => node.layer === l),
      size: nodes.filter(node => node.layer === l).length,
    }))
    .filter(group => group.size > 0)
  const numbers =
    cell >= 8.5 &&
    nodes.map(
      (node, i) =>
        markup`<text x="${left - 4}" y="${round(top + (i + 0.5) * cell + 3)}" text-anchor="end">${node.module}</text><text x="${round(left + (i + 0.5) * cell)}" y="${top - 4}" text-anchor="middle">${node.module}</text>`,
    )
  return markup`<g font-size="8.5" fill="var(--soft)">${numbers}</g>${groups.map(({ layer, start, size }) => {
    const from = round(start * cell)
    const middle = round((start + size / 2) * cell)
    return markup`<path d="M${left} ${top + from}h${round(end)}M${left + from} ${top}v${round(end)}" stroke="var(--line)" fill="none"/><text x="${left - 18}" y="${top + middle + 4}" text-anchor="end" font-size="11">${shortText(layer.name, 15)}<title>${layer.name}</title></text><text transform="translate(${left + middle - 2} ${top - 18}) rotate(-32)" font-size="11">${shortText(layer.name, 15)}<title>${layer.name}</title></text>`
  })}`
}

function pathTable({ layers }: Analysis, { nodes, values }: PathWeights): Markup {
  const n = nodes.length
  const pairs: { a: number; c: number; value: number }[] = []
  for (let a = 0; a < n; a++)
    for (let c = a + 1; c < n; c++) if (values[a * n + c] > 0.5) pairs.push({ a, c, value: values[a * n + c] })
  pairs.sort((p, q) => q.value - p.value)
  const shown = pairs.slice(0, TABLE_ROWS)
  return dataTable(
    `The ${countText(shown.length)} strongest of ${amountText(pairs.length, 'pair')} above 0.5`,
    ['From layer', 'Module', 'To layer', 'Module', 'Path weight'],
    shown.map(({ a, c, value }) => [
      layers[nodes[a].layer].name,
      moduleMark(nodes[a].module),
      layers[nodes[c].layer].name,
      moduleMark(nodes[c].module),
      numberText(value),
    ]),
  )
}
