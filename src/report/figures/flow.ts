/** The cluster graph: one node per layer and module, edges as wide as the mean weight between the two groups. */
import type { Analysis, ModuleFlow } from '../analysis.ts'
import { layerLabels } from '../layer-labels.ts'
import { type Markup, markup } from '../markup.ts'
import { amountText, countText, numberText, shortText } from '../number-text.ts'
import { moduleColour, moduleGlyph, round } from '../palette.ts'
import { dataTable, type Figure, svgElement } from './figure.ts'
import { moduleMark, moduleName } from './module-mark.ts'

const LEFT = 44
const TOP = 22
const TABLE_ROWS = 200

export function flowFigure(analysis: Analysis): Figure | undefined {
  const { layers, flows, partition } = analysis
  if (layers.length < 2 || flows.length === 0) return undefined
  const drawn = strongestFlows(flows, partition.k)
  const pitch = layers.length > 20 ? 74 : layers.length > 7 ? 100 : Math.min(190, 800 / layers.length)
  const row = partition.k > 20 ? 24 : 36
  const grid: Grid = { x: l => LEFT + pitch * (l + 0.5), y: m => TOP + row * (m + 0.5), row }
  const width = LEFT + pitch * layers.length + 8
  const height = TOP + row * partition.k + 44
  return {
    name: 'flow',
    title: 'How the modules feed each other',
    caption: markup`One row per module, one column per layer. A mark's size tells how many units the module has in that layer; a line's width is the mean weight between the two groups, relative to the strongest of its block. Drawn are the ${countText(drawn.length)} strongest of ${countText(flows.length)} flows, coloured where a module feeds itself. Move over a mark or a line, or use the arrow keys, for the numbers.`,
    description: `${amountText(flows.length, 'flow')} between the modules of ${amountText(layers.length, 'layer')}.`,
    svg: svgElement(
      width,
      height,
      'Flow between modules, layer by layer',
      markup`${lanes(partition.k, grid, width)}${drawFlows(analysis, drawn, grid)}${drawNodes(analysis, grid)}${columnLabels(analysis, grid, pitch, height)}`,
    ),
    table: flowTable(analysis),
  }
}

interface Grid {
  readonly x: (layer: number) => number
  readonly y: (module: number) => number
  readonly row: number
}

/** Per block, the strongest flows: three for each module, but never so many that no line can be followed. */
function strongestFlows(flows: readonly ModuleFlow[], k: number): ModuleFlow[] {
  const blocks = Map.groupBy(flows, flow => `${flow.fromLayer} ${flow.toLayer}`)
  return [...blocks.values()].flatMap(block => block.toSorted((a, b) => b.mean - a.mean).slice(0, Math.min(3 * k, 60)))
}

function lanes(k: number, grid: Grid, width: number): Markup {
  return markup`<g>${Array.from({ length: k }, (_, module) => {
    const y = grid.y(module)
    return markup`<path d="M${LEFT} ${y}H${width - 8}" stroke="var(--faint)"/><path data-m="${module}" d="${moduleGlyph(module, 12, y, 5)}" fill="${moduleColour(module)}"/><text data-m="${module}" x="22" y="${y + 4}">${module}</text>`
  })}</g>`
}

function drawFlows({ layers }: Analysis, flows: readonly ModuleFlow[], grid: Grid): Markup {
  const largest = new Map<number, number>()
  const blockOf = (flow: ModuleFlow) => flow.fromLayer * layers.length + flow.toLayer
  for (const flow of flows) largest.set(blockOf(flow), Math.max(flow.mean, largest.get(blockOf(flow)) ?? 0))
  const own = (flow: ModuleFlow) => flow.fromModule === flow.toModule
  const ordered = flows.toSorted((a, b) => Number(own(a)) - Number(own(b)) || a.mean - b.mean)
  return markup`<g fill="none" stroke-linecap="round">${ordered.map(flow => {
    const share = flow.mean / largest.get(blockOf(flow))!
    const modules = own(flow) ? flow.fromModule : `${flow.fromModule} ${flow.toModule}`
    const colour = own(flow) ? moduleColour(flow.fromModule) : 'var(--grey)'
    return markup`<path data-m="${modules}" d="${flowPath(flow, grid)}" stroke="${colour}" stroke-width="${round(0.5 + 6.5 * share)}" stroke-opacity="${own(flow) ? 0.75 : round(0.15 + 0.45 * share)}"><title>${flowText(flow, layers)}</title></path>`
  })}</g>`
}

