/**
 * Gauge fixing: one representative for all networks that differ only in the scales of their hidden units. A unit's
 * scale s multiplies what enters it and divides what leaves it, so edge a (from → to) becomes a · s_to / s_from.
 *
 * `balance` (ours): the scales that make the total weight into every hidden unit equal the total weight out of it. They
 * minimise Σ a · s_to / s_from, which is convex in log s, so there is one answer (Osborne 1960, for matrix balancing):
 * cyclically s ← s · √(out / in) until no scale moves by more than 1e-12 of itself. Edges of units on no path from
 * first to last layer do not count, and such units keep s = 1: they have no balanced scale. Each cycle ends with the
 * same step for whole groups of layers, which takes out the slow part of the convergence and not the answer.
 *
 * `fan-in` (nn-clustering-pytorch): layer after layer, each hidden unit's incoming weights (kernels flattened) are
 * scaled to L2 norm 1: s = 1 / (‖·‖₂ + 1e-5), on what the layers before have left. For units that share a scale the
 * norm is that of the weights into all of them, but those that depend on this scale themselves (later in a residual).
 */
import { type Adjacency, adjacencyOf, offsetsOf, unitsOnPaths, type WeightedGraph } from './adjacency.ts'
import { FIXED } from './gauge.ts'

export type CanonicalForm = 'balance' | 'fan-in' | 'none'

export interface Balance {
  /** Factor of each unit: Float64Array [units]. */
  readonly scales: Float64Array
  readonly sweeps: number
  readonly converged: boolean
}

const TOLERANCE = 1e-12
const MOST_SWEEPS = 5000

/**
 * @param classes scale class of each unit, {@link FIXED} for those that keep s = 1: Int32Array [units]
 */
export function balance(graph: WeightedGraph, classes: Int32Array): Balance {
  const adjacency = adjacencyOf(graph)
  const onPath = unitsOnPaths(graph, adjacency)
  const own = classes.map((member, u) => (onPath[u] ? member : FIXED))
  const scales = new Float64Array(adjacency.units).fill(1)
  const members = membersByClass(own)
  const groups = layerGroups(graph, own)
  for (let sweep = 1; sweep <= MOST_SWEEPS; sweep++) {
    let moved = 0
    for (const units of members) {
      const { entering, leaving } = masses(units, adjacency, own, scales, onPath)
      if (entering === 0 || leaving === 0) continue
      const step = Math.sqrt(leaving / entering)
      for (const u of units) scales[u] *= step
      moved = Math.max(moved, Math.abs(step - 1))
    }
    if (moved <= TOLERANCE) return { scales, sweeps: sweep, converged: true }
    moveGroups(groups, adjacency, scales, onPath)
  }
  return { scales, sweeps: MOST_SWEEPS, converged: false }
}

/** Units of each class but the fixed one, in order of first unit. */
function membersByClass(classes: Int32Array): number[][] {
  const members = new Map<number, number[]>()
  classes.forEach((own, u) => {
    if (own === FIXED) return
    const units = members.get(own)
    if (units) units.push(u)
    else members.set(own, [u])
  })
  return [...members.values()]
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
function moveGroups(groups: Int32Array, { incoming }: Adjacency, scales: Float64Array, onPath: Uint8Array): void {
  const count = groups.reduce((most, group) => Math.max(most, group), -1) + 2
  // Row: group entered; column: group left; the last of each stands for the fixed units.
  const total = new Float64Array(count * count)
  const at = (group: number) => (group < 0 ? count - 1 : group)
  for (let u = 0; u < groups.length; u++) {
    if (!onPath[u]) continue
    for (let e = incoming.start[u]; e < incoming.start[u + 1]; e++) {
      const from = incoming.unit[e]
      if (onPath[from])
        total[at(groups[u]) * count + at(groups[from])] += (incoming.weight[e] * scales[u]) / scales[from]
    }
  }
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

/**
 * Scales that bring each hidden unit's incoming weights to L2 norm 1.
 * @param graph edges that are the L2 norms of the kernels
 */
export function fanInScales(graph: WeightedGraph, classes: Int32Array): Float64Array {
  const { units, incoming } = adjacencyOf(graph)
  const scales = new Float64Array(units).fill(1)
  const known = new Map([[FIXED, 1]])
  // Units come in the order of layers, so a class is met at its first member.
  for (const members of membersByClass(classes)) {
    let sum = 0
    for (const u of members) {
      const sources = incoming.unit.subarray(incoming.start[u], incoming.start[u + 1])
      if (sources.some(from => !known.has(classes[from]))) continue
      for (let at = incoming.start[u]; at < incoming.start[u + 1]; at++) {
        const weight = incoming.weight[at] / (known.get(classes[incoming.unit[at]]) as number)
        sum += weight * weight
      }
    }
    const scale = 1 / (Math.sqrt(sum) + 1e-5)
    known.set(classes[members[0]], scale)
    for (const u of members) scales[u] = scale
  }
  return scales
}

/** The graph with every edge multiplied by s_to / s_from, in float64. */
export function rescaled(graph: WeightedGraph, scales: Float64Array): WeightedGraph {
  const offsets = offsetsOf(graph.layers)
  const blocks = graph.blocks.map(block => {
    const { edges, from, to } = block
    const [rows, columns] = [graph.layers[to].size, graph.layers[from].size]
    const values = Float64Array.from(edges.values)
    for (let row = 0; row < rows; row++) {
      const start = edges.kind === 'dense' ? row * columns : edges.rowStart[row]
      const end = edges.kind === 'dense' ? start + columns : edges.rowStart[row + 1]
      for (let at = start; at < end; at++) {
        const column = edges.kind === 'dense' ? at - start : edges.columns[at]
        values[at] = (values[at] * scales[offsets[to] + row]) / scales[offsets[from] + column]
      }
    }
    return { from, to, edges: { ...edges, values } }
  })
  return { layers: graph.layers, blocks }
}
