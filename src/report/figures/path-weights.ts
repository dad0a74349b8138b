/** The path-weight matrix: how strongly each layer-module can act on each later one (path-weights.ts). */
import type { Analysis } from '../analysis.ts'
import { layerLabels } from '../layer-labels.ts'
import { type Markup, markup } from '../markup.ts'
import { amountText, countText, numberText, shortText } from '../number-text.ts'
import { moduleColour, round } from '../palette.ts'
import { type LayerModule, type PathWeights, pathWeights } from '../path-weights.ts'
import { dataTable, type Figure, svgElement } from './figure.ts'
import { moduleMark } from './module-mark.ts'

const LEVELS = 10
const LARGEST_SIDE = 400
const TABLE_ROWS = 200
const LEFT = 132
const TOP = 104

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
  const meaning = markup`Products of mean weights along every forward path from the row's module to the column's, added up and divided by the largest of each pair of layers: 1 is the strongest pair. Shades grow with the cube of the value, to tell the strong ones apart. The matrix is read off the weights alone and is no proof of use.`
  if (n > LARGEST_SIDE)
    return {
      ...base,
      caption: markup`${meaning} The matrix has ${countText(n)} rows, too many to draw; the table holds the strongest pairs.`,
      svg: markup``,
    }
  const rows = weights.nodes.filter(node => node.layer < layers.length - 1)
  const columns = weights.nodes.filter(node => node.layer > 0)
  const cell = Math.max(3, Math.min(20, 640 / columns.length))
  const grid: Grid = { rows, columns, cell, shift: n - columns.length }
  const svg = svgElement(
    LEFT + cell * columns.length + 80,
    TOP + cell * rows.length + 8,
    'Matrix of path weights between layer-modules',
    markup`${drawCells(weights, grid)}${drawRulers(analysis, grid)}`,
  )
  return { ...base, caption: meaning, svg }
}

/** The last layer has no row and the first no column. */
interface Grid {
  readonly rows: readonly LayerModule[]
  readonly columns: readonly LayerModule[]
  readonly cell: number
  /** Node index of the first column. */
  readonly shift: number
}

/** Cells of one row and one level share a path. */
function drawCells({ nodes, values }: PathWeights, { rows, columns, cell, shift }: Grid): Markup {
  const side = round(cell - (cell > 6 ? 1 : 0.2))
  return markup`<g fill="var(--accent)">${rows.map((node, a) => {
    const levels = new Map<number, string>()
    for (let c = 0; c < columns.length; c++) {
      const value = values[a * nodes.length + c + shift]
      const level = Math.ceil(value * value * value * LEVELS)
      if (level === 0) continue
      const square = `M${round(LEFT + c * cell)} ${round(TOP + a * cell)}h${side}v${side}h${-side}z`
      levels.set(level, (levels.get(level) ?? '') + square)
    }
    return markup`<g data-m="${node.module}">${[...levels].map(
      ([level, path]) => markup`<path d="${path}" fill-opacity="${level / LEVELS}"/>`,
    )}</g>`
  })}</g>`
}

/** Layer names, lines between layers, and a strip of module colours along both sides, numbered where there is room. */
function drawRulers({ layers }: Analysis, { rows, columns, cell }: Grid): Markup {
  const labels = layerLabels(layers.map(layer => layer.name))
  const side = round(cell - 0.6)
  const rowMarks = rows.map(({ module }, i) => {
    const y = TOP + i * cell
    return markup`<path data-m="${module}" d="M${LEFT - 8} ${round(y)}h5v${side}h-5z" fill="${moduleColour(module)}"/>${cell >= 8.5 && markup`<text data-m="${module}" x="${LEFT - 11}" y="${round(y + cell / 2 + 3)}" text-anchor="end">${module}</text>`}`
  })
  const columnMarks = columns.map(({ module }, i) => {
    const x = LEFT + i * cell
    return markup`<path data-m="${module}" d="M${round(x)} ${TOP - 8}h${side}v5h${-side}z" fill="${moduleColour(module)}"/>${cell >= 12 && markup`<text data-m="${module}" x="${round(x + cell / 2)}" y="${TOP - 11}" text-anchor="middle">${module}</text>`}`
  })
  const rowNames = layerSpans(rows, 12 / cell).map(({ layer, start, size, named }) => {
    const y = TOP + start * cell
    return markup`<path d="M${LEFT} ${round(y)}h${round(columns.length * cell)}" stroke="var(--line)"/>${named && markup`<text x="${LEFT - 28}" y="${round(y + (size * cell) / 2 + 4)}" text-anchor="end" font-size="11">${shortText(labels[layer], 13)}<title>${layers[layer].name}</title></text>`}`
  })
  const columnNames = layerSpans(columns, 14 / cell).map(({ layer, start, size, named }) => {
    const x = LEFT + start * cell
    return markup`<path d="M${round(x)} ${TOP}v${round(rows.length * cell)}" stroke="var(--line)"/>${named && markup`<text transform="translate(${round(x + (size * cell) / 2 + 3)} ${TOP - 22}) rotate(-45)" font-size="11">${shortText(labels[layer], 15)}<title>${layers[layer].name}</title></text>`}`
  })
  return markup`${rowNames}${columnNames}<g font-size="8.5" fill="var(--soft)">${rowMarks}${columnMarks}</g>`
}

/** Where each layer's rows (or columns) begin, how many they are, and whether its name has `room` cells to itself. */
function layerSpans(nodes: readonly LayerModule[], room: number) {
  const byLayer = Map.groupBy(nodes.keys(), i => nodes[i].layer)
  let last = Number.NEGATIVE_INFINITY
  return [...byLayer].map(([layer, [start, ...rest]]) => {
    const size = rest.length + 1
    const named = start + size / 2 - last >= room
    if (named) last = start + size / 2
    return { layer, start, size, named }
  })
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
