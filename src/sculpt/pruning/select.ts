/**
 * Which network of a run counts. Of those that reach the accuracy asked for the one of least cost; of equal cost the one
 * with fewer living units, then the first in the order of the grid. Where none reaches it: the most accurate, then the
 * cheapest. All are kept, in this order, so that ties can be looked at.
 *
 *   cost, default   edges + ½ (edges between different modules): of two networks that solve a task with nearly as few
 *                   edges, the one that keeps them inside modules is the better account of it
 *   cost, paper     edges (Neural Sculpting, arXiv 2305.18402: the sparsest network)
 */
import { condense } from '../condense.ts'
import { detectModules } from '../detect.ts'
import { moduleEdges } from '../module-edges.ts'
import type { SculptedNetwork, SculptingRun } from '../sculpting.ts'
import type { SculptSettings } from './options.ts'

export function bestFirst(
  networks: readonly SculptedNetwork[],
  { threshold, protocol }: Pick<SculptSettings, 'threshold' | 'protocol'>,
): Pick<SculptingRun, 'networks' | 'tied' | 'solved'> {
  const ranked = networks
    .map((network, place) => {
      const units = condense(network.network).alive.reduce((sum, alive) => sum + alive.length, 0)
      return { network, place, units, solved: network.accuracy >= threshold, cost: costOf(network, protocol) }
    })
    .sort(
      (a, b) =>
        Number(b.solved) - Number(a.solved) ||
        (a.solved ? 0 : b.network.accuracy - a.network.accuracy) ||
        a.cost - b.cost ||
        a.units - b.units ||
        a.place - b.place,
    )
  const [first] = ranked
  const tied = ranked.filter(
    ({ solved, cost, network }) =>
      solved === first.solved && cost === first.cost && (solved || network.accuracy === first.network.accuracy),
  ).length
  return { networks: ranked.map(({ network }) => network), tied, solved: first.solved }
}

function costOf({ network }: SculptedNetwork, protocol: SculptSettings['protocol']): number {
  const edges = network.edges.reduce((count, { weight }) => count + weight.length, 0)
  if (protocol === 'paper') return edges
  const between = moduleEdges(network, detectModules(network)).reduce((sum, [, , count]) => sum + count, 0)
  return edges + between / 2
}
