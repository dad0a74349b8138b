/**
 * A detected hierarchy against the one that was planted (Neural Sculpting, arXiv 2305.18402: the paper counts successes
 * by eye; §1.4 and §6.1 of our account of it give the criteria that reproduce its bars).
 *
 * Recovered exactly: as many modules as planted, and inputs and outputs divided among them as planted, inputs and
 * outputs of one module together. Inputs on which nothing depends are in no module of either. Graded: the adjusted Rand
 * index of inputs and of outputs, and the share of module pairs, matched through the inputs and outputs they hold, whose
 * edges are right.
 */

import { adjustedRandIndex } from '../stats/agreement.ts'
import { bestAssignment } from '../stats/assignment.ts'
import type { PlantedHierarchy } from '../tasks/planted-hierarchy.ts'
import type { DetectedModules } from './detect.ts'
import type { MaskedNetwork } from './masked-network.ts'
import { moduleEdges } from './module-edges.ts'

export interface HierarchyScore {
  readonly exact: boolean
  /** Whether the inputs alone, and the outputs alone, are divided as planted. */
  readonly inputsRight: boolean
  readonly outputsRight: boolean
  /** Modules found, and planted. */
  readonly modules: number
  readonly planted: number
  /** Adjusted Rand index over inputs, and over outputs: 1 where divided as planted. */
  readonly inputAri: number
  readonly outputAri: number
  /** Of the planted edges between modules, how many are found; of those found, how many are planted. */
  readonly edgeRecall: number
  readonly edgePrecision: number
}

export function scoreHierarchy(
  network: MaskedNetwork,
  detected: DetectedModules,
  planted: PlantedHierarchy,
): HierarchyScore {
  const inputs = terminalModules(network.arch[0], detected.layers[0])
  const outputs = terminalModules(network.arch[network.arch.length - 1], detected.layers[detected.layers.length - 1])
  const found = [...inputs, ...outputs]
  const truth = [...planted.inputModules, ...planted.outputModules]
  const inputsRight = samePartition(inputs, planted.inputModules)
  const outputsRight = samePartition(outputs, planted.outputModules)
  const modules = planted.modules.length
  return {
    exact: detected.count === modules && samePartition(found, truth),
    inputsRight,
    outputsRight,
    modules: detected.count,
    planted: modules,
    inputAri: adjustedRandIndex(inputs, planted.inputModules),
    outputAri: adjustedRandIndex(outputs, planted.outputModules),
    ...edgeScores(moduleEdges(network, detected), planted, matching(found, truth, detected.count, modules)),
  }
}

/** Module of each input or output by its number; −1 for dead ones. */
function terminalModules(units: number, { alive, modules }: DetectedModules['layers'][number]): Int32Array {
  const all = new Int32Array(units).fill(-1)
  alive.forEach((unit, i) => {
    all[unit] = modules[i]
  })
  return all
}

/** The same division up to the names of its parts; −1 must be −1 in both. */
function samePartition(a: ArrayLike<number>, b: ArrayLike<number>): boolean {
  const there = new Map<number, number>([[-1, -1]])
  const back = new Map<number, number>([[-1, -1]])
  for (let i = 0; i < a.length; i++) {
    if (!there.has(a[i])) there.set(a[i], b[i])
    if (!back.has(b[i])) back.set(b[i], a[i])
    if (there.get(a[i]) !== b[i] || back.get(b[i]) !== a[i]) return false
  }
  return true
}

/** The planted module of each found one: those that share most inputs and outputs; −1 where none is left. */
function matching(found: readonly number[], truth: readonly number[], count: number, planted: number): Int32Array {
  const n = Math.max(count, planted)
  const shared = new Float64Array(n * n)
  found.forEach((module, i) => {
    if (module >= 0 && truth[i] >= 0) shared[module * n + truth[i]]++
  })
  return bestAssignment(shared, n)
    .slice(0, count)
    .map(module => (module < planted ? module : -1))
}

function edgeScores(
  edges: readonly (readonly [number, number, number])[],
  planted: PlantedHierarchy,
  match: Int32Array,
): Pick<HierarchyScore, 'edgeRecall' | 'edgePrecision'> {
  const key = (from: number, to: number) => `${from} ${to}`
  const wanted = new Set(planted.edges.map(([from, to]) => key(from, to)))
  const found = new Set(edges.map(([from, to]) => key(match[from], match[to])))
  const right = [...found].filter(edge => wanted.has(edge)).length
  return {
    edgeRecall: wanted.size > 0 ? right / wanted.size : 1,
    edgePrecision: found.size > 0 ? right / found.size : 1,
  }
}
