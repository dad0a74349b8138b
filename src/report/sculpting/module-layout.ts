/**
 * Where modules stand in the picture of a hierarchy: layers as rows, inputs at the bottom; a module takes one column of
 * the same width in all layers it has, as near as can be above the modules that feed it, and modules that share a layer
 * do not overlap.
 */

export interface PlacedModule {
  readonly id: number
  /** Units in each layer: [layer, count]. */
  readonly counts: readonly (readonly [number, number])[]
  /** Modules with an edge into this one. */
  readonly sources: readonly number[]
}

export interface ModuleBox {
  readonly left: number
  readonly width: number
  readonly first: number
  readonly last: number
}

const GAP = 1

/** Boxes by module id, in units of one unit's room; the leftmost begins at 0. */
export function layoutModules(modules: readonly PlacedModule[]): Map<number, ModuleBox> {
  const boxes = new Map<number, ModuleBox>()
  const order = [...modules].sort((a, b) => a.counts[0][0] - b.counts[0][0] || a.id - b.id)
  for (const first of new Set(order.map(({ counts }) => counts[0][0]))) {
    const row = order.filter(({ counts }) => counts[0][0] === first)
    const wish = new Map(row.map(module => [module, centreOf(module, boxes)]))
    for (const module of row.sort((a, b) => wish.get(a)! - wish.get(b)! || a.id - b.id)) {
      const width = Math.max(...module.counts.map(([, count]) => count))
      const last = module.counts[module.counts.length - 1][0]
      const box = { width, first, last, left: wish.get(module)! - width / 2 }
      boxes.set(module.id, { ...box, left: freeLeft(box, [...boxes.values()]) })
    }
  }
  const least = Math.min(...[...boxes.values()].map(({ left }) => left))
  for (const [id, box] of boxes) boxes.set(id, { ...box, left: box.left - least })
  return boxes
}

function centreOf({ sources }: PlacedModule, boxes: ReadonlyMap<number, ModuleBox>): number {
  const centres = sources.flatMap(source => {
    const box = boxes.get(source)
    return box ? [box.left + box.width / 2] : []
  })
  return centres.length > 0 ? centres.reduce((sum, centre) => sum + centre, 0) / centres.length : 0
}

/** The place nearest to the one wished for that no box in a common layer takes. */
function freeLeft(box: ModuleBox, placed: readonly ModuleBox[]): number {
  const near = placed.filter(other => other.first <= box.last && box.first <= other.last)
  const free = (left: number) =>
    near.every(other => left >= other.left + other.width + GAP - 1e-9 || left + box.width + GAP <= other.left + 1e-9)
  const choices = [box.left, ...near.flatMap(other => [other.left + other.width + GAP, other.left - box.width - GAP])]
  return choices
    .filter(free)
    .reduce((best, left) => (Math.abs(left - box.left) < Math.abs(best - box.left) ? left : best), Infinity)
}
