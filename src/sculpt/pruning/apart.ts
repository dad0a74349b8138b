/**
 * The functions of a table sculpted apart: each over its own inputs, with one output, and the networks put side by side, so
 * that nothing but inputs is shared. Ours. A network that learns all outputs together shares hidden units wherever that saves
 * an edge, also where the functions have no part in common; it takes a network without any sharing to tell whether
 * sharing explains anything (`sculpt-run.ts`).
 */
import type { Kernels } from '../../kernels/kernels.ts'
import type { Random } from '../../random.ts'
import { functionTable, type OutputFunction } from '../../tasks/output-functions.ts'
import type { TruthTable } from '../../tasks/truth-table.ts'
import { condense } from '../condense.ts'
import { detectModules } from '../detect.ts'
import type { MaskedNetwork } from '../masked-network.ts'
import type { SculptedNetwork, SculptingRun } from '../sculpting.ts'
import { tableMaterial } from './material.ts'
import { type SculptOptions, sculptSettings } from './options.ts'
import { sculptGrid } from './sculpt-grid.ts'
import { bestFirst, networkCost } from './select.ts'

/**
 * The best networks of all functions side by side, the second best, and so on, ordered by the sum of their costs; of equal
 * cost those with fewer modules first.
 *
 * @param random — the streams of random numbers of function f.
 * @returns undefined where a function is constant, or not learned, or where the hidden layers are too narrow for them all.
 */
export function sculptApart(
  kernels: Kernels,
  table: TruthTable,
  functions: readonly OutputFunction[],
  options: SculptOptions & { readonly threshold: number },
  random: (f: number) => (...path: readonly number[]) => Random,
): Pick<SculptingRun, 'networks' | 'tied' | 'solved'> | undefined {
  if (functions.some(({ inputs }) => inputs.length === 0)) return undefined
  const lists: SculptedNetwork[][] = []
  for (const [f, single] of functions.entries()) {
    const alone = functionTable(table, single)
    const settings = sculptSettings(alone.rows, options)
    const { networks } = sculptGrid(kernels, tableMaterial(alone), settings, random(f), { solvedAlone: true })
    const solved = networks.filter(({ accuracy }) => accuracy >= options.threshold)
    if (solved.length === 0) return undefined
    lists.push([...bestFirst(solved, options.threshold, 'default').networks])
  }
  const arch = [table.inputs, ...options.hidden, table.outputs]
  const ranked = Array.from({ length: Math.min(...lists.map(list => list.length)) }, (_, rank) => {
    const parts = lists.map(list => list[rank])
    const whole = sideBySide(parts, functions, arch)
    const cost = parts.reduce((sum, part) => sum + networkCost(part, 'default'), 0)
    return whole ? [{ whole, cost, modules: detectModules(whole.network).count }] : []
  })
    .flat()
    .sort((a, b) => a.cost - b.cost || a.modules - b.modules)
  const [first] = ranked
  if (!first) return undefined
  const tied = ranked.filter(({ cost, modules }) => cost === first.cost && modules === first.modules).length
  return { networks: ranked.map(({ whole }) => whole), tied, solved: true }
}

/** One network of them all, the living units of the first function first; undefined where they do not fit. */
function sideBySide(
  parts: readonly SculptedNetwork[],
  functions: readonly OutputFunction[],
  arch: readonly number[],
): SculptedNetwork | undefined {
  const last = arch.length - 1
  const edges = arch.slice(1).map(() => [] as [number, number, number][])
  const biases = arch.slice(1).map(units => new Float64Array(units))
  const used = arch.map(() => 0)
  for (const [f, { network }] of parts.entries()) {
    const { inputs, outputs } = functions[f]
    const homes = condense(network).alive.map((alive, l) => {
      if (l === 0) return new Map(inputs.map((input, i) => [i, [{ unit: input, sign: 1 }]]))
      if (l === last)
        return new Map([[0, outputs.map(({ output, negated }) => ({ unit: output, sign: negated ? -1 : 1 }))]])
      const first = used[l]
      used[l] += alive.length
      return new Map(Array.from(alive, (unit, i) => [unit, [{ unit: first + i, sign: 1 }]]))
    })
    for (const [l, { from, to, weight }] of network.edges.entries())
      for (let e = 0; e < from.length; e++)
        for (const source of homes[l].get(from[e]) ?? [])
          for (const { unit, sign } of homes[l + 1].get(to[e]) ?? [])
            edges[l].push([source.unit, unit, sign * weight[e]])
    for (const [l, layer] of network.biases.entries())
      for (const [own, places] of homes[l + 1]) for (const { unit, sign } of places) biases[l][unit] = sign * layer[own]
  }
  if (used.some((units, l) => units > arch[l])) return undefined
  const network: MaskedNetwork = {
    arch,
    edges: edges.map(list => {
      list.sort((a, b) => a[1] - b[1] || a[0] - b[0])
      return {
        from: Int32Array.from(list, ([source]) => source),
        to: Int32Array.from(list, ([, target]) => target),
        weight: Float64Array.from(list, ([, , weight]) => weight),
      }
    }),
    biases,
  }
  const all = arch.slice(1).reduce((sum, units, l) => sum + units * arch[l], 0)
  const left = edges.reduce((sum, list) => sum + list.length, 0)
  const mean = (of: 'accuracy' | 'loss') =>
    parts.reduce((sum, part, f) => sum + part[of] * functions[f].outputs.length, 0) / arch[last]
  const about = { accuracy: mean('accuracy'), loss: mean('loss'), sparsity: 1 - left / all }
  return { network, unitStep: null, edgeStep: null, ...about }
}
