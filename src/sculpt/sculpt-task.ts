/**
 * The whole of Neural Sculpting for one Boolean task (arXiv 2305.18402): every seed is trained and pruned, its modules
 * and their hierarchy are read off, compared with the planted ones where the function is known, and with those of the
 * other seeds. The hierarchy that most seeds agree on stands for the task.
 */
import { UsageError } from '../errors.ts'
import { type Executor, inlineExecutor } from '../executor.ts'
import type { WatchOptions } from '../progress.ts'
import { checkSeed } from '../random.ts'
import { resultHash } from '../stats/result-hash.ts'
import type { FunctionGraph } from '../tasks/function-graph.ts'
import { type PlantedHierarchy, plantedHierarchy } from '../tasks/planted-hierarchy.ts'
import { constantOutputs, type TruthTable } from '../tasks/truth-table.ts'
import { modulePValues, moduleSignatures, moduleStability } from './confidence.ts'
import { type DetectOptions, detectModules } from './detect.ts'
import { carryingUnits, edgeWeightProducts, separationTest } from './edge-weight-products.ts'
import { type Hierarchy, moduleHierarchy } from './hierarchy.ts'
import type { MaskedNetwork } from './masked-network.ts'
import { type NetworkRecord, networkRecord } from './network-record.ts'
import { tableMaterial } from './pruning/material.ts'
import { type SculptOptions, type SculptSettings, sculptSettings } from './pruning/options.ts'
import { sculptJobs } from './pruning/task.ts'
import { type HierarchyScore, scoreHierarchy } from './score.ts'
import type { SculptingRun } from './sculpting.ts'
import { moduleFunctions, type SubFunction } from './sub-functions.ts'

export interface SculptTaskOptions extends SculptOptions, WatchOptions {
  readonly seeds: readonly number[]
  readonly detection?: DetectOptions
  /** Where seeds run. Default: one after another, here. */
  readonly executor?: Executor
}

/** One seed: the network that counts, and what was found in it. */
export interface SculptedSeed {
  readonly seed: number
  /** Whether the accuracy asked for was reached. */
  readonly solved: boolean
  /** Share of right output bits without noise, and of weights pruned: 0 … 1. */
  readonly accuracy: number
  readonly sparsity: number
  readonly edges: number
  /** Living units of each layer. */
  readonly units: readonly number[]
  readonly modules: number
  /** Whether it is made of networks for each function of the outputs, because sharing between them does not pay. */
  readonly apart: boolean
  /** Networks of the same cost, this one included. */
  readonly tied: number
  /** Against the planted hierarchy, where there is one; and how many of the tied networks recover it exactly. */
  readonly score?: HierarchyScore
  readonly tiedExact?: number
  readonly network: NetworkRecord
}

export interface ModuleFinding {
  readonly id: number
  readonly functions: readonly SubFunction[]
  /** Share of the other seeds that have the module, and of the networks tied with this one; null where there are none. */
  readonly stability: number | null
  readonly tiedStability: number | null
  /** Are its edges inside more than chance? Null where it has units in one layer alone. */
  readonly p: number | null
}

/** How strongly inputs are wired to outputs in the network that stands for the task. */
export interface WiringFinding {
  /** Edge-weight products, [inputs × outputs], row-major. */
  readonly products: readonly number[]
  /** Of each hidden layer, how many units carry 90 % of what reaches the outputs. */
  readonly carrying: readonly number[]
  /**
   * For the inputs of each module that has two or more: are they wired less to outputs they do not reach by way of modules
   * than to those they do (Welch, one-sided)? Where they reach all outputs there is nothing to test.
   */
  readonly separation: readonly {
    readonly module: number
    readonly inputs: readonly number[]
    readonly reached: readonly number[]
    readonly t: number
    readonly p: number
  }[]
}

export interface SculptedTask {
  readonly task: string
  readonly inputs: number
  readonly outputs: number
  readonly rows: number
  /** Outputs that are the same in every row. */
  readonly constantOutputs: readonly number[]
  readonly settings: SculptSettings
  readonly seeds: readonly SculptedSeed[]
  /** Index among the seeds: the first of those with the hierarchy that most have. */
  readonly representative: number
  /** How many of the solved seeds have that hierarchy. */
  readonly agreeing: number
  readonly hierarchy: Hierarchy
  readonly findings: readonly ModuleFinding[]
  readonly wiring: WiringFinding
  readonly planted?: {
    readonly modules: PlantedHierarchy['modules']
    readonly edges: PlantedHierarchy['edges']
    /** Shares of seeds that recover it exactly: by the network that counts, the luckiest, a random one, all of those tied. */
    readonly success: {
      readonly chosen: number
      readonly luckiest: number
      readonly random: number
      readonly all: number
    }
  }
  readonly hash: string
}

/**
 * @param graph — the function, for the hierarchy it plants; absent where only a table is known.
 * @throws UsageError for options out of range or no seeds; LobesError `interrupted`.
 */
