/** The hierarchy that was found: units layer by layer, inputs below, modules boxed, with what each computes. */
import type { SculptedTask } from '../../sculpt/sculpt-task.ts'
import { dataTable, type Figure, svgElement } from '../figures/figure.ts'
import { moduleMark } from '../figures/module-mark.ts'
import { type Markup, markup } from '../markup.ts'
import { amountText, countText, percentText } from '../number-text.ts'
import { moduleColour, moduleGlyph, round } from '../palette.ts'
import { layoutModules, type ModuleBox } from './module-layout.ts'

const UNIT = 34
const ROW = 92
const MARGIN = { left: 78, top: 36, right: 26, bottom: 34 }

export function hierarchyFigure(task: SculptedTask): Figure {
  const { hierarchy, seeds, representative } = task
  const { network, units } = seeds[representative]
  const boxes = layoutModules(
    hierarchy.modules.map(({ id, units: layers }) => ({
      id,
      counts: layers.map(([layer, own]) => [layer, own.length] as const),
      sources: hierarchy.edges.filter(({ to }) => to === id).map(({ from }) => from),
    })),
  )
  const last = units.length - 1
  const width = MARGIN.left + MARGIN.right + UNIT * Math.max(...[...boxes.values()].map(box => box.left + box.width))
  const height = MARGIN.top + MARGIN.bottom + ROW * last
  const y = (layer: number) => MARGIN.top + ROW * (last - layer)
  const places = unitPlaces(task, boxes)
  const edges = network.edges.flatMap((list, l) =>
    list.flatMap(([from, to]) => {
      const [a, b] = [places[l].get(from), places[l + 1].get(to)]
      return a && b ? [{ a, b, layer: l }] : []
    }),
  )
  return {
    name: 'hierarchy',
    title: 'The hierarchy that was found',
    caption: markup`Inputs are at the bottom, outputs on top; every mark is a unit that pruning left, every line an edge. Boxes are modules; point at one (or use the arrow keys) to read what it computes.`,
    description: `${amountText(hierarchy.modules.length, 'module')} in ${amountText(hierarchy.levels, 'level')}.`,
    svg: svgElement(
      width,
      height,
      'Units layer by layer in boxes that are modules',
      markup`${hierarchy.modules.map(module => drawBox(task, module.id, boxes.get(module.id)!, y))}<g stroke-width="1.1">${edges.map(
        ({ a, b, layer }) =>
          markup`<line data-m="${a.module === b.module ? a.module : `${a.module} ${b.module}`}" x1="${round(a.x)}" y1="${round(y(layer))}" x2="${round(b.x)}" y2="${round(y(layer + 1))}" stroke="${a.module === b.module ? moduleColour(a.module) : 'var(--soft)'}" stroke-opacity=".75"/>`,
      )}</g>${places.map((layer, l) =>
        [...layer].map(
          ([unit, { x, module }]) =>
            markup`<path data-m="${module}" d="${moduleGlyph(module, x, y(l), 6)}" fill="${moduleColour(module)}" stroke="var(--paper)" stroke-width="1"><title>${unitName(l, last, unit)}, module ${module}</title></path>`,
        ),
      )}${units.map(
        (count, l) =>
          markup`<text x="8" y="${y(l) + 4}" fill="var(--soft)" font-size="11">${l === 0 ? 'inputs' : l === last ? 'outputs' : `hidden ${l}`}<title>${amountText(count, 'unit')}</title></text>`,
      )}${labels(places, 0, y(0) + 21, 'x')}${labels(places, last, y(last) - 12, '')}`,
    ),
    table: moduleTable(task),
  }
}

interface Place {
  readonly x: number
  readonly module: number
}

function unitPlaces({ hierarchy, seeds, representative }: SculptedTask, boxes: ReadonlyMap<number, ModuleBox>) {
  const places = seeds[representative].units.map(() => new Map<number, Place>())
  for (const { id, units } of hierarchy.modules) {
    const box = boxes.get(id)!
    for (const [layer, own] of units)
      own.forEach((unit, i) => {
        const column = box.left + (box.width - own.length) / 2 + i + 0.5
        places[layer].set(unit, { x: MARGIN.left + UNIT * column, module: id })
      })
  }
  return places
}

function drawBox(task: SculptedTask, id: number, box: ModuleBox, y: (layer: number) => number): Markup {
  const inset = 28
  const [top, bottom] = [y(box.last) - inset, y(box.first) + inset]
  const left = MARGIN.left + UNIT * box.left + 2
  return markup`<rect class="node" data-m="${id}" data-at="${Math.round(box.left + box.width / 2)} ${-box.last}" x="${round(left)}" y="${round(top)}" width="${round(UNIT * box.width - 4)}" height="${round(bottom - top)}" rx="9" fill="${moduleColour(id)}" fill-opacity=".13" stroke="${moduleColour(id)}"><title>${moduleText(task, id)}</title></rect>`
}

/** One line on a module: what it has and what it computes. */
export function moduleText({ hierarchy, findings, seeds, representative }: SculptedTask, id: number): string {
  const module = hierarchy.modules.find(other => other.id === id)!
  const last = seeds[representative].units.length - 1
  const parts = module.units.map(([layer, own]) =>
    layer === 0
      ? `inputs ${own.map(unit => `x${unit}`).join(' ')}`
      : layer === last
        ? `outputs ${own.join(' ')}`
        : `${own.length} in hidden ${layer}`,
  )
  const computes = findings[id].functions.map(({ formula }) => formula)
  const kinds = [
    module.inputSeparable && 'input-separable',
    module.reused && 'reused',
    module.shared && 'shared inputs',
  ].filter(Boolean)
  return `module ${id}: ${parts.join(', ')}${kinds.length > 0 ? `; ${kinds.join(', ')}` : ''}${computes.length > 0 ? `; computes ${computes.join(' and ')}` : ''}`
}

function unitName(layer: number, last: number, unit: number): string {
  return layer === 0 ? `input x${unit}` : layer === last ? `output ${unit}` : `hidden ${layer}, unit ${unit}`
}

function labels(places: readonly ReadonlyMap<number, Place>[], layer: number, y: number, prefix: string): Markup {
  if (places[layer].size > 64) return markup``
  return markup`<g font-size="10" fill="var(--soft)" text-anchor="middle">${[...places[layer]].map(
    ([unit, { x, module }]) => markup`<text data-m="${module}" x="${round(x)}" y="${y}">${prefix}${unit}</text>`,
  )}</g>`
}

function moduleTable(task: SculptedTask): Markup {
  const rows = task.hierarchy.modules.map(({ id, level, units }) => {
    const { functions, stability, tiedStability, p } = task.findings[id]
    return [
      moduleMark(id),
      String(level),
      countText(units.reduce((sum, [, own]) => sum + own.length, 0)),
      functions
        .map(({ formula, agreement }) => (agreement < 0.995 ? `${formula} (${percentText(agreement)})` : formula))
        .join('; ') || '–',
      stability === null ? '–' : percentText(stability),
      tiedStability === null ? '–' : percentText(tiedStability),
      p === null ? '–' : p.toPrecision(2),
    ]
  })
  const head = ['Module', 'Level', 'Units', 'Computes', 'Other seeds', 'Ties', 'p']
  return dataTable('Modules, what they compute, and how far they can be trusted', head, rows)
}
