/** The network, layer by layer: every unit in its module's colour and shape, and the strongest edges. */
import type { Analysis } from '../analysis.ts'
import { layerLabels } from '../layer-labels.ts'
import { type Markup, markup } from '../markup.ts'
import { amountText, countText, shortText } from '../number-text.ts'
import { moduleColour, moduleGlyph, round } from '../palette.ts'
import { dataTable, type Figure, svgElement } from './figure.ts'
import { moduleName } from './module-mark.ts'
import { layoutNetwork, type NetworkLayout, type PlacedLayer } from './network-layout.ts'

export function networkFigure(analysis: Analysis): Figure {
  const layout = layoutNetwork(analysis)
  const { layers, drawnEdges, blocks } = analysis
  const edges = blocks.reduce((sum, block) => sum + block.edges, 0)
  const thinning =
    drawnEdges.length === edges
      ? `All ${countText(edges)} edges are drawn`
      : `Drawn are ${countText(drawnEdges.length)} of ${countText(edges)} edges: in each block of weights the strongest inputs and the heaviest edges`
  const pixels = layout.layers.some(layer => layer.pixels)
  return {
    name: 'network',
    title: 'The network, layer by layer',
    caption: markup`Every mark is one unit, sorted by module inside its layer; colour, shape and number tell the module, small grey squares were left out. ${pixels && 'A square input keeps its pixels in place. '}${thinning}, in colour where both ends share a module.`,
    description: `${amountText(layers.length, 'layer')} with ${amountText(analysis.partition.labels.length, 'unit')} in ${amountText(analysis.partition.k, 'module')}.`,
    svg: svgElement(
      layout.width,
      layout.height,
      'The network drawn layer by layer, units coloured by module',
      markup`${drawEdges(analysis, layout)}${drawUnits(analysis, layout)}${drawLabels(analysis, layout)}`,
    ),
    table: layerTable(analysis),
  }
}

function drawUnits({ layers, partition }: Analysis, layout: NetworkLayout): Markup {
  const paths = new Map<number, string[]>()
  let unit = 0
  for (const [l, { size }] of layers.entries()) {
    const { pixels, radius } = layout.layers[l]
    for (const end = unit + size; unit < end; unit++) {
      const module = partition.labels[unit]
      if (!paths.has(module)) paths.set(module, [])
      const [x, y] = [layout.x[unit], layout.y[unit]]
      paths.get(module)!.push(pixels ? pixelPath(x, y, radius) : moduleGlyph(module, x, y, radius))
    }
  }
  const modules = [...paths.keys()].sort((a, b) => a - b)
  return markup`<g>${modules.map(
    module =>
      markup`<path data-m="${module}" d="${paths.get(module)!.join('')}" fill="${moduleColour(module)}"><title>${module < 0 ? 'left out' : moduleName(module)}</title></path>`,
  )}</g>`
}

function pixelPath(x: number, y: number, radius: number): string {
  const side = round(2 * radius - 0.4)
  return `M${round(x - radius)} ${round(y - radius)}h${side}v${side}h${-side}z`
}

/** One path per module (or for edges between modules) and strength, lightest first. */
function drawEdges({ drawnEdges, partition, layers }: Analysis, layout: NetworkLayout): Markup {
  const layerOf = layers.flatMap((layer, l) => new Array<number>(layer.size).fill(l))
  const heaviest = new Map<number, number>()
  const blockOf = (from: number, to: number) => layerOf[from] * layers.length + layerOf[to]
  for (const { from, to, weight } of drawnEdges)
    heaviest.set(blockOf(from, to), Math.max(weight, heaviest.get(blockOf(from, to)) ?? 0))
  const paths = new Map<string, string[]>()
  for (const { from, to, weight } of drawnEdges) {
    const share = weight / heaviest.get(blockOf(from, to))!
    const strength = share > 0.66 ? 2 : share > 0.33 ? 1 : 0
    const module = partition.labels[from] === partition.labels[to] ? partition.labels[from] : -1
    const key = `${module >= 0 ? 1 : 0} ${strength} ${module}`
    if (!paths.has(key)) paths.set(key, [])
    paths
      .get(key)!
      .push(edgePath(layout, from, to, layout.layers[layerOf[from]].radius, layout.layers[layerOf[to]].radius))
  }
  return markup`<g fill="none">${[...paths.keys()].sort().map(key => {
    const [, strength, module] = key.split(' ').map(Number)
    return markup`<path data-m="${module}" d="${paths.get(key)!.join('')}" stroke="${moduleColour(module)}" stroke-width="${[0.5, 0.8, 1.3][strength]}" stroke-opacity="${module < 0 ? 0.35 : 0.5}"/>`
  })}</g>`
}

function edgePath(layout: NetworkLayout, from: number, to: number, startRadius: number, endRadius: number): string {
  const [x1, y1] = [layout.x[from] + startRadius, layout.y[from]]
  const [x2, y2] = [layout.x[to] - endRadius, layout.y[to]]
  const reach = (x2 - x1) * 0.45
  return `M${round(x1)} ${round(y1)}c${round(reach)} 0 ${round(x2 - x1 - reach)} ${round(y2 - y1)} ${round(x2 - x1)} ${round(y2 - y1)}`
}

function drawLabels({ layers }: Analysis, layout: NetworkLayout): Markup {
  const labels = layerLabels(layers.map(layer => layer.name))
  const room = Math.floor((layout.pitch - 8) / 7.3)
  return markup`<g>${layers.map((layer, l) => {
    const placed = layout.layers[l]
    const middle = round(placed.x + placed.width / 2)
    const letters = Math.max(room, Math.floor(placed.width / 7.3))
    return markup`${spaced(placed.bands).map(
      ([module, y]) =>
        markup`<text data-m="${module}" x="${round(placed.x + placed.width + 4)}" y="${round(y + 3.5)}" font-size="10" fill="var(--soft)" stroke="var(--paper)" stroke-width="3" paint-order="stroke">${module}</text>`,
    )}<text x="${middle}" y="${layout.height - 24}" text-anchor="middle" font-size="11.5" font-weight="600">${shortText(labels[l], letters)}<title>${layer.name}</title></text><text x="${middle}" y="${layout.height - 8}" text-anchor="middle" fill="var(--soft)" font-size="11">${amountText(layer.size, layer.kind)}</text>`
  })}</g>`
}

/** Leaves out labels that would run into the one above. */
function spaced(bands: PlacedLayer['bands']): PlacedLayer['bands'] {
  let last = Number.NEGATIVE_INFINITY
  return bands.filter(([, y]) => {
    if (y - last < 9) return false
    last = y
    return true
  })
}

function layerTable({ layers, partition }: Analysis): Markup {
  const modules = Array.from({ length: partition.k }, (_, module) => String(module))
  return dataTable(
    'Units of each module in each layer',
    ['Layer', 'Role', 'Units', 'Left out', ...modules],
    layers.map(layer => [
      layer.name,
      layer.role,
      countText(layer.size),
      countText(layer.removed),
      ...layer.perModule.map(countText),
    ]),
  )
}
