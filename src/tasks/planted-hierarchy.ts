/**
 * The modules that a function graph plants, and how they feed each other. One rule gives what Neural Sculpting
 * (arXiv 2305.18402) expects of each of its families:
 *
 *   1. a sub-function is a module, with the outputs that are its values, plain or negated;
 *   2. inputs that the same sub-functions use belong together;
 *   3. modules that feed each other alone are one: the upper has no other source, the lower no other use;
 *   4. where a network has too few hidden layers h for all levels, sub-functions from level max(2, h) on that are
 *      connected are one module.
 *
 * A network of one hidden layer cannot show that two sub-functions of the same inputs have a part in common.
 */
import type { FunctionGraph } from './function-graph.ts'

export interface PlantedModule {
  /** Names of its sub-functions; none for inputs alone. */
  readonly parts: readonly string[]
  /** Numbers of its inputs and outputs. */
  readonly inputs: readonly number[]
  readonly outputs: readonly number[]
  /** 0 where no module feeds it, else one more than the highest that does. */
  readonly level: number
}

export interface PlantedHierarchy {
  /** Those of lower levels first. */
  readonly modules: readonly PlantedModule[]
  /** [from, to] indices of modules, each pair once. */
  readonly edges: readonly (readonly [number, number])[]
  readonly levels: number
  /** Module of each input and of each output; −1 for an input that nothing uses. */
  readonly inputModules: Int32Array
  readonly outputModules: Int32Array
}

interface Block {
  parts: string[]
  inputs: number[]
  outputs: number[]
}

/** @param hiddenLayers of the network that learns it. Default: enough for all levels. */
export function plantedHierarchy(graph: FunctionGraph, hiddenLayers = Infinity): PlantedHierarchy {
  const blocks = new Set<Block>()
  const home = new Map<string, Block>()
  const add = (block: Block, names: readonly string[]) => {
    blocks.add(block)
    for (const name of names) home.set(name, block)
  }
  for (const part of new Set(graph.values.map(value => value.part)))
    add(
      { parts: [part], inputs: [], outputs: [] },
      graph.values.filter(value => value.part === part).map(value => value.name),
    )
  const uses = new Map<string, string[]>()
  for (const [i, input] of graph.inputs.entries()) {
    const users = new Set(graph.values.filter(value => value.sources.includes(input)).map(value => value.part))
    const read = graph.outputs.some(output => output.value === input)
    if (users.size === 0 && !read) continue
    const key = [...users, ...(read ? [`=${input}`] : [])].sort().join(' ')
    uses.set(key, [...(uses.get(key) ?? []), `${i}`])
  }
  for (const members of uses.values()) {
    const inputs = members.map(Number)
    add(
      { parts: [], inputs, outputs: [] },
      inputs.map(i => graph.inputs[i]),
    )
  }
  for (const [o, { value }] of graph.outputs.entries()) home.get(value)?.outputs.push(o)

  const merge = (a: Block, b: Block) => {
    for (const key of ['parts', 'inputs', 'outputs'] as const) (a[key] as unknown[]).push(...b[key])
    for (const [name, block] of home) if (block === b) home.set(name, a)
    blocks.delete(b)
  }
  const edges = () => feeding(graph, home)
  mergeDeep(blocks, edges, hiddenLayers, merge)
  for (let pair: [Block, Block] | undefined; (pair = exclusive(edges())); ) merge(...pair)
  return describe(graph, blocks, edges())
}

type Feeding = ReadonlyMap<Block, ReadonlySet<Block>>

/** Of each block: those that feed it. */
function feeding(graph: FunctionGraph, home: ReadonlyMap<string, Block>): Feeding {
  const sources = new Map<Block, Set<Block>>()
  for (const block of home.values()) sources.set(block, new Set())
  for (const value of graph.values) {
    const block = home.get(value.name) as Block
    for (const source of value.sources) {
      const from = home.get(source) as Block
      if (from !== block) sources.get(block)?.add(from)
    }
  }
  return sources
}

/** Two blocks of which the lower feeds the upper alone, and the upper is fed by it alone. */
function exclusive(sources: Feeding): [Block, Block] | undefined {
  for (const [block, from] of sources) {
    if (from.size !== 1) continue
    const [lower] = from
    const users = [...sources.values()].filter(others => others.has(lower)).length
    if (users === 1 && lower.outputs.length === 0) return [lower, block]
  }
  return undefined
}

/** Rule 4. */
function mergeDeep(
  blocks: ReadonlySet<Block>,
  edges: () => Feeding,
  hiddenLayers: number,
  merge: (a: Block, b: Block) => void,
): void {
  const levels = levelsOf(edges())
  const functions = [...blocks].filter(block => block.parts.length > 0)
  // Sub-functions stand one level above the inputs, which are still blocks of their own here.
  if (Math.max(0, ...functions.map(block => levels.get(block) as number)) <= hiddenLayers) return
  const deep = new Set(functions.filter(block => (levels.get(block) as number) >= Math.max(2, hiddenLayers)))
  for (;;) {
    const linked = [...edges()].flatMap(([upper, from]) =>
      [...from].filter(lower => deep.has(lower) && deep.has(upper)).map(lower => [lower, upper] as const),
    )[0]
    if (!linked) return
    merge(...linked)
    deep.delete(linked[1])
  }
}

/** 0 where nothing feeds a block. */
function levelsOf(sources: Feeding): Map<Block, number> {
  const levels = new Map<Block, number>()
  const visit = (block: Block): number => {
    const known = levels.get(block)
    if (known !== undefined) return known
    const level = Math.max(0, ...[...(sources.get(block) ?? [])].map(lower => visit(lower) + 1))
    levels.set(block, level)
    return level
  }
  for (const block of sources.keys()) visit(block)
  return levels
}

function describe(graph: FunctionGraph, blocks: ReadonlySet<Block>, sources: Feeding): PlantedHierarchy {
  const levels = levelsOf(sources)
  const level = (block: Block) => levels.get(block) ?? 0
  const first = (block: Block) => Math.min(...block.inputs, ...block.outputs, Number.MAX_SAFE_INTEGER)
  const order = [...blocks].sort((a, b) => level(a) - level(b) || first(a) - first(b))
  const inputModules = new Int32Array(graph.inputs.length).fill(-1)
  const outputModules = new Int32Array(graph.outputs.length)
  for (const [m, { inputs, outputs }] of order.entries()) {
    for (const i of inputs) inputModules[i] = m
    for (const o of outputs) outputModules[o] = m
  }
  return {
    modules: order.map(({ parts, inputs, outputs }, m) => ({
      parts,
      inputs: ascending(inputs),
      outputs: ascending(outputs),
      level: level(order[m]),
    })),
    edges: order.flatMap((block, to) =>
      [...(sources.get(block) ?? [])].map(lower => [order.indexOf(lower), to] as const),
    ),
    levels: Math.max(0, ...order.map(level)) + 1,
    inputModules,
    outputModules,
  }
}

function ascending(numbers: readonly number[]): number[] {
  return [...numbers].sort((a, b) => a - b)
}
