/**
 * Balanced scales (ours): those that make the total weight into every hidden unit equal the total weight out of it.
 * They minimise Σ a · s_to / s_from, which is convex in log s, so there is one answer (Osborne 1960, for matrix
 * balancing): cyclically s ← s · √(out / in) until no scale moves by more than 1e-12 of itself. Edges of units on no
 * path from first to last layer do not count, and such units keep s = 1: they have no balanced scale. Each cycle ends
 * with the same step for whole groups of layers, which takes out the slow part of the convergence and not the answer.
 *
 * Units of one layer have no edges between them, so a layer whose units share scales with no other layer is done at
 * once, over whole blocks; lists of edges (three times the memory of the graph) are made for the others only. Sums run
 * in the same order either way: the same bits.
 */
import { type Adjacency, adjacencyOf, offsetsOf, visitEdges, type WeightedGraph } from './adjacency.ts'
import { FIXED, membersByClass } from './gauge.ts'
import { unitsOnPaths } from './paths.ts'

export interface Balance {
  /** Factor of each unit: Float64Array [units]. */
  readonly scales: Float64Array
  readonly sweeps: number
  readonly converged: boolean
}

const TOLERANCE = 1e-12
const MOST_SWEEPS = 5000

/** Classes that are balanced together: all of one layer, or one that spans layers. */
interface Step {
  /** The layer, of a step over whole blocks. */
  readonly layer?: number
  readonly classes: readonly (readonly number[])[]
}

/**
 * @param classes scale class of each unit, {@link FIXED} for those that keep s = 1: Int32Array [units]
 */
export function balance(graph: WeightedGraph, classes: Int32Array): Balance {
  const offsets = offsetsOf(graph.layers)
  const onPath = unitsOnPaths(graph)
  const own = classes.map((member, u) => (onPath[u] ? member : FIXED))
  const scales = new Float64Array(classes.length).fill(1)
  const steps = stepsOf(own, offsets)
  const adjacency = steps.some(({ layer }) => layer === undefined) ? adjacencyOf(graph) : undefined
  const groups = layerGroups(graph, own)
  for (let sweep = 1; sweep <= MOST_SWEEPS; sweep++) {
    let moved = 0
    for (const { layer, classes: members } of steps) {
      const ofLayer = layer === undefined ? undefined : layerMasses(graph, layer, offsets, scales, onPath)
      for (const units of members) {
        const { entering, leaving } = ofLayer
          ? sumOf(units, ofLayer, offsets[layer as number], scales)
          : masses(units, adjacency as Adjacency, own, scales, onPath)
        if (entering === 0 || leaving === 0) continue
        const step = Math.sqrt(leaving / entering)
        for (const u of units) scales[u] *= step
        moved = Math.max(moved, Math.abs(step - 1))
      }
    }
    if (moved <= TOLERANCE) return { scales, sweeps: sweep, converged: true }
    moveGroups(groups, graph, offsets, scales, onPath)
  }
  return { scales, sweeps: MOST_SWEEPS, converged: false }
}

/** Classes in the order of their first units; those of a layer that shares none with another layer in one step. */
function stepsOf(classes: Int32Array, offsets: Int32Array): Step[] {
  const layerOf = new Int32Array(classes.length)
  for (let l = 0; l < offsets.length - 1; l++) layerOf.fill(l, offsets[l], offsets[l + 1])
  const members = membersByClass(classes)
  const shared = new Set<number>()
  for (const units of members) {
    if (units.every(u => layerOf[u] === layerOf[units[0]])) continue
    for (const u of units) shared.add(layerOf[u])
  }
  const steps: { layer?: number; classes: number[][] }[] = []
  for (const units of members) {
    const layer = shared.has(layerOf[units[0]]) ? undefined : layerOf[units[0]]
    const last = steps.at(-1)
    if (layer !== undefined && last?.layer === layer) last.classes.push(units)
    else steps.push({ ...(layer !== undefined && { layer }), classes: [units] })
  }
  return steps
}

interface Masses {
  /** Weight of the edges into each unit of the layer, over the scales they come from. */
  readonly into: Float64Array
  /** Weight of the edges out of each, times the scales they go to. */
  readonly out: Float64Array
}

