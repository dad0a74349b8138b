/**
 * How far a module can be trusted. Ours; the paper (arXiv 2305.18402) counts by eye.
 *
 * Stability: in how many other networks, of other seeds or equally sparse, there is the same module: one that holds the
 * same inputs and outputs, is reached by the same inputs, and reaches the same outputs. Hidden units have no names that
 * two networks share, so this is what can be compared.
 *
 * p: are so many edges between units of one module in adjacent layers more than chance? Under the null model every
 * mask between two layers is rewired at random with all in- and out-degrees kept (significance/curveball.ts), and the
 * division into modules stays; p = (b + 1)/(m + 1), b of m draws having at least as many edges inside the module. A
 * module of one layer has no such edge and cannot be tested this way: null.
 */
import { randomStream } from '../random.ts'
import { curveball } from '../significance/curveball.ts'
import type { DetectedModules } from './detect.ts'
import type { MaskedNetwork } from './masked-network.ts'

/** Rounds of trades between draws; half of what can move moves in one. */
const ROUNDS = 10

/** For each module, what identifies it in any network of the task. */
export function moduleSignatures({ arch, edges }: MaskedNetwork, { layers, count }: DetectedModules): string[] {
  const last = arch.length - 1
  const up = edges.map(({ from, to }) => [from, to] as const)
  const down = edges.map(({ from, to }) => [to, from] as const).toReversed()
  const reached = spread(arch, up)
  const reaching = spread(arch.toReversed(), down).toReversed()
  return Array.from({ length: count }, (_, id) => {
    const from = new Set<number>()
    const toward = new Set<number>()
    const held: number[] = []
    for (const [l, { alive, modules }] of layers.entries())
      alive.forEach((unit, i) => {
        if (modules[i] !== id) return
        for (const input of reached[l][unit]) from.add(input)
        for (const output of reaching[l][unit]) toward.add(output)
        if (l === 0) held.push(unit)
        if (l === last) held.push(arch[0] + unit)
      })
    const list = (numbers: Iterable<number>) => [...numbers].sort((a, b) => a - b).join(',')
    return `${list(held)}|${list(from)}|${list(toward)}`
  })
}

/** The units of the first layer from which each unit of each layer is reached. */
function spread(arch: readonly number[], steps: readonly (readonly [Int32Array, Int32Array])[]): Set<number>[][] {
  const sets = [Array.from({ length: arch[0] }, (_, unit) => new Set([unit]))]
  for (const [l, [from, to]] of steps.entries()) {
    const next = Array.from({ length: arch[l + 1] }, () => new Set<number>())
    for (let e = 0; e < from.length; e++) for (const unit of sets[l][from[e]]) next[to[e]].add(unit)
    sets.push(next)
  }
  return sets
}

/** Share of the other networks that have each module: 0 … 1; null where there are none. */
export function moduleStability(own: readonly string[], others: readonly (readonly string[])[]): (number | null)[] {
  if (others.length === 0) return own.map(() => null)
  return own.map(signature => others.filter(signatures => signatures.includes(signature)).length / others.length)
}

/** p of each module, or null where it has units in one layer alone. */
export function modulePValues(
  network: MaskedNetwork,
  detected: DetectedModules,
  { seed, draws = 999 }: { readonly seed: number; readonly draws?: number },
): (number | null)[] {
  const { layers, count } = detected
  const blocks = network.edges.map((_, l) => moduleBlock(network, detected, l))
  const observed = insideEdges(blocks, count)
  const atLeast = new Int32Array(count)
  const random = randomStream(seed)
  for (let draw = 0; draw < draws; draw++) {
    for (const { rowStart, columns, width } of blocks) curveball(rowStart, columns, width, ROUNDS, random)
    insideEdges(blocks, count).forEach((inside, id) => {
      if (inside >= observed[id]) atLeast[id]++
    })
  }
  return Array.from({ length: count }, (_, id) => {
    const spans = layers.filter(({ modules }) => modules.includes(id)).length > 1
    return spans ? (atLeast[id] + 1) / (draws + 1) : null
  })
}

interface ModuleBlock {
  /** Living units above as rows, below as columns. */
  readonly rowStart: Int32Array
  readonly columns: Int32Array
  readonly width: number
  readonly above: Int32Array
  readonly below: Int32Array
}

function moduleBlock({ edges }: MaskedNetwork, { layers }: DetectedModules, l: number): ModuleBlock {
  const [low, high] = [layers[l], layers[l + 1]]
  const place = (alive: Int32Array) => new Map(Array.from(alive, (unit, i) => [unit, i]))
  const [lowPlace, highPlace] = [place(low.alive), place(high.alive)]
  const lists = Array.from(high.alive, () => [] as number[])
  for (let e = 0; e < edges[l].from.length; e++) {
    const [source, target] = [lowPlace.get(edges[l].from[e]), highPlace.get(edges[l].to[e])]
    if (source !== undefined && target !== undefined) lists[target].push(source)
  }
  const rowStart = new Int32Array(lists.length + 1)
  for (const [row, list] of lists.entries()) rowStart[row + 1] = rowStart[row] + list.length
  const columns = Int32Array.from(lists.flatMap(list => list.sort((a, b) => a - b)))
  return { rowStart, columns, width: low.alive.length, above: high.modules, below: low.modules }
}

function insideEdges(blocks: readonly ModuleBlock[], count: number): Int32Array {
  const inside = new Int32Array(count)
  for (const { rowStart, columns, above, below } of blocks)
    for (let row = 0; row < above.length; row++)
      for (let e = rowStart[row]; e < rowStart[row + 1]; e++) if (below[columns[e]] === above[row]) inside[above[row]]++
  return inside
}
