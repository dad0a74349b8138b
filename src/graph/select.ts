/** Choice of layers: 784 pixels would otherwise dominate a small perceptron. Applied after scales are fixed. */
import { UsageError } from '../errors.ts'
import type { UnitGraph } from './unit-graph.ts'

export interface SelectedLayers {
  readonly graph: UnitGraph
  /** Index in the given graph of each layer kept. */
  readonly layerOf: readonly number[]
}

/**
 * Keeps some layers and the blocks between them.
 * @param units `all`; `hidden`; `no-inputs`; a range of layer indices `a-b` (inclusive); or layer names and indices,
 *   separated by commas. A name wins over an index or range that is written the same.
 * @throws UsageError `usage.units` when a name or index does not exist or nothing is left
 */
export function selectUnits(graph: UnitGraph, units: string): SelectedLayers {
  const wanted = wantedLayers(graph, units.trim())
  const layerOf = graph.layers.map((_, layer) => layer).filter(layer => wanted.has(layer))
  if (layerOf.length === 0)
    throw new UsageError('usage.units', `The choice of units "${units}" leaves no layer. ${listing(graph)}`)
  const place = new Map(layerOf.map((layer, at) => [layer, at]))
  const blocks = graph.blocks.flatMap(block => {
    const [from, to] = [place.get(block.from), place.get(block.to)]
    return from === undefined || to === undefined ? [] : [{ ...block, from, to }]
  })
  return { graph: { layers: layerOf.map(layer => graph.layers[layer]), blocks }, layerOf }
}

function wantedLayers(graph: UnitGraph, units: string): Set<number> {
  const all = graph.layers.map((_, layer) => layer)
  const byName = new Map(graph.layers.map(({ name }, layer) => [name, layer]))
  if (units === 'all') return new Set(all)
  if (units === 'hidden') return new Set(all.filter(layer => graph.layers[layer].role === 'hidden'))
  if (units === 'no-inputs') return new Set(all.filter(layer => graph.layers[layer].role !== 'input'))
  if (byName.has(units)) return new Set([byName.get(units) as number])
  return new Set(
    units.split(',').flatMap(part => {
      const name = part.trim()
      if (byName.has(name)) return [byName.get(name) as number]
      const [, first, last] = /^(\d+)(?:-(\d+))?$/.exec(name) ?? []
      const [a, b] = [Number(first), Number(last ?? first)]
      if (first === undefined || b < a || b >= all.length)
        throw new UsageError(
          'usage.units',
          `There is no layer "${name}" in the choice of units "${units}". ${listing(graph)}`,
        )
      return all.slice(a, b + 1)
    }),
  )
}

function listing(graph: UnitGraph): string {
  return `The layers are ${graph.layers.map(({ name }, layer) => `${layer} "${name}"`).join(', ')}.`
}