function layerMasses(
  graph: WeightedGraph,
  layer: number,
  offsets: Int32Array,
  scales: Float64Array,
  onPath: Uint8Array,
): Masses {
  const { size } = graph.layers[layer]
  const [into, out] = [new Float64Array(size), new Float64Array(size)]
  for (const block of graph.blocks) {
    const [rows, columns] = [offsets[block.to], offsets[block.from]]
    if (block.to === layer)
      visitEdges(graph, block, (row, column, weight) => {
        if (onPath[columns + column]) into[row] += weight / scales[columns + column]
      })
    else if (block.from === layer)
      visitEdges(graph, block, (row, column, weight) => {
        if (onPath[rows + row]) out[column] += weight * scales[rows + row]
      })
  }
  return { into, out }
}

function sumOf(units: readonly number[], { into, out }: Masses, first: number, scales: Float64Array) {
  let [entering, leaving] = [0, 0]
  for (const u of units) {
    entering += into[u - first] * scales[u]
    leaving += out[u - first] / scales[u]
  }
  return { entering, leaving }
}

/** Total weight of the edges between a class and all others, at the present scales. */
function masses(
  units: readonly number[],
  { incoming, outgoing }: Adjacency,
  classes: Int32Array,
  scales: Float64Array,
  onPath: Uint8Array,
): { entering: number; leaving: number } {
  let [entering, leaving] = [0, 0]
  const own = classes[units[0]]
  for (const u of units) {
    let [into, out] = [0, 0]
    for (let at = incoming.start[u]; at < incoming.start[u + 1]; at++) {
      const from = incoming.unit[at]
      if (onPath[from] && classes[from] !== own) into += incoming.weight[at] / scales[from]
    }
    for (let at = outgoing.start[u]; at < outgoing.start[u + 1]; at++) {
      const to = outgoing.unit[at]
      if (onPath[to] && classes[to] !== own) out += outgoing.weight[at] * scales[to]
    }
    entering += into * scales[u]
    leaving += out / scales[u]
  }
  return { entering, leaving }
}

/** Group of each unit: free units of layers that share classes move together; −1 for fixed units. Int32Array [units]. */
function layerGroups(graph: WeightedGraph, classes: Int32Array): Int32Array {
  const offsets = offsetsOf(graph.layers)
  const parent = graph.layers.map((_, layer) => layer)
  const find = (layer: number): number => (parent[layer] === layer ? layer : find(parent[layer]))
  const layerOfClass = new Map<number, number>()
  const groups = new Int32Array(classes.length).fill(-1)
  graph.layers.forEach(({ size }, layer) => {
    for (let u = offsets[layer]; u < offsets[layer] + size; u++) {
      if (classes[u] === FIXED) continue
      const seen = layerOfClass.get(classes[u])
      if (seen === undefined) layerOfClass.set(classes[u], layer)
      else parent[find(layer)] = find(seen)
    }
  })
  graph.layers.forEach(({ size }, layer) => {
    for (let u = offsets[layer]; u < offsets[layer] + size; u++) if (classes[u] !== FIXED) groups[u] = find(layer)
  })
  return groups
}

/** Balances whole groups against each other; only the ratios of total weights between groups matter. */
function moveGroups(
  groups: Int32Array,
  graph: WeightedGraph,
  offsets: Int32Array,
  scales: Float64Array,
  onPath: Uint8Array,
): void {
  const count = groups.reduce((most, group) => Math.max(most, group), -1) + 2
  // Row: group entered; column: group left; the last of each stands for the fixed units.
  const total = new Float64Array(count * count)
  const at = (group: number) => (group < 0 ? count - 1 : group)
  for (const block of graph.blocks)
    visitEdges(graph, block, (row, column, weight) => {
      const [u, from] = [offsets[block.to] + row, offsets[block.from] + column]
      if (onPath[u] && onPath[from])
        total[at(groups[u]) * count + at(groups[from])] += (weight * scales[u]) / scales[from]
    })
  const factors = new Float64Array(count).fill(1)
  for (let sweep = 0, moved = 1; moved > TOLERANCE && sweep < 500; sweep++) {
    moved = 0
    for (let group = 0; group < count - 1; group++) {
      let [into, out] = [0, 0]
      for (let other = 0; other < count; other++) {
        if (other === group) continue
        into += (total[group * count + other] / factors[other]) * factors[group]
        out += (total[other * count + group] * factors[other]) / factors[group]
      }
      if (into === 0 || out === 0) continue
      const step = Math.sqrt(out / into)
      factors[group] *= step
      moved = Math.max(moved, Math.abs(step - 1))
    }
  }
  for (let u = 0; u < groups.length; u++) if (groups[u] >= 0) scales[u] *= factors[groups[u]]
}