export async function sculptTask(
  name: string,
  table: TruthTable,
  graph: FunctionGraph | undefined,
  options: SculptTaskOptions,
): Promise<SculptedTask> {
  const { seeds, detection, executor = inlineExecutor, signal, onProgress, ...sculptOptions } = options
  if (seeds.length === 0) throw new UsageError('usage.seeds', 'Sculpting needs at least one seed; give "seeds".')
  seeds.forEach(checkSeed)
  const asked = { ...sculptOptions, threshold: sculptOptions.threshold ?? 1 }
  const settings = sculptSettings(table.rows, asked)
  const jobs = seeds.map(seed => ({ material: 0, seed, options: asked }))
  const runs = await executor.map(sculptJobs, { materials: [tableMaterial(table)] }, jobs, {
    signal,
    onProgress,
    stage: 'sculpting',
  })
  const planted = graph && plantedHierarchy(graph, settings.hidden.length)
  const sculpted = runs.map(run => sculptedSeed(run, planted, detection))
  const signatures = runs.map(({ networks }) => signaturesOf(networks[0].network, detection))
  const { representative, agreeing } = mostCommon(signatures, runs)
  const run = runs[representative]
  const { network } = run.networks[0]
  const detected = detectModules(network, detection)
  const others = signatures.filter((_, i) => i !== representative && runs[i].solved)
  const tied = run.networks.slice(1, run.tied).map(other => signaturesOf(other.network, detection))
  const functions = moduleFunctions(network, detected, table)
  const stability = moduleStability(signatures[representative], others)
  const tiedStability = moduleStability(signatures[representative], tied)
  const p = modulePValues(network, detected, { seed: run.seed })
  const hierarchy = moduleHierarchy(network, detected)
  const numbers = {
    seeds: sculpted,
    representative,
    agreeing,
    hierarchy,
    findings: functions.map((list, id) => ({
      id,
      functions: list,
      stability: stability[id],
      tiedStability: tiedStability[id],
      p: p[id],
    })),
    wiring: wiringOf(network, hierarchy),
    ...(planted && { planted: { modules: planted.modules, edges: planted.edges, success: successRates(sculpted) } }),
  }
  const { inputs, outputs, rows } = table
  const about = { task: name, inputs, outputs, rows, constantOutputs: constantOutputs(table), settings }
  return { ...about, ...numbers, hash: resultHash(numbers) }
}

function wiringOf(network: MaskedNetwork, { modules }: Hierarchy): WiringFinding {
  const products = edgeWeightProducts(network)
  const last = network.arch.length - 1
  const outputs = Array.from({ length: network.arch[last] }, (_, output) => output)
  const unitsIn = (id: number, layer: number) =>
    modules.find(module => module.id === id)?.units.find(([own]) => own === layer)?.[1] ?? []
  const separation = modules.flatMap(({ id }) => {
    const inputs = unitsIn(id, 0)
    const reached = modules
      .filter(({ sources }) => inputs.some(input => sources.includes(input)))
      .flatMap(module => unitsIn(module.id, last))
    const others = outputs.filter(output => !reached.includes(output))
    const test = inputs.length > 0 && separationTest(products, outputs.length, inputs, reached, others)
    return test ? [{ module: id, inputs, reached, t: test.t, p: test.p }] : []
  })
  return { products: [...products], carrying: carryingUnits(network), separation }
}

function signaturesOf(network: MaskedNetwork, detection: DetectOptions | undefined): string[] {
  return moduleSignatures(network, detectModules(network, detection))
}

function sculptedSeed(
  { seed, networks, tied, solved, apart }: SculptingRun,
  planted: PlantedHierarchy | undefined,
  detection: DetectOptions | undefined,
): SculptedSeed {
  const scores = networks.slice(0, planted ? tied : 1).map(({ network }) => {
    const detected = detectModules(network, detection)
    return { detected, score: planted && scoreHierarchy(network, detected, planted) }
  })
  const [{ network, accuracy, sparsity }] = networks
  const [{ detected, score }] = scores
  return {
    seed,
    solved,
    accuracy,
    sparsity,
    edges: network.edges.reduce((count, { weight }) => count + weight.length, 0),
    units: detected.layers.map(({ alive }) => alive.length),
    modules: detected.count,
    apart,
    tied,
    ...(score && { score, tiedExact: scores.filter(other => other.score?.exact).length }),
    network: networkRecord(network),
  }
}

/** The set of modules that most solved seeds have; all seeds take part where none is solved. */
function mostCommon(signatures: readonly (readonly string[])[], runs: readonly SculptingRun[]) {
  const solved = runs.some(run => run.solved)
  const votes = new Map<string, number[]>()
  for (const [i, list] of signatures.entries()) {
    if (solved && !runs[i].solved) continue
    const key = list.toSorted().join(' ; ')
    votes.set(key, [...(votes.get(key) ?? []), i])
  }
  const most = [...votes.values()].reduce((best, indices) => (indices.length > best.length ? indices : best))
  return { representative: most[0], agreeing: most.length }
}

function successRates(seeds: readonly SculptedSeed[]): NonNullable<SculptedTask['planted']>['success'] {
  const share = (of: (seed: SculptedSeed) => number) => seeds.reduce((sum, seed) => sum + of(seed), 0) / seeds.length
  return {
    chosen: share(({ score }) => (score?.exact ? 1 : 0)),
    luckiest: share(({ tiedExact = 0 }) => (tiedExact > 0 ? 1 : 0)),
    random: share(({ tiedExact = 0, tied }) => tiedExact / tied),
    all: share(({ tiedExact, tied }) => (tiedExact === tied ? 1 : 0)),
  }
}