/** Skips over layers bow upwards, so that they do not run through the marks between. */
function flowPath({ fromLayer, fromModule, toLayer, toModule }: ModuleFlow, grid: Grid): string {
  const [x1, y1, x2, y2] = [grid.x(fromLayer), grid.y(fromModule), grid.x(toLayer), grid.y(toModule)].map(round)
  const bow = toLayer - fromLayer > 1 ? round(grid.row * 0.75) : 0
  const reach = round((x2 - x1) * 0.45)
  return `M${x1} ${y1}C${round(x1 + reach)} ${y1 - bow} ${round(x2 - reach)} ${y2 - bow} ${x2} ${y2}`
}

function drawNodes({ layers, partition }: Analysis, grid: Grid): Markup {
  const largest = Math.max(...layers.flatMap(layer => layer.perModule))
  return markup`<g stroke="var(--paper)" stroke-width="1">${layers.map((layer, l) =>
    layer.perModule.map((units, module) => {
      if (units === 0) return undefined
      const radius = 2.5 + (grid.row * 0.38 - 2.5) * Math.sqrt(units / largest)
      const text = `${moduleName(module)} in ${layer.name}: ${amountText(units, 'unit')}, n-cut term ${numberText(partition.ncutTerms[module])}`
      return markup`<path class="node" data-m="${module}" data-at="${l} ${module}" d="${moduleGlyph(module, grid.x(l), grid.y(module), radius)}" fill="${moduleColour(module)}"><title>${text}</title></path>`
    }),
  )}</g>`
}

function columnLabels({ layers }: Analysis, grid: Grid, pitch: number, height: number): Markup {
  const labels = layerLabels(layers.map(layer => layer.name))
  const letters = Math.floor((pitch - 8) / 7.3)
  return markup`<g text-anchor="middle">${layers.map(
    (layer, l) =>
      markup`<text x="${round(grid.x(l))}" y="${height - 24}" font-size="11.5" font-weight="600">${shortText(labels[l], letters)}<title>${layer.name}</title></text><text x="${round(grid.x(l))}" y="${height - 8}" font-size="11" fill="var(--soft)">${countText(layer.size)}</text>`,
  )}</g>`
}

function flowText(flow: ModuleFlow, layers: Analysis['layers']): string {
  const end = (layer: number, module: number) => `${moduleName(module)} in ${layers[layer].name}`
  return `${end(flow.fromLayer, flow.fromModule)} to ${end(flow.toLayer, flow.toModule)}: mean weight ${numberText(flow.mean)}, sum ${numberText(flow.sum)}`
}

function flowTable({ flows, layers }: Analysis): Markup {
  const shown = flows.toSorted((a, b) => b.mean - a.mean).slice(0, TABLE_ROWS)
  const caption =
    shown.length < flows.length
      ? `The ${TABLE_ROWS} strongest of ${countText(flows.length)} flows (all are in analysis.json)`
      : 'All flows'
  return dataTable(
    caption,
    ['From layer', 'Module', 'To layer', 'Module', 'Mean weight', 'Sum'],
    shown.map(flow => [
      layers[flow.fromLayer].name,
      moduleMark(flow.fromModule),
      layers[flow.toLayer].name,
      moduleMark(flow.toModule),
      numberText(flow.mean),
      numberText(flow.sum),
    ]),
  )
}
