/**
 * What it takes to write a hierarchy of Boolean modules down: the truth table of every module, one after another. This is the
 * decomposed function cardinality of pattern theory (Abu-Mostafa, Complexity in Information Theory, 1988; Ross, Noviskey,
 * Taylor and Gadd, Pattern Theory, Wright Laboratory 1991), with a hidden unit counted as one bit:
 *
 *   Σ over modules of 2^in · out    in:  its inputs, and the units of other modules that feed it
 *                                   out: its hidden units that feed other modules, and the functions of its outputs;
 *                                        copies and negations of one function are one
 *
 * A module of inputs alone computes nothing and costs nothing.
 */
import type { OutputFunction } from '../tasks/output-functions.ts'
import type { DetectedModules } from './detect.ts'
import type { MaskedNetwork } from './masked-network.ts'

/** In bits. */
export function decompositionCost(
  { arch, edges }: MaskedNetwork,
  { layers, count }: DetectedModules,
  functions: readonly OutputFunction[],
): number {
  const last = arch.length - 1
  const moduleOf = layers.map(({ alive, modules }) => new Map(Array.from(alive, (unit, i) => [unit, modules[i]])))
  const sets = () => Array.from({ length: count }, () => new Set<string>())
  const [into, outOf] = [sets(), sets()]
  for (const [input, module] of moduleOf[0]) into[module].add(`0 ${input}`)
  for (const [l, { from, to }] of edges.entries())
    for (let e = 0; e < from.length; e++) {
      const [source, target] = [moduleOf[l].get(from[e]), moduleOf[l + 1].get(to[e])]
      if (source === undefined || target === undefined || source === target) continue
      into[target].add(`${l} ${from[e]}`)
      if (l > 0) outOf[source].add(`${l} ${from[e]}`)
    }
  for (const [f, { outputs }] of functions.entries())
    for (const { output } of outputs) outOf[moduleOf[last].get(output) as number].add(`function ${f}`)
  return outOf.reduce((cost, out, module) => cost + out.size * 2 ** into[module].size, 0)
}
